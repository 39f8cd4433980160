"""What dvc.yaml files declare is what the code reaches, no more and no less."""

import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.main import get_command

from faceveil.params.unmasking import Unmasking
from faceveil.params.whole_file import Params
from stages._dependencies import (
    OUTSIDE,
    PIPELINES,
    declared_files,
    reached_files,
    stage_files,
)
from tests.conftest import ROOT

MAIN, UNMASKING = (YAML(typ="safe").load(ROOT / one)["stages"] for one in PIPELINES)
PIPELINE = {**MAIN, **UNMASKING}
REACHED = reached_files()
SECTIONS = {
    "given_weights": "recognizers",
    "prepare_recognizer": "recognizers",
    "protect_designs": "protect",
    "embed_protected": "embed",
    "embed_designs": "embed",
    "find_faces": "curate",
    "embed_translated": "embed",
    "find_translated": "curate",
}
"""The section of a stage that has not one of its own name."""

EVERY = {*PIPELINE}
RECOGNIZERS = {"prepare_recognizer", "embed", "embed_protected", "embed_designs"}
RECOGNIZERS |= {"embed_translated"}
READERS = {"adapt", "calibrate", "evaluate", "evaluate_translation"}
TRANSLATION = {*UNMASKING} - {"embed_translated", "find_translated"}
DETECTORS = {"find_faces", "find_translated"}
RERUN = {
    "read": EVERY,
    "section": EVERY,
    "synthesize": {"synthesize"},
    "put_on_masks": {"put_on_masks"},
    "conditions": {"train", "protect", "protect_designs", *TRANSLATION} - {"train_translation"},
    "cloth_training": {"train"},
    "train_texture": {"train"},
    "train_generator": {"train"},
    "curate": {"curate", *DETECTORS},
    "protocol": {"protocol", "train", "protect", "protect_designs", *READERS, *TRANSLATION},
    "train_projector": {"train_projector"},
    "project": {"project"},
    "recognizers": {*RECOGNIZERS, "given_weights", "train", *READERS, *DETECTORS, "report"}
    | {"train_translation"},
    "embed": RECOGNIZERS,
    "train_gan": {"train", *READERS},
    "gan_training": {"train"},
    "experiments": {"train", "calibrate", "evaluate", "report", "evaluate_translation"},
    "protections": {"protect"},
    "protect": {"protect", "protect_designs"},
    "adapt": READERS,
    "calibrate": {"calibrate"},
    "evaluate": {"calibrate", "evaluate", "report", "evaluate_translation"},
    "report": {"report"},
    "translation": {*TRANSLATION, "find_translated"},
    "unmasking": {*TRANSLATION, "find_translated"},
}
"""Which stages an edit of each module of params/ may make DVC run again; of others, none."""

OPTION = re.compile(r"--[a-z]+(-[a-z]+)*")


@pytest.mark.parametrize("stage", PIPELINE)
def test_declared_library_files_are_the_reached_ones(stage):
    declared = declared_files(PIPELINE[stage])
    reached = set().union(*(REACHED[name] for name in stage_files(PIPELINE[stage])))
    assert sorted(declared) == sorted(reached), "run `make deps`"


@pytest.mark.parametrize("stage", PIPELINE)
def test_an_edit_of_tracking_trains_nothing_again(stage):
    assert not [path for path in declared_files(PIPELINE[stage]) if "tracking" in path]


def declaring(module):
    """The stages that run again after an edit of a file: those that declare it."""
    path = f"src/faceveil/{module}.py"
    assert (ROOT / path).is_file()
    return {stage for stage in PIPELINE if path in declared_files(PIPELINE[stage])}


@pytest.mark.parametrize("path", sorted(ROOT.glob("src/faceveil/params/[a-z]*.py")))
def test_an_edit_of_settings_reruns_what_reads_them(path):
    assert declaring(f"params/{path.stem}") == RERUN.get(path.stem, set())


def test_a_new_section_reruns_nothing():
    """What every stage reads knows no section, and what knows all of them is outside."""
    sections = {path.stem for path in ROOT.glob("src/faceveil/params/[a-z]*.py")}
    imports = re.compile(r"from faceveil\.params\.(\w+)")
    known = {
        found
        for stem in ("read", "section")
        for found in imports.findall((ROOT / f"src/faceveil/params/{stem}.py").read_text())
    }
    assert known <= {"errors", "read", "section"}
    assert declaring("params/whole_file") == set()
    assert set(RERUN) | {"errors", "whole_file", "profiles"} == sections


@pytest.mark.parametrize("path", sorted(ROOT.glob("src/faceveil/report/figures/[a-z]*.py")))
def test_an_edit_of_a_figure_reruns_the_report_alone(path):
    assert declaring(f"report/figures/{path.stem}") <= {"report"}


def test_what_no_stage_depends_on_is_there_and_declared_nowhere():
    for module in OUTSIDE:
        place = ROOT / ("src" if module.startswith("faceveil") else "") / module.replace(".", "/")
        assert place.is_dir() or place.with_suffix(".py").is_file()
    files = {path for stage in PIPELINE for path in declared_files(PIPELINE[stage])}
    inside = [path.removeprefix("src/")[:-3].replace("/", ".") for path in files]
    drawn = "faceveil.report.figures"
    assert not [one for one in inside if one.startswith(tuple(set(OUTSIDE) - {drawn}))]


def test_files_of_code_in_the_pipeline_are_few():
    # 654: textures, a second method of making designs, are 36 in the stage train and 52 in later
    # ones, which wear them or read their settings; a mask's region on bare faces is 40 in two.
    assert sum(len(declared_files(stage)) for stage in MAIN.values()) <= 665
    assert sum(len(declared_files(stage)) for stage in UNMASKING.values()) <= 255


def test_stage_file_and_section_share_a_name():
    files = {path.stem for path in (ROOT / "stages").glob("[a-z]*.py")}
    commands = {"apply_profile", "check_collection", "check_params", "update_readme"}
    commands |= {"print_pack", "read_print", "score_study", "ui"}
    ran = {name for body in PIPELINE.values() for name in stage_files(body)}
    assert ran == files - commands
    sections = {SECTIONS.get(name, name) for name in ran}
    known = {*Params.model_fields, *Unmasking.model_fields} - {"experiments", "protections"}
    # One stage trains by either section, as the entry of translations says.
    known = known - {"translations", "train_cyclegan", "train_paired"} | {"train_translation"}
    assert sections == known


@pytest.mark.parametrize("stage", PIPELINE)
def test_a_command_holds_names_and_paths_and_no_numbers(stage):
    body = PIPELINE[stage].get("do", PIPELINE[stage])
    assert body["cmd"].split()[:2] == ["python", "-m"]
    assert not [word for word in values(body) if word.replace(".", "").isdigit()]


def values(body):
    """What a stage's command gives it, without the names of options."""
    words = shlex.split(body["cmd"])[3:]
    assert not [word for word in words if word.startswith("-") and not OPTION.fullmatch(word)]
    return [word for word in words if not word.startswith("-")]


@pytest.mark.parametrize("stage", PIPELINE)
def test_options_are_those_of_the_stage_and_each_has_one_value(stage):
    words = PIPELINE[stage].get("do", PIPELINE[stage])["cmd"].split()[3:]
    named = [word for word in words if word.startswith("-")]
    for file in stage_files(PIPELINE[stage]):
        command = get_command(import_module(f"stages.{file}").app)
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
