"""A tiny collection by person, of rendered people."""

from pathlib import Path

import numpy as np
from PIL import Image

from faceveil.params.put_on_masks import PutOnMasks
from faceveil.rendering.person import draw_person
from faceveil.rendering.photo import draw_photo
from faceveil.rendering.render import render

PARAMS = PutOnMasks(
    collections=[], templates="rendered", seed=3, photos_per_person=100, min_face_probability=0.75
)


def photo_of(person: int, number: int, size: int = 128) -> np.ndarray:
    """Return a photo of a rendered person, uint8 ``[size, size, 3]``."""
    who = draw_person(np.random.default_rng([11, person]))
    image = render(who, draw_photo(np.random.default_rng([12, person, number]), who), size).image
    return np.round(255 * image).astype(np.uint8)


def write_people(root: Path, people: dict[str, int]) -> Path:
    """Write so many photos of each person, ``Name/NNNN.png``; return the root."""
    for person, (name, photos) in enumerate(people.items()):
        (root / name).mkdir(parents=True)
        for number in range(photos):
            Image.fromarray(photo_of(person, number)).save(root / name / f"{number:04d}.png")
    return root
