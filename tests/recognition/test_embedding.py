"""Embedding curated photos: the same bytes again, the same values for every batch and part size."""

import errno
import importlib.util
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from faceveil.collection.index import BOX, INDEX, POINTS, write_index
from faceveil.collection.places import read_places
from faceveil.params.embed import Embed
from faceveil.params.errors import FaceveilError
from faceveil.recognition import embedding
from faceveil.recognition.architectures import build_network
from faceveil.recognition.embedding import EMBEDDED, embed_curated, embed_protected, see_photos
from faceveil.recognition.network import Network, View
from faceveil.recognition.recognizer import (
    open_recognizer,
    recognizer_fingerprint,
    save_recognizer,
)
from faceveil.store.embeddings import read_embeddings
from faceveil.store.faces import PackedFaces, open_faces
from faceveil.store.photos import write_photos
from tests.packed import write_faces
from tests.recognition.curated_world import write_curated
from tests.recognition.placed_world import write_places

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
    save_small(folder, 0)
    return folder


def save_small(folder: Path, seed: int, **values) -> None:
    torch.manual_seed(seed)
    view = {"input_size": 32, "mean": 127.5, "scale": 128.0}
    card = {"name": "small", "role": "judge", "architecture": "mobilefacenet", "view": view}
    network = seeing(build_network("mobilefacenet", View(**view)))
    save_recognizer(folder, network, {**card, "crop": "frame", **values})


def seeing(network: Network) -> Network:
    """Give every layer the statistics of noise: else features of any two photos agree to 1e-5."""
    for module in network.modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            module.momentum = 1.0
    with torch.no_grad():
        network.train()(torch.rand(16, 3, 32, 32))
    return network.eval()


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
    table = read_embeddings(tmp_path / "out" / "unmasked", recognizer_fingerprint(stored))
    assert table.image_ids.tolist() == ["00000", "00000_1", "00001", "00001_1", "00002"]
    assert table.subject_ids.tolist() == ["00000", "00000", "00001", "00001", "00002"]
    assert set(table.rows["kind"]) == {"unmasked"}
    recognizer = open_recognizer(stored, CPU)
    features = recognizer.see(faces("unmasked").images([2]))  # 00000 is the third photo
    embeddings = recognizer.templates(features)
    assert np.allclose(table.features[0], features[0], atol=1e-5)
    assert np.allclose(table.embeddings[0], embeddings[0], atol=1e-5)
    assert (
        len(read_embeddings(tmp_path / "out" / "further_masked", recognizer_fingerprint(stored)))
        == 0
    )


def test_batch_and_part_size_change_nothing(curated, stored, tmp_path):
    read = []
    for batch_size, part_size in ((1, 1), (5, 100)):
        out = tmp_path / str(batch_size)
        embed_curated(curated, stored, out, Embed(batch_size=batch_size, part_size=part_size), CPU)
        read.append(read_embeddings(out / "masked", recognizer_fingerprint(stored)))
    assert np.array_equal(read[0].image_ids, read[1].image_ids)
    assert np.abs(read[0].features - read[1].features).max() < 1e-5
    assert np.abs(read[0].embeddings - read[1].embeddings).max() < 1e-5


def test_only_the_asked_rows_in_their_order(curated, stored):
    recognizer = open_recognizer(stored, CPU)
    seen = see_photos(recognizer, curated, "masked", np.array([4, 0]), batch_size=1)
    expected = recognizer.see(faces("masked").images([4, 0])).numpy()
    assert np.abs(seen - expected).max() < 1e-5
    assert seen.dtype == np.float32


def protected_store(folder):
    """Five photos under a protection: three to judge, two to learn from."""
    photos = faces("masked")
    rows = photos.rows.assign(
        role="test", kind="masked", protocol="same_photo", protection="exp0",
        variant=[3, 1, 2, 0, 4], training=0, condition="", order=-1,
        use=["judge", "judge", "judge", "learn", "learn"],
    )  # fmt: skip
    write_photos(folder, rows, 80, [photos.images(slice(None))])
    return rows


