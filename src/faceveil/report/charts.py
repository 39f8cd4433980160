"""Charts as Vega-Lite specifications: the page draws them, and PNG files are made of them."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from faceveil.protection.designs.folders import OWN
from faceveil.report.answer import Situation, situations
from faceveil.report.selection import BARE, Number, Results, label
from faceveil.report.tables import group_label, trainings
from faceveil.runtime.atomic import atomic_path

Spec = dict[str, Any]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's palette, which colour-blind readers tell apart too; one per experiment."""

GREY, BROWN = "#888888", "#8F6B3D"
STEP = 11
"""Pixels between two marks of a row."""


def lift_chart(results: Results) -> Spec | None:
    """Return lifts in rank-1 before each of those who try to name the wearer."""
    found = [
        (_before(one, recognizer), e, results.number("lift_rank_1", e, recognizer))
        for one in situations(results)
        for e, recognizer in one.pairs
    ]
    return _intervals(results, found, "lift over the best plain control, points")


def _before(situation: Situation, recognizer: str) -> str:
    """Return the row of a chart: who tries, and with what means."""
    name = recognizer.partition(":")[0]
    return name if situation.short == name else f"{name} {situation.short}"


def accuracy_chart(results: Results) -> Spec | None:
    """Return rank-1 accuracy of all that is worn, before the target as each experiment left it."""
    made = results.made_of
    names = [("trained designs", "{}"), (label(OWN), f"{{}}_{OWN}")]
    names += [(label(n), n) for n in (BARE, *results.controls())]
    names += [(label(ending), f"{{}}_{ending}") for ending in made]
    found = [
        (text, e, results.number("rank_1", name.format(e), results.after_training(e)))
        for text, name in names
        for e in results.experiments
    ]
    return _intervals(results, found, "rank-1 accuracy, %")


def group_chart(results: Results) -> Spec | None:
    """Return lifts in FNMR by group of people, before the target."""
    groups = sorted(name for name in results.frame["group"].unique() if "=" in name)
    metric = f"lift_{results.missed}"
    found = [
        (group_label(group), e, results.number(metric, e, results.target, group=group))
        for group in groups
        for e in results.experiments
    ]
    return _intervals(results, found, "lift in FNMR, points")


def adaptation_chart(results: Results) -> Spec | None:
    """Return lifts over the number of photos that the target learned from."""
    rows = [
        _row(f"{k:,}", e, number)
        for k in results.photos
        for e in results.experiments
        if (number := results.number("lift_rank_1", e, results.after_photos(e, k)))
    ]
    if not rows:
        return None
    order = [f"{k:,}" for k in results.photos]
    axis = alt.Axis(labelAngle=0)
    x = alt.X("label:N", sort=order, title="photos learned from", axis=axis)
    base = _chart(results, rows).encode(x=x, xOffset=_offset("x", results))
    zero = alt.Chart().mark_rule(color=GREY).encode(y=alt.datum(0))
    title = "lift in rank-1, points"
    rules = base.mark_rule(strokeWidth=2).encode(y=alt.Y("low:Q", title=title), y2="high:Q")
    marks = base.mark_point(filled=True, size=60, opacity=1).encode(y="value:Q")
    return _spec(alt.layer(rules, marks, zero), 260)


def cmc_chart(results: Results) -> Spec | None:
    """Return the share of probes whose person is at rank k or better."""
    axis = alt.Axis(tickMinStep=1)
    x = alt.X("place:Q", title="rank", axis=axis, scale=alt.Scale(domainMin=1, nice=False))
    y = alt.Y("value:Q", title="identified, %", scale=alt.Scale(domain=[0, 100]))
    return _curves(results, "cmc", x, y)


def det_chart(results: Results) -> Spec | None:
    """Return FNMR over the false match rate."""
    axis = alt.Axis(format="~g", values=[0.01, 0.1, 1, 10, 100])
    x = alt.X("place:Q", title="FMR, %", axis=axis, scale=alt.Scale(type="log"))
    y = alt.Y("value:Q", title="FNMR, %", scale=alt.Scale(domain=[0, 100]))
    return _curves(results, "det", x, y)


def spread_chart(results: Results) -> Spec | None:
    """Return the rank-1 accuracy under the designs of each training."""
    rows = [
        {"label": e, "experiment": e, "value": 100 * value, "training": number}
        for e in results.experiments
        for number, value in enumerate(trainings(results, e, results.target))
    ]
    if not rows:
        return None
    x = alt.X("value:Q", title="rank-1 accuracy, %", scale=alt.Scale(domain=[0, 100]))
    tooltip = ["experiment:N", "training:N", alt.Tooltip("value:Q", format=".1f")]
    chart = _chart(results, rows).mark_point(filled=True, size=70, opacity=0.8)
    return _spec(chart.encode(x=x, y=_y(results.experiments), tooltip=tooltip), 150)


