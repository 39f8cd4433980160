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
