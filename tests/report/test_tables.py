"""Tables of single parts of the results, without a page."""

import pandas as pd
import pytest

from faceveil.evaluation.results import COLUMNS
from faceveil.report.page import sections
from faceveil.report.selection import Results
from faceveil.report.tables import accuracy_table, condition_table
from tests.report.made_results import ends, row

RATES = {"": 0.1, "drawn": 0.2, "jpeg": 0.3, "blurred": 0.4}
"""How often wearers of the texture are named, by condition; in black 0.3 more."""


def made(conditions=tuple(RATES)) -> Results:
    """A target and a judge, a design of the frame and a texture."""
    rows = []
    for recognizer in ("facenet", "mobilefacenet"):
        rows.append(row("none", recognizer, "rank_1", 0.9, **ends(0.9)))
        for condition in conditions:
            rate, words = RATES[condition], {"condition": condition}
            if condition != "blurred":  # where the control is not worn there is no lift
                words |= {"trials": 256, "people": 32} if condition == "drawn" else {}
                rows.append(row("black", recognizer, "rank_1", rate + 0.3, **ends(0.3), **words))
                lift = {"over": "black", **ends(0.3, -1), **words}
                rows.append(row("texture", recognizer, "lift_rank_1", 0.3, **lift))
            rows.append(row("texture", recognizer, "rank_1", rate, **ends(rate), **words))
        rows.append(row("exp0", recognizer, "rank_1", 0.5, **ends(0.5)))
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    methods = {"exp0": "gan", "texture": "texture"}
    against = dict.fromkeys(methods, ("facenet",))
    return Results(frame, ("exp0", "texture"), ("black",), 0.001, 0.95, methods, against)


def test_each_recognizer_has_a_row_for_each_condition_flat_first():
    table = condition_table(made())
    assert table.columns == (
        "recognizer", "photos", "chosen plain, %", "least plain, %", "texture, %", "texture, lift"
    )  # fmt: skip
    assert [line[:2] for line in table.rows] == [
        (name, condition)
        for name in ("facenet", "mobilefacenet")
        for condition in ("flat", "drawn", "JPEG", "blurred")
    ]
    assert "(256 photos of 32 people)" in table.note


def test_rates_and_lifts_are_those_under_the_condition():
    flat, drawn, *_, blurred = condition_table(made()).rows[:4]
    assert flat[2].startswith("40.0 ")
    assert flat[3] == "40.0 black"
    assert flat[4] == "10.0 [0.0, 22.0]"
    assert drawn[2].startswith("50.0 ")
    assert drawn[2].endswith(" black")
    assert drawn[4:] == ("20.0 [8.0, 32.0]", "+30.0 [+18.0, +42.0]")
    assert (blurred[2], blurred[5]) == ("\N{EN DASH}", "\N{EN DASH}")


def test_flat_numbers_stay_flat_beside_others():
    results = made()
    assert results.number("rank_1", "texture", "facenet").value == 0.1
    assert results.number("rank_1", "texture", "facenet", condition="drawn").value == 0.2
    assert results.best_plain("rank_1", "texture", "facenet").value == pytest.approx(0.4)
    assert set(results.rows(metric="rank_1")["condition"]) == {""}
    assert accuracy_table(results) == accuracy_table(made([""]))


def test_without_photos_under_conditions_there_is_no_table():
    assert not condition_table(made([""])).rows
    assert "conditions" not in [section.name for section in sections(made([""]))]
