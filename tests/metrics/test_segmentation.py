"""Overlap and error of transparencies against scikit-learn, photo by photo."""

import numpy as np
import pytest
from sklearn.metrics import jaccard_score, mean_squared_error

from faceveil.metrics.segmentation import iou, leak, mse


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(4)
    return draw.random((5, 8, 6), dtype=np.float32), draw.random((5, 8, 6), dtype=np.float32)


@pytest.mark.parametrize("threshold", [0.25, 0.5, 0.9])
def test_iou_equals_the_jaccard_score_of_each_photo(pair, threshold: float):
    found, truth = pair
    reference = [
        jaccard_score((t >= threshold).ravel(), (f >= threshold).ravel())
        for f, t in zip(found, truth, strict=True)
    ]
    assert iou(found, truth, threshold) == pytest.approx(reference, abs=1e-12)


def test_iou_of_perfect_disjoint_and_empty_masks():
    full, empty = np.ones((1, 4, 4)), np.zeros((1, 4, 4))
    assert iou(full, full) == 1
    assert iou(full, empty) == iou(empty, full) == 0
    assert iou(empty, empty) == 1


def test_a_pixel_at_the_threshold_belongs_to_the_mask():
    half, below = np.full((1, 2, 2), 0.5), np.full((1, 2, 2), 0.49)
    assert iou(half, np.ones((1, 2, 2))) == 1
    assert iou(below, np.ones((1, 2, 2))) == 0


def test_mse_equals_scikit_learn(pair):
    found, truth = pair
    reference = [mean_squared_error(t, f) for f, t in zip(found, truth, strict=True)]
    assert mse(found, truth) == pytest.approx(reference, rel=1e-6)


def test_leak_is_the_mean_over_the_pixels_without_mask(pair):
    found, truth = pair
    truth = np.where(truth < 0.6, 0, truth)
    reference = [f[t == 0].mean() for f, t in zip(found, truth, strict=True)]
    assert leak(found, truth) == pytest.approx(reference, rel=1e-6)
    assert leak(truth, truth) == pytest.approx(0)
    assert leak(found, np.ones_like(truth)) == pytest.approx(0)


@pytest.mark.parametrize("metric", [iou, mse, leak])
@pytest.mark.parametrize("shapes", [((2, 4, 4), (1, 4, 4)), ((4, 4), (4, 4))])
def test_other_shapes_are_refused_not_broadcast(metric, shapes):
    with pytest.raises(ValueError, match=r"are \[N, H, W\] both"):
        metric(np.zeros(shapes[0]), np.zeros(shapes[1]))
