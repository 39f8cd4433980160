"""The published accuracies that ours stand beside.

Source: A. Maynard, "Design of Facemasks to Protect from Facial Recognition using Generative
Adversarial Networks" (2021), and the repository published with it.
"""

from faceveil.evaluation.rows import Row

SOURCE = 'A. Maynard, "Design of Facemasks to Protect from Facial Recognition using GANs" (2021)'

PROTOCOL = (
    "same photo, 200 people of whom 80 % train, FFHQ and MaskedFace-Net at 128 px, rank-1 in %; "
    "labels were file numbers and not gallery rows, so that the held-out rows read 0, and some "
    "rows were measured against the gallery of one batch"
)
"""How the published table was measured, and what that does to it."""

_ROWS = (
    Row("generated", "train"),
    Row("generated", "test"),
    Row("plain", "all"),
    Row("no_mask", "all"),
)

PUBLISHED: dict[str, dict[str, float]] = {
    experiment: {row.name: percent for row, percent in zip(_ROWS, percents, strict=True)}
    for experiment, percents in {
        "exp0": (6.2, 0.0, 85.0, 100.0),
        "exp1": (15.0, 0.0, 65.1, 99.0),
        "exp2": (23.8, 0.0, 73.6, 100.0),
        "exp3": (0.6, 0.0, 85.4, 100.0),
    }.items()
}
"""Rank-1 accuracy in percent, by experiment and row, under ``same_photo``."""

RELABELLED: dict[str, float] = {
    row.name: percent for row, percent in zip(_ROWS, (18.5, 19.0, 69.8, 100.0), strict=True)
}
"""The repository's later measurement: 1,000 people, labels fixed; rank-1 in percent."""
