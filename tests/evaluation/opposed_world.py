"""Embeddings of invented people in designs that pull everybody towards one enrolled person."""

from zlib import crc32

import numpy as np
import pandas as pd

from faceveil.evaluation.table import Judge
from faceveil.evaluation.thresholds import Threshold
from faceveil.evaluation.trials import Seen
from faceveil.evaluation.versions import Version
from faceveil.params.evaluate import Evaluate
from faceveil.store.photos import FLAT

LENGTH = 64
ROLES = {"train": 20, "test": 12, "dev": 10, "distractor": 6}
PEOPLE = [(role, f"{role}{number:02}") for role, count in ROLES.items() for number in range(count)]

PULL = 3.0
"""How much stronger a design is than the face of its wearer."""


class Eyes:
    """A recognizer that sees unit vectors."""

    def templates(self, features, head=None):  # noqa: ARG002
        found = np.asarray(features, np.float64)
        return found / np.linalg.norm(found, axis=1, keepdims=True)


JUDGE = Judge(
    Version("eyes", "judge", Eyes()),
    Evaluate(plain=("grey", "black"), false_match_rate=0.1, batch_size=7, seed=1),
    [0.1],
    "dev",
    pd.DataFrame({"subject_id": []}),
)
AT = [Threshold("eyes", -1, 0.1, 0.4, 100, None, "dev", 10)]


def vector(*names) -> np.ndarray:
    """A random vector of unit length, the same for the same names."""
    found = np.random.default_rng(crc32("/".join(map(str, names)).encode())).normal(size=LENGTH)
    return found / np.linalg.norm(found)


def enrolled(*roles, what="") -> Seen:
    """What is seen of enrolled photos, one of each person; painted ones with a word for it."""
    people = [who for role, who in PEOPLE if role in roles]
    rows = pd.DataFrame({"subject_id": people, "image_id": people})
    return Seen(rows, np.stack([vector(what, who) for who in people]).astype(np.float32))


GALLERIES = {"study": enrolled("train", "test", "distractor"), "dev": enrolled("dev")}


def worn(protection: str, variants: int = 1, training: int = -1, what: str = "") -> Seen:
    """Both photos of everybody who probes: a face, some noise, and what the variant adds."""
    roles = ("train", "test") if training >= 0 else ("train", "test", "dev")
    rows, features = [], []
    for place, (role, who) in enumerate(PEOPLE):
        for protocol in ("same_photo", "other_photo") if role in roles else ():
            variant = place % variants
            pull = PULL * vector("", f"distractor{variant:02}") if training >= 0 else 0.0
            noise = 0.3 * vector(who, protocol, protection, training)
            features.append(vector(what, who) + noise + pull)
            rows.append((who, role, protocol, "masked", protection, max(training, 0) * variants
                         + variant, training))  # fmt: skip
    names = ["subject_id", "role", "protocol", "kind", "protection", "variant", "training"]
    found = pd.DataFrame(rows, columns=names).assign(condition=FLAT)
    return Seen(found, np.array(features, np.float32))


def together(*parts: Seen) -> Seen:
    rows = pd.concat([part.rows for part in parts], ignore_index=True)
    return Seen(rows, np.concatenate([part.features for part in parts]))
