"""Six people whose untouched photos are dark and whose changed ones are light."""

import numpy as np
import pandas as pd
import torch

from faceveil.protection.sources import Sources
from faceveil.store.faces import PackedFaces
from faceveil.store.groups import GROUPS, write_groups
from faceveil.store.photos import COLUMNS, write_photos
from faceveil.store.protocol import ENROLLMENTS, PROBES, Roles
from tests.packed import write_faces

PEOPLE = [f"{number:05d}" for number in range(6)]
SIZE, DARK, LIGHT = 32, 40, 220


def write_world(root, rendered=6):
    """Write curated photos and one translation's stores, and return where they are found.

    So many of the people, the first ones, are known as rendered.
    """
    curated = root / "curated"
    for kind, ending in (("further_unmasked", "_1"), ("further_masked", "_1_Mask")):
        images = [who + ending for who in PEOPLE]
        rows = pd.DataFrame({"subject_id": PEOPLE, "image_id": images, "split": "test"})
        pixels = np.full((len(PEOPLE), SIZE, SIZE, 3), DARK, np.uint8)
        write_faces(curated / kind, PackedFaces(pixels, rows))
    (root / "transparencies").mkdir()
    alpha = np.full((len(PEOPLE), SIZE, SIZE), 255, np.uint8)
    np.save(root / "transparencies/further_masked.npy", alpha)
    known = {"skin_tone": "light", "age": "few lines", "sex_typed_shape": "male-typed"}
    groups = pd.DataFrame({"subject_id": PEOPLE, **known})
    write_groups(curated / GROUPS, groups[:rendered])
    for store, kind, ending in (
        ("put_on", "further_unmasked", "_1"),
        ("plain", "further_masked", "_1_Mask"),
    ):
        words = {
            "subject_id": PEOPLE, "image_id": [who + ending for who in PEOPLE], "role": "test",
            "kind": kind, "protocol": "other_photo", "protection": store, "variant": 0,
            "training": -1, "condition": "", "order": -1, "use": "judge",
        }  # fmt: skip
        photos = torch.full((len(PEOPLE), 3, SIZE, SIZE), LIGHT / 255)
        rows = pd.DataFrame(words)[list(COLUMNS)]
        write_photos(root / "translated/mine" / store, rows, SIZE, [photos])
    roles = Roles(pd.DataFrame(columns=list(ENROLLMENTS)), pd.DataFrame(columns=list(PROBES)))
    return Sources(curated, root / "transparencies", roles), root / "translated"
