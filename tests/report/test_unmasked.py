"""What is said of taking masks off is what the table says."""

from dataclasses import replace

import pandas as pd
import pytest

from faceveil.evaluation.results import COLUMNS
from faceveil.report.selection import DASH, PROTOCOLS, Results
from faceveil.report.unmasked import (
    HALVES,
    OFFERED,
    UNTRANSLATED,
    Unmasked,
    answer,
    named_table,
    photo_table,
    recovered_table,
    unmasking_markdown,
)

RANKS = {
    ("none", "dlib", "judge"): 0.9,
    ("plain", "dlib", "judge"): 0.2,
    ("exp1", "dlib", "judge"): 0.1,
    ("plain", "dlib:paired", "reversed"): 0.55,
    ("exp1", "dlib:paired", "reversed"): 0.3,
    ("plain", "dlib:cyclegan", "reversed"): 0.25,
}


def row(metric, protection, recognizer="", role="", value=0.0, **words):
    usual = dict.fromkeys(COLUMNS, "") | {
        "variant_policy": "one", "protocol": "other_photo", "group": "held_out", "people": 200,
        "trials": 200, "low": value - 0.05, "high": value + 0.05,
    }  # fmt: skip
    named = {"metric": metric, "protection": protection, "recognizer": recognizer}
    return usual | named | {"recognizer_role": role, "value": value} | words


@pytest.fixture
def unmasked():
    rows = [row("rank_1", *key, value=value) for key, value in RANKS.items()]
    rows.append(row("recovered_rank_1", "plain", "dlib:paired", "reversed", 0.5, over="none"))
    for over, made in (("masked", "put_on_paired"), ("unmasked", "take_off_paired")):
        for name, value in (("none", 9.0), ("half", 2.0), (made, 3.0)):
            words = {"over": over, "protocol": "", "low": float("nan"), "high": float("nan")}
            rows.append(row("fd_recognizer", name, "facenet", "features", value, **words))
        rows.append(row("ssim_inside", made, value=0.8))
        rows.append(row("psnr_outside", made, value=40.0))
        rows.append(row("face_not_found", made, "mtcnn", "detector", 0.01))
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    results = Results(frame, (), ("plain",), 0.001, 0.95, {}, {})
    return Unmasked(results, ("paired", "cyclegan"), ("plain", "exp1"))


def test_the_answer_says_what_the_first_translation_gives_back(unmasked):
    assert answer(unmasked) == (
        f"{OFFERED} Once `paired` has taken a plain mask off (200 people whose photos trained "
        f"nothing, each looked for with {PROTOCOLS['other_photo']}): **dlib** names "
        "55.0 [50.0, 60.0] % of the wearers, 50.0 [45.0, 55.0] % of what the mask took, in place "
        "of 20.0 [15.0, 25.0] % in the mask and 90.0 [85.0, 95.0] % bare. What it paints has an "
        "SSIM of 0.8 [0.75, 0.85] with the face that was there."
    )


def test_where_the_enrolled_photo_probes_it_is_said(unmasked):
    frame = unmasked.results.frame.replace({"protocol": {"other_photo": "same_photo"}})
    same = replace(unmasked, results=replace(unmasked.results, frame=frame))
    for text in (answer(same), unmasking_markdown(same)):
        assert PROTOCOLS["same_photo"] in text
        assert PROTOCOLS["other_photo"] not in text


def test_everybody_is_beside_what_they_were_before(unmasked):
    table = named_table(unmasked)
    assert table.rows == [
        ("dlib", "plain mask, as photographed", "90.0 [85.0, 95.0]", "20.0 [15.0, 25.0]",
         "55.0 [50.0, 60.0]", "25.0 [20.0, 30.0]"),
        ("dlib", "exp1", "", "10.0 [5.0, 15.0]", "30.0 [25.0, 35.0]", DASH),
    ]  # fmt: skip
    assert recovered_table(unmasked).rows == [("dlib", "50.0 [45.0, 55.0]", DASH)]


def test_distances_stand_between_what_they_are_read_by(unmasked):
    rows = {row[:2]: row[2:] for row in photo_table(unmasked).rows}
    for domain in ("masks put on", "masks taken off"):
        assert rows[domain, UNTRANSLATED][:2] == ("200", "9")
        assert rows[domain, HALVES][:2] == ("200", "2")
        assert rows[domain, "paired"] == (
            "200", "3", DASH, "0.8 [0.75, 0.85]", DASH, "40 [40, 40]", "1.0 [-4.0, 6.0]",
        )  # fmt: skip
        assert set(rows[domain, "cyclegan"]) == {DASH}


def test_all_tables_are_in_the_document(unmasked):
    text = unmasking_markdown(unmasked)
    assert text.count("| dlib ") == 3
    assert "Share of 200 held-out people" in text
