"""What dvc.yaml declares is what the code reaches, no more and no less."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from faceveil.params.file import Params
from stages._dependencies import declared_files, reached_files
from tests.conftest import ROOT

PIPELINE = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
REACHED = reached_files()
SECTIONS = {
    "prepare_partner": "partners",
    "prepare_black_box": "black_boxes",
    "transfer": "evaluate",
}
"""The section of a stage that has not one of its own name."""


@pytest.mark.parametrize("stage", PIPELINE)
def test_declared_library_files_are_the_reached_ones(stage):
    declared = declared_files(PIPELINE[stage])
    assert sorted(declared) == REACHED[stage], "run `make deps`"


@pytest.mark.parametrize("stage", PIPELINE)
def test_an_edit_of_tracking_trains_nothing_again(stage):
    assert not [path for path in declared_files(PIPELINE[stage]) if "tracking" in path]


def test_stage_file_and_section_share_a_name():
    files = {path.stem for path in (ROOT / "stages").glob("[a-z]*.py")}
    commands = {"apply_profile", "check_collection", "check_params", "update_readme"}
    assert set(PIPELINE) == files - commands
    sections = {SECTIONS.get(stage, stage) for stage in PIPELINE}
    assert sections == set(Params.model_fields) - {"experiments"}


@pytest.mark.parametrize("stage", PIPELINE)
def test_a_command_holds_names_and_paths_and_no_numbers(stage):
    body = PIPELINE[stage].get("do", PIPELINE[stage])
    words = body["cmd"].split()
    assert words[:3] == ["python", "-m", f"stages.{stage}"]
    assert not [
        word for word in words[3:] if word.startswith("-") or word.replace(".", "").isdigit()
    ]


@pytest.mark.parametrize("stage", PIPELINE)
def test_every_path_of_a_command_is_declared(stage):
    body = PIPELINE[stage].get("do", PIPELINE[stage])
    outs = [next(iter(out)) if isinstance(out, dict) else out for out in body.get("outs", [])]
    outs += [next(iter(out)) for out in (*body.get("metrics", []), *body.get("plots", []))]
    declared = {Path(path).with_suffix("") for path in (*body["deps"], *outs)}
    paths = {Path(word).with_suffix("") for word in body["cmd"].split()[3:] if word != "${key}"}
    # A folder may stand for the files in it that are declared one by one.
    assert paths <= declared | {parent for path in declared for parent in path.parents}