def test_protected_photos_keep_what_they_are_and_others_than_the_target_learn_nothing(
    curated, stored, tmp_path
):
    rows = protected_store(tmp_path / "protected")
    save_small(tmp_path / "target", 1, name="target", role="target")
    opened = [open_recognizer(folder, CPU) for folder in (stored, tmp_path / "target")]
    for size in (1, 64):
        embed_protected(curated, tmp_path / "protected", opened, tmp_path / str(size), size)
    for recognizer, count in zip(opened, (3, 5), strict=True):
        tables = [
            read_embeddings(tmp_path / size / recognizer.name, recognizer.fingerprint)
            for size in ("1", "64")
        ]
        assert tables[0].rows["variant"].tolist() == rows["variant"].tolist()[:count]
        assert set(tables[0].rows["protection"]) == {"exp0"}
        assert tables[0].image_ids.tolist() == rows["image_id"].tolist()[:count]
        assert np.abs(tables[0].embeddings - tables[1].embeddings).max() < 1e-5


def test_protected_photos_are_what_is_looked_at(curated, stored, tmp_path):
    rows = protected_store(tmp_path / "protected").iloc[:3]
    recognizer = open_recognizer(stored, CPU)
    embed_protected(curated, tmp_path / "protected", [recognizer], tmp_path / "out", 2)
    table = read_embeddings(tmp_path / "out/small", recognizer.fingerprint)
    seen = recognizer.see(faces("masked").images(slice(0, 3)))
    assert np.abs(table.features - seen.numpy()).max() < 1e-5
    assert np.abs(table.embeddings - recognizer.templates(seen.numpy())).max() < 1e-5
    assert np.abs(table.features[0] - table.features[1]).max() > 1e-3
    assert table.subject_ids.tolist() == rows["subject_id"].tolist()


def test_faces_on_protected_photos_are_where_they_are_on_their_source(tmp_path):
    """Joined by id: rows are of two kinds and in another order than the packed photos."""
    curated = tmp_path / "curated"
    write_curated(curated)
    write_places(curated)
    index = pd.read_parquet(curated / INDEX)
    for n, column in enumerate((*BOX, *POINTS)):  # another place on each photo
        index[column] += 0.002 * np.arange(len(index)) * (1 if n % 2 else -1)
    write_index(curated / INDEX, index)
    save_small(tmp_path / "aligned", 0, crop="aligned")
    recognizer = open_recognizer(tmp_path / "aligned", CPU)
    sources = {kind: open_faces(curated, kind) for kind in ("masked", "further_unmasked")}
    taken = [("masked", 4), ("further_unmasked", 1), ("masked", 0), ("further_unmasked", 3)]
    words = [sources[kind].rows.iloc[row] for kind, row in taken]
    rows = pd.DataFrame(
        {"subject_id": [w["subject_id"] for w in words], "image_id": [w["image_id"] for w in words]}
    ).assign(
        role="test", kind=[kind for kind, _ in taken], protocol="same_photo", protection="plain",
        variant=0, training=-1, condition="", order=-1, use="judge",
    )  # fmt: skip
    images = torch.cat([sources[kind].images([row]) for kind, row in taken])
    write_photos(tmp_path / "protected", rows, 80, [images])
    embed_protected(curated, tmp_path / "protected", [recognizer], tmp_path / "out", 3)
    table = read_embeddings(tmp_path / "out/small", recognizer.fingerprint)
    for place, (kind, row) in enumerate(taken):
        where = read_places(curated, kind)[[row]]
        seen = recognizer.see(images[[place]], where)
        assert np.abs(table.features[place] - seen[0].numpy()).max() < 1e-5
        other = recognizer.see(images[[place]], read_places(curated, kind)[[row - 1]])
        assert np.abs(table.features[place] - other[0].numpy()).max() > 1e-4


