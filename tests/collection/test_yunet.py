"""YuNet gives what MTCNN gives: boxes, probabilities, landmarks; its weights are read rightly."""

import importlib
from dataclasses import replace

import numpy as np
import pytest

from faceveil.collection import yunet
from faceveil.collection.detection import NO_FACE, Faces, detect_faces
from faceveil.collection.images import read_image, resize
from faceveil.collection.yunet import FILE, detect_with_yunet
from faceveil.params.errors import FaceveilError


@pytest.fixture(scope="module")
def file():
    try:
        return FILE.path("yunet", "detector yunet")
    except FaceveilError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def photo(collection):
    return read_image(collection / "further/00000_1.png")


@pytest.mark.parametrize("size", [128, 150, 256])
def test_it_finds_the_face_where_mtcnn_does(file, photo, size):
    larger = resize(photo, size, size)
    (found,), (other,) = detect_with_yunet([larger]), detect_faces([larger])
    assert len(found) == len(other) == 1 and 0.6 < found.probabilities[0] <= 1
    eyes = np.linalg.norm(other.landmarks[0, 0] - other.landmarks[0, 1])
    apart = np.linalg.norm(found.landmarks[0] - other.landmarks[0], axis=1)
    assert apart.max() < 0.3 * eyes  # an order that is mixed up lies a whole distance away
    assert np.abs(found.boxes[0] - other.boxes[0]).max() < 0.35 * found.sizes[0]


def test_photos_of_any_size_are_looked_at_each_alone(file, photo):
    empty = np.full((40, 90, 3), 128, np.uint8)
    found = detect_with_yunet([empty, photo, photo[:100]])
    assert [len(one) for one in found] == [0, 1, 1]
    assert np.array_equal(found[1].boxes, detect_with_yunet([photo])[0].boxes)
    assert detect_with_yunet([]) == []


def test_each_of_two_faces_counts_once(file, photo):
    (found,) = detect_with_yunet([np.concatenate([photo, photo], axis=1)])
    assert len(found) == 2
    left = found.boxes[:, 0].argsort()
    assert np.abs(np.diff(found.boxes[left], axis=0)[0] - [128, 0, 128, 0]).max() < 3


def test_boxes_that_overlap_are_one_face_the_most_certain_first():
    boxes = np.array([[0, 0, 60, 60], [2, 2, 60, 62], [70, 70, 90, 90]], dtype=np.float64)
    kept = yunet._one_per_face(Faces(boxes, np.array([0.7, 0.9, 0.8]), np.zeros((3, 5, 2))))
    assert kept.boxes.tolist() == boxes[[1, 2]].tolist()
    smaller = yunet._one_per_face(Faces(boxes, np.array([0.7, 0.8, 0.9]), np.zeros((3, 5, 2))))
    assert smaller.boxes.tolist() == boxes[[1, 2]].tolist()  # the largest first, as MTCNN's
    assert yunet._one_per_face(NO_FACE) is NO_FACE


def test_weights_are_those_that_onnx_dequantizes(file):
    onnx, reference = importlib.import_module("onnx"), importlib.import_module("onnx.reference")
    model, folded = onnx.load(str(file)), onnx.load(str(file))
    yunet._unquantize(folded.graph)
    made = {one.name: onnx.numpy_helper.to_array(one) for one in folded.graph.initializer}
    stored = {one.name: one for one in model.graph.initializer}
    shaped = {node.input[0]: node for node in model.graph.node if node.op_type == "Reshape"}
    nodes = [node for node in model.graph.node if node.op_type == "DequantizeLinear"]
    for node in nodes:
        chain = [node, *([shaped[node.output[0]]] if node.output[0] in shaped else [])]
        inputs = {name for one in chain for name in one.input if name in stored}
        out = onnx.helper.make_tensor_value_info(chain[-1].output[0], 1, None)
        graph = onnx.helper.make_graph(
            chain, "part", [], [out], [stored[name] for name in sorted(inputs)]
        )
        part = onnx.helper.make_model(graph, opset_imports=model.opset_import)
        (wanted,) = reference.ReferenceEvaluator(part).run(None, {})
        assert np.abs(made[chain[-1].output[0]] - wanted).max() <= 1e-6
    assert len(nodes) > 50


def test_without_the_package_it_is_one_line(monkeypatch):
    monkeypatch.setattr(yunet, "FILE", replace(FILE, package="not-installed-anywhere"))
    yunet._session.cache_clear()
    with pytest.raises(FaceveilError, match=r"not-installed-anywhere 1\.1\.1, which is not"):
        detect_with_yunet([np.zeros((64, 64, 3), np.uint8)])
