"""Sections of recognizers for tests: the shipped ones, made short."""

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


def _section(name: str, *short: dict[str, Any]) -> RecognizerSettings:
    values = DEFAULTS[name].model_dump()
    for overrides in short:
        values |= overrides
    return RecognizerSettings(**values)


def target(**values: Any) -> RecognizerSettings:
    """The shortest sensible training of FaceNet."""
    short = {"input_size": 80, "max_learning_rate": 0.003, "weight_decay": 0.01}
    return _section("facenet", SHORT, short, values)


def surrogate(**values: Any) -> RecognizerSettings:
    return _section("resnet18", SHORT, SMALL, values)


def judge(**values: Any) -> RecognizerSettings:
    return _section("mobilefacenet", SHORT, SMALL, values)