def test_a_recognizer_that_fails_leaves_no_protected_table(curated, stored, tmp_path):
    protected_store(tmp_path / "protected")
    save_small(tmp_path / "aligned", 0, crop="aligned")  # there is no index of the faces
    opened = [open_recognizer(folder, CPU) for folder in (stored, tmp_path / "aligned")]
    with pytest.raises(FaceveilError):
        embed_protected(curated, tmp_path / "protected", opened, tmp_path / "out", 2)
    assert not (tmp_path / "out").exists()


def test_a_recognizer_of_aligned_crops_is_told_the_places(tmp_path):
    write_curated(tmp_path / "curated")
    write_places(tmp_path / "curated")
    save_small(tmp_path / "aligned", 0, crop="aligned")
    out = tmp_path / "out"
    embed_curated(tmp_path / "curated", tmp_path / "aligned", out, PARTS, CPU)
    recognizer = open_recognizer(tmp_path / "aligned", CPU)
    table = read_embeddings(out / "masked", recognizer.fingerprint)
    places = read_places(tmp_path / "curated", "masked")[[2]]
    seen = recognizer.see(open_faces(tmp_path / "curated", "masked").images([2]), places)
    assert np.allclose(table.features[2], seen[0], atol=1e-5)


def test_a_missing_kind_leaves_no_output(curated, stored, tmp_path):
    with pytest.raises(FaceveilError, match="no packed faces here"):
        embed_curated(tmp_path, stored, tmp_path / "out", Embed(batch_size=1, part_size=1), CPU)
    assert not list(tmp_path.iterdir())


def test_a_missing_recognizer_is_one_line(curated, tmp_path):
    with pytest.raises(FaceveilError, match="no such card"):
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
    if importlib.util.find_spec("ray") is None and engine == "ray":
        pytest.skip("Ray is not installed")  # imported by the code under test, after its settings
    monkeypatch.setenv("FACEVEIL_WORKERS", "2")
    monkeypatch.setenv("FACEVEIL_ENGINE", engine)
    monkeypatch.setattr(embedding, "LEAST_PHOTOS", 1)
    embed_curated(curated, stored, tmp_path / "out", PARTS, CPU)
    if engine == "ray":
        ray = importlib.import_module("ray")
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
        failing(patch, "see_photos", at=4, problem=KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            embed_curated(curated, stored, tmp_path / "out", PARTS, CPU)
    assert not (tmp_path / "out").exists()
    assert len(list(scratch.glob("embed-*/*"))) == 3
    calls = failing(monkeypatch, "see_photos", at=0, problem=FULL)
    embed_curated(curated, stored, tmp_path / "out", PARTS, CPU)
    assert contents(tmp_path / "out") == undisturbed
    assert len(calls) == 10 - 3
    assert list(scratch.iterdir()) == []


def other_photos(curated, stored):
    pixels = np.load(curated / "masked" / "pixels.npy", allow_pickle=False)
    np.save(curated / "masked" / "pixels.npy", 255 - pixels, allow_pickle=False)


def other_recognizer(curated, stored):
    save_small(stored, 1)


def other_view(curated, stored):
    """The same weights, told that faces are larger: they are no longer the same recognizer."""
    card = json.loads((stored / "card.json").read_text())
    card["view"]["mean"] = 0.0
    (stored / "card.json").write_text(json.dumps(card))


@pytest.mark.parametrize("change", [other_photos, other_recognizer, other_view])
def test_other_inputs_take_no_unfinished_part(stored, tmp_path, monkeypatch, undisturbed, change):
    for kind in EMBEDDED:
        write_faces(tmp_path / "curated" / kind, faces(kind))
    shutil.copytree(stored, tmp_path / "recognizer")
    places = (tmp_path / "curated", tmp_path / "recognizer", tmp_path / "out")
    with monkeypatch.context() as patch:
        failing(patch, "see_photos", at=9, problem=KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            embed_curated(*places, PARTS, CPU)
    change(*places[:2])
    calls = failing(monkeypatch, "see_photos", at=0, problem=FULL)
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
