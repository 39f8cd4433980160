"""The stage ``project``: masked photos and the projector in, where their masks are out."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from faceveil.store.faces import open_faces
from faceveil.wearing.projector import load_projector
from tests.stages.declared import change_params, enter, files, refused, run, succeed
from tests.stages.worn_world import PEOPLE, lower_half

KINDS = ("masked", "further_masked")


@pytest.fixture
def at(worn_world, here):
    return lambda without="": enter(worn_world, "project", without=without)


def test_what_the_projector_sees_of_every_masked_photo_is_written(at):
    at()
    [out] = succeed("project")
    beside = [f"{kind}_coordinates" for kind in KINDS]
    assert sorted(path.stem for path in out.iterdir()) == sorted([*KINDS, *beside])
    projector = load_projector(Path("models/projector"))
    for kind in KINDS:
        with torch.inference_mode():
            seen = projector(open_faces(Path("data/curated"), kind).images(slice(None)))[:, 0]
        found = np.load(out / f"{kind}.npy")
        assert found.dtype == np.uint8
        assert np.abs(found - 255 * seen.numpy()).max() < 0.51
        assert len(np.unique(found)) > 2
        estimated = np.load(out / f"{kind}_coordinates.npy")
        assert estimated.dtype == np.uint16
        assert estimated.shape == (len(found), 3, *found.shape[1:])


def test_annotations_are_written_where_the_settings_say_so(at):
    at()
    change_params(project={"transparency": "annotated"})
    [out] = succeed("project")
    for kind in KINDS:
        assert np.array_equal(np.load(out / f"{kind}.npy"), lower_half(len(PEOPLE)))


def test_an_interrupted_run_leaves_what_was_there(at, monkeypatch):
    at()
    [out] = succeed("project")
    once, before = (out / "masked.npy").read_bytes(), files()
    change_params(project={"transparency": "annotated"})

    def interrupt(faces, *_):
        if faces.rows["image_id"].iloc[0].endswith("_1_Mask"):
            raise KeyboardInterrupt
        return replace(faces, transparency=lower_half(len(faces)))

    monkeypatch.setattr("faceveil.wearing.transparencies.annotated", interrupt)
    assert run("project").exit_code == 130
    assert (out / "masked.npy").read_bytes() == once
    assert files() == before


@pytest.mark.parametrize(
    ("missing", "line"),
    [
        ("data/curated", "data/curated/masked: no packed faces here; run `dvc repro curate` first"),
        (
            "models/projector",
            "models/projector/projector.safetensors: no such weights; "
            "run `dvc repro train_projector`",
        ),
    ],
)
def test_a_missing_input_is_one_line(at, missing, line):
    at(without=missing)
    assert refused("project").startswith(f"project: {line}")


def test_an_unknown_source_is_one_line(at):
    at()
    change_params(project={"transparency": "guessed"})
    assert "project.transparency: " in refused("project")
