"""Sections of recognizers for tests: those that learn here, made short."""

from typing import Any

from faceveil.params.recognizers import DEFAULTS, RecognizerSettings

SHORT = {
    "check_pairs": 8,
    "expected_accuracy": 0,
    "skip_people": 0,
    "people": 4,
    "seed": 0,
    "epochs": 2,
    "batch_size": 8,
    "precision": "float32",
    "masked_share": 0.25,
}
SMALL = {"input_size": 32, "max_learning_rate": 0.002}


RESNET18 = RecognizerSettings(role="surrogate", architecture="resnet18", input_size=32)
"""A surrogate that learns here; the shipped one has weights of a package."""


def _section(whole: RecognizerSettings, *short: dict[str, Any]) -> RecognizerSettings:
    values = whole.model_dump()
    for overrides in short:
        values |= overrides
    return RecognizerSettings(**values)


def target(**values: Any) -> RecognizerSettings:
    """The shortest sensible training of FaceNet."""
    short = {"input_size": 80, "max_learning_rate": 0.003, "weight_decay": 0.01}
    return _section(DEFAULTS["facenet"], SHORT, short, values)


def surrogate(**values: Any) -> RecognizerSettings:
    return _section(RESNET18, SHORT, SMALL, values)


def judge(**values: Any) -> RecognizerSettings:
    return _section(DEFAULTS["mobilefacenet"], SHORT, SMALL, values)
