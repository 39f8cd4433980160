"""The table in words: aligned, complete, and the same numbers as the CSV."""

import pytest

from faceveil.evaluation.accuracy_table import accuracy_table
from faceveil.evaluation.markdown import as_markdown


def _measurement(row: str, label: str, protocol: str, rate: float, worst: float | None = None):
    return {
        **{"row": row, "label": label, "protocol": protocol, "note": "", "rank_1": rate},
        **{"people": 32, "trials": 64, "hits": 5, "low": rate / 2, "high": rate * 2},
        **{"designs": 2, "worst": worst, "per_design": []},
        "lift": {"over": "black", "value": 0.3, "low": -0.1, "high": 0.5} if worst else None,
        "rank_5": {"value": 0.6, "low": 0.4, "high": 0.7},
        "fnmr": [_fnmr(worst)],
        **{"eer": 0.2, "mean_similarity": 0.31, "mated": 64, "nonmated": 1470},
        "false_match": {"fpir": None},
    }


def _fnmr(worst: float | None) -> dict:
    lift = {"over": "white", "value": 0.2, "low": 0.1, "high": 0.4} if worst else None
    return {"fmr": 0.25, "value": 0.7, "low": 0.5, "high": 0.8, "lift": lift}


@pytest.fixture
def documents(settings):
    measured = [
        _measurement("plain_test", "plain mask, held-out people", "same_photo", 0.25),
        _measurement("generated_test", "generated design, held-out", "same_photo", 0.031, 0.0625),
        _measurement("generated_test", "generated design, held-out", "other_photo", 0.5, 0.5),
        _measurement("no_mask", "no mask, all people", "same_photo", 0.5),
        _measurement("grey", "control: grey, all people", "same_photo", 0.5),
    ]
    return [
        {
            "experiment": name,
            "gallery_people": 160,
            "recognizer_learns_from": sources,
            "settings": [settings.model_dump()],
            "measurements": measured,
        }
        for name, sources in (("exp0", []), ("exp4", ["generated", "unmasked"]))
    ]


@pytest.fixture
def text(documents) -> str:
    return as_markdown(accuracy_table(documents), documents)


def test_each_cell_has_its_interval_and_the_published_number_beneath(text):
    lines = [[c.strip() for c in line.strip("|").split("|")] for line in text.splitlines()]
    rows = {line[0]: line[1:] for line in lines if len(line) == 4}
    assert rows["generated design, held-out"] in (
        ["32", "3.1 [1.6, 6.2]", "3.1 [1.6, 6.2]"],
        ["32", "50.0 [25.0, 100.0]", "50.0 [25.0, 100.0]"],
    )
    assert rows["plain mask, held-out people"] == ["32", "25.0 [12.5, 50.0]", "25.0 [12.5, 50.0]"]
    assert ["- published", "", "0.0", ""] in lines
    assert ["- published", "", "100.0", ""] in lines
    assert ["- mean of the worst 10% of designs", "", "6.2", "6.2"] in lines
    lift = "+30.0 [-10.0, +50.0] black"
    assert ["- lift over the best plain control", "", lift, lift] in lines
    missed, lift = "70.0 [50.0, 80.0]", "+20.0 [+10.0, +40.0] white"
    assert ["- FNMR at FMR 25%", "", missed, missed] in lines
    assert ["- lift in FNMR over the best plain control", "", lift, lift] in lines


def test_published_rows_come_first_and_controls_of_all_people_are_left_to_the_csv(text):
    assert text.index("generated design") < text.index("no mask, all") < text.index("plain mask")
    assert "control: grey" not in text


def test_pipes_stand_below_each_other(text):
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if line.startswith("|")]
        assert len({tuple(i for i, c in enumerate(line) if c == "|") for line in lines}) <= 1


def test_it_says_who_what_and_how_sure(text):
    assert "95% interval over people" in text
    assert "160 people, one unmasked photo each" in text
    assert "exp0: fixed; exp4: learns from generated + unmasked" in text
    assert "**Same photo**" in text
    assert "**Other photo**" in text
    assert "designs 18.5 training, 19.0 held-out" in text


def test_without_published_experiments_nothing_published_is_cited(documents):
    ours = documents[1:]
    text = as_markdown(accuracy_table(ours), ours)
    assert "ublished:" not in text
    assert "- published" not in text


def test_it_says_how_far_designs_are_from_one_another(documents, text):
    assert "judged designs" not in text
    for number, document in enumerate(documents):
        document["diversity"] = [
            {"designs": "generated", "trunk": 0.00012 * (number + 1), "pairs": 28},
            {"designs": "untrained", "trunk": 0.0037, "pairs": 28},
        ]
    told = as_markdown(accuracy_table(documents), documents)
    assert "28 pairs: exp0 0.00012 (untrained 0.0037), exp4 0.00024 (untrained 0.0037)." in told
