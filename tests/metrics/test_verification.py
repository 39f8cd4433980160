"""Verification against scikit-learn and plain loops."""

import doctest
import itertools

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from faceveil.metrics import verification
from faceveil.metrics.verification import auc, eer, roc, verification_accuracy

DRAW = np.random.default_rng(3)
MATED = np.round(DRAW.normal(1.5, 1, size=400), 2)  # rounded, so that there are ties
NONMATED = np.round(DRAW.normal(0, 1, size=1000), 2)
TRUTH = np.arange(1400) < 400
SCORES = np.concatenate([MATED, NONMATED])


def test_roc_equals_scikit_learn():
    fmr, tmr, thresholds = roc_curve(TRUTH, SCORES, drop_intermediate=False)
    found = roc(MATED, NONMATED)
    assert found.fmr == pytest.approx(fmr)
    assert found.tmr == pytest.approx(tmr)
    assert np.array_equal(found.thresholds, thresholds)


def test_auc_equals_scikit_learn():
    assert auc(MATED, NONMATED) == pytest.approx(roc_auc_score(TRUTH, SCORES), abs=1e-12)
    assert auc(np.ones(3), np.ones(4)) == 0.5


def test_eer_is_where_a_fine_scan_of_the_curve_meets():
    fmr, tmr, _ = roc_curve(TRUTH, SCORES, drop_intermediate=False)
    scan = np.linspace(0, 1, 1_000_001)
    meeting = scan[np.argmin(np.abs(scan - (1 - np.interp(scan, fmr, tmr))))]
    assert eer(MATED, NONMATED) == pytest.approx(meeting, abs=1e-4)


def test_eer_at_the_extremes():
    low, high = np.array([0.1, 0.2]), np.array([0.8, 0.9])
    assert eer(high, low) == 0
    assert eer(low, high) == 1
    assert eer(low, low) == 0.5


def loop_accuracy(mated, nonmated, folds):
    accuracies = []
    for fold in range(folds):
        own = [n * folds // len(mated) == fold for n in range(len(mated))]
        other = [n * folds // len(nonmated) == fold for n in range(len(nonmated))]
        learn = [(s, True) for s, out in zip(mated, own, strict=True) if not out]
        learn += [(s, False) for s, out in zip(nonmated, other, strict=True) if not out]
        ordered = [*sorted({s for s, _ in learn})]
        middles = [(a + b) / 2 for a, b in itertools.pairwise(ordered)]
        candidates = [np.inf, *reversed([ordered[0], *middles])]
        best = max(candidates, key=lambda t: sum((s >= t) == same for s, same in learn))
        judged = [s >= best for s, out in zip(mated, own, strict=True) if out]
        judged += [s < best for s, out in zip(nonmated, other, strict=True) if out]
        accuracies.append(np.mean(judged))
    return np.mean(accuracies)


@pytest.mark.parametrize(("count", "folds"), [(30, 10), (33, 4), (10, 2)])
def test_verification_accuracy_equals_a_plain_loop(count, folds):
    mated, nonmated = MATED[:count], NONMATED[:count]
    expected = loop_accuracy(mated, nonmated, folds)
    assert verification_accuracy(mated, nonmated, folds) == pytest.approx(expected)


def test_verification_accuracy_of_what_is_apart_is_one():
    assert verification_accuracy(np.linspace(0.5, 1, 20), np.linspace(-1, 0.3, 20)) == 1


def test_single_precision_scores_give_the_same_curve():
    single = MATED.astype(np.float32), NONMATED.astype(np.float32)
    assert auc(*single) == pytest.approx(auc(MATED, NONMATED), abs=1e-9)


NAN = np.array([0.5, np.nan])
REFUSED = {
    "non-mated similarities are": lambda: auc(MATED, np.empty(0)),
    "mated similarities are": lambda: roc(np.empty(0), NONMATED),
    "a mated similarity is not finite": lambda: eer(NAN, NONMATED),
    "a non-mated similarity is not finite": lambda: eer(MATED, NAN),
    "10 folds need": lambda: verification_accuracy(MATED[:9], NONMATED),
    "1 folds need": lambda: verification_accuracy(MATED, NONMATED, folds=1),
}


@pytest.mark.parametrize("message", list(REFUSED))
def test_what_has_no_answer_is_refused(message):
    with pytest.raises(ValueError, match=message):
        REFUSED[message]()


def test_examples_run():
    found = doctest.testmod(verification)
    assert found.attempted > 0
    assert found.failed == 0
