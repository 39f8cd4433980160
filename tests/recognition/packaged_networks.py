"""What tests of packaged networks share: their files, or a skip that says how to get them."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from faceveil.params.errors import FaceveilError
from faceveil.params.recognizers import PACKAGED, RecognizerSettings
from faceveil.recognition.packaged import packaged_file


def installed(weights: str) -> Path:
    """Return the file of packaged weights, or skip the test."""
    if find_spec("onnx") is None:
        pytest.skip("onnx is not installed; run `uv sync --extra real`")
    try:
        return packaged_file(weights, "weights")
    except FaceveilError as missing:
        pytest.skip(str(missing))


def section(weights: str, **values) -> RecognizerSettings:
    """Return a section of a packaged network with a check that nobody fails."""
    short = {"check_pairs": 8, "expected_accuracy": 0, "batch_size": 8}
    return RecognizerSettings(
        role="judge", weights=weights, **{**PACKAGED[weights], **short, **values}
    )
