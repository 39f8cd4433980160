"""Curation from end to end, on rendered people: what comes out, and what has no say in it."""

import filecmp
import importlib
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from ruamel.yaml import YAML

from faceveil.collection import packing
from faceveil.collection.curate import check_pairs, curate_collection, people_in_chunks
from faceveil.collection.images import read_alpha, read_image, resize
from faceveil.collection.index import read_index
from faceveil.collection.layouts import find_images, recognize
from faceveil.collection.measure import measure_people
from faceveil.params.errors import FaceveilError
from faceveil.store.faces import open_faces
from tests.conftest import ROOT


def same_files(first, second) -> bool:
    paths = [path.relative_to(first) for path in sorted(first.rglob("*")) if path.is_file()]
    others = [path.relative_to(second) for path in sorted(second.rglob("*")) if path.is_file()]
    return paths == others and filecmp.cmpfiles(first, second, paths, shallow=False)[0] == paths


def test_flaws_and_wrongly_worn_masks_are_found(curated):
    _, counts = curated
    score = counts["score"]
    assert score["flawed"] == 7 and score["incorrectly_worn"] == 3
    assert score["flaw_precision"] >= 0.95 and score["flaw_recall"] >= 0.95
    assert score["worn_balanced_accuracy"] >= 0.95


def test_every_file_but_coordinates_is_in_the_index_with_a_verdict(curated, collection):
    directory, counts = curated
    index = read_index(directory / "index.parquet")
    files = [path for path in collection.rglob("*") if path.is_file()]
    files = [path for path in files if path.parent.name != "coordinates"]
    assert len(index) == len(files) == counts["files"]["found"]
    assert (index["verdict"] != "").all()


def test_masked_photos_are_packed_with_their_coordinates(curated, collection):
    directory, _ = curated
    for kind in ("masked", "further_masked"):
        faces = open_faces(directory, kind)
        row = len(faces) - 1
        name = f"{faces.rows['image_id'].iloc[row]}.png"
        with Image.open(collection / "coordinates" / name) as image:
            whole = np.asarray(image).reshape(3, image.width, image.width)
        assert len(faces.coordinates) == len(faces) > 0
        assert abs(whole.mean() - faces.coordinates[row].mean()) < 0.01 * 65535
    assert open_faces(directory, "unmasked").coordinates is None


def test_pairs_are_joined_by_id_and_split_by_person(curated, params):
    directory, counts = curated
    index = read_index(directory / "index.parquet")
    pairs = index[(index["kind"] == "unmasked") & (index["split"] != "")]
    splits = pairs[["subject_id", "split"]].sort_values("subject_id", ignore_index=True)
    assert splits["split"].value_counts().to_dict() == {"train": 4, "test": 2, "spare": 2}
    named = {name: counts["people"][name] for name in ("train", "test", "spare")}
    assert named == {"train": 4, "test": 2, "spare": 2}
    for kind, ending in (("unmasked", ""), ("masked", "_Mask")):
        rows = open_faces(directory, kind).rows
        assert rows[["subject_id", "split"]].equals(splits)
        assert (rows["image_id"] == rows["subject_id"] + ending).all()
    by_subject = splits.set_index("subject_id")["split"]
    for kind, ending in (("further_unmasked", "_1"), ("further_masked", "_1_Mask")):
        rows = open_faces(directory, kind).rows
        assert set(rows["image_id"]) == {f"{subject}{ending}" for subject in splits["subject_id"]}
        assert (rows["split"] == rows["subject_id"].map(by_subject)).all()


def test_packed_photos_are_the_files_resized(curated, collection, params):
    directory, _ = curated
    faces = open_faces(directory, "unmasked")
    assert faces.image_size == params.image_size
    for row, image_id in enumerate(faces.rows["image_id"]):
        photo = resize(read_image(collection / f"unmasked/{image_id}.png"), 96, 96)
        assert np.array_equal(faces.pixels[row], photo)


