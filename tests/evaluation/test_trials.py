"""Searching galleries, against a loop over pairs."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from faceveil.evaluation.search import BINS
from faceveil.evaluation.thresholds import Threshold
from faceveil.evaluation.trials import Log, Seen, enroll, joined, search
from faceveil.evaluation.versions import Version
from faceveil.params.errors import FaceveilError
from faceveil.recognition.network import Head, Network, Trunk, View
from faceveil.recognition.recognizer import Recognizer

PEOPLE = [f"{number:05d}" for number in (0, 1, 2, 4, 5, 8, 9)]
AT = [Threshold("small", -1, fmr, at, 10, None, "dev", 3) for fmr, at in ((0.1, 0.3), (0.01, 0.9))]
KEY = ["protection", "protocol", "role", "condition"]


@pytest.fixture(scope="module")
def version() -> Version:
    """Weights and features are whole numbers, so that sums are exact in any order."""
    torch.manual_seed(3)
    head = Head(6, 5)
    head.weight.data = torch.randint(-4, 5, (5, 6)).float()
    network = Network(Trunk(nn.Flatten(), View(2, 0.0, 1.0)), head)
    card = {"name": "small", "role": "target", "crop": "frame", "view": {"input_size": 2}}
    return Version("small", "target", Recognizer(card, network, torch.device("cpu")))


def seen(people, seed=0, **words) -> Seen:
    features = np.random.default_rng(seed).integers(-5, 6, (len(people), 6)).astype(np.float32)
    return Seen(pd.DataFrame({"subject_id": people, "training": -1} | words), features)


@pytest.fixture
def bare() -> Seen:
    """Two people look the same."""
    found = seen(PEOPLE)
    found.features[4] = found.features[1]
    return found


@pytest.fixture
def probes(bare) -> Seen:
    """Each person thrice, as enrolled, nearly so and as somebody else, under two protections."""
    other = seen(PEOPLE, seed=1).features
    features = np.concatenate([bare.features, bare.features + np.sign(other), other])
    words = pd.DataFrame(
        {
            "subject_id": PEOPLE * 3,
            "training": -1,
            "condition": "",
            "protection": ["none", "black", "black"] * 7,
            "protocol": ["same_photo"] * 7 + ["other_photo"] * 14,
            "role": (["test"] * 4 + ["train"] * 3) * 3,
        }
    )
    return Seen(words, features)


def loop(version: Version, bare: Seen, probes: Seen) -> tuple[pd.DataFrame, dict]:
    """Search pair by pair: similarities to six decimals, ties against the prober."""
    enrolled = dict(zip(bare.rows["subject_id"], version.templates(bare.features), strict=True))
    rows, counts = [], {}
    for row, template in zip(
        probes.rows.to_dict("records"), version.templates(probes.features), strict=True
    ):
        scores = {who: round(Decimal(float(template @ enrolled[who])), 6) for who in PEOPLE}
        own = scores.pop(row["subject_id"])
        nearest = min(who for who in scores if scores[who] == max(scores.values()))
        rank = 1 + sum(score >= own for score in scores.values())
        rows.append((rank, float(own), float(scores[nearest]), nearest))
        steps = counts.setdefault(tuple(row[name] for name in KEY), np.zeros(BINS, np.int64))
        for score in scores.values():
            steps[int((score + 1) // Decimal("0.0001"))] += 1
    return pd.DataFrame(rows, columns=["rank", "mated", "nearest", "nearest_id"]), counts


def test_a_template_is_the_unit_vector_of_a_product(version, bare):
    weight = version.recognizer.head.weight.numpy()
    expected = bare.features @ weight.T
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    found = enroll(version, bare).templates
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert found.dtype == np.float64


def test_search_finds_what_a_loop_finds(version, bare, probes):
    expected, counts = loop(version, bare, probes)
    found = search(version, enroll(version, bare), probes, AT, 5)
    for name in expected:
        assert found.trials[name].tolist() == pytest.approx(expected[name].tolist(), abs=1e-9)
    assert found.trials["hit"].tolist() == (expected["rank"] == 1).tolist()
    assert expected["rank"].max() > 1 and 0 < found.trials["hit"].mean() < 1
    assert found.nonmated.keys() == counts.keys()
    for key, steps in counts.items():
        np.testing.assert_array_equal(found.nonmated[key], steps)


def test_whoever_looks_like_somebody_else_is_no_hit(version, bare, probes):
    trials = search(version, enroll(version, bare), probes, AT, 100).trials[:7]
    twins = trials["subject_id"].isin([PEOPLE[1], PEOPLE[4]])
    assert trials.loc[twins, "rank"].tolist() == [2, 2]
    assert trials.loc[twins, "nearest_id"].tolist() == [PEOPLE[4], PEOPLE[1]]
    assert trials.loc[~twins, "hit"].all()


def test_a_match_is_at_or_above_the_threshold(version, bare, probes):
    mated = loop(version, bare, probes)[0]["mated"]
    exact = Threshold("small", -1, 0.2, float(mated.median()), 10, None, "dev", 3)
    none = Threshold("small", -1, 0.001, None, 10, 1000, "dev", 3)
    trials = search(version, enroll(version, bare), probes, [exact, none], 100).trials
    assert trials["matched@0.2"].tolist() == (mated >= mated.median()).tolist()
    assert trials["stranger@0.2"].tolist() == (trials["nearest"] >= mated.median()).tolist()
    assert not any("0.001" in name for name in trials)


@pytest.mark.parametrize("batch_size", [1, 4, 1000])
def test_batch_size_and_row_order_change_nothing(version, bare, probes, batch_size):
    once = search(version, enroll(version, bare), probes, AT, 7)
    order = np.random.default_rng(2).permutation(len(probes.rows))
    back = np.random.default_rng(3).permutation(len(bare.rows))
    mixed = Seen(probes.rows.iloc[order].reset_index(drop=True), probes.features[order])
    shuffled = Seen(bare.rows.iloc[back].reset_index(drop=True), bare.features[back])
    again = search(version, enroll(version, shuffled), mixed, AT, batch_size)
    expected = once.trials.iloc[order].reset_index(drop=True)
    pd.testing.assert_frame_equal(again.trials, expected, check_exact=True)
    for key, steps in once.nonmated.items():
        np.testing.assert_array_equal(again.nonmated[key], steps)


def test_somebody_who_is_not_enrolled_is_refused(version, bare, probes):
    few = enroll(version, bare.where((bare.rows["subject_id"] != PEOPLE[3]).to_numpy()))
    with pytest.raises(ValueError, match="not in the gallery"):
        search(version, few, probes, AT, 4)


def test_two_enrolled_photos_of_somebody_are_refused(version):
    with pytest.raises(FaceveilError, match="one unmasked photo per person, but 'b' has 2"):
        enroll(version, seen(["a", "b", "c", "b"]))


def test_an_empty_gallery_is_refused(version):
    with pytest.raises(FaceveilError, match="there is nobody"):
        enroll(version, seen([]))


def test_joined_logs_are_all_trials_and_the_sum_of_comparisons(version, bare, probes):
    whole = search(version, enroll(version, bare), probes, AT, 7)
    parts = [
        search(version, enroll(version, bare), probes.where(keep), AT, 7)
        for keep in (np.arange(21) < 10, np.arange(21) >= 10)
    ]
    found = joined(parts)
    pd.testing.assert_frame_equal(found.trials, whole.trials)
    assert found.nonmated.keys() == whole.nonmated.keys()
    for key, steps in whole.nonmated.items():
        np.testing.assert_array_equal(found.nonmated[key], steps)


def test_a_threshold_that_one_log_lacks_is_left_out():
    both = pd.DataFrame({"hit": [True], "matched@0.1": [True], "matched@0.01": [False]})
    found = joined([Log(both), Log(both[["hit", "matched@0.1"]])]).trials
    assert sorted(found) == ["hit", "matched@0.1"]
    assert len(found) == 2
