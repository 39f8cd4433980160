"""A repository of its own: this tree's files, tiny params, committed, ready for dvc."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from faceveil.params.profiles import merged_text
from tests.conftest import ROOT


@dataclass(frozen=True)
class Repository:
    """A checkout in a temporary folder."""

    path: Path

    def run(self, *command: str, check: bool = True) -> str:
        """Run a command in the checkout and return what it printed, errors included."""
        dropped = ("MLFLOW_TRACKING_URI", "DVC_ROOT", "DVC_EXP_NAME", "PYTHONPATH")
        environment = {key: value for key, value in os.environ.items() if key not in dropped}
        environment["PYTHONPATH"] = str(self.path / "src")
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
        result = subprocess.run(
            command,
            cwd=self.path,
            env=environment,
            text=True,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        if check and result.returncode:
            pytest.fail(f"{' '.join(command)}:\n{result.stdout[-4000:]}")
        return result.stdout

    def commit(self, message: str) -> None:
        self.run("git", "add", "-A")
        author = ("-c", "user.name=test", "-c", "user.email=test@example.org")
        self.run("git", *author, "commit", "-q", "--allow-empty", "-m", message)


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Repository:
    path = tmp_path_factory.mktemp("repository")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file() and name != "dvc.lock" and not name.startswith("metrics/"):
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, path / name)
    tiny = ROOT / "tests" / "pipeline" / "tiny.yaml"
    (path / "params.yaml").write_text(merged_text(ROOT / "params.yaml", tiny))
    checkout = Repository(path)
    checkout.run("git", "init", "-q")
    checkout.commit("Start")
    return checkout
