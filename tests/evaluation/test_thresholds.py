"""Thresholds: chosen on dev people alone, against a plain loop, frozen in a file."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from faceveil.evaluation.evaluate import calibrate
from faceveil.evaluation.thresholds import (
    Threshold,
    choose_thresholds,
    read_thresholds,
    thresholds_of,
    write_thresholds,
)
from faceveil.evaluation.versions import Heads
from faceveil.params.errors import FaceveilError
from faceveil.params.protocol import Protocol
from faceveil.store.embeddings import EmbeddingTable, read_embeddings, write_embeddings
from tests.evaluation.world import PEOPLE, RATES, inputs, write_world


def target(root):
    """Return the world with its target as it was made, and no other recognizer."""
    found = inputs(root)
    return replace(found, recognizers=found.recognizers[:1], heads=Heads({}, root, root, ()))


def disturb(root, subject_ids) -> None:
    """Let the target see something else on bare photos of some people."""
    recognizer = target(root).recognizers[0]
    for kind in ("unmasked", "further_unmasked"):
        folder = root / "data/embeddings/bare/facenet" / kind
        table = read_embeddings(folder, recognizer.fingerprint)
        features, own = table.features.copy(), np.isin(table.subject_ids, subject_ids)
        features[own] = np.random.default_rng(9).normal(size=features[own].shape)
        changed = EmbeddingTable(table.rows, features, table.embeddings)
        write_embeddings(folder, changed, recognizer.fingerprint)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    root = tmp_path_factory.mktemp("world")
    write_world(root)
    return root


@pytest.mark.parametrize("fmr", [0.1, 0.03, 0.01])
def test_a_plain_loop_counts_no_more_false_matches_than_allowed(fmr):
    ids = np.array([f"{number:02d}" for number in range(12)])
    similarity = np.random.default_rng(1).normal(0.1, 0.2, (12, 12)) + np.eye(12)
    ((rate, at, count),) = choose_thresholds(similarity, ids, ids, [fmr], once=False)
    others = [round(similarity[i, j], 6) for i in range(12) for j in range(12) if i != j]
    assert (rate, count) == (fmr, len(others)) == (fmr, 132)
    assert sum(score >= at for score in others) <= fmr * 132
    assert sum(score >= at - 2e-4 for score in others) > int(fmr * 132)
    assert round(at * 1e4, 6) == round(at * 1e4)


def test_enrolled_photos_among_themselves_are_compared_once():
    similarity = np.array([[1, 0.7, 0.2], [0.1, 1, 0.3], [0.1, 0.1, 1]])
    ids = np.array(["a", "b", "c"])
    ((_, at, count),) = choose_thresholds(similarity, ids, ids, [0.34], once=True)
    assert (count, at) == (3, pytest.approx(0.3001))


def test_a_rate_below_one_in_all_comparisons_is_not_reachable():
    ids = np.array(["a", "b", "c"])
    assert choose_thresholds(np.eye(3), ids, ids, [0.001], once=False) == [(0.001, None, 6)]


def test_every_version_of_every_recognizer_has_its_thresholds(world):
    found = read_thresholds(world / "data/protocol/thresholds.csv")
    versions = {(one.recognizer, one.training) for one in found}
    learned = {(f"facenet:{name}", t) for name in ("exp1", "exp0:2", "exp0:4", "exp1:2", "exp1:4")
               for t in (0, 1)}  # fmt: skip
    assert versions == learned | {("facenet", -1), ("poor", -1), ("mobilefacenet", -1)}
    assert [one.fmr for one in found if one.recognizer == "poor"] == list(RATES)
    assert {(one.role, one.people, one.nonmated) for one in found} == {("dev", 3, 6)}
    assert {(one.fmr, one.threshold is None, one.needed) for one in found} == {
        (0.25, False, None), (0.01, True, 100)
    }  # fmt: skip


def test_the_stored_threshold_is_that_of_dev_peoples_bare_photos(world):
    found, (recognizer, *_) = target(world), target(world).recognizers
    dev = found.roles.of_role("dev")
    templates = [
        recognizer.templates(table.features[table.rows_of(dev)])
        for kind in ("further_unmasked", "unmasked")
        for table in [read_embeddings(world / f"data/embeddings/bare/facenet/{kind}",
                                      recognizer.fingerprint)]
    ]  # fmt: skip
    similarity = templates[0] @ templates[1].T
    others = np.sort(similarity[~np.eye(3, dtype=bool)])
    assert others[-2] < calibrate(found, [0.25])[0].threshold <= others[-1] + 1e-6


def test_only_dev_people_decide(tmp_path):
    write_world(tmp_path)
    before = calibrate(target(tmp_path), RATES)
    dev = target(tmp_path).roles.of_role("dev")
    disturb(tmp_path, PEOPLE)
    assert calibrate(target(tmp_path), RATES) == before
    disturb(tmp_path, dev)
    assert calibrate(target(tmp_path), RATES) != before


def test_without_further_photos_the_enrolled_ones_are_compared_with_one_another(tmp_path):
    write_world(tmp_path, further=False)
    found = calibrate(target(tmp_path), [0.25, 0.5])
    assert [(one.nonmated, one.needed) for one in found] == [(3, 4), (3, None)]


def test_training_people_stand_in_for_dev_people(tmp_path):
    write_world(tmp_path, roles=Protocol(dev_people=0, distractors=1, training_probes=5, seed=1))
    (at,) = calibrate(target(tmp_path), [0.25])
    assert (at.role, at.people, at.nonmated) == ("train", 5, 20)


def test_nobody_to_choose_on_is_refused(world):
    found = target(world)
    roles = replace(found.roles, probes=found.roles.probes.query("role != 'dev'"))
    with pytest.raises(FaceveilError, match=r"raise protocol\.dev_people or"):
        calibrate(replace(found, roles=roles), RATES)


def test_round_trip(tmp_path):
    known = [
        Threshold("facenet", -1, 0.01, 0.4321, 200, None, "dev", 15),
        Threshold("facenet", -1, 0.001, None, 200, 1000, "dev", 15),
        Threshold("facenet:exp1:10", 2, 0.01, -0.02, 200, None, "train", 15),
    ]
    write_thresholds(tmp_path / "thresholds.csv", known)
    read = read_thresholds(tmp_path / "thresholds.csv")
    assert read == known
    assert thresholds_of(read, "facenet", -1, "t") == known[:2]
    for absent in (("facenet", 0), ("sface", -1)):
        with pytest.raises(FaceveilError, match="those of facenet, facenet:exp1:10; run"):
            thresholds_of(read, *absent, "t")


@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "no thresholds here; run `dvc repro calibrate`"), ("a,b\n1,2\n", "expected the col")],
)
def test_a_missing_file_or_another_is_refused(tmp_path, text, message):
    path = tmp_path / "thresholds.csv"
    if text:
        path.write_text(text)
    with pytest.raises(FaceveilError, match=message):
        read_thresholds(path)


def test_the_file_says_an_unreachable_rate_in_empty_cells(world):
    table = pd.read_csv(world / "data/protocol/thresholds.csv").set_index("fmr")
    assert table.loc[0.01, "threshold"].isna().all()
    assert table.loc[0.01, "needed"].eq(100).all()
    assert table.loc[0.25, "threshold"].notna().all()
