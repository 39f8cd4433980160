"""A disk that is really full or read-only: one line, and what was there stays as it was."""

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.stages.gan_world import arguments, enter_world, settings, write_world

MOUNT = 'mount -t tmpfs -o "$1" none "$2"'
ON = f'{MOUNT}; echo earlier > "$2/earlier"; "${{@:3}}"; status=$?; ls -A "$2"; exit $status'
READ_ONLY = f'{MOUNT} && "${{@:3}}"'

OUT = "data/written/embeddings"
EMBED = (
    *("embed", "--curated", "data/curated", "--recognizer", "models/recognizers/facenet"),
    *("--out", OUT),
)
TRAIN = ("train_gan", *arguments("exp0"))


def on_disk(options, place, *command):
    """Return the command line that runs a command where a small disk of its own is mounted."""
    script = READ_ONLY if "ro" in options.split(",") else ON
    unshared = ("unshare", "--user", "--map-root-user", "--mount", "bash", "-c", script, "bash")
    return [*unshared, options, str(place), *command]


def can_mount():
    try:
        command = on_disk("size=64k", "/mnt", "true")
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not can_mount(), reason="this system lets nobody mount a disk (unshare)"),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    root = tmp_path_factory.mktemp("world")
    write_world(root)
    return root


@pytest.mark.parametrize(
    ("options", "place", "stage", "said"),
    [
        ("size=16k", ".scratch", EMBED, "embed: the disk is full"),
        ("size=16k", "data/written", EMBED, "embed: the disk is full"),
        ("ro", "data/written", EMBED, f"embed: {OUT}: cannot be written (Read-only file system)"),
        ("size=1m", "models/gan", TRAIN, "train_gan: the disk is full"),
        ("ro", "models/gan", TRAIN, "train_gan: models/gan/"),
    ],
    ids=["embed's parts", "embed's table", "embed, read-only", "train_gan", "train_gan, read-only"],
)
def test_one_line_and_nothing_half_written(world, tmp_path, options, place, stage, said):
    enter_world(world, tmp_path)
    settings(tmp_path)
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    own = {
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path / 'mlflow.db'}",
        "FACEVEIL_WORKERS": "1",
        "DVC_ROOT": str(tmp_path),
    }
    command = (sys.executable, "-m", f"stages.{stage[0]}", *stage[1:])
    run = subprocess.run(
        on_disk(options, tmp_path / place, *command),
        cwd=tmp_path, env=os.environ | own, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert run.stderr.startswith(said)
    assert run.stderr.count("\n") == 1
    left = [name for name in run.stdout.split() if not name.endswith(".lock")]
    assert left == ([] if options == "ro" else ["earlier"])
    beside = [path for top in ("metrics", "figures") for path in (tmp_path / top).rglob("*.*")]
    assert beside == []  # what else the stage writes, on a disk that has room
    assert not (tmp_path / OUT).exists()
