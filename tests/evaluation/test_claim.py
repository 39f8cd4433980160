"""The paper's claim, on made-up people for whom the answer is known."""

import itertools

import numpy as np
import pandas as pd
import pytest
from tests.evaluation.world import GAME

from faceveil.evaluation.claim import judge_claim

PEOPLE = [f"{number:05d}" for number in range(30)]
GAMES = {
    "fixed": GAME.model_copy(update={"recognizer_learns_from": ()}),
    "one": GAME,
    "two": GAME,
    "together": GAME.model_copy(update={"recognizer_learns_from": (), "ensemble": ("partner1",)}),
}


def gains(mean: float, seed: int, protocols=("same_photo", "other_photo")):
    draw = np.random.default_rng(seed)
    return {
        (protocol, metric): pd.Series(draw.normal(mean, 0.2, len(PEOPLE)), PEOPLE)
        for protocol in protocols
        for metric in ("rank_1", "fnmr")
    }


@pytest.mark.parametrize(
    ("learning", "holds", "words"),
    [
        (0.6, True, "The claim holds in this run"),
        (0.1, False, "The claim does not hold in this run"),
        (0.3, None, "is not shown either way"),
    ],
)
def test_the_verdict_follows_the_interval(settings, learning, holds, words):
    found = judge_claim(
        GAMES,
        {"fixed": gains(0.3, 0), "one": gains(learning, 1), "two": gains(learning, 2),
         "together": gains(0.9, 3)},
        settings, 1000,
    )  # fmt: skip
    assert found.holds is holds
    assert words in found.text
    assert "1,000 labelled photos" in found.text and "30 held-out people" in found.text


def test_the_p_value_is_that_of_all_ways_to_flip_the_signs(settings):
    few = PEOPLE[:8]
    left, right = (pd.Series(np.random.default_rng(n).random(8), few) for n in (1, 2))
    key = ("other_photo", "fnmr")
    games = {name: GAMES[name] for name in ("fixed", "one")}
    found = judge_claim(games, {"fixed": {key: left}, "one": {key: right}}, settings, 10)
    difference = (right - left).to_numpy()
    flipped = [abs(np.mean(difference * signs)) for signs in itertools.product((-1, 1), repeat=8)]
    at_least = np.mean(np.array(flipped) >= abs(difference.mean()) - 1e-12)
    assert found.differences[0].p == pytest.approx(at_least)


def test_four_people_alone_decide_nothing(settings):
    difference = pd.Series([0.6] * 4 + [0.0] * 26, PEOPLE)
    key = ("other_photo", "fnmr")
    games = {name: GAMES[name] for name in ("fixed", "one")}
    robust = {"fixed": {key: 0 * difference}, "one": {key: difference}}
    found = judge_claim(games, robust, settings, 10)
    assert found.differences[0].low >= 0  # nobody speaks against it
    assert found.differences[0].p == pytest.approx(2 / 2**4, abs=0.02)
    assert found.holds is None


def test_learning_experiments_are_averaged_and_ensembles_left_out(settings):
    robust = {name: gains(0.1 * n, n) for n, name in enumerate(GAMES)}
    found = judge_claim(GAMES, robust, settings, 10)
    one = found.differences[-1]
    key = (one.protocol, one.metric)
    by_hand = (robust["one"][key] + robust["two"][key]) / 2 - robust["fixed"][key]
    assert one.value == pytest.approx(by_hand.mean()) == pytest.approx(one.learning - one.fixed)
    assert one.fixed == pytest.approx(robust["fixed"][key].mean())
    assert one.between == "one + two minus fixed"
    assert one.low < one.value < one.high


def test_without_other_photos_the_same_photo_decides(settings):
    robust = {name: gains(0.1 * n, n, ("same_photo",)) for n, name in enumerate(GAMES)}
    assert "(same photo)" in judge_claim(GAMES, robust, settings, 10).text


def test_one_kind_of_game_alone_tests_nothing(settings):
    found = judge_claim({"fixed": GAMES["fixed"]}, {"fixed": gains(0.1, 0)}, settings, 10)
    assert (found.holds, found.differences) == (None, ())
    assert found.text.startswith("Not tested")
