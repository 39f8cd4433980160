"""Embedding curated photos: the same bytes again, the same values for every batch and part size."""

import errno
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from faceveil.params.embed import Embed
from faceveil.params.errors import FaceveilError
from faceveil.recognition import embedding
from faceveil.recognition.embedding import EMBEDDED, embed_curated, embed_faces
from faceveil.recognition.facenet import FaceNet
from faceveil.recognition.store import load_recognizer, recognizer_fingerprint, save_recognizer
from faceveil.store.embeddings import read_embeddings
from faceveil.store.faces import PackedFaces, write_faces

CPU = torch.device("cpu")


def faces(kind: str) -> PackedFaces:
    """Five photos of three people in no order; no further photos with masks."""
    suffix = "_Mask" if "_masked" in kind or kind == "masked" else ""
    image_ids = ["00002", "00000_1", "00000", "00001_1", "00001"]
    image_ids = [] if kind == "further_masked" else image_ids
    pixels = np.random.default_rng(0).integers(0, 256, (len(image_ids), 80, 80, 3), dtype=np.uint8)
    rows = pd.DataFrame(
        {
            "subject_id": pd.Series([image_id[:5] for image_id in image_ids], dtype="str"),
            "image_id": pd.Series([image_id + suffix for image_id in image_ids], dtype="str"),
            "split": pd.Series(["train"] * len(image_ids), dtype="str"),
        }
    )
    return PackedFaces(pixels, rows)


