"""What docs/data.md says of LFW is what was measured there: the evaluations lie beside it."""

import json
from typing import Any

import pytest

from tests.conftest import ROOT

DATA = (ROOT / "docs/data.md").read_text(encoding="utf-8")
ROWS = {
    "no mask": "no_mask",
    "plain mask": "plain",
    "plain mask, held out": "plain_test",
    "black, held out": "black_test",
    "another person's face, held out": "other_face_test",
    "untrained design, held out": "untrained_test",
    "design, training people": "generated_train",
    "design, held out": "generated_test",
}


def measured(experiment: str) -> dict[str, dict[str, Any]]:
    """Measurements under other photos, by row."""
    document = json.loads((ROOT / f"docs/measured/lfw/{experiment}.json").read_text())
    found = document["measurements"]
    return {one["row"]: one for one in found if one["protocol"] == "other_photo"}


def said(one: dict[str, Any], sign: str = "") -> str:
    value, low, high = (f"{100 * one[key]:{sign}.1f}" for key in ("value", "low", "high"))
    return f"{value} [{low}, {high}]".replace("100.0]", "100]")


def table() -> dict[str, list[str]]:
    """The cells of the table by its first column."""
    after = DATA[DATA.index("| | people | trials |") :].split("\n\n")[0]
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in after.splitlines()]
    return {line[0]: line[1:] for line in lines[2:]}


@pytest.mark.parametrize("label", ROWS)
def test_a_row_of_the_table_is_what_was_measured(label):
    people, trials, *cells = table()[label]
    expected = []
    for experiment in ("exp0", "exp3"):
        one = measured(experiment)[ROWS[label]]
        assert (people, trials) == (str(one["people"]), f"{one['trials']:,}")
        rank = {"value": one["rank_1"], "low": one["low"], "high": one["high"]}
        assert one["fnmr"][0]["fmr"] == 0.01
        expected += [said(rank), said(one["fnmr"][0])]
    assert cells == expected


def test_the_lifts_are_what_was_measured():
    cells = table()["lift over the best plain control (black)"][2:]
    designs = [measured(experiment)["generated_test"] for experiment in ("exp0", "exp3")]
    lifts = [lift for one in designs for lift in (one["lift"], one["fnmr"][0]["lift"])]
    assert {lift["over"] for lift in lifts} == {"black"}
    assert cells == [said(lift, "+") for lift in lifts]


def test_the_readme_says_the_same():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = measured("exp0")
    for row in ("plain_test", "generated_test"):
        one = rows[row]
        ends = f"[{100 * one['low']:.1f}, {100 * one['high']:.1f}]"
        assert f"{100 * one['rank_1']:.1f} %" in readme and ends in readme
        assert f"{one['trials']:,} " in readme


def test_the_black_box_says_what_was_measured():
    after = DATA[DATA.index("| designs of | rank-1, % |") :].split("\n\n")[0]
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in after.splitlines()]
    for number, line in enumerate(lines[2:]):
        assert line == black_box(f"exp{number}")
    assert len(lines) == 2 + 4
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    ends = black_box("exp0")[3].split(" ", 1)
    assert f"{ends[0]} points in rank-1 {ends[1]}" in readme


def black_box(experiment: str) -> list[str]:
    """A line of the table: rate in designs and in the control, and the lift, by metric."""
    path = ROOT / f"docs/measured/lfw/transfer/{experiment}.json"
    found = {one["name"]: one for one in json.loads(path.read_text())["recognizers"]}
    cells = [f"exp {experiment[-1]}"]
    for one in found["black_box1"]["lifts"]:
        if one["protocol"] == "other_photo":
            assert (one["lift"]["over"], one["lift"]["people"]) == ("white", 38)
            rates = (f"{100 * one[key]:.1f}" for key in ("design", "control"))
            cells += [*rates, said(one["lift"], "+")]
    return cells
