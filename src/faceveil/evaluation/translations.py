"""What there is of translations: photos, what recognizers saw of them, where faces were found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from faceveil.evaluation.evaluate import Inputs
from faceveil.evaluation.trials import Seen
from faceveil.protection.sources import Sources
from faceveil.protection.translation.translate import face_of
from faceveil.recognition.recognizer import Recognizer
from faceveil.store.embeddings import read_embeddings
from faceveil.store.protocol import MASKED_PHOTOS


@dataclass(frozen=True)
class Translations:
    """What is measured.

    Attributes:
        main: the main pipeline's recognizers, embeddings and people.
        sources: curated photos, and where masks are on them.
        photos: folder of the stores of each translation.
        embeddings: folder of what recognizers saw of them.
        found: folder of tables of where detectors found faces, one of each translation.
        names: of translations.
        protections: those whose masks were taken off.
    """

    main: Inputs
    sources: Sources
    photos: Path
    embeddings: Path
    found: Path
    names: Sequence[str]
    protections: Sequence[str]

    def seen(self, recognizer: Recognizer, translation: str, stores: Sequence[str]) -> Seen:
        """Return what a recognizer saw of stores of a translation, of people who probe."""
        parts = []
        for store in stores:
            place = self.embeddings / translation / store / recognizer.name
            table = read_embeddings(place, recognizer.fingerprint)
            parts.append((table.rows, table.features))
        rows = pd.concat([rows for rows, _ in parts], ignore_index=True)
        # What was put on is compared with a plain mask, as all that is worn.
        rows = rows.assign(kind=rows["protocol"].map(MASKED_PHOTOS))
        return Seen(rows, np.concatenate([features for _, features in parts]))


def same_faces(rows: pd.DataFrame) -> Callable[[Seen], Seen]:
    """Return what keeps photos of the same faces, whatever they wear."""
    wanted = set(zip(rows["subject_id"], face_of(rows["image_id"]), strict=True))

    def keep(seen: Seen) -> Seen:
        of = zip(seen.rows["subject_id"], face_of(seen.rows["image_id"]), strict=True)
        return seen.where(np.array([one in wanted for one in of], np.bool_))

    return keep


def same_worn(rows: pd.DataFrame) -> Callable[[Seen], Seen]:
    """Return what keeps the same photos: of the same faces, in the same designs."""
    key = ["image_id", "protection", "training", "variant"]
    wanted = pd.MultiIndex.from_frame(rows[key])

    def keep(seen: Seen) -> Seen:
        return seen.where(pd.MultiIndex.from_frame(seen.rows[key]).isin(wanted))

    return keep
