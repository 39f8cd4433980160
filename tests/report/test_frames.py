"""Tables of opponents: one line for each lift, in percent."""

import pytest

from faceveil.report.frames import frames


def test_every_lift_has_its_line(metrics):
    found = frames(metrics)
    assert list(found) == ["transfer", "strike_back", "cross_play"]
    lifts = [one for d in metrics.transfer.values() for r in d.recognizers for one in r.lifts]
    assert len(found["transfer"]) == len(lifts)
    line, lift = found["transfer"].iloc[0], lifts[0].lift
    assert line["lift"] == pytest.approx(100 * lift.value, abs=0.005)
    assert (line["over"], line["people"]) == (lift.over, lift.people)
    cells = metrics.strike_back.cells
    assert found["cross_play"]["designs"].tolist() == [cell.designs for cell in cells]
    points = [point.k for curve in metrics.strike_back.curves for point in curve.points]
    assert found["strike_back"]["photos"].tolist() == points


def test_what_was_not_measured_has_no_table(alone):
    assert frames(alone.metrics) == {}
