"""The stage ``evaluate``: all that recognizers saw in, the one table of results out."""

from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from faceveil.evaluation.results import COLUMNS, read_results
from tests.evaluation.world import EXPERIMENTS, HIDDEN, PROTECTIONS, RECOGNIZERS
from tests.stages.declared import MISSING, change_params, enter, files, refused, run, succeed

RESULTS = [Path("metrics/results.parquet"), Path("metrics/results.csv")]


def record(patch: pytest.MonkeyPatch) -> list[Path]:
    """Let the stage record here, and return the list of files that it will have recorded."""
    told: list[Path] = []

    class Recorder:
        artifact = staticmethod(told.append)

    @contextmanager
    def track(stage, params):
        assert (stage, params.seed) == ("evaluate", 1)
        yield Recorder()

    patch.setattr("faceveil.tracking.run.track", track)
    return told


@pytest.fixture(scope="module")
def evaluated(judged_world, tmp_path_factory):
    """A folder where the stage has run, which every test only reads."""
    folder = tmp_path_factory.mktemp("evaluated")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        told = record(patch)
        enter(judged_world, "evaluate")
        assert succeed("evaluate") == RESULTS
        assert told == RESULTS[:1]
    return folder


@pytest.fixture
def at(judged_world, here, monkeypatch):
    record(monkeypatch)
    return lambda without="": enter(judged_world, "evaluate", without=without)


def held_out(folder):
    """Return who was found first, of held-out people."""
    table = read_results(folder / "metrics")
    return table[(table["metric"] == "rank_1") & (table["group"] == "held_out")]


def test_both_files_hold_the_same_rows(evaluated):
    table = read_results(evaluated / "metrics")
    text = pd.read_csv(evaluated / RESULTS[1], keep_default_na=False)
    assert tuple(text.columns) == COLUMNS
    assert text["metric"].tolist() == table["metric"].tolist()
    numbers = pd.to_numeric(text["value"]).tolist()
    assert numbers == pytest.approx(table["value"].tolist(), nan_ok=True)


def test_everybody_is_judged_under_everything_by_all_who_passed_their_check(evaluated):
    table, ranks = read_results(evaluated / "metrics"), held_out(evaluated)
    for recognizer in ("facenet", "mobilefacenet"):
        under = ranks.loc[ranks["recognizer"] == recognizer, "protection"]
        assert {"none", *PROTECTIONS, *EXPERIMENTS} <= set(under)
    assert "poor" not in set(ranks["recognizer"])
    assert set(table["recognizer"][table["metric"] == "check"]) == set(RECOGNIZERS)
    assert {"facenet:exp1", "facenet:exp1:4"} <= set(ranks["recognizer"])
    assert table["metric"].eq("claim@0.25").any()
    missed = table[table["metric"] == "face_not_found"].set_index("protection")["value"]
    assert missed.to_dict() == {"plain": 0, "black": 0.5}
    diverse = table[table["metric"] == "diversity_pixels"]
    assert set(diverse["protection"]) == set(EXPERIMENTS)


def test_who_is_hidden_is_told_from_who_is_not(evaluated):
    ranks = held_out(evaluated)
    judged = ranks[
        (ranks["recognizer"] == "mobilefacenet") & ranks["variant_policy"].isin(["one", "dealt"])
    ]
    found = judged.groupby("protection")["value"].agg(["min", "max"])
    for protection, values in found.iterrows():
        hidden = sum((protection, training) in HIDDEN for training in (0, 1))
        assert values.tolist() == [1 - hidden / 2] * 2


@pytest.mark.slow
def test_a_second_run_writes_the_same_bytes(at, evaluated):
    at()
    for path in succeed("evaluate"):
        assert path.read_bytes() == (evaluated / path).read_bytes()


@pytest.mark.parametrize(
    ("missing", "line"),
    [
        ("data/protocol/thresholds", "thresholds.csv: no thresholds here; run `dvc repro calibrat"),
        *MISSING,
        ("data/faces_found", "faces_found.parquet: nobody looked for faces; run `dvc repro find"),
        (
            "data/embeddings",
            "plain/facenet: no embeddings here; run `dvc repro embed_protected@plain`",
        ),
    ],
)
def test_a_missing_input_is_one_line(at, missing, line):
    at(without=missing)
    said = refused("evaluate")
    assert said.startswith("evaluate: ")
    assert line in said


@pytest.mark.slow
def test_a_failure_at_the_end_leaves_the_former_numbers(at):
    at(without="data/protected")
    RESULTS[0].parent.mkdir()
    for path in RESULTS:
        path.write_text("former")
    before = files()
    result = run("evaluate")
    assert result.exit_code == 1
    assert "data/protected/exp0/designs.npy" in result.stderr
    assert result.stderr.count("\n") == 1
    assert [path.read_text() for path in RESULTS] == ["former"] * 2
    assert files() == before


def test_a_rate_without_thresholds_is_one_line(at):
    at()
    change_params(evaluate={"false_match_rate": 0.1})
    line = "evaluate.false_match_rate is 0.1, but calibrate.false_match_rates are 0.01, 0.25"
    assert line in refused("evaluate")
