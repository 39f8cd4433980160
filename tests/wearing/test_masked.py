"""Where masks are on all masked photos: computed once, all or none, of the same photos."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from faceveil.collection.places import Places
from faceveil.params.errors import FaceveilError
from faceveil.store.faces import MASKED, PackedFaces, open_faces
from faceveil.store.weights import write_weights
from faceveil.wearing import transparencies
from faceveil.wearing.masked import open_masked
from faceveil.wearing.projector import WEIGHTS, build_projector
from faceveil.wearing.texture import mask_coordinates
from faceveil.wearing.transparencies import write_transparencies
from tests.packed import write_faces
from tests.wearing.masked_world import SIZE, photos

CPU = torch.device("cpu")
PEOPLE, CUTOUTS = 7, 3
ARCHITECTURE = "plain"
EST = "masked_coordinates.npy"


def of_kind(faces, ending):
    """The same photos under the names of another kind."""
    ids = faces.rows["subject_id"] + ending
    return replace(faces, rows=faces.rows.assign(image_id=ids))


@pytest.fixture
def curated(tmp_path):
    """Pairs of both kinds, the masked ones in reverse order, and cut-outs of the first people."""
    folder = tmp_path / "curated"
    bare, masked = photos(PEOPLE)
    further_bare, further_masked = photos(PEOPLE, first=100)
    for kind, faces, ending in (
        ("unmasked", bare, ""),
        ("masked", masked, "_Mask"),
        ("further_unmasked", further_bare, "_1"),
        ("further_masked", further_masked, "_1_Mask"),
    ):
        named, step = of_kind(faces, ending), -1 if kind in MASKED else 1
        rows = named.rows.iloc[::step].reset_index(drop=True)
        write_faces(folder / kind, PackedFaces(named.pixels[::step], rows))
    cut = PackedFaces(*(part[:CUTOUTS] for part in (masked.pixels, masked.rows)))
    write_faces(folder / "annotated", replace(cut, transparency=masked.transparency[:CUTOUTS]))
    return folder


@pytest.fixture(scope="module")
def projector(tmp_path_factory):
    folder = tmp_path_factory.mktemp("projector")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        built = build_projector(ARCHITECTURE)
    write_weights(folder / WEIGHTS, built, {"architecture": ARCHITECTURE})
    return folder, built.eval()


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_projector_sees_every_masked_photo_of_both_kinds(curated, projector, tmp_path):
    folder, built = projector
    write_transparencies(curated, folder, "projector", CPU, tmp_path / "seen")
    assert sorted(contents(tmp_path / "seen")) == ["further_masked.npy", "masked.npy"]
    for kind in MASKED:
        faces = open_masked(curated, tmp_path / "seen", kind)
        with torch.no_grad():
            expected = built(faces.images(slice(None)))[:, 0].numpy() * 255
        assert np.abs(faces.transparency - expected).max() <= 0.51
        assert expected.std() > 1  # it sees something else in each place


def test_annotations_are_cutouts_and_differences_of_pairs(curated, tmp_path):
    write_transparencies(curated, tmp_path / "none", "annotated", CPU, tmp_path / "seen")
    for kind, first in (("masked", 0), ("further_masked", 100)):
        known = photos(PEOPLE, first)[1]
        faces = open_masked(curated, tmp_path / "seen", kind)
        expected = known.transparency[known.rows_of(faces.rows["subject_id"].tolist())]
        for row in range(PEOPLE):
            alike = faces.transparency[row].astype(int) - expected[row]
            assert np.abs(alike).mean() < 25, (kind, row)
    cutouts = open_faces(curated, "annotated")
    masked = open_masked(curated, tmp_path / "seen", "masked")
    rows = masked.rows_of(cutouts.rows["subject_id"].tolist())
    np.testing.assert_array_equal(masked.transparency[rows], cutouts.transparency)


@pytest.mark.parametrize("source", ["projector", "annotated"])
def test_a_second_run_changes_no_byte(curated, projector, tmp_path, source):
    for name in ("one", "other"):
        write_transparencies(curated, projector[0], source, CPU, tmp_path / name)
    assert contents(tmp_path / "one") == contents(tmp_path / "other")


def test_the_two_sources_differ(curated, projector, tmp_path):
    for source in ("projector", "annotated"):
        write_transparencies(curated, projector[0], source, CPU, tmp_path / source)
    assert contents(tmp_path / "projector") != contents(tmp_path / "annotated")


@pytest.mark.parametrize("kind", MASKED)
def test_masked_photos_are_opened_with_their_transparency(curated, projector, tmp_path, kind):
    write_transparencies(curated, projector[0], "projector", CPU, tmp_path / "seen")
    faces, plain = open_masked(curated, tmp_path / "seen", kind), open_faces(curated, kind)
    pd.testing.assert_frame_equal(faces.rows, plain.rows)
    np.testing.assert_array_equal(faces.pixels, plain.pixels)
    np.testing.assert_array_equal(faces.transparency, np.load(tmp_path / "seen" / f"{kind}.npy"))
    assert faces.transparency.dtype == np.uint8
    assert faces.transparency.shape == (PEOPLE, SIZE, SIZE)
    assert isinstance(faces.transparency, np.memmap)
    assert isinstance(faces.pixels, np.memmap)


def test_a_kind_of_which_there_is_no_photo_is_written_too(curated, projector, tmp_path):
    for kind in ("further_unmasked", "further_masked"):
        faces = open_faces(curated, kind)
        write_faces(curated / kind, PackedFaces(np.array(faces.pixels[:0]), faces.rows[:0]))
    for source in ("projector", "annotated"):
        write_transparencies(curated, projector[0], source, CPU, tmp_path / source)
        assert len(open_masked(curated, tmp_path / source, "further_masked")) == 0
        assert len(open_masked(curated, tmp_path / source, "masked")) == PEOPLE


@pytest.mark.parametrize("earlier", [False, True])
def test_all_are_written_or_none(curated, projector, tmp_path, earlier):
    """The second kind has a photo without a pair; the first is not written without it."""
    out = tmp_path / "seen"
    if earlier:
        write_transparencies(curated, projector[0], "projector", CPU, out)
    before = contents(out) if earlier else {}
    bare = open_faces(curated, "further_unmasked")
    write_faces(curated / "further_unmasked", PackedFaces(np.array(bare.pixels[1:]), bare.rows[1:]))
    with pytest.raises(FaceveilError, match="'00100_1_Mask' has neither a cut-out nor a photo"):
        write_transparencies(curated, projector[0], "annotated", CPU, out)
    assert (contents(out) if out.exists() else {}) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["curated"] + ["seen"] * earlier


def test_without_a_projector_nothing_is_written(curated, tmp_path):
    with pytest.raises(FaceveilError, match="no such weights"):
        write_transparencies(curated, tmp_path / "none", "projector", CPU, tmp_path / "seen")
    assert not (tmp_path / "seen").exists()


@pytest.mark.parametrize("kind", MASKED)
def test_missing_transparencies_say_which_stage_makes_them(curated, tmp_path, kind):
    with pytest.raises(FaceveilError, match=rf"{kind}\.npy: no transparencies here; run `dvc re"):
        open_masked(curated, tmp_path / "seen", kind)


def test_missing_photos_say_which_stage_makes_them(curated, projector, tmp_path):
    write_transparencies(curated, projector[0], "projector", CPU, tmp_path / "seen")
    with pytest.raises(FaceveilError, match="no packed faces here; run `dvc repro curate`"):
        open_masked(tmp_path / "nowhere", tmp_path / "seen", "masked")


@pytest.mark.parametrize(
    "shape",
    [(PEOPLE - 1, SIZE, SIZE), (PEOPLE + 1, SIZE, SIZE), (PEOPLE, SIZE, 8), (PEOPLE, SIZE)],
    ids=["fewer", "more", "narrower", "flat"],
)
def test_transparencies_of_other_photos_are_refused(curated, projector, tmp_path, shape):
    write_transparencies(curated, projector[0], "projector", CPU, tmp_path / "seen")
    np.save(tmp_path / "seen/masked.npy", np.zeros(shape, np.uint8))
    with pytest.raises(FaceveilError, match=r"of other photos than .*run `dvc repro -f project`"):
        open_masked(curated, tmp_path / "seen", "masked")
    open_masked(curated, tmp_path / "seen", "further_masked")


def test_coordinates_are_estimated_where_faces_were_found(
    curated, projector, tmp_path, monkeypatch
):
    """Photos of half of the people have their face lower: so have their coordinates."""
    boxes = np.tile(np.float32([0.2, 0.1, 0.8, 0.9]), (PEOPLE, 1))
    points = [(0.36, 0.4), (0.64, 0.4), (0.5, 0.57), (0.38, 0.7), (0.62, 0.7)]
    points = np.tile(np.float32(points), (PEOPLE, 1, 1))
    points[::2, :, 1] += 0.1
    (curated / "index.parquet").touch()
    monkeypatch.setattr(transparencies, "read_places", lambda *_: Places(boxes, points))
    write_transparencies(curated, projector[0], "projector", CPU, tmp_path / "seen")
    assert len(contents(tmp_path / "seen")) == 4
    faces = open_masked(curated, tmp_path / "seen", "masked")
    assert isinstance(faces.coordinates, np.memmap) and faces.coordinates.dtype == np.uint16
    u, v, _ = mask_coordinates(faces, slice(None)).unbind(1)
    row, column = round(0.65 * SIZE), SIZE // 2
    assert (v[::2, row, column] < v[1, row, column] - 0.05).all()
    assert u[:, row, column].abs().max() < 0.1
    boxes[3] = np.nan
    with pytest.raises(FaceveilError, match=r"photo '\d+_Mask' \(1 in all\): no face was found"):
        write_transparencies(curated, projector[0], "projector", CPU, tmp_path / "seen")


def test_packed_coordinates_come_before_estimated_ones(curated, projector, tmp_path):
    write_transparencies(curated, projector[0], "projector", CPU, tmp_path / "seen")
    assert open_masked(curated, tmp_path / "seen", "masked").coordinates is None
    for path, value in ((curated / "masked/coordinates.npy", 1), (tmp_path / "seen" / EST, 2)):
        np.save(path, np.full((PEOPLE, 3, SIZE, SIZE), value, np.uint16))
        opened = open_masked(curated, tmp_path / "seen", "masked")
        assert (opened.coordinates == 1).all()
    (curated / "masked/coordinates.npy").unlink()
    assert (open_masked(curated, tmp_path / "seen", "masked").coordinates == 2).all()
    np.save(tmp_path / "seen" / EST, np.zeros((PEOPLE, 3, SIZE, 8), np.uint16))
    with pytest.raises(FaceveilError, match=rf"{EST}: mask coordinates uint16 .*repro -f project"):
        open_masked(curated, tmp_path / "seen", "masked")
