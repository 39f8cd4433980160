"""CMC and DET curves: identification by rank, and the two errors of verification."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from faceveil.report.figures.accuracy import COLOURS, MARKERS
from faceveil.report.figures.intervals import WIDTH
from faceveil.report.figures.svg import INK, MUTED, RULE, SERIES

Role = Literal["design", "control", "no mask"]
"""What a curve is about: a design, the best plain control, nothing."""

DASHES: dict[Role, Any] = {"design": "solid", "control": (0, (4, 2)), "no mask": (0, (1, 1.5))}
"""How roles are told apart without colour."""

EVERY = 5
"""Points of a curve between two of its markers."""

Curves = Mapping[tuple[str, Role], Sequence[float]]
"""Shares in [0, 1] by experiment and role."""

Pairs = Mapping[tuple[str, Role], Sequence[tuple[float, float]]]
"""FMR and FNMR, both in [0, 1], by experiment and role."""


def cmc_chart(curves: Curves, series: Sequence[str]) -> Figure:
    """Draw the share of probes whose subject is among the k most similar templates.

    Args:
        curves: rank-k accuracy for k = 1, 2, …
        series: all experiments in the order of their colours.
    """
    figure, axis = _axes("rank k", "rank-k accuracy, %")
    for (experiment, role), shares in curves.items():
        ranks = range(1, len(shares) + 1)
        style = _style(series, experiment, role)
        axis.plot(ranks, [100 * share for share in shares], **style)
    most = max(len(shares) for shares in curves.values())
    axis.set(xlim=(1, max(most, 2)), ylim=(-2, 102))
    axis.set_xticks([1, *range(5, most + 1, 5)])
    return figure


def det_chart(curves: Pairs, series: Sequence[str]) -> Figure:
    """Draw FNMR over FMR with a logarithmic FMR, which verification is judged at.

    Args:
        curves: pairs of the two errors; an FMR of 0 has no place on a logarithm and is left out.
        series: all experiments in the order of their colours.
    """
    figure, axis = _axes("FMR, share of non-mated comparisons accepted", "FNMR, %")
    for (experiment, role), pairs in curves.items():
        shown = sorted((fmr, 100 * fnmr) for fmr, fnmr in pairs if fmr > 0)
        style = _style(series, experiment, role)
        axis.plot([fmr for fmr, _ in shown], [fnmr for _, fnmr in shown], **style)
    axis.set(xscale="log", xlim=(None, 1), ylim=(-2, 102))
    return figure


def _axes(across: str, up: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, 3.3), layout="constrained")
    axis = figure.subplots()
    axis.set_xlabel(across, fontsize=10, color=INK)
    axis.set_ylabel(up, fontsize=10, color=INK)
    axis.grid(color=RULE, linewidth=0.7)
    axis.tick_params(which="both", colors=MUTED, labelsize=9, length=0)
    axis.spines[:].set_visible(False)
    return figure, axis


def _style(series: Sequence[str], experiment: str, role: Role) -> dict[str, Any]:
    """Return colour and marker by experiment, and dash by role."""
    order = list(series).index(experiment)
    return {
        "color": COLOURS[order % len(COLOURS)],
        "marker": MARKERS[order % len(MARKERS)],
        "markersize": 4.5,
        "markevery": (order % EVERY, EVERY),  # curves that lie on one another stay apart
        "linestyle": DASHES[role],
        "linewidth": 1.8,
        "gid": SERIES + experiment,
    }