def test_annotated_photos_have_their_cut_out(curated, collection):
    directory, _ = curated
    faces = open_faces(directory, "annotated")
    cut_outs = {path.stem for path in (collection / "transparent").iterdir()}
    masked = open_faces(directory, "masked").rows["image_id"]
    assert 0 < len(faces) == len(cut_outs & set(masked))
    for row, image_id in enumerate(faces.rows["image_id"]):
        alpha = resize(read_alpha(collection / f"transparent/{image_id}.png"), 96, 96)
        assert np.array_equal(faces.transparency[row], alpha)


def test_background_people_are_packed_masked_or_not(curated):
    rows = open_faces(curated[0], "background").rows
    assert set(rows["split"]) == {"background"}
    assert set(rows["subject_id"]) == {"person_00000", "person_00001"}
    assert "person_00000_0003_Mask" in set(rows["image_id"])


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["loop", "ray"])
def test_engine_workers_and_the_order_of_files_change_nothing(
    curated, collection, params, tmp_path, monkeypatch, request, engine
):
    if engine == "ray":
        request.addfinalizer(lambda: importlib.import_module("ray").shutdown())
    walk = os.walk

    def backwards(*args, **kwargs):
        for folder, folders, files in walk(*args, **kwargs):
            yield folder, folders, sorted(files, reverse=True)

    monkeypatch.setattr(os, "walk", backwards)
    monkeypatch.setenv("FACEVEIL_ENGINE", engine)
    monkeypatch.setenv("FACEVEIL_WORKERS", "2")
    monkeypatch.setattr("faceveil.collection.curate.LEAST_CHUNKS", 2)
    assert curate_collection(collection, tmp_path / "curated", params) == curated[1]
    assert same_files(curated[0], tmp_path / "curated")


@pytest.mark.slow
def test_two_ranks_write_the_same(curated, collection, params, tmp_path):
    sections = YAML(typ="safe").load(ROOT / "params.yaml")
    YAML().dump(sections | {"curate": params.model_dump()}, tmp_path / "params.yaml")
    outputs = ("--out", "curated", "--metrics", "curation.json")
    command = ("-m", "stages.curate", "--root", str(collection), *outputs)
    environment = {"PYTHONPATH": str(ROOT), "FACEVEIL_PROCESSES": "2", "FACEVEIL_WORKERS": "2"}
    environment |= {"MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db"}
    subprocess.run(
        [sys.executable, *command], cwd=tmp_path, env=os.environ | environment, check=True
    )
    assert json.loads((tmp_path / "curation.json").read_text()) == curated[1]
    assert same_files(curated[0], tmp_path / "curated")


def test_chunks_keep_people_together_whatever_the_order(collection):
    entries = find_images(collection)
    chunks = list(people_in_chunks(entries))
    assert chunks == list(people_in_chunks(entries[::-1]))
    assert sorted(e.path for chunk in chunks for e in chunk) == [e.path for e in entries]
    owners = [subject for chunk in chunks for subject in {e.subject_id for e in chunk}]
    assert len(chunks) > 1 and len(owners) == len(set(owners))


def test_names_of_files_decide_nothing_about_masks(collection, tmp_path, judged):
    """What calls itself correct but leaves the nose bare is rejected, and the other way round."""
    truth = pd.read_csv(collection / "truth.csv", dtype=str, keep_default_na=False)
    sound = truth[(truth["flaw"] == "") & (truth["kind"] == "masked")]
    claims = {"correct": "Mask_Chin", "mouth_chin": "Mask"}
    for worn, claim in claims.items():
        row = sound[sound["worn"] == worn].iloc[0]
        subject = row["subject_id"]
        shutil.copy(collection / row["path"], tmp_path / f"{subject}_{claim}.jpg")
        shutil.copy(collection / f"unmasked/{subject}.png", tmp_path / f"{subject}.png")
    masked = judged(tmp_path).query("kind == 'masked'").set_index("worn_claim")
    assert masked.loc["chin", ["worn", "verdict"]].tolist() == ["correct", "kept"]
    assert masked.loc["correct", ["worn", "verdict"]].tolist() == ["mouth_chin", "rejected"]
    assert masked.loc["correct", "reasons"] == "nose_bare"


