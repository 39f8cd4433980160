"""The stage ``protocol``: curated people in, who is enrolled and who probes out."""

from contextlib import contextmanager

import pandas as pd
import pytest

from tests.stages.declared import change_params, enter, refused, succeed


@pytest.fixture
def told(here, monkeypatch) -> dict[str, float]:
    """What the stage tells tracking: numbers, and files with their size."""
    told: dict[str, float] = {}

    class Recorder:
        metrics = staticmethod(told.update)

        @staticmethod
        def artifact(path):
            told[path.name] = path.stat().st_size

    @contextmanager
    def track(stage, params):
        assert (stage, params.dev_people) == ("protocol", 2)
        yield Recorder()

    monkeypatch.setattr("faceveil.tracking.run.track", track)
    return told


@pytest.fixture
def at(worn_world, told):
    return lambda without="": enter(worn_world, "protocol", without=without)


def test_everybody_has_one_role_and_probes_once_with_each_photo(at, told):
    at()
    outputs = succeed("protocol")
    enrollments, probes = (pd.read_csv(path, dtype=str) for path in outputs)
    assert enrollments["subject_id"].is_unique
    roles = enrollments["role"].value_counts().to_dict()
    assert roles == {"train": 4, "test": 2, "dev": 2, "distractor": 1}
    assert not probes.duplicated(["protocol", "kind", "image_id"]).any()
    people = probes.groupby("role")["subject_id"].nunique().to_dict()
    assert people == {"train": 3, "test": 2, "dev": 2}
    assert {name: told[f"enrolled/{name}"] for name in roles} == roles
    assert all(told[path.name] == path.stat().st_size for path in outputs)


def test_the_seed_decides_and_the_same_one_writes_the_same_bytes(at):
    at()
    written = []
    for seed in (7, 7, 1, 2, 3):
        change_params(protocol={"seed": seed})
        written.append(tuple(path.read_bytes() for path in succeed("protocol")))
    assert written[0] == written[1]
    assert len(set(written)) > 1


def test_too_few_spare_people_are_one_line(at):
    at()
    change_params(protocol={"distractors": 40})
    assert "raise curate.spare_people" in refused("protocol")


def test_without_curated_people_it_is_one_line(at):
    at(without="data/curated")
    line = "protocol: data/curated/unmasked: no packed faces here; run `dvc repro curate` first"
    assert refused("protocol").startswith(line)
