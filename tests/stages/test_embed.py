"""The stage ``embed`` as it is run: alone, by ranks, and killed at any moment."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from ruamel.yaml import YAML

from faceveil.recognition.architectures import build_network
from faceveil.recognition.embedding import EMBEDDED
from faceveil.recognition.network import View
from faceveil.recognition.recognizer import save_recognizer
from faceveil.store.faces import PackedFaces
from tests.conftest import ROOT
from tests.packed import write_faces

STAGE = (
    *("-m", "stages.embed", "--curated", "data/curated", "--recognizer", "models/small"),
    *("--out", "data/embeddings"),
)
ALONE = (sys.executable, *STAGE)
TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", *STAGE)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    """A folder as the stage finds it: 17 random photos per kind, embedded in parts of two."""
    folder = tmp_path_factory.mktemp("world")
    pixels = np.random.default_rng(0).integers(0, 256, (17, 80, 80, 3), dtype=np.uint8)
    for kind in EMBEDDED:
        ids = pd.Series([f"{number:05d}" for number in range(17)], dtype="str")
        split = pd.Series(["train"] * 17, dtype="str")
        rows = pd.DataFrame({"subject_id": ids, "image_id": ids, "split": split})
        write_faces(folder / "data/curated" / kind, PackedFaces(pixels, rows))
    torch.manual_seed(0)
    view = {"input_size": 80, "mean": 127.5, "scale": 128.0}
    card = {"name": "small", "role": "judge", "architecture": "inception_resnet_v1", "view": view}
    network = build_network("inception_resnet_v1", View(**view))
    save_recognizer(folder / "models/small", network, {**card, "crop": "frame"})
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    params["embed"] = {"batch_size": 2, "part_size": 2}
    YAML().dump(params, folder / "params.yaml")
    return folder


@pytest.fixture(scope="module")
def undisturbed(world) -> dict[str, bytes]:
    assert start(world, ALONE).wait() == 0
    return outputs(world)


def start(world: Path, command: tuple[str, ...], **environment: str) -> subprocess.Popen:
    dropped = ("DVC_ROOT", "DVC_EXP_NAME", "FACEVEIL_ENGINE", "FACEVEIL_PROCESSES")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    kept |= {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "FACEVEIL_WORKERS": "1"}
    kept |= {"MLFLOW_TRACKING_URI": f"sqlite:///{world}/mlflow.db"}
    return subprocess.Popen(
        command, cwd=world, env=kept | environment, stderr=subprocess.PIPE, text=True
    )


def outputs(world: Path) -> dict[str, bytes]:
    folder = world / "data/embeddings"
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*.parquet"))}


def finished(world: Path) -> dict[str, int]:
    """Return the finished parts by their number and digest, and what tells two files apart."""
    parts = world.glob(".scratch/embed-*/part-*")
    return {path.name: path.stat().st_ino for path in parts}


@pytest.mark.parametrize(
    ("command", "environment"),
    [(TORCHRUN, {}), (ALONE, {"FACEVEIL_PROCESSES": "2"})],
    ids=["torchrun", "processes"],
)
def test_two_ranks_write_the_same_bytes(world, undisturbed, command, environment):
    run = start(world, command, **environment)
    said = run.communicate()[1]
    assert run.returncode == 0, said
    assert outputs(world) == undisturbed
    assert finished(world) == {}


def test_killed_at_any_moment_it_goes_on_to_the_same_bytes(world, undisturbed):
    moments, known = random.Random(0), {}
    for kept in (1, 6, 12):
        run = start(world, ALONE)
        while len(finished(world)) < kept and run.poll() is None:
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 0.1))
        run.kill()
        assert run.wait() == -9
        found = finished(world)
        assert known.items() <= found.items()  # nothing finished was made again
        known = found
    assert outputs(world) == undisturbed  # of the run before
    run = start(world, ALONE)
    said = run.communicate()[1]
    assert run.returncode == 0, said
    assert outputs(world) == undisturbed
    # The outputs are second names of the parts: these were there before the last run.
    inodes = {path.stat().st_ino for path in (world / "data/embeddings").rglob("*.parquet")}
    assert len(known) >= 12 and set(known.values()) <= inodes
    assert finished(world) == {}


def test_a_killed_rank_ends_the_run_in_one_line_and_the_rerun_goes_on(world, undisturbed):
    run = start(world, ALONE, FACEVEIL_PROCESSES="2")
    while len(finished(world)) < 3 and run.poll() is None:
        time.sleep(0.01)
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
    ranks = [c for c in children if b"stages.embed" in Path(f"/proc/{c}/cmdline").read_bytes()]
    assert len(ranks) == 2
    os.kill(int(ranks[1]), 9)
    said = run.communicate(timeout=120)[1]
    assert run.returncode == 1
    assert "was killed" in said and "run the same command again" in said
    assert len(finished(world)) >= 3 and outputs(world) == undisturbed
    assert start(world, ALONE).wait() == 0
    assert outputs(world) == undisturbed and finished(world) == {}


def test_an_unknown_engine_is_one_line(world):
    run = start(world, ALONE, FACEVEIL_ENGINE="spark")
    said = run.communicate()[1]
    assert run.returncode == 1
    assert said == "embed: FACEVEIL_ENGINE: no engine 'spark'; use loop or ray\n"
