"""Identification against a plain loop, and pessimism about ties."""

import doctest

import numpy as np
import pytest

from faceveil.metrics import identification
from faceveil.metrics.identification import hits, ranks

DRAW = np.random.default_rng(7)
GALLERY = [f"{n:03d}" for n in DRAW.permutation(30)]
PROBES = [GALLERY[n] for n in DRAW.integers(0, 30, size=50)]
SIMILARITY = np.round(DRAW.normal(size=(50, 30)), 1)  # rounded, so that there are ties


def loop_rank(row, probe):
    own = next(value for value, subject in zip(row, GALLERY, strict=True) if subject == probe)
    ahead = [
        subject
        for value, subject in zip(row, GALLERY, strict=True)
        if subject != probe and value >= own
    ]
    return len(ahead) + 1


def test_ranks_equal_a_plain_loop():
    expected = [loop_rank(row, probe) for row, probe in zip(SIMILARITY, PROBES, strict=True)]
    assert ranks(SIMILARITY, PROBES, GALLERY).tolist() == expected


def test_hits_equal_a_plain_loop():
    expected = [loop_rank(row, probe) == 1 for row, probe in zip(SIMILARITY, PROBES, strict=True)]
    assert hits(SIMILARITY, PROBES, GALLERY).tolist() == expected


def test_rank_k_equals_scikit_learn_without_ties():
    from sklearn.metrics import top_k_accuracy_score

    similarity = np.random.default_rng(1).normal(size=(50, 30))
    truth = [GALLERY.index(probe) for probe in PROBES]
    for k in (1, 3, 10):
        expected = top_k_accuracy_score(truth, similarity, k=k, labels=range(30))
        assert (ranks(similarity, PROBES, GALLERY) <= k).mean() == pytest.approx(expected)


def test_order_of_rows_and_columns_changes_nothing():
    rows, columns = DRAW.permutation(50), DRAW.permutation(30)
    shuffled = ranks(
        SIMILARITY[rows][:, columns],
        [PROBES[row] for row in rows],
        [GALLERY[column] for column in columns],
    )
    assert shuffled.tolist() == ranks(SIMILARITY, PROBES, GALLERY)[rows].tolist()


def test_a_tie_with_an_impostor_is_a_miss():
    assert not hits(np.full((1, 2), 0.5), ["a"], ["a", "b"])[0]
    assert ranks(np.full((1, 2), 0.5), ["a"], ["a", "b"])[0] == 2


ONE = np.array([[0.5, 0.1]])
REFUSED = {
    "not finite": lambda: ranks(np.array([[np.nan, 0.1]]), ["a"], ["a", "b"]),
    "names a subject twice": lambda: ranks(ONE, ["a"], ["a", "a"]),
    "not in the gallery": lambda: ranks(ONE, ["c"], ["a", "b"]),
    "similarity is": lambda: ranks(ONE, ["a", "b"], ["a", "b"]),
}


@pytest.mark.parametrize("message", list(REFUSED))
def test_what_has_no_answer_is_refused(message):
    with pytest.raises(ValueError, match=message):
        REFUSED[message]()


def test_examples_run():
    found = doctest.testmod(identification)
    assert found.attempted > 0
    assert found.failed == 0
