"""What every stage costs before it works: its help, and imports with tracking opened.

Each stage is started in an empty folder, where it stops at the first input that is missing: by then
it has imported everything, read its settings and opened its MLflow run. The floor is a process
that imports torch and MLflow and does nothing.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from ruamel.yaml import YAML

from benchmarks.measure import interleaved, write_result

ROOT = Path(__file__).parents[1]
ROUNDS = 3
KEYS = {"prepare_recognizer": "facenet", "embed": "facenet", "protect": "plain",
        "embed_protected": "plain"}  # fmt: skip
"""The key of stages that exist for each recognizer or protection; of others it is ``exp0``."""

BARE = ("-c", "import torch, mlflow, mlflow.store.tracking.sqlalchemy_store")


def commands() -> dict[str, tuple[str, ...]]:
    """Return the command line of each stage of dvc.yaml that needs an input, for one key."""
    stages = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
    found = {}
    for name, stage in stages.items():
        words = stage.get("do", stage)["cmd"].replace("${curate.root}", "data/synthetic").split()
        if "deps" in stage.get("do", stage) and name != "synthesize":
            key = KEYS.get(name, "exp0")
            found[name] = tuple(word.replace("${key}", key) for word in words[1:])
    return found


def main() -> None:
    """Measure, print and write ``results/startup.json``."""
    with TemporaryDirectory() as folder:
        shutil.copy(ROOT / "params.yaml", folder)
        store = f"sqlite:///{folder}/mlflow.db"
        environment = os.environ | {"PYTHONPATH": str(ROOT), "MLFLOW_TRACKING_URI": store}

        def start(arguments: tuple[str, ...]) -> None:
            command = [sys.executable, *arguments]
            subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)

        stages = commands()
        started = {name: (lambda words=words: start(words)) for name, words in stages.items()}
        helped = {
            f"{name} --help": (lambda words=words: start((*words[:2], "--help")))
            for name, words in stages.items()
        }
        ways = {"bare": lambda: start(BARE), **started, **helped}
        seconds = interleaved(ways, ROUNDS)
    bare = seconds["bare"]
    result = {
        "seconds": {name: round(seconds[name], 2) for name in stages},
        "longest_help_seconds": round(max(seconds[name] for name in helped), 2),
        "bare_seconds": round(bare, 2),
        "time_over_bare": {name: round(seconds[name] / bare, 2) for name in stages},
    }
    write_result("startup", result)


if __name__ == "__main__":
    main()
