"""Where designs are worn: seen by the projector, or known."""

import numpy as np
import pytest
import torch

from faceveil.evaluation.projection import Projection
from faceveil.params.errors import FaceveilError
from faceveil.store.faces import PackedFaces, write_faces
from tests.evaluation.world import GAME, PEOPLE, LowerHalf, portraits

KNOWN = GAME.model_copy(update={"transparency": "annotated"})
CPU = torch.device("cpu")


def _write(root, kind: str, faces: PackedFaces) -> None:
    write_faces(root / kind, faces)


def test_the_projector_sees_where_the_mask_is(tmp_path, monkeypatch):
    monkeypatch.setattr("faceveil.evaluation.projection.load_projector", lambda _: LowerHalf())
    faces = portraits(PEOPLE)
    blank = PackedFaces(faces.pixels, faces.rows)
    found = Projection(tmp_path, tmp_path, GAME, CPU).of(blank, "masked")
    np.testing.assert_array_equal(found.transparency, faces.transparency)


@pytest.mark.parametrize(
    ("kind", "pair"), [("masked", "unmasked"), ("further_masked", "further_unmasked")]
)
def test_a_cut_out_is_taken_where_there_is_one(tmp_path, kind: str, pair: str):
    faces = portraits(PEOPLE[:3], suffix="_Mask")
    _write(tmp_path, pair, portraits(PEOPLE[:3]))
    _write(tmp_path, "annotated", faces)
    blank = PackedFaces(faces.pixels, faces.rows)
    found = Projection(tmp_path, tmp_path, KNOWN, CPU).of(blank, kind)
    np.testing.assert_array_equal(found.transparency, faces.transparency)


def test_no_pair_and_no_cut_out_is_refused(tmp_path):
    _write(tmp_path, "unmasked", portraits(PEOPLE[:2]))
    _write(tmp_path, "annotated", portraits(PEOPLE[:2], suffix="_Mask"))
    faces = portraits(PEOPLE[:3], suffix="_Mask")
    with pytest.raises(FaceveilError, match="neither a cut-out nor a photo '00002'"):
        Projection(tmp_path, tmp_path, KNOWN, CPU).of(faces, "masked")