@pytest.fixture(scope="module")
def curated(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("curated")
    for kind in EMBEDDED:
        write_faces(folder / kind, faces(kind))
    return folder


@pytest.fixture(scope="module")
def stored(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "recognizer"
    torch.manual_seed(0)
    save_recognizer(folder, FaceNet(), {"architecture": "InceptionResnetV1"})
    return folder


@pytest.fixture(autouse=True)
def scratch(tmp_path_factory, monkeypatch) -> Path:
    """Where finished parts are kept."""
    root = tmp_path_factory.mktemp("root")
    monkeypatch.setenv("DVC_ROOT", str(root))
    return root / ".scratch"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*.parquet"))}


def test_a_rerun_is_byte_identical(curated, stored, tmp_path):
    params = Embed(batch_size=2, part_size=3)
    embed_curated(curated, stored, tmp_path / "embeddings", params, CPU)
    first = contents(tmp_path / "embeddings")
    embed_curated(curated, stored, tmp_path / "embeddings", params, CPU)
    assert contents(tmp_path / "embeddings") == first
    assert [name for name in first if name.startswith("masked")] == [
        "masked/part-00000.parquet",
        "masked/part-00001.parquet",
    ]
    assert "further_masked/part-00000.parquet" in first


def test_rows_carry_their_own_photo_sorted_by_id(curated, stored, tmp_path):
    embed_curated(curated, stored, tmp_path / "out", Embed(batch_size=4, part_size=2), CPU)
    table = read_embeddings(tmp_path / "out", "unmasked", recognizer_fingerprint(stored))
    assert table.image_ids.tolist() == ["00000", "00000_1", "00001", "00001_1", "00002"]
    assert table.subject_ids.tolist() == ["00000", "00000", "00001", "00001", "00002"]
    recognizer = load_recognizer(stored)
    with torch.no_grad():
        features = recognizer.trunk(faces("unmasked").images([2]))  # 00000 is the third photo
        embeddings = recognizer.head(features)
    assert np.allclose(table.features[0], features[0], atol=1e-5)
    assert np.allclose(table.embeddings[0], embeddings[0], atol=1e-5)
    assert (
        len(read_embeddings(tmp_path / "out", "further_masked", recognizer_fingerprint(stored)))
        == 0
    )


def test_batch_and_part_size_change_nothing(curated, stored, tmp_path):
    read = []
    for batch_size, part_size in ((1, 1), (5, 100)):
        out = tmp_path / str(batch_size)
        embed_curated(curated, stored, out, Embed(batch_size=batch_size, part_size=part_size), CPU)
        read.append(read_embeddings(out, "masked", recognizer_fingerprint(stored)))
    assert np.array_equal(read[0].image_ids, read[1].image_ids)
    assert np.abs(read[0].features - read[1].features).max() < 1e-5
    assert np.abs(read[0].embeddings - read[1].embeddings).max() < 1e-5


def test_only_the_asked_rows_in_the_asked_order(stored):
    table = embed_faces(load_recognizer(stored), faces("masked"), np.array([4, 0]), batch_size=8)
    assert table.image_ids.tolist() == ["00001_Mask", "00002_Mask"]
    assert table.embeddings.shape == (2, 512)
    assert table.embeddings.dtype == np.float32


def test_a_missing_kind_leaves_no_output(curated, stored, tmp_path):
    with pytest.raises(FaceveilError, match="no packed faces here"):
        embed_curated(tmp_path, stored, tmp_path / "out", Embed(batch_size=1, part_size=1), CPU)
    assert not list(tmp_path.iterdir())


def test_a_missing_recognizer_is_one_line(curated, tmp_path):
    with pytest.raises(FaceveilError, match="no such weights"):
        embed_curated(curated, tmp_path, tmp_path / "out", Embed(batch_size=1, part_size=1), CPU)


PARTS = Embed(batch_size=2, part_size=2)
"""Ten parts: three of each kind with photos, and an empty one."""


@pytest.fixture(scope="module")
def undisturbed(curated, stored, tmp_path_factory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DVC_ROOT", str(out.parent))
        embed_curated(curated, stored, out, PARTS, CPU)
    return contents(out)


def failing(monkeypatch, name: str, *, at: int, problem: Exception) -> list[tuple]:
    """Let the call of a function of the module with this number fail; return its calls."""
    calls, work = [], getattr(embedding, name)

    def call(*arguments):
        calls.append(arguments)
        if len(calls) == at:
            raise problem
        return work(*arguments)

    monkeypatch.setattr(embedding, name, call)
    return calls


FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["loop", "ray"])
def test_every_engine_gives_the_same_bytes(
    curated, stored, tmp_path, monkeypatch, undisturbed, engine
):
    if engine == "ray":
        ray = pytest.importorskip("ray")
    monkeypatch.setenv("FACEVEIL_WORKERS", "2")
    monkeypatch.setenv("FACEVEIL_ENGINE", engine)
    monkeypatch.setattr(embedding, "LEAST_PHOTOS", 1)
    embed_curated(curated, stored, tmp_path / "out", PARTS, CPU)
    if engine == "ray":
        assert ray.is_initialized()
        ray.shutdown()
    assert contents(tmp_path / "out") == undisturbed


def test_threads_of_this_process_change_no_byte(curated, stored, tmp_path, undisturbed):
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        embed_curated(curated, stored, tmp_path / "out", PARTS, CPU)
    finally:
        torch.set_num_threads(threads)
    assert contents(tmp_path / "out") == undisturbed


def test_a_rerun_goes_on_from_the_finished_parts(
    curated, stored, tmp_path, monkeypatch, scratch, undisturbed
):
    with monkeypatch.context() as patch:
        failing(patch, "embed_faces", at=4, problem=KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            embed_curated(curated, stored, tmp_path / "out", PARTS, CPU)
    assert not (tmp_path / "out").exists()
    assert len(list(scratch.glob("embed-*/*"))) == 3
    calls = failing(monkeypatch, "embed_faces", at=0, problem=FULL)
    embed_curated(curated, stored, tmp_path / "out", PARTS, CPU)
    assert contents(tmp_path / "out") == undisturbed
    assert len(calls) == 10 - 3
    assert list(scratch.iterdir()) == []


def other_photos(curated, stored):
    pixels = np.load(curated / "masked" / "pixels.npy", allow_pickle=False)
    np.save(curated / "masked" / "pixels.npy", 255 - pixels, allow_pickle=False)


def other_recognizer(curated, stored):
    torch.manual_seed(1)
    save_recognizer(stored, FaceNet(), {"architecture": "InceptionResnetV1"})


@pytest.mark.parametrize("change", [other_photos, other_recognizer])
def test_other_inputs_take_no_unfinished_part(stored, tmp_path, monkeypatch, undisturbed, change):
    for kind in EMBEDDED:
        write_faces(tmp_path / "curated" / kind, faces(kind))
    shutil.copytree(stored, tmp_path / "recognizer")
    places = (tmp_path / "curated", tmp_path / "recognizer", tmp_path / "out")
    with monkeypatch.context() as patch:
        failing(patch, "embed_faces", at=9, problem=KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            embed_curated(*places, PARTS, CPU)
    change(*places[:2])
    calls = failing(monkeypatch, "embed_faces", at=0, problem=FULL)
    embed_curated(*places, PARTS, CPU)
    assert len(calls) == 10
    differing = {n for n, made in contents(tmp_path / "out").items() if made != undisturbed[n]}
    assert {name.split("/")[0] for name in differing} >= {"masked"}


@pytest.mark.parametrize("failure", [("write_part", 5), ("put", 5), ("refuse_changes", 1)])
def test_a_full_disk_leaves_what_was_there(
    curated, stored, tmp_path, monkeypatch, undisturbed, failure
):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "earlier.parquet").write_bytes(b"earlier")
    with monkeypatch.context() as patch:
        failing(patch, failure[0], at=failure[1], problem=FULL)
        with pytest.raises(OSError, match="No space left on device"):
            embed_curated(curated, stored, tmp_path / "out", PARTS, CPU)
    assert contents(tmp_path) == {"out/earlier.parquet": b"earlier"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    embed_curated(curated, stored, tmp_path / "out", PARTS, CPU)
    assert contents(tmp_path / "out") == undisturbed


def test_photos_that_change_meanwhile_are_noticed(stored, tmp_path, monkeypatch):
    for kind in EMBEDDED:
        write_faces(tmp_path / "curated" / kind, faces(kind))
    work = embedding.put

    def change_and_put(part, target):
        other_photos(tmp_path / "curated", stored)
        work(part, target)

    monkeypatch.setattr(embedding, "put", change_and_put)
    with pytest.raises(FaceveilError, match=r"masked/pixels\.npy: changed while .* was read"):
        embed_curated(tmp_path / "curated", stored, tmp_path / "out", PARTS, CPU)
    assert [path.name for path in tmp_path.iterdir()] == ["curated"]
