"""SFace is what onnxruntime makes of its file, once ONNX's own rules have unpacked the weights."""

import numpy as np
import pytest
import torch
from torch import nn

from faceveil.params.errors import FaceveilError
from faceveil.recognition.sface import read_sface, sface_layers
from tests.recognition.packaged_networks import installed


def runnable(path) -> bytes:
    """Return the file with float32 weights, as the reference implementation of ONNX has them."""
    import onnx
    from onnx import helper, numpy_helper
    from onnx.reference import ReferenceEvaluator

    model = onnx.load(str(path))
    graph = model.graph
    unpack = [node for node in graph.node if node.op_type in {"DequantizeLinear", "Reshape"}]
    used = {name for node in graph.node if node not in unpack for name in node.input}
    names = [node.output[0] for node in unpack if node.output[0] in used]
    outputs = [helper.make_tensor_value_info(name, 1, None) for name in names]
    weights = helper.make_graph(unpack, "weights", [], outputs, graph.initializer)
    packed = helper.make_model(weights, opset_imports=model.opset_import)
    found = ReferenceEvaluator(packed).run(None, {})
    (dropout,) = (node for node in graph.node if node.op_type == "Dropout")
    kept = [node for node in graph.node if node not in unpack and node != dropout]
    for node in kept:
        node.input[:] = [dropout.input[0] if n == dropout.output[0] else n for n in node.input]
    tensors = [one for one in graph.initializer if one.name in used]
    tensors += [numpy_helper.from_array(*pair) for pair in zip(found, names, strict=True)]
    photo = [one for one in graph.input if one.name == "data"]
    whole = helper.make_graph(kept, "whole", photo, graph.output, tensors)
    return helper.make_model(
        whole, opset_imports=model.opset_import, ir_version=10
    ).SerializeToString()


def test_it_is_what_onnxruntime_computes():
    import onnxruntime

    path = installed("sface")
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 3, 1
    session = onnxruntime.InferenceSession(runnable(path), options)
    photos = np.random.default_rng(0).uniform(0, 255, (2, 3, 112, 112)).astype(np.float32)
    photos[1] = photos[1].cumsum(axis=2) % 255  # one with shapes, one of noise
    expected = np.concatenate([session.run(None, {"data": one[None]})[0] for one in photos])
    with torch.no_grad():
        found = read_sface(path).eval()(torch.from_numpy(photos)).numpy()
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()


def test_its_layers_are_the_published_ones():
    layers = sface_layers()
    kinds = [type(layer) for layer in layers]
    assert kinds.count(nn.Conv2d) == kinds.count(nn.PReLU) == 27
    assert layers[-1].in_features == 1024 * 7 * 7
    assert layers.eval()(torch.zeros(1, 3, 112, 112)).shape == (1, 128)


@pytest.mark.parametrize("content", [b"", b"no network", None])
def test_another_file_is_one_line(tmp_path, content):
    from tests.recognition.tiny_onnx import write_embedder

    pytest.importorskip("onnx")
    path = tmp_path / "a.onnx"
    if content is None:
        write_embedder(path)
    else:
        path.write_bytes(content)
    with pytest.raises(FaceveilError, match=r"a\.onnx: not the SFace of 27 conv") as refusal:
        read_sface(path)
    assert "\n" not in str(refusal.value)
