"""Who probes, with which photo, wearing what: the rows of the accuracy table.

Everybody is enrolled once, with the unmasked photo. A protocol says which photo probes:
``same_photo`` the one that was enrolled (this is image matching; MaskedFace-Net offers nothing
else), ``other_photo`` further photos of the same people, where the collection has any.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faceveil.params.errors import FaceveilError
from faceveil.store.protocol import MASKED_PHOTOS, UNMASKED_PHOTOS

Control = Literal[
    "surgical",
    "noise",
    "grey",
    "black",
    "white",
    "mean_colour",
    "shuffled",
    "other_face",
    "untrained",
]
"""What is worn in place of a trained design, through the same projection."""

Wears = Literal["generated", "plain", "no_mask"] | Control
"""What a probe has on its face: a trained design, the photo's own mask, nothing, or a control."""

Subjects = Literal["all", "train", "test"]
"""Which people probe; ``test`` are the held-out ones."""

SPLITS_OF: dict[Subjects, tuple[str, ...]] = {
    "all": ("train", "test"),
    "train": ("train",),
    "test": ("test",),
}
"""The splits of the people of a row."""

AS_PHOTOGRAPHED: dict[Wears, dict[str, str]] = {
    "plain": MASKED_PHOTOS,
    "no_mask": UNMASKED_PHOTOS,
}
"""What probes as it was photographed, and so from stored trunk features."""

PROTOCOLS = tuple(MASKED_PHOTOS)

CONTROLS: tuple[Control, ...] = get_args(Control)

PLAIN: tuple[Wears, ...] = ("plain", "surgical", "noise", "grey", "black", "white")
"""What anybody can wear who has no design; the best of them is what a design must beat."""

LABELS: dict[Wears, str] = {
    "generated": "generated design",
    "plain": "plain mask, as photographed",
    "no_mask": "no mask",
    "surgical": "control: drawn surgical mask",
    "noise": "control: uniform noise",
    "grey": "control: grey",
    "black": "control: black",
    "white": "control: white",
    "mean_colour": "control: mean colour of a design",
    "shuffled": "control: pixels of a design, shuffled",
    "other_face": "control: another person's face",
    "untrained": "control: untrained generator",
}
PEOPLE_LABELS: dict[Subjects, str] = {
    "all": "all people",
    "train": "training people",
    "test": "held-out people",
}


@dataclass(frozen=True)
class Row:
    """One row of the accuracy table."""

    wears: Wears
    subjects: Subjects

    @property
    def name(self) -> str:
        """Stable key of the row, as in ``rows.generated_test.same_photo.rank_1``."""
        return self.wears if self.subjects == "all" else f"{self.wears}_{self.subjects}"

    @property
    def label(self) -> str:
        """The row in words."""
        return f"{LABELS[self.wears]}, {PEOPLE_LABELS[self.subjects]}"


def _rows() -> tuple[Row, ...]:
    generated = (Row("generated", "train"), Row("generated", "test"))
    others: tuple[Wears, ...] = ("plain", "no_mask", *CONTROLS)
    people = {wears: WHO if wears in (*PLAIN, "no_mask") else WHO[1:] for wears in others}
    return (*generated, *(Row(wears, who) for wears in others for who in people[wears]))


WHO: tuple[Subjects, ...] = ("all", "test")
"""On whom a comparison is measured; what is not plain is worn by held-out people alone."""

ROWS = _rows()
"""All rows in the order of the table; each comparison has a row over the held-out people alone."""

HEADLINE = (
    "generated_train",
    "generated_test",
    "plain",
    "no_mask",
    "plain_test",
    *(f"{control}_test" for control in CONTROLS),
)
"""Rows for a README and a chart: the four published, then what held-out people wear instead."""


CURVES = ("generated_test", "plain_test", "no_mask_test", "black_test", "untrained_test")
"""Rows whose CMC and DET curves are stored and drawn."""


def assign_designs(
    subject_ids: NDArray[np.str_], designs: int, per_subject: int
) -> dict[str, NDArray[np.int64]]:
    """Spread designs evenly over people: who wears which, by subject.

    The k-th person in the order of ids wears ``per_subject`` designs from number
    ``k * per_subject`` on, counted around, so that no two designs differ by more than one wearer
    and the order of rows changes nothing.

    >>> assign_designs(np.array(["b", "a"]), designs=3, per_subject=2)
    {'a': array([0, 1]), 'b': array([2, 0])}

    Raises:
        FaceveilError: if a person is to wear more designs than there are.
    """
    if per_subject > designs:
        raise FaceveilError(f"{per_subject} designs per person, but there are only {designs}")
    steps = np.arange(per_subject)
    people = [str(subject) for subject in np.unique(subject_ids)]
    return {who: (k * per_subject + steps) % designs for k, who in enumerate(people)}


def of_subjects(trials: pd.DataFrame, row: Row) -> pd.DataFrame:
    """Return the trials that a row is about: by what is worn and by whom."""
    chosen = trials[trials["wears"] == row.wears]
    return chosen if row.subjects == "all" else chosen[chosen["split"] == row.subjects]
