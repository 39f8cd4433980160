"""What dvc.yaml declares is what the code reaches, no more and no less."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.main import get_command

from faceveil.params.whole_file import Params
from stages._dependencies import declared_files, reached_files
from tests.conftest import ROOT

PIPELINE = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
REACHED = reached_files()
SECTIONS = {
    "prepare_recognizer": "recognizers",
    "transfer": "evaluate",
}
"""The section of a stage that has not one of its own name."""

OPTION = re.compile(r"--[a-z]+(-[a-z]+)*")


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
    assert body["cmd"].split()[:3] == ["python", "-m", f"stages.{stage}"]
    assert not [word for word in values(body) if word.replace(".", "").isdigit()]


def values(body):
    """What a stage's command gives it, without the names of options."""
    words = body["cmd"].split()[3:]
    assert not [word for word in words if word.startswith("-") and not OPTION.fullmatch(word)]
    return [word for word in words if not word.startswith("-")]


@pytest.mark.parametrize("stage", PIPELINE)
def test_options_are_those_of_the_stage_and_each_has_one_value(stage):
    words = PIPELINE[stage].get("do", PIPELINE[stage])["cmd"].split()[3:]
    named = [word for word in words if word.startswith("-")]
    command = get_command(import_module(f"stages.{stage}").app)
    known = {name for option in command.params for name in option.opts if name.startswith("--")}
    assert set(named) <= known - {"--debug"}
    assert len(set(named)) == len(named)
    pairs = zip(words, [*words[1:], "-"], strict=True)
    assert not [word for word, after in pairs if word in named and after.startswith("-")]


@pytest.mark.parametrize("stage", PIPELINE)
def test_every_path_of_a_command_is_declared(stage):
    body = PIPELINE[stage].get("do", PIPELINE[stage])
    outs = [next(iter(out)) if isinstance(out, dict) else out for out in body.get("outs", [])]
    outs += [next(iter(out)) for out in (*body.get("metrics", []), *body.get("plots", []))]
    declared = {Path(path).with_suffix("") for path in (*body["deps"], *outs)}
    paths = {Path(word).with_suffix("") for word in values(body) if word != "${key}"}
    # A folder may stand for the files in it that are declared one by one.
    assert paths <= declared | {parent for path in declared for parent in path.parents}