def write_png(spec: Spec, path: Path, width: int = 640) -> None:
    """Draw a chart as PNG, twice as fine as its size in pixels, whole or not at all."""
    import vl_convert  # noqa: PLC0415  (a second, and only where pictures are written)

    drawn = vl_convert.vegalite_to_png(spec | {"width": width, "background": "white"}, scale=2)
    with atomic_path(path) as temporary:
        temporary.write_bytes(drawn)


def _intervals(
    results: Results, found: Iterable[tuple[str, str, Number | None]], title: str
) -> Spec | None:
    """Draw a point and its interval for each label and experiment, labels from top to bottom."""
    rows = [_row(text, experiment, number) for text, experiment, number in found if number]
    if not rows:
        return None
    labels = list(dict.fromkeys(str(row["label"]) for row in rows))
    base = _chart(results, rows).encode(y=_y(labels), yOffset=_offset("y", results))
    rules = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=title), x2="high:Q")
    marks = base.mark_point(filled=True, size=50, opacity=1).encode(x="value:Q")
    layers: list[Any] = [rules, marks]
    if "lift" in title:
        layers.append(alt.Chart().mark_rule(color=GREY).encode(x=alt.datum(0)))
    return _spec(alt.layer(*layers), STEP * (len(results.experiments) + 1) * len(labels))


def _curves(results: Results, prefix: str, x: alt.X, y: alt.Y) -> Spec | None:
    names = {BARE: BARE, **dict.fromkeys(results.plain[:1])} | {e: e for e in results.experiments}
    frame = results.rows(recognizer=results.target)
    frame = frame[frame["metric"].str.startswith(f"{prefix}@") & frame["protection"].isin(names)]
    if frame.empty:
        return None
    scale = 100 if prefix == "det" else 1
    rows = [
        {"experiment": label(row["protection"]), "value": 100 * row["value"],
         "place": scale * float(row["metric"].partition("@")[2])}
        for _, row in frame.iterrows()
    ]  # fmt: skip
    others = [label(name) for name in names if name not in results.experiments]
    tooltip = ["experiment:N", alt.Tooltip("place:Q", format="~g"),
               alt.Tooltip("value:Q", format=".1f")]  # fmt: skip
    line = _chart(results, rows, others).mark_line(point=True).encode(x=x, y=y, tooltip=tooltip)
    return _spec(line, 260)


def _chart(
    results: Results, rows: Sequence[dict[str, Any]], others: Sequence[str] = ()
) -> alt.Chart:
    """Return a chart of rows in the colours of their experiments."""
    names = [*results.experiments, *others]
    colours = [*(COLOURS * 3)[: len(results.experiments)], *(GREY, BROWN)[: len(others)]]
    legend = alt.Legend(orient="top", title=None, symbolSize=80, symbolType="circle")
    numbers = [alt.Tooltip(f"{name}:Q", format=".1f") for name in ("value", "low", "high")]
    words = [alt.Tooltip(f"{name}:N") for name in ("label", "experiment", "people")]
    return alt.Chart(pd.DataFrame(rows)).encode(
        color=alt.Color("experiment:N", scale=alt.Scale(domain=names, range=colours),
                        legend=legend),
        tooltip=[*words, *numbers],
    )  # fmt: skip


def _row(text: str, experiment: str, number: Number) -> dict[str, Any]:
    ends = {name: 100 * getattr(number, name) for name in ("value", "low", "high")}
    return {"label": text, "experiment": experiment, "people": number.people, **ends}


def _y(labels: Sequence[str]) -> alt.Y:
    axis = alt.Axis(labelLimit=230, ticks=False, domain=False, labelPadding=8)
    return alt.Y("label:N", sort=list(labels), title=None, axis=axis)


def _offset(side: str, results: Results) -> Any:
    kind = alt.YOffset if side == "y" else alt.XOffset
    scale = alt.Scale(paddingOuter=0.3)
    return kind("experiment:N", sort=list(results.experiments), scale=scale)


def _spec(chart: Any, height: int) -> Spec:
    """Return the specification of a chart as wide as there is room."""
    view = {"stroke": None}
    axis = {"tickCount": 8, "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"}
    config = {"view": view, "axis": axis, "legend": {"labelFontSize": 12}}
    spec: Spec = chart.properties(width="container", height=height).to_dict()
    return spec | {"config": config, "autosize": {"type": "fit-x", "contains": "padding"}}
