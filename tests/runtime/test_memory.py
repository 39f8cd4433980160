"""Memory that is kept: a large block that comes again costs no new pages."""

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

FAULTS = """
import resource, sys
import torch
from faceveil.runtime.memory import keep_large_blocks
if sys.argv[1] == "keep":
    keep_large_blocks()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def work(times):
    for _ in range(times):
        torch.ones(10 << 20)  # 40 MiB
work(8)  # until the heap is as large as it gets
before = faults()
work(8)
print(faults() - before)
"""


def faults(way):
    done = subprocess.run(
        [sys.executable, "-c", FAULTS, way],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc is Linux's")
def test_blocks_that_come_again_cost_no_new_pages():
    assert faults("keep") < faults("give back") / 4
