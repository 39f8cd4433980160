"""The arithmetic of the scaling benchmark, and one measurement on a tiny store."""

import subprocess
import sys

import numpy as np
import pytest

from benchmarks import scaling
from benchmarks.scaling import (
    FEATURE_BYTES,
    measure,
    memory_slope,
    over_first,
    write_store,
)
from faceveil.store.faces import open_faces


def test_features_alone_are_no_slope():
    rows = [
        {"people": n, "peak_bytes": 10**9 + n * FEATURE_BYTES, "stored_bytes": n * FEATURE_BYTES}
        for n in (1000, 5000, 20000)
    ]
    assert memory_slope(rows) == pytest.approx(0, abs=1e-9)
    for row in rows:
        row["peak_bytes"] += row["people"] * FEATURE_BYTES // 4
    assert memory_slope(rows) == pytest.approx(0.25)


def test_values_are_over_the_first():
    assert over_first([2.0, 3.0, 1.0]) == [1, 1.5, 0.5]


def test_a_store_repeats_its_photos(tmp_path):
    write_store(tmp_path, 1003)
    faces = open_faces(tmp_path, "masked")
    assert len(faces) == 1003
    assert (faces.pixels[1000:] == faces.pixels[:3]).all()
    assert faces.transparency[1002].any()
    assert isinstance(faces.pixels, np.memmap)


HOLD_AND_LEAVE = """
import time
import numpy as np
from benchmarks.scaling import anonymous_memory, peak_memory
with peak_memory() as peak:
    before = peak[0] = anonymous_memory()
    held = np.ones(50_000_000, np.uint8)
    deadline = time.monotonic() + 60
    while peak[0] < before + 40_000_000 and time.monotonic() < deadline:
        time.sleep(0.01)
    del held
print(before, peak[0], anonymous_memory())
"""


def test_memory_that_belongs_to_no_file_is_counted_while_it_is_held():
    # In a process of its own: what other tests of a worker give back meanwhile is not counted.
    command = [sys.executable, "-c", HOLD_AND_LEAVE]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    before, peak, after = map(int, printed.split())
    assert before + 40_000_000 <= peak
    assert after < peak


@pytest.mark.slow
@pytest.mark.parametrize("gallery_people", [4, None])
def test_a_tiny_store_is_measured(tmp_path, monkeypatch, gallery_people):
    for name, value in (("BATCH", 2), ("ROUNDS", 1), ("FACES", 8)):
        monkeypatch.setattr(scaling, name, value)
    write_store(tmp_path, 6)
    row = measure(tmp_path, gallery_people)
    assert row["people"] == 6
    assert row["stored_bytes"] == 6 * FEATURE_BYTES
    assert 0 < row["step_over_bare_trunk"] < row["epoch_over_bare_trunk"]
    assert row["peak_bytes"] > 10**8
