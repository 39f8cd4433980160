"""Which files a rendered collection has, and whose flaws are known, before anything is drawn."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from faceveil.params.synthesize import Synthesize
from faceveil.rendering.flaws import FLAWS

WAYS = {
    "correct": "_Mask",
    "nose_mouth": "_Mask_Nose_Mouth",
    "chin": "_Mask_Chin",
    "mouth_chin": "_Mask_Mouth_Chin",
}
"""How a mask is worn, by what it covers, and MaskedFace-Net's ending of the file's name."""

# the second number of every random stream, so that no two streams meet
PLANNED, PEOPLE, MAIN, FURTHER, STRANGERS, BACKGROUND = range(6)


@dataclass(frozen=True)
class Shot:
    """One photo to be taken, and what is wrong with it.

    Attributes:
        role: `MAIN`, `FURTHER` or `BACKGROUND`.
        subject: Number of the person among those of the role.
        number: Which of the person's photos, from 1 on for further and background photos.
        worn: How the mask is worn, "none" for a background photo without one.
        flaw: "" or one of `FLAWS`.
        cut_out: Whether the mask's exact cut-out is kept.
    """

    role: int
    subject: int
    number: int = 0
    worn: str = "correct"
    flaw: str = ""
    cut_out: bool = False


def plan(params: Synthesize) -> list[Shot]:
    """All photos of a collection, in the order of the truth table."""
    main = list(_main_photos(params))
    further = [
        Shot(FURTHER, subject, number)
        for subject in range(params.people)
        for number in range(1, params.further_photos + 1)
    ]
    background = [
        Shot(BACKGROUND, subject, number, "correct" if number % 3 == 0 else "none")
        for subject in range(params.background_people)
        for number in range(1, params.background_photos + 1)
    ]
    return main + further + background


def _main_photos(params: Synthesize) -> Iterator[Shot]:
    flawed = round(params.people * params.flawed_share)
    wrong = round(params.people * params.incorrectly_worn_share)
    order = stream(params, PLANNED).permutation(params.people)
    flaws = {int(s): FLAWS[i % len(FLAWS)] for i, s in enumerate(order[:flawed])}
    ways = list(WAYS)[1:]
    worn = {int(s): ways[i % 3] for i, s in enumerate(order[flawed : flawed + wrong])}
    left = params.annotated
    for subject in range(params.people):
        sound = subject not in flaws and subject not in worn
        yield Shot(MAIN, subject, 0, worn.get(subject, "correct"), flaws.get(subject, ""),
                   sound and left > 0)  # fmt: skip
        left -= sound


def stream(params: Synthesize, *numbers: int) -> np.random.Generator:
    """The random stream of one purpose, the same on any machine and for any number of workers."""
    return np.random.default_rng(np.random.SeedSequence([params.seed, *numbers]))
