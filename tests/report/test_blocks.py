"""How numbers are written."""

import pytest

from faceveil.report.blocks import (
    DASH,
    MINUS,
    Row,
    Table,
    counted,
    lift_text,
    metric_name,
    percent,
    points,
    rate,
    share_text,
    titled,
)
from faceveil.report.documents import Lift


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.5, "+50.0"),
        (-0.05, f"{MINUS}5.0"),
        (0.0, "+0.0"),
        (-0.0001, "+0.0"),
        (None, DASH),
    ],
)
def test_points_have_a_sign_and_no_negative_zero(share, text):
    assert points(share) == text


def test_rates_are_percent_with_their_interval():
    assert rate(0.123, 0.1, 0.2) == "12.3 [10.0, 20.0]"
    assert rate(0.123, None, None) == "12.3"
    assert rate(None, None, None) == percent(None) == DASH
    lift = Lift(over="black", value=0.1, low=-0.1, high=0.3)
    assert lift_text(lift) == f"+10.0 [{MINUS}10.0, +30.0]"
    assert lift_text(None) == DASH


def test_words():
    assert metric_name("rank_1") == "rank-1"
    assert metric_name("fnmr", 0.001) == "FNMR at FMR 0.1 %"
    assert metric_name("fnmr") == "FNMR"
    assert share_text(0.0001) == "0.01 %"
    assert [counted(n, "person") for n in (1, 2)] == ["1 person", "2 people"]
    assert counted(1200, "pair") == "1,200 pairs"
    assert titled("other_photo", "lift") == "Other photo: lift"
    assert titled("a third", "lift") == "a third: lift"


def test_a_column_may_belong_to_an_experiment():
    table = Table("", ("row", "exp0"), (Row(("a", "1")),), ("", "exp0"))
    assert [table.of(0), table.of(1)] == ["", "exp0"]
    assert Table("", ("row",), ()).of(0) == ""
