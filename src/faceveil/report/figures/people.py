"""Held-out people wearing designs: rows are what is worn, columns are people."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from faceveil.runtime.atomic import atomic_path

_SIDE = 1.25
"""Width and height of a photo, in inches."""

_DPI = 120


def people_figure(
    path: Path, rows: Mapping[str, NDArray[np.float32]], subject_ids: Sequence[str]
) -> None:
    """Draw photos in a grid, one labelled row per thing worn and one column per person.

    Args:
        path: PNG to write, whole or not at all.
        rows: photos ``[P, S, S, 3]`` in [0, 1] by the label of their row, first row on top.
        subject_ids: the ``P`` people, in the order of the photos.

    Raises:
        ValueError: if a row does not have one photo per person.
    """
    for label, photos in rows.items():
        if len(photos) != len(subject_ids):
            raise ValueError(f"row {label!r}: {len(photos)} photos of {len(subject_ids)} people")
    # The left margin is for the labels, the top one for the names.
    figure = Figure(figsize=(1.5 + _SIDE * len(subject_ids), 0.3 + _SIDE * len(rows)), dpi=_DPI)
    width, height = figure.get_size_inches()
    axes = figure.subplots(len(rows), len(subject_ids), squeeze=False)
    margins = {"left": 1.5 / width, "right": 1, "bottom": 0, "top": 1 - 0.3 / height}
    figure.subplots_adjust(**margins, wspace=0.04, hspace=0.04)
    for (label, photos), line in zip(rows.items(), axes, strict=True):
        for photo, axis in zip(photos, line, strict=True):
            axis.imshow(photo, interpolation="lanczos")
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
        line[0].set_ylabel(label, rotation=0, ha="right", va="center", labelpad=8, fontsize=10)
    for subject, axis in zip(subject_ids, axes[0], strict=True):
        axis.set_title(subject, fontsize=8, color="#555555", pad=4)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, metadata={"Software": None})
