"""The stages ``protect`` and ``protect_designs``: people's photos in, the same protected out."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from faceveil.store.faces import open_faces
from faceveil.store.photos import DESIGNS, JUDGE, LEARN, open_photos
from stages import protect
from tests.stages.declared import change_params, declared, enter, files, refused, run, succeed
from tests.stages.worn_world import SIZE

ENTRIES = [("protect", "grey"), ("protect_designs", "exp1")]
TEST, DEV, TRAIN = {"00004", "00005"}, 2, 3
"""Held-out people, and how many dev and training people probe."""


@pytest.fixture
def at(worn_world, here):
    """Enter the world as a stage finds it."""
    return lambda stage, name, without="": enter(worn_world, stage, name, without)


def test_a_plain_protection_is_worn_by_all_who_probe_where_the_mask_is(at):
    at("protect", "grey")
    [out] = succeed("protect", "grey")
    photos, rows = open_photos(out), open_photos(out).rows
    flat = rows["condition"] == ""
    assert (photos.pixels[flat, SIZE // 2 :] == 128).all()
    assert rows[~flat].groupby("condition")["subject_id"].agg(set).to_dict() == {
        "0": TEST, "jpeg": TEST, "blurred": TEST
    }  # fmt: skip
    bare = open_faces(Path("data/curated"), "masked")
    same = rows["protocol"] == "same_photo"
    worn = bare.pixels[bare.rows_of(rows["subject_id"][same].tolist())]
    assert np.array_equal(photos.pixels[same, : SIZE // 2], worn[:, : SIZE // 2])
    assert set(rows["protection"]) == {"grey"}
    assert set(rows["training"]) == {-1}  # of no generator
    assert set(rows["use"]) == {JUDGE}
    assert set(rows.loc[rows["role"] == "test", "subject_id"]) == TEST
    people = rows.groupby(["role", "protocol"])["subject_id"].nunique().to_dict()
    assert people == {
        ("dev", "other_photo"): DEV,
        ("test", "other_photo"): 2,
        ("test", "same_photo"): 2,
        ("train", "other_photo"): TRAIN,
        ("train", "same_photo"): TRAIN,
    }


def test_a_protection_that_is_not_plain_is_worn_by_held_out_people_alone(at):
    at("protect", "blur")
    [out] = succeed("protect", "blur")
    photos = open_photos(out)
    assert set(photos.rows["subject_id"]) == TEST
    assert set(photos.rows["kind"]) == {"unmasked", "further_unmasked"}
    row = int(np.flatnonzero(photos.rows["kind"] == "unmasked")[0])
    bare = open_faces(Path("data/curated"), "unmasked")
    sharp = bare.pixels[bare.rows_of([photos.rows["subject_id"][row]])[0]]
    assert photos.pixels[row].std() < 0.8 * sharp.std()


def test_designs_and_controls_are_judged_and_others_are_there_to_learn_from(at):
    at("protect_designs", "exp1")
    [out] = succeed("protect_designs", "exp1")
    photos, rows = open_photos(out), open_photos(out).rows
    designs = np.load(out / DESIGNS)
    assert designs.shape == (4, SIZE, SIZE, 3)  # two of each training
    judged = ((rows["protection"] == "exp1") & (rows["use"] == JUDGE)).to_numpy()
    worn = designs[rows["variant"][judged]]
    assert np.array_equal(photos.pixels[judged][:, SIZE // 2 :], worn[:, SIZE // 2 :])
    assert set(rows["training"][judged]) == {0, 1}
    assert set(rows["role"][judged]) == {"test", "train"}
    controls = {"exp1_mean_colour", "exp1_shuffled", "exp1_untrained"}
    assert set(rows["protection"]) == controls | {"exp1"}
    assert set(rows.loc[rows["protection"].isin(controls), "role"]) == {"test"}
    learned = rows[rows["use"] == LEARN]
    assert set(learned["role"]) == {"train"}
    assert learned.groupby("training")["order"].apply(sorted).tolist() == [[0, 1, 2, 3]] * 2


@pytest.mark.parametrize(("stage", "name"), ENTRIES)
def test_a_second_run_replaces_the_first_by_the_same_bytes(at, stage, name):
    at(stage, name)
    [out] = succeed(stage, name)
    once = {path.name: path.read_bytes() for path in out.iterdir()}
    (out / "stale.npy").touch()
    change_params(protect={"batch_size": 100})
    succeed(stage, name)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == once


@pytest.mark.parametrize(("stage", "name"), ENTRIES)
def test_an_interrupted_run_leaves_no_half_folder(at, monkeypatch, stage, name):
    from faceveil.protection import protect as module

    at(stage, name)
    done, before = [], files()

    def interrupt(*given, protected=module._protected):
        if done:
            raise KeyboardInterrupt
        done.append(given)
        return protected(*given)

    with monkeypatch.context() as patch:
        patch.setattr(module, "_protected", interrupt)
        result = run(stage, name)
    assert (result.exit_code, len(done)) == (130, 1)
    assert result.stderr.startswith(f"{stage}: interrupted")
    assert files() == before
    assert not any(Path("data/protected").iterdir())
    succeed(stage, name)


def test_an_unknown_protection_is_one_line(at):
    at("protect", "grey")
    words = ["cloak", *declared("protect", "grey").words[1:]]
    result = CliRunner().invoke(protect.app, words)
    assert result.exit_code == 1
    assert result.stderr.startswith("protect: params.yaml: no 'cloak' in protections; there are")
    assert "grey" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not Path("data/protected").exists()


@pytest.mark.parametrize(("stage", "name"), ENTRIES)
@pytest.mark.parametrize(
    ("missing", "line"),
    [
        ("data/curated", "no packed faces here; run `dvc repro curate` first"),
        ("data/transparencies", "masked.npy: no transparencies here; run `dvc repro project`"),
        ("data/protocol/probes", "probes.csv: no protocol here; run `dvc repro protocol` first"),
    ],
)
def test_a_missing_input_is_one_line_that_names_it_and_the_command(at, stage, name, missing, line):
    at(stage, name, without=missing)
    said = refused(stage, name)
    assert said.startswith(f"{stage}: {missing}")
    assert line in said


def test_without_trainings_no_designs_are_worn(at):
    at("protect_designs", "exp1", without="models/gan")
    said = refused("protect_designs", "exp1")
    assert "models/gan/exp1: no training here; run `dvc repro train@exp1` first" in said


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"designs_per_subject": 3}, "protect.designs_per_subject is 3, but a training has 2"),
        ({"draws": 65}, "protect.draws: input should be less than or equal to 64; found 65"),
        ({"conditions": {"crop_moved_share": 0.1}}, "crop_moved_share has no effect here"),
        ({"learn_photos": 1000}, "protect.learn_photos is 1000, but training people"),
        ({"design": 2}, "unknown key 'protect.design'; did you mean 'designs'?"),
    ],
)
def test_impossible_settings_are_one_line(at, changes, line):
    at("protect_designs", "exp1")
    change_params(protect=changes)
    assert line in refused("protect_designs", "exp1")