def spoil(collection, root) -> dict[str, str]:
    """Write files that are hard to read into a root; return the reasons they should get."""
    for name in ("00000.png", "00001.png", "00002.png", "00003.png", "00004.png", "00006.png"):
        shutil.copy(collection / "unmasked" / name, root / name)
    whole = (root / "00000.png").read_bytes()
    (root / "00001.png").write_bytes(whole[: len(whole) // 2])
    (root / "00002.png").write_bytes(b"")
    (root / "00003.png").write_bytes(b"no image at all")
    Image.open(collection / "unmasked/00004.png").resize((16, 16)).save(root / "00004.png")
    (root / "00005.png").symlink_to(root / "nowhere.png")
    (root / "again").mkdir()
    shutil.copy(root / "00006.png", root / "again/00006.png")
    (root / "notes.txt").write_text("x")
    return {
        "00001.png": "damaged_image",
        "00002.png": "empty_file",
        "00003.png": "not_an_image",
        "00004.png": "too_small",
        "00005.png": "missing_file",
        "again/00006.png": "duplicate",
        "notes.txt": "unrecognized_name",
    }


def test_unreadable_files_are_rejected_with_a_reason(collection, tmp_path, judged):
    expected = spoil(collection, tmp_path)
    reasons = judged(tmp_path)["reasons"]
    # Which of two files of one name comes first is a matter of their paths.
    duplicated = {"00006.png", "again/00006.png"}
    found = {path: reasons[path] for path in expected if path not in duplicated}
    assert found == {path: of for path, of in expected.items() if path not in duplicated}
    assert sum("duplicate" in reasons[path] for path in duplicated) == 1


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "I;16"])
def test_other_colour_modes_are_accepted(collection, tmp_path, judged, mode):
    truth = pd.read_csv(collection / "truth.csv", dtype=str, keep_default_na=False)
    path = truth[(truth["kind"] == "unmasked") & (truth["flaw"] == "")]["path"].iloc[0]
    image = Image.open(collection / path)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    else:
        image = image.convert(mode)
    image.save(tmp_path / "00000.png")
    row = judged(tmp_path).loc["00000.png"]
    assert row["faces"] == 1 and row["reasons"] == "no_partner"


def test_another_photo_is_no_partner(collection, tmp_path, judged):
    truth = pd.read_csv(collection / "truth.csv", dtype=str, keep_default_na=False)
    sound = truth[(truth["flaw"] == "") & (truth["worn"] == "correct")]
    masked = sound[sound["kind"] == "masked"]
    shutil.copy(collection / masked["path"].iloc[0], tmp_path / "00000_Mask.jpg")
    other = masked["subject_id"].iloc[1]
    shutil.copy(collection / f"unmasked/{other}.png", tmp_path / "00000.png")
    assert judged(tmp_path).loc["00000_Mask.jpg", "reasons"] == "not_same_photo"


@pytest.mark.parametrize("names", [[], ["00000.png"], ["00000.png", "00001_Mask.jpg"]])
def test_no_pairs_is_one_line(collection, tmp_path, params, names, monkeypatch):
    monkeypatch.setenv("FACEVEIL_WORKERS", "1")
    root = tmp_path / "root"
    root.mkdir()
    for name in names:
        shutil.copy(collection / "unmasked/00000.png", root / name)
    with pytest.raises(FaceveilError, match="no pairs: "):
        curate_collection(root, tmp_path / "curated", params)
    assert not (tmp_path / "curated").exists()


def test_pairs_are_looked_for_by_name(tmp_path):
    check_pairs(tmp_path, [recognize("00000.png"), recognize("a/00000_Mask_Chin.jpg")])
    with pytest.raises(FaceveilError) as refusal:
        check_pairs(tmp_path, [recognize("00000.png"), recognize("00001_Mask.jpg")])
    assert str(refusal.value).startswith(f"{tmp_path}: no pairs: 1 unmasked people")
    assert "put_on_masks" not in str(refusal.value)


