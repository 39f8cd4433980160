"""The course of training: losses and accuracies over epochs, one line per training."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from faceveil.runtime.atomic import atomic_path


def draw_curves(table: pd.DataFrame, path: Path) -> None:
    """Draw a panel per column but ``training`` and ``epoch``, with a line per training."""
    columns = list(table.columns.drop(["training", "epoch"]))
    figure = Figure(figsize=(11, 6), layout="constrained")
    panels = figure.subplots(2, -(-len(columns) // 2), squeeze=False).flat
    for panel, column in zip(panels, columns, strict=False):
        for training, frame in table.groupby("training"):
            label = f"training {training}"
            panel.plot(frame["epoch"], frame[column], label=label, linewidth=1.4)
        panel.set_title(column.replace("_", " "), fontsize=10)
        panel.set_xlabel("epoch", fontsize=9)
        panel.grid(alpha=0.3)
        if column.endswith("accuracy"):
            panel.set_ylim(-0.03, 1.03)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=6)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=110, metadata={"Software": None})
