"""The course of training: losses and accuracies over epochs, one line per experiment."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from faceveil.runtime.atomic import atomic_path


def curve_table(rows: Sequence[Mapping[str, float]]) -> pd.DataFrame:
    """Return the values of each epoch, the same names in all, with ``epoch`` first and from 1."""
    table = pd.DataFrame(rows)
    table.insert(0, "epoch", range(1, len(table) + 1))
    return table


def write_curves(table: pd.DataFrame, path: Path) -> None:
    """Write a table of curves as CSV."""
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False)


def draw_curves(curves: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Draw a panel per column, with a line per experiment.

    Args:
        curves: what :func:`curve_table` returned, by experiment.
        path: the picture to write.
    """
    columns = list(next(iter(curves.values())).columns.drop("epoch"))
    figure = Figure(figsize=(11, 6), layout="constrained")
    panels = figure.subplots(2, -(-len(columns) // 2), squeeze=False).flat
    for panel, column in zip(panels, columns, strict=False):
        for experiment, frame in curves.items():
            panel.plot(frame["epoch"], frame[column], label=experiment, linewidth=1.4)
        panel.set_title(column.replace("_", " "), fontsize=10)
        panel.set_xlabel("epoch", fontsize=9)
        panel.grid(alpha=0.3)
        if column.endswith("accuracy"):
            panel.set_ylim(-0.03, 1.03)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=6)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=110, metadata={"Software": None})
