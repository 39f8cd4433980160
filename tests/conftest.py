"""Fixtures that all tests share."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real faces and weights, or a skip that says how to get one."""
    folder = Path(os.environ.get("FACEVEIL_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set FACEVEIL_REAL_DATA to a folder that has it")
    return folder
