"""An ONNX file answers as its graph says, silently, or is refused in one line."""

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto

from faceveil.params.errors import FaceveilError
from faceveil.recognition.network import View
from faceveil.recognition.onnx_model import OnnxModel
from tests.recognition.tiny_onnx import SIZE, weights, write_embedder, write_free_embedder

VIEW = View(SIZE, 127.5, 128)


def test_it_computes_what_the_graph_says_on_normalized_photos(tmp_path):
    model = OnnxModel(write_embedder(tmp_path / "a.onnx"), VIEW)
    images = torch.rand(4, 3, SIZE, SIZE)
    seen = (images.numpy() * 255 - 127.5) / 128
    found = model(images)
    assert found.dtype == np.float32
    assert found == pytest.approx(seen.reshape(4, -1) @ weights(), abs=1e-4)
    assert np.array_equal(found, model(images))


def test_a_graph_for_one_photo_is_asked_one_by_one(tmp_path):
    one = OnnxModel(write_embedder(tmp_path / "a.onnx", shape=(1, 3, SIZE, SIZE)), VIEW)
    many = OnnxModel(write_embedder(tmp_path / "b.onnx"), VIEW)
    images = torch.rand(3, 3, SIZE, SIZE)
    assert one(images) == pytest.approx(many(images), abs=1e-5)


def test_loading_is_silent(tmp_path, capfd, recwarn):
    OnnxModel(write_embedder(tmp_path / "a.onnx"), VIEW)(torch.rand(1, 3, SIZE, SIZE))
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"shape": ("batch", 3, 64, 64)}, r"64, 64.*needed: one float input \[B, 3, 32, 32\]"),
        ({"shape": ("batch", 3, 64, 64)}, "set input_size to 64 or export the file anew"),
        ({"shape": ("batch", SIZE, SIZE, 3)}, "it has channels last; export the file anew"),
        ({"shape": (4, 3, SIZE, SIZE)}, "its batch is fixed at 4; export the file anew"),
        ({"shape": ("batch", 1, SIZE, SIZE)}, "mend input_size or export the file anew"),
        ({"shape": ("batch", 3)}, "needed: one float input"),
        ({"inputs": 2}, "photo_1"),
        ({"kind": TensorProto.UINT8}, r"tensor\(uint8\)"),
    ],
)
def test_a_graph_that_takes_something_else_is_refused(tmp_path, values, message):
    path = write_embedder(tmp_path / "other.onnx", **values)
    with pytest.raises(FaceveilError, match=message) as refusal:
        OnnxModel(path, VIEW)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("values", "view", "message"),
    [
        (
            {"layer": (3, SIZE, SIZE)},
            View(64, 0, 1),
            r"photos \[2, 3, 64, 64\] \(.*; mend input_size",
        ),
        (
            {"layer": (3, SIZE, SIZE), "last": True},
            VIEW,
            r"takes \[B, S, S, 3\], channels last; export",
        ),
        (
            {"layer": (3, SIZE, SIZE), "batch": 1},
            VIEW,
            "takes one photo alone; export it anew with",
        ),
    ],
)
def test_a_graph_that_declares_free_sizes_and_takes_others_is_one_line(
    tmp_path, capfd, values, view, message
):
    path = write_free_embedder(tmp_path / "free.onnx", **values)
    with pytest.raises(FaceveilError, match=message) as refusal:
        OnnxModel(path, view)(torch.rand(2, 3, view.input_size, view.input_size))
    assert str(refusal.value).startswith(f"{path}: cannot take photos [2, 3, ")
    assert "\n" not in str(refusal.value)
    assert capfd.readouterr() == ("", "")  # onnxruntime tells nothing besides


def test_weights_in_a_second_file_are_refused_as_what_they_are(tmp_path):
    path = write_embedder(tmp_path / "two.onnx")
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="two.onnx.data")
    with pytest.raises(FaceveilError, match="its weights are in a second file, which is not read"):
        OnnxModel(path, VIEW)


@pytest.mark.parametrize("keep", [0, 10, 2000])
def test_a_damaged_file_is_one_line(tmp_path, keep):
    path = write_embedder(tmp_path / "damaged.onnx")
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(FaceveilError, match=r"damaged\.onnx: (not an ONNX file|has )") as refusal:
        OnnxModel(path, VIEW)
    assert "\n" not in str(refusal.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FaceveilError, match=r"absent\.onnx: no such file"):
        OnnxModel(tmp_path / "absent.onnx", VIEW)