@pytest.mark.parametrize("names", [[], ["Ann/Ann_0001.jpg", "Ann/Ann_0002.jpg", "Bo/1.jpg"]])
def test_a_collection_by_person_is_told_of_masks(tmp_path, names):
    with pytest.raises(FaceveilError, match=r"no pairs: 0 unmasked .* the stage put_on_masks"):
        check_pairs(tmp_path, [recognize(name) for name in names])


def test_too_few_people_is_one_line_that_says_why(collection, tmp_path, params, monkeypatch):
    monkeypatch.setenv("FACEVEIL_WORKERS", "1")
    with pytest.raises(FaceveilError, match=r"are 92 together, but \d+ of 18 .* blurred 2"):
        curate_collection(collection, tmp_path / "out", params.model_copy(update={"people": 90}))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("out", ["root", "root/curated", "."])
def test_writing_into_or_over_the_collection_is_refused(tmp_path, params, out):
    root = tmp_path / "root"
    root.mkdir()
    (root / "00000.png").touch()
    with pytest.raises(FaceveilError, match="would be written into or over"):
        curate_collection(root, tmp_path / out, params)
    assert (root / "00000.png").exists()


@pytest.fixture
def measured(monkeypatch) -> list[int]:
    """Count the files that are measured, chunk by chunk, in this process."""
    counts = []

    def measure(root, chunk):
        counts.append(len(chunk))
        return measure_people(root, chunk)

    monkeypatch.setenv("FACEVEIL_WORKERS", "1")
    monkeypatch.setattr("faceveil.collection.curate.measure_people", measure)
    return counts


def test_an_interrupted_run_measures_nothing_again(
    curated, collection, params, tmp_path, monkeypatch, measured, scratch
):
    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("faceveil.collection.curate.pack_collection", interrupted)
        curate_collection(collection, tmp_path / "curated", params)
    # Coordinates go with their photo and are not measured.
    entries = [one for one in find_images(collection) if one.kind != "coordinates"]
    assert sum(measured) == len(entries)
    (first, *_) = sorted(scratch.glob("curate-*/part-*"))
    first.write_bytes(first.read_bytes()[:-9])
    chunks = len(measured)
    assert curate_collection(collection, tmp_path / "curated", params) == curated[1]
    assert len(measured) == chunks + 1  # the damaged one
    assert same_files(curated[0], tmp_path / "curated")
    assert list(scratch.iterdir()) == []


def broken_truth(root, out):
    (root / "truth.csv").write_bytes(b"")


def no_masks(root, out):
    for photo in root.rglob("*_Mask*"):
        photo.unlink()


def file_there(root, out):
    out.write_text("mine")


def link_there(root, out):
    (out.parent / "elsewhere").mkdir()
    out.symlink_to(out.parent / "elsewhere")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (broken_truth, r"truth\.csv: no table"),
        (no_masks, "root: no pairs: 18 unmasked"),
        (file_there, "curated: a folder is written here, but found a file"),
        (link_there, "curated: a folder is written here, but found a link"),
    ],
)
def test_what_can_be_known_is_refused_before_anything_is_measured(
    collection, params, tmp_path, measured, spoil, message
):
    shutil.copytree(collection, tmp_path / "root")
    spoil(tmp_path / "root", tmp_path / "curated")
    with pytest.raises(FaceveilError, match=message):
        curate_collection(tmp_path / "root", tmp_path / "curated", params)
    assert measured == []


def put_pair(collection, root) -> str:
    """Put the sound pair of somebody with a cut-out into a root; return the number."""
    subject = sorted(path.name[:5] for path in (collection / "transparent").iterdir())[0]
    for path in (f"unmasked/{subject}.png", f"masked/{subject}_Mask.jpg"):
        shutil.copy(collection / path, root)
    return subject


