"""Face embedders small enough to write down: ONNX graphs for tests."""

from collections.abc import Sequence
from math import prod
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIZE, EMBEDDING = 32, 8
IMAGES = ("batch", 3, SIZE, SIZE)


def weights(numbers: int = 3 * SIZE * SIZE) -> np.ndarray:
    """The one layer of the graph: ``[numbers, EMBEDDING]``."""
    return np.random.default_rng(0).normal(0, 0.01, (numbers, EMBEDDING)).astype(np.float32)


def write_embedder(
    path: Path,
    shape: Sequence[str | int] = IMAGES,
    inputs: int = 1,
    kind: int = TensorProto.FLOAT,
) -> Path:
    """Write a graph that flattens its input and multiplies it with :func:`weights`."""
    layer = numpy_helper.from_array(weights(prod(shape[1:])), "layer")
    names = [f"photo_{number}" for number in range(inputs)]
    nodes = [
        helper.make_node("Cast", [names[0]], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["numbers"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "layer"], ["vector"]),
    ]
    taken = [helper.make_tensor_value_info(name, kind, shape) for name in names]
    given = [helper.make_tensor_value_info("vector", TensorProto.FLOAT, (shape[0], EMBEDDING))]
    graph = helper.make_graph(nodes, "embedder", taken, given, [layer])
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    return path


def write_free_embedder(
    path: Path, layer: Sequence[int], batch: int = 0, last: bool = False
) -> Path:
    """Write a graph that declares free sizes and holds a layer for photos of one size alone.

    Args:
        path: where to.
        layer: sizes of the photo that it was made for; the first is that of the channels.
        batch: photos that it was made for; 0 is any.
        last: whether channels come last.
    """
    kernel = numpy_helper.from_array(np.ones((layer[0], 3, 1, 1), np.float32), "kernel")
    wanted = numpy_helper.from_array(np.array([batch, prod(layer)], np.int64), "wanted")
    turned = ["photo"] if not last else ["first"]
    nodes = [helper.make_node("Transpose", ["photo"], ["first"], perm=[0, 3, 1, 2])] if last else []
    nodes += [
        helper.make_node("Conv", [*turned, "kernel"], ["seen"]),
        helper.make_node("Reshape", ["seen", "wanted"], ["flat"]),
        helper.make_node("MatMul", ["flat", "layer"], ["vector"]),
    ]
    free = ("n", "a", "b", "c")
    taken = [helper.make_tensor_value_info("photo", TensorProto.FLOAT, free)]
    given = [helper.make_tensor_value_info("vector", TensorProto.FLOAT, ("n", EMBEDDING))]
    matrix = numpy_helper.from_array(weights(prod(layer)), "layer")
    graph = helper.make_graph(nodes, "free", taken, given, [kernel, wanted, matrix])
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    return path
