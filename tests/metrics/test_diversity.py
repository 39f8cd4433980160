"""Mean pairwise distances against plain loops."""

from itertools import combinations

import numpy as np
import pytest

from faceveil.metrics.diversity import mean_pairwise_cosine_distance, mean_pairwise_rms

VECTORS = np.random.default_rng(0).uniform(size=(5, 30)).astype(np.float32)


def test_a_plain_loop_finds_the_same():
    rms, cosine = [], []
    for one, other in combinations(VECTORS.astype(np.float64), 2):
        rms.append(np.sqrt(np.mean((one - other) ** 2)))
        cosine.append(1 - one @ other / np.linalg.norm(one) / np.linalg.norm(other))
    assert mean_pairwise_rms(VECTORS) == pytest.approx(np.mean(rms))
    assert mean_pairwise_cosine_distance(VECTORS) == pytest.approx(np.mean(cosine))


def test_designs_that_are_all_alike_have_no_diversity():
    alike = np.repeat(VECTORS[:1], 4, axis=0)
    assert mean_pairwise_rms(alike) == 0
    assert mean_pairwise_cosine_distance(alike) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("metric", [mean_pairwise_rms, mean_pairwise_cosine_distance])
def test_one_design_has_no_distance(metric):
    with pytest.raises(ValueError, match="K > 1"):
        metric(VECTORS[:1])
