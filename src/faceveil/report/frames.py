"""The tables of opponents as frames, for whoever records them; rates and lifts are in percent."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from faceveil.report.contents import Metrics
from faceveil.report.documents import Compared


def frames(metrics: Metrics) -> dict[str, pd.DataFrame]:
    """Return ``transfer``, ``strike_back`` and ``cross_play``, those of them that were measured."""
    transfer = [
        _line({"designs": name, "recognizer": one.name, "trained_against": one.seen}, lift)
        for name, document in metrics.transfer.items()
        for one in document.recognizers
        for lift in one.lifts
    ]
    struck = metrics.strike_back
    curves = struck.curves if struck else ()
    cells = struck.cells if struck else ()
    learned = [
        _line({"designs": curve.experiment, "photos": point.k}, point)
        for curve in curves
        for point in curve.points
    ]
    crossed = [
        _line({"designs": cell.designs, "recognizer": cell.recognizer}, cell) for cell in cells
    ]
    tables = {"transfer": transfer, "strike_back": learned, "cross_play": crossed}
    return {name: pd.DataFrame(lines) for name, lines in tables.items() if lines}


def _line(about: Mapping[str, Any], one: Compared) -> dict[str, Any]:
    rates = {"design": one.design, "control": one.control, "fmr": one.fmr}
    lift = {"lift": one.lift.value, "low": one.lift.low, "high": one.lift.high}
    shares = {name: _percent(value) for name, value in (rates | lift).items()}
    words = {"protocol": one.protocol, "metric": one.metric}
    return {**about, **words, **shares, "over": one.lift.over, "people": one.lift.people}


def _percent(value: float | None) -> float | None:
    return None if value is None else round(100 * value, 2)
