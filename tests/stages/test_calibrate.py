"""The stage ``calibrate``: dev people before every recognizer in, frozen thresholds out."""

from pathlib import Path

import pytest

from faceveil.evaluation.thresholds import read_thresholds
from faceveil.params.protocol import Protocol
from faceveil.store.protocol import assign_roles, write_roles
from tests.evaluation.world import EXPERIMENTS, PHOTOS, RATES
from tests.stages.declared import MISSING, change_params, enter, files, refused, run, succeed

DEV = 3
"""People on whom thresholds are chosen."""


@pytest.fixture
def at(judged_world, here):
    return lambda without="": enter(judged_world, "calibrate", without=without)


def test_every_version_of_every_recognizer_gets_a_threshold_for_every_rate(at):
    at()
    [out] = succeed("calibrate")
    found = [(one.recognizer, one.training, one.fmr) for one in read_thresholds(out)]
    learned = [name for name, learns in EXPERIMENTS.items() if learns]
    taught = [f"{name}:{count}" for name in EXPERIMENTS for count in PHOTOS]
    versions = [(name, -1) for name in ("facenet", "poor", "mobilefacenet")]
    versions += [(f"facenet:{one}", t) for one in (*learned, *taught) for t in (0, 1)]
    assert sorted(found) == sorted((*version, rate) for version in versions for rate in RATES)


def test_thresholds_are_chosen_on_dev_people_and_say_so(at):
    at()
    [out] = succeed("calibrate")
    found = read_thresholds(out)
    assert {(one.role, one.people, one.nonmated) for one in found} == {("dev", DEV, DEV * 2)}
    for one in found:  # six comparisons decide one rate of four, and none of a hundred
        assert (one.threshold is None) == (one.fmr == min(RATES)) == (one.needed is not None)


def test_without_dev_people_training_people_choose_and_every_threshold_says_so(at):
    at(without="data/protocol")
    roles = assign_roles(Path("data/curated"), Protocol(dev_people=0, distractors=1, seed=1))
    write_roles(roles, Path("data/protocol/enrollments.csv"), Path("data/protocol/probes.csv"))
    [out] = succeed("calibrate")
    people = len(roles.of_role("train"))
    found = {(one.role, one.people, one.nonmated) for one in read_thresholds(out)}
    assert found == {("train", people, people * (people - 1))}


def test_a_second_run_writes_the_same_bytes(at):
    at()
    written = [succeed("calibrate")[0].read_bytes() for _ in range(2)]
    assert written[0] == written[1]


def test_an_interrupted_run_leaves_what_was_there(at, monkeypatch):
    at()
    [out] = succeed("calibrate")
    once, before = out.read_bytes(), files()

    def interrupt(table, place, **_):
        place.write_text("recognizer")
        raise KeyboardInterrupt

    monkeypatch.setattr("pandas.DataFrame.to_csv", interrupt)
    assert run("calibrate").exit_code == 130
    assert (out.read_bytes(), files()) == (once, before)


@pytest.mark.parametrize(
    ("missing", "line"),
    [
        *MISSING,
        (
            "data/embeddings",
            "data/embeddings/bare/facenet/unmasked: no embeddings here; "
            "run `dvc repro embed@facenet`",
        ),
    ],
)
def test_a_missing_input_is_one_line(at, missing, line):
    at(without=missing)
    said = refused("calibrate")
    assert line in said
    assert "run" in said


def test_rates_that_do_not_fall_are_one_line(at):
    at()
    change_params(calibrate={"false_match_rates": [0.01, 0.25]})
    assert "calibrate.false_match_rates" in refused("calibrate")
