"""The table: our numbers and the published ones side by side, in three files that agree."""

import json

import numpy as np
import pandas as pd
import pytest

from faceveil.evaluation.accuracy_table import COLUMNS, accuracy_table, headline, write_table
from faceveil.evaluation.published import PUBLISHED
from faceveil.evaluation.rows import HEADLINE, PROTOCOLS, ROWS

EXPERIMENTS = ("exp0", "exp3", "exp9")


def _measurement(row, protocol: str, number: int) -> dict:
    rate = (len(row.name) + number) % 9 / 9
    worst = 1.0 if row.wears == "generated" else None
    return {
        **{"row": row.name, "label": row.label, "protocol": protocol, "note": ""},
        **{"people": 10, "trials": 30, "hits": round(30 * rate), "rank_1": rate},
        **{"low": rate / 2, "high": (1 + rate) / 2, "designs": 3, "worst": worst},
        "per_design": [],
        "lift": {"over": "black", "value": 0.3, "low": -0.1, "high": 0.5} if worst else None,
        "rank_5": {"value": 0.6, "low": 0.4, "high": 0.7},
        "fnmr": [_fnmr(0.25, worst), {"fmr": 0.01, "value": None, "needed": 100}],
        **{"eer": 0.2, "mean_similarity": 0.31, "mated": 30, "nonmated": 1470},
        "false_match": {"fmr": 0.25, "fpir": {"value": 0.1, "low": 0.02, "high": 0.3}},
    }


def _fnmr(fmr: float, worst: float | None) -> dict:
    lift = {"over": "white", "value": 0.2, "low": 0.1, "high": 0.4} if worst else None
    return {"fmr": fmr, "value": 0.7, "low": 0.5, "high": 0.8, "lift": lift}


@pytest.fixture
def documents(settings):
    return [
        {
            "experiment": name,
            "gallery_people": 50,
            "rows": {},
            "recognizer_learns_from": ["generated", "masked"][:number],
            "settings": [settings.model_dump()],
            "measurements": [_measurement(row, p, number) for p in PROTOCOLS for row in ROWS],
        }
        for number, name in enumerate(EXPERIMENTS)
    ]


def test_one_line_per_row_protocol_and_experiment(documents):
    table = accuracy_table(documents)
    assert tuple(table.columns) == COLUMNS
    assert len(table) == len(ROWS) * len(PROTOCOLS) * len(EXPERIMENTS)
    assert not table.duplicated(["row", "protocol", "experiment"]).any()


def test_rates_become_percent(documents):
    table = accuracy_table(documents)
    for line, one in zip(
        table.to_dict("records"), (m for d in documents for m in d["measurements"]), strict=True
    ):
        assert line["accuracy"] == pytest.approx(100 * one["rank_1"], abs=1e-7)
        assert (line["low"], line["high"]) == pytest.approx(
            (100 * one["low"], 100 * one["high"]), abs=1e-7
        )
        assert np.isnan(line["worst"]) == np.isnan(line["lift"]) == (one["worst"] is None)
        assert [line[c] for c in ("fmr", "fnmr", "rank_5", "fpir", "eer")] == [25, 70, 60, 10, 20]
        if one["lift"]:
            found = [line[c] for c in ("fnmr_lift", "fnmr_lift_low", "fnmr_lift_over")]
            assert found == [20, 10, "white"]
            found = [line[c] for c in ("lift", "lift_low", "lift_high", "lift_over")]
            assert found == [30, -10, 50, "black"]


def test_no_number_is_rounded_before_it_is_shown(documents):
    documents[0]["measurements"][0]["high"] = 0.99446
    assert f"{accuracy_table(documents)['high'].iloc[0]:.1f}" == "99.4"


def test_published_numbers_stand_where_they_belong_and_nowhere_else(documents):
    table = accuracy_table(documents).dropna(subset="published")
    assert set(table["protocol"]) == {"same_photo"}
    found = {
        name: dict(zip(lines["row"], lines["published"], strict=True))
        for name, lines in table.groupby("experiment")
    }
    assert found == {name: PUBLISHED[name] for name in ("exp0", "exp3")}


def test_the_headline_is_part_of_the_table_in_an_order_of_its_own(documents):
    table = accuracy_table(documents)
    chosen = headline(table)
    assert list(dict.fromkeys(chosen["row"])) == list(HEADLINE)
    pd.testing.assert_frame_equal(chosen.sort_index(), table[table["row"].isin(HEADLINE)])


def test_the_three_files_agree(documents, tmp_path):
    table = accuracy_table(documents)
    text = write_table(tmp_path / "accuracy_table", table, documents)
    read = pd.read_csv(tmp_path / "accuracy_table.csv", keep_default_na=True)
    words = ["note", "lift_over", "fnmr_lift_over"]  # empty in a CSV is neither text nor a number
    pd.testing.assert_frame_equal(read.drop(columns=words), table.drop(columns=words))
    assert read["lift_over"].fillna("").tolist() == table["lift_over"].tolist()
    found = json.loads((tmp_path / "accuracy_table.json").read_text())
    for line in found["lines"]:
        path = found["accuracy"][line["protocol"]][line["row"]]
        assert path[line["experiment"]] == line["accuracy"]
    assert len(found["lines"]) == len(table)
    assert (tmp_path / "accuracy_table.md").read_text() == text
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"accuracy_table.{suffix}" for suffix in ("csv", "json", "md")
    ]


def test_the_json_has_no_nan(documents, tmp_path):
    write_table(tmp_path / "t", accuracy_table(documents), documents)
    json.loads((tmp_path / "t.json").read_text(), parse_constant=pytest.fail)
