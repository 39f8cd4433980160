"""Fixtures of the tiny world."""

import pytest

from faceveil.params.evaluate import Evaluate
from faceveil.params.experiments import Game
from tests.evaluation.world import GAME, SETTINGS, PatternRecognizer


@pytest.fixture
def recognizer() -> PatternRecognizer:
    return PatternRecognizer()


@pytest.fixture
def settings() -> Evaluate:
    return SETTINGS


@pytest.fixture
def game() -> Game:
    return GAME
