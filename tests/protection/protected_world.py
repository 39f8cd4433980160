"""Ten people of 16 pixels, photographed as every store of protected photos needs them."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from faceveil.params.protocol import Protocol
from faceveil.protection.designs.generators import WEIGHTS, build_generator
from faceveil.protection.sources import Sources
from faceveil.store.faces import PackedFaces
from faceveil.store.protocol import assign_roles
from faceveil.store.weights import write_weights
from tests.packed import write_faces

SIZE = 16
SPLITS = {
    **{f"a{number}": "train" for number in range(4)},
    **{f"b{number}": "test" for number in range(3)},
    **{f"c{number}": "spare" for number in range(3)},
}
ENDINGS = {"unmasked": "", "masked": "_Mask", "further_unmasked": "_1", "further_masked": "_1_Mask"}
"""What names a photo of each kind, after its person."""

ABSENT = {("further_masked", "b1"), ("further_unmasked", "a2")}
"""Photos that were never taken."""

PROTOCOL = Protocol(dev_people=2, distractors=1, training_probes=3, seed=4)


def people_of(kind: str) -> list[str]:
    """The people of a kind of photo, in an order that is not that of their ids."""
    order = np.random.default_rng(len(kind)).permutation(list(SPLITS)).tolist()
    return [who for who in order if (kind, who) not in ABSENT]


def photo(kind: str, who: str) -> np.ndarray:
    """Noise, another for each kind and person, uint8 [S, S, 3]."""
    stream = np.random.default_rng(list(f"{kind}/{who}".encode()))
    return stream.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)


def cover(kind: str, who: str) -> np.ndarray:
    """Where the mask is: a soft edge somewhere in the lower half, uint8 [S, S]."""
    height = SIZE // 2 + (len(kind) + int(who[1])) % 4
    shade = np.clip((np.arange(SIZE) - height) * 100 + 30, 0, 255).astype(np.uint8)
    return np.broadcast_to(shade[:, None], (SIZE, SIZE))


def write_world(root: Path, protocol: Protocol = PROTOCOL) -> Sources:
    """Write packed faces and transparencies, and give everybody a role."""
    (root / "transparencies").mkdir(parents=True)
    for kind, ending in ENDINGS.items():
        people = people_of(kind)
        ids = [who + ending for who in people]
        rows = pd.DataFrame(
            {"subject_id": people, "image_id": ids, "split": [SPLITS[who] for who in people]}
        )
        pixels = np.stack([photo(kind, who) for who in people])
        write_faces(root / "curated" / kind, PackedFaces(pixels, rows))
        if kind.endswith("_masked") or kind == "masked":
            seen = np.stack([cover(kind, who) for who in people])
            np.save(root / "transparencies" / f"{kind}.npy", seen)
    curated = root / "curated"
    return Sources(curated, root / "transparencies", assign_roles(curated, protocol))


def write_generators(folder: Path, trainings: int = 2) -> Path:
    """Write generators that learned nothing, but draw designs far from grey."""
    for number in range(trainings):
        (folder / str(number)).mkdir(parents=True)
        with torch.random.fork_rng():
            torch.manual_seed(number)
            generator = build_generator(10, SIZE)
            for parameter in generator.parameters():
                torch.nn.init.normal_(parameter, std=0.5)
        about = {"architecture": "mlp", "latent_size": 10, "image_size": SIZE}
        write_weights(folder / str(number) / WEIGHTS, generator, about | {"distribution": "normal"})
    return folder
