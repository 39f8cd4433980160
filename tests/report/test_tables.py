"""Tables of single parts of the results, without a page."""

import pandas as pd
import pytest

from faceveil.evaluation.results import COLUMNS
from faceveil.report.charts import accuracy_chart
from faceveil.report.page import sections
from faceveil.report.selection import Results
from faceveil.report.tables import (
    accuracy_table,
    all_worn,
    condition_table,
    harm_table,
    recognizer_tables,
    spread_table,
)
from tests.report.made_results import ends, made_frame, made_results, row

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


def test_designs_of_wearers_own_are_designs_and_no_control(tmp_path):
    frame = made_frame()
    own = frame[frame["protection"] == "exp0"].assign(protection="exp0_own")
    own.loc[own["metric"] == "rank_1", ["value", "low", "high"]] = (0.123, 0.1, 0.2)
    results = made_results(tmp_path, pd.concat([frame, own], ignore_index=True))
    assert "own" not in results.made_of
    assert not [name for name in results.controls() if "own" in name]
    words, cell = "exp0, designs of wearers' own", "12.3 [10.0, 20.0]"
    _, rates, lifts, _ = recognizer_tables(results)
    assert [row[rates.columns.index(words)] for row in rates.rows][:1] == [cell]
    assert words in lifts.columns
    assert (words, *["12.3"] * 3) in spread_table(results).rows
    assert [row for row in harm_table(results).rows if row[:2] == ("facenet", words)]
    worn = {row[0]: row[1:] for row in all_worn(results, "rank_1", "x").rows}
    assert worn["designs of wearers' own"][results.experiments.index("exp0")] == cell
    chart = accuracy_chart(results)
    assert "designs of wearers' own" in {row["label"] for row in rows_of_chart(chart)}


def test_the_worst_tenth_of_designs_stands_beside_the_trainings(tmp_path):
    frame = made_frame()
    assert "worst" not in spread_table(made_results(tmp_path, frame)).columns[-1]
    words = {"variant_policy": "worst tenth", "over": "black", **ends(0.2, -1)}
    worst = pd.DataFrame([row("exp1", "facenet", "lift_rank_1", 0.2, **words)])
    results = made_results(tmp_path, pd.concat([frame, worst], ignore_index=True))
    table = spread_table(results)
    cells = {line[0]: line[-1] for line in table.rows}
    assert table.columns[-1] == "lift of the worst tenth of designs, points"
    assert cells["exp1"] == "+20.0 [+8.0, +32.0]"
    assert cells["exp0"] == "\N{EN DASH}"
    assert "chosen after the fact" in table.note
    assert results.number("lift_rank_1", "exp1", "facenet").value != 0.2


def rows_of_chart(chart):
    """All rows of a chart's data."""
    return [row for rows in chart["datasets"].values() for row in rows]
