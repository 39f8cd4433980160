"""The page and its cards, without a browser."""

import json
from dataclasses import replace

import pytest

from faceveil.report import charts, tables
from faceveil.report.failures import known_failures
from faceveil.report.page import render, results_markdown, sections
from faceveil.report.selection import DASH
from tests.report.made_results import EXPERIMENTS, made_frame, made_results
from tests.test_readme import prose


def test_every_section_has_numbers_and_every_chart_a_table(results):
    names = [section.name for section in sections(results)]
    assert names == ["lift", "accuracy", "transfer", "adaptation", "opponents", "verification",
                     "groups", "harm", "diversity"]  # fmt: skip
    for section in sections(results):
        assert section.tables
        for table in section.tables:
            assert {len(row) for row in table.rows} == {len(table.columns)}


def test_the_accuracy_table_has_eight_rows_by_experiment(results):
    table = tables.accuracy_table(results)
    assert table.columns[1:] == EXPERIMENTS
    assert [row[1] for row in table.rows] == [
        "94.0", "97.0", "72.0", "88.0", "97.0", "2.0 [0.0, 14.0]",
        "+70.0 [+58.0, +82.0] black", "4.0",
    ]  # fmt: skip
    assert table.rows[7][0] == "weakest training"


def test_the_published_numbers_stand_beside_ours(results):
    rows = {row[0]: row for row in tables.same_photo(results).rows}
    assert rows["published: plain mask"][1:] == ("85.0", "65.1", "73.6", "85.4", DASH)


def test_a_table_without_groups_and_claim_makes_a_page_without_them(tmp_path):
    frame = made_frame()
    frame = frame[~frame["group"].str.contains("=") & ~frame["metric"].str.startswith("claim")]
    results = made_results(tmp_path, frame)
    assert "groups" not in [section.name for section in sections(results)]
    assert "not tested" in tables.claim(results)


def test_unreachable_thresholds_are_said_to_be(results):
    thresholds = tables.verification_tables(results)[-1]
    assert thresholds.rows[0] == ("facenet", "0.4000", "0.5000", "not reachable")


def test_failures_name_recognizer_number_and_count(results):
    found = known_failures(results, "exp3")
    assert any(text.startswith("mobilefacenet: no effect shown; lift in rank-1") for text in found)
    assert any("Half of the lift in rank-1 is gone" in text for text in found)
    assert any("weakest of 3 trainings" in text for text in found)


def test_failures_tell_what_undoes_designs_and_what_gives_wearers_away(results, tmp_path):
    found = known_failures(results, "exp0")
    shift = [text for text in found if "what other wearers have in common is subtracted" in text]
    # Half of +70 points, and of +17, is more than the +5 that are left; where no lift is shown,
    # there is nothing to lose.
    assert [text.partition(":")[0] for text in shift] == ["facenet", "sface", "dlib",
                                                          "mobilefacenet"]  # fmt: skip
    assert "+70.0 [+58.0, +82.0] falls to +5.0" in shift[0]
    alike = [text for text in found if "two strangers in the same design match in" in text]
    assert len(alike) == 4
    assert "75.0 [63.0, 87.0] % of pairs, in plain masks in 1.0 [0.0, 13.0] %" in alike[0]
    frame = made_frame()
    frame.loc[frame["metric"] == "strangers@0.001", ["value", "low", "high"]] = (0.01, 0.0, 0.1)
    found = known_failures(made_results(tmp_path, frame), "exp0")
    assert not [text for text in found if "strangers in the same design" in text]


@pytest.mark.parametrize("from_features", [frozenset(), frozenset({"exp0"})])
def test_strangers_in_designs_of_their_own_give_each_other_away_too(tmp_path, from_features):
    frame = made_frame()
    strangers = frame["metric"].str.startswith("strangers") & (frame["protection"] == "exp0")
    different = strangers & (frame["variant_policy"] == "different")
    frame.loc[different, ["value", "low", "high"]] = (0.5, 0.4, 0.6)
    if not from_features:
        frame.loc[different, "protection"] = "exp0_own"
    frame = frame[~(strangers & (frame["variant_policy"] == "same"))]
    results = replace(made_results(tmp_path, frame), from_features=from_features)
    found = known_failures(results, "exp0")
    alike = [text for text in found if "two strangers in designs of wearers' own match in" in text]
    assert len(alike) == 4
    assert "50.0 [40.0, 60.0] % of pairs, in plain masks in 1.0 [0.0, 13.0] %" in alike[0]
    told = [text for text in found if "compare cloth with cloth" in text]
    assert len(told) == len(from_features)


def test_nothing_is_drawn_where_nothing_was_measured(tmp_path):
    frame = made_frame()
    frame = frame[frame["metric"].isin(["check", "rank_1"]) & (frame["protection"] == "none")]
    results = made_results(tmp_path, frame)
    assert charts.lift_chart(results) is None
    assert charts.det_chart(results) is None


def test_the_page_is_one_file_of_the_same_bytes(written, contents):
    page = (written / "index.html").read_text()
    assert page == render(contents)
    assert "seed: 1 # &lt;b&gt;" in page
    assert 'src="http' not in page
    assert page.count("<h1>") == 1


def test_cards_hold_an_experiments_rows_and_failures(written, results):
    card = json.loads((written / "cards/exp1.json").read_text())
    assert card["recognizer_learns_from"] == ["generated"]
    assert card["known_failures"] == known_failures(results, "exp1")
    one = next(n for n in card["numbers"] if n["metric"] == "lift_rank_1")
    assert one["over"] == "black"
    assert all(number["protection"].startswith("exp1") for number in card["numbers"])


def test_markdown_holds_every_table(results):
    text = results_markdown(results)
    for section in sections(results):
        for table in section.tables:
            assert table.rows[0][0] in text
    assert "| bare face" in text
    assert [one for one in prose(text) if len(one.split()) > 45] == []


def test_charts_become_pictures(results, tmp_path):
    for number, chart in enumerate((charts.lift_chart, charts.adaptation_chart)):
        path = tmp_path / f"{number}.png"
        charts.write_png(chart(results), path)
        assert path.read_bytes().startswith(b"\x89PNG")