def alpha_of(collection, subject):
    return Image.open(collection / f"transparent/{subject}_Mask.png").getchannel("A")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda labels: labels, ""),
        (lambda labels: labels.point(lambda label: 255 if label else 0), "no_mask_label"),
        (lambda labels: labels.crop((0, 0, 128, 100)), "other_shape"),
        (lambda labels: labels.convert("RGB"), "not_labels"),
    ],
)
def test_a_label_image_that_is_none_leaves_its_photo_to_the_difference(
    collection, tmp_path, judged, change, reason
):
    subject = put_pair(collection, tmp_path)
    labels = alpha_of(collection, subject).point(lambda alpha: 2 if alpha > 127 else 0)
    change(labels).save(tmp_path / f"{subject}_Mask_gt.png")
    rows = judged(tmp_path)
    assert rows.loc[f"{subject}_Mask_gt.png", "reasons"] == reason
    masked = rows.loc[f"{subject}_Mask.jpg"]
    assert masked["verdict"] == "kept"
    assert masked["region_from"] == ("difference" if reason else "labels")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda cutout: cutout, ""),
        (lambda cutout: cutout.convert("RGB"), "not_a_cutout"),
        (lambda cutout: cutout.crop((0, 0, 100, 128)), "other_shape"),
    ],
)
def test_a_cut_out_that_is_none_is_no_annotation(collection, tmp_path, judged, change, reason):
    subject = put_pair(collection, tmp_path)
    path = f"transparent/{subject}_Mask.png"
    (tmp_path / "transparent").mkdir()
    change(Image.open(collection / path)).save(tmp_path / path)
    rows = judged(tmp_path)
    assert rows.loc[path, "reasons"] == reason
    assert rows.loc[f"{subject}_Mask.jpg", "verdict"] == "kept"
    used = rows.reset_index().assign(split="train")
    assert len(packing.packed_rows(used, "annotated")) == (0 if reason else 1)


def test_a_name_that_is_no_text_is_left_out_and_stops_nothing(collection, tmp_path, judged):
    subject = put_pair(collection, tmp_path)
    folder = tmp_path / "M\udcfcller"
    folder.mkdir()
    shutil.copy(collection / f"unmasked/{subject}.png", folder / "M\udcfcller_0001.png")
    reasons = judged(tmp_path)["reasons"]
    assert reasons["M\\udcfcller/M\\udcfcller_0001.png"] == "unrecognized_name"
    assert reasons[f"{subject}.png"] == ""


def test_measures_outlive_a_setting_that_is_refused(collection, params, tmp_path, measured):
    with pytest.raises(FaceveilError, match="are 92 together"):
        curate_collection(collection, tmp_path / "out", params.model_copy(update={"people": 90}))
    chunks = len(measured)
    curate_collection(collection, tmp_path / "out", params)
    assert len(measured) == chunks


def touched(root):
    os.utime(root / "unmasked/00003.png", ns=(1, 1))


def added(root):
    shutil.copy(root / "unmasked/00003.png", root / "unmasked/00099.png")


def replaced(root):
    shutil.copy(root / "unmasked/00004.png", root / "unmasked/00003.png")


def removed(root):
    (root / "truth.csv").unlink()


@pytest.mark.parametrize("change", [touched, added, replaced, removed])
def test_a_collection_that_changes_meanwhile_is_noticed(
    collection, params, tmp_path, monkeypatch, change
):
    monkeypatch.setenv("FACEVEIL_WORKERS", "1")
    shutil.copytree(collection, tmp_path / "root")
    (tmp_path / "curated").mkdir()
    (tmp_path / "curated" / "earlier").touch()
    pack = packing.pack_collection

    def change_and_pack(root, *arguments):
        change(root)
        pack(root, *arguments)

    monkeypatch.setattr("faceveil.collection.curate.pack_collection", change_and_pack)
    with pytest.raises(FaceveilError, match=r"(00003|00099|truth)\..* while .* was read"):
        curate_collection(tmp_path / "root", tmp_path / "curated", params)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["curated", "root"]
    assert [path.name for path in (tmp_path / "curated").iterdir()] == ["earlier"]
