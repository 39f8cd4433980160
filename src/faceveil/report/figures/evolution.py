"""How the designs came about: the same latents after more and more epochs."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from faceveil.runtime.atomic import atomic_path

Sheet = NDArray[np.uint8]
"""Designs ``[K, S, S, 3]``, RGB."""

GAP = 6
"""White pixels between two designs of a sheet."""


def draw_evolution(
    sheets: Mapping[int, Sheet], path: Path, title: str, unit: str = "epoch"
) -> None:
    """Draw the same designs by epoch, or step: a column for each and a row per design."""
    epochs = sorted(sheets)
    count = len(sheets[epochs[0]])
    figure = Figure(figsize=(1.3 * len(epochs) + 0.2, 1.3 * count + 0.7), layout="constrained")
    figure.suptitle(title, fontsize=11)
    panels = figure.subplots(count, len(epochs), squeeze=False)
    for column, epoch in enumerate(epochs):
        panels[0, column].set_title("untrained" if epoch == 0 else f"{unit} {epoch}", fontsize=9)
        for panel, design in zip(panels[:, column], sheets[epoch], strict=True):
            panel.imshow(design)
            panel.set_axis_off()
    with atomic_path(path) as temporary:
        # Without the date and version that matplotlib adds, the same designs are the same file.
        figure.savefig(temporary, dpi=110, metadata={"Software": None})


def write_sheets(sheets: Mapping[int, Sheet], directory: Path) -> dict[int, Path]:
    """Write each epoch's designs as one strip, pixel for pixel, and return the files by epoch."""
    directory.mkdir(parents=True, exist_ok=True)
    paths = {epoch: directory / f"designs_{epoch:05d}.png" for epoch in sorted(sheets)}
    for epoch, path in paths.items():
        framed = np.pad(
            sheets[epoch], ((0, 0), (GAP, GAP), (GAP, GAP), (0, 0)), constant_values=255
        )
        with atomic_path(path) as temporary:
            Image.fromarray(np.concatenate(framed, axis=1)).save(temporary)
    return paths
