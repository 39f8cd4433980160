"""Stages as dvc.yaml declares them: run with its words, where its inputs are and nothing else."""

import os
import shlex
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pandas as pd
from click.testing import Result
from ruamel.yaml import YAML
from typer.testing import CliRunner

from tests.conftest import ROOT

SIBLINGS = ("pipelines/unmasking",)
"""Folders of pipelines beside the main one."""

PIPELINE = {
    name: stage
    for folder in ("", *SIBLINGS)
    for name, stage in YAML(typ="safe").load(ROOT / folder / "dvc.yaml")["stages"].items()
}


@dataclass(frozen=True)
class Declared:
    """A stage, or its entry of a name.

    Attributes:
        file: in ``stages/``, without suffix.
        words: that follow on the command line.
        inputs: what earlier stages have written.
        outputs: what it writes.
    """

    file: str
    words: list[str]
    inputs: list[str]
    outputs: list[str]


MISSING = [
    ("data/protocol/probes", "data/protocol/probes.csv: no protocol here; run `dvc repro prot"),
    ("data/curated", "data/curated/groups.csv: no groups here; run `dvc repro curate` first"),
    (
        "models/recognizers",
        "models/recognizers/facenet/card.json: no such card; "
        "run `dvc repro prepare_recognizer@facenet`",
    ),
    ("models/gan", "models/gan/exp1: no training here; run `dvc repro train@exp1` first"),
    (
        "models/adapted",
        "models/adapted/exp0/0/2.safetensors: no such weights; run `dvc repro adapt@exp0`",
    ),
]
"""Inputs that stages which measure cannot do without, and what the line about each says."""


def declared(stage: str, name: str = "") -> Declared:
    """Return what dvc.yaml says of a stage, of the entry of a name for one with ``foreach``."""
    body = PIPELINE[stage].get("do", PIPELINE[stage])
    _, _, module, *words = shlex.split(body["cmd"].replace("${key}", name))
    written = [one for kind in ("outs", "metrics", "plots") for one in body.get(kind, [])]
    outputs = [one if isinstance(one, str) else next(iter(one)) for one in written]
    inputs = [one for one in body["deps"] if one.startswith(("data/", "models/"))]
    return Declared(
        file=module.removeprefix("stages."),
        words=words,
        inputs=[one.replace("${key}", name) for one in inputs],
        outputs=[one.replace("${key}", name) for one in outputs],
    )


def enter(world: Path, stage: str, name: str = "", without: str = "") -> None:
    """Link the declared inputs of a stage to here, all but those ``without`` which it is tried."""
    for one in declared(stage, name).inputs:
        if not (without and one.startswith(without)):
            Path(one).parent.mkdir(parents=True, exist_ok=True)
            Path(one).symlink_to(world / one)
    for folder in ("", *SIBLINGS):
        params = Path(folder) / "params.yaml"
        if (world / params).is_file():
            params.parent.mkdir(parents=True, exist_ok=True)
            params.write_bytes((world / params).read_bytes())


def change_params(**changes: object) -> None:
    """Change keys of params.yaml: ``protect={"designs": 3}``."""
    params = YAML(typ="safe").load(Path("params.yaml"))
    for section, values in changes.items():
        params[section] |= values
    YAML().dump(params, Path("params.yaml"))


def change_roles(roles: dict[str, str]) -> None:
    """Change the roles of some people in the protocol's table, which may be a link so far."""
    folder, tables = Path("data/protocol"), {}
    for name in ("enrollments.csv", "probes.csv"):
        tables[name] = pd.read_csv(folder / name, dtype=str)
    own = tables["enrollments.csv"]
    own["role"] = own["subject_id"].map(roles).fillna(own["role"])
    for place in (folder, *folder.glob("*.csv")):
        if place.is_symlink():
            place.unlink()
    folder.mkdir(exist_ok=True)
    for name, table in tables.items():
        table.to_csv(folder / name, index=False)


def run(stage: str, name: str = "") -> Result:
    """Run a stage with the words of dvc.yaml."""
    found = declared(stage, name)
    return CliRunner().invoke(import_module(f"stages.{found.file}").app, found.words)


def succeed(stage: str, name: str = "") -> list[Path]:
    """Run a stage, check that it writes all of its outputs and nothing else, and return them."""
    before = files()
    result = run(stage, name)
    assert result.exit_code == 0, result.output
    outputs = [Path(one) for one in declared(stage, name).outputs]
    assert all(output.exists() for output in outputs)
    beside = [one for one in files() - before if not {one, *one.parents} & set(outputs)]
    assert not beside, beside
    return outputs


def refused(stage: str, name: str = "") -> str:
    """Run a stage, check that it ends with one line and writes nothing, and return the line."""
    before = files()
    result = run(stage, name)
    assert result.exit_code == 1, result.output
    assert result.stderr.count("\n") == 1
    assert files() == before
    return result.stderr


def files() -> set[Path]:
    """Return the files that are here and no links to elsewhere."""
    found = (Path(folder, name) for folder, _, names in os.walk(".") for name in names)
    return {path for path in found if not path.is_symlink()}
