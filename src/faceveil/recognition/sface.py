"""SFace: a published recognizer of depthwise convolutions, read from its quantized ONNX file.

Y. Zhong, W. Deng, J. Hu, D. Zhao, X. Li, D. Wen, "SFace: Sigmoid-constrained hypersphere loss for
robust face recognition" (2021). The layers are those of A. Howard et al., "MobileNets: Efficient
convolutional neural networks for mobile vision applications" (2017), with PReLU.
"""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from faceveil.params.errors import FaceveilError

EMBEDDING = 128
"""Numbers per photo."""

WIDTH = 32
"""Channels of the first convolution."""

BLOCKS = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    *((512, 1),) * 5,
    (1024, 2),
    (1024, 1),
)
"""Of each pair of convolutions, by channel and across channels: channels and stride."""

PLACES = 7 * 7
"""Places of the last map of a photo of 112 pixels."""

MIDDLE, SCALE = 127.5, 128.0
"""Grey value in [0, 255] that the published network has as 0, and grey values per unit."""

EPS, LAST_EPS = 1e-3, 2e-5
"""What is added to variances: after convolutions, and around the linear layer."""

Weights = dict[str, NDArray[Any]]


class Centred(nn.Module):
    """Grey values brought to the range that the first convolution was made for."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Turn grey values in [0, 255] into about [-1, 1]."""
        return (images - MIDDLE) / SCALE


def sface_layers() -> nn.Sequential:
    """Return the layers from grey values ``[B, 3, 112, 112]`` in [0, 255] to ``[B, 128]``.

    Each batch norm is part of the convolution before it, or of the linear layer.
    """
    layers: list[nn.Module] = [Centred(), nn.Conv2d(3, WIDTH, 3, padding=1), nn.PReLU(WIDTH)]
    inside = WIDTH
    for outside, stride in BLOCKS:
        each = nn.Conv2d(inside, inside, 3, stride, padding=1, groups=inside)
        across = nn.Conv2d(inside, outside, 1)
        layers += [each, nn.PReLU(inside), across, nn.PReLU(outside)]
        inside = outside
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(inside * PLACES, EMBEDDING))


def read_sface(path: Path) -> nn.Sequential:
    """Return SFace with the weights of its file.

    Args:
        path: the ONNX file, its weights in whole numbers of 8 bits with a scale per block.

    Raises:
        FaceveilError: if it cannot be read or holds another network.
    """
    layers = sface_layers()
    try:
        weights = _weights(path)
        learning = [one for one in layers if isinstance(one, nn.Conv2d | nn.PReLU)]
        names = ["conv_1", *(f"conv_{n}{s}" for n in range(2, 15) for s in ("_dw", ""))]
        pairs = zip(learning[::2], learning[1::2], names, strict=True)
        for convolution, activation, name in pairs:
            _load(convolution, _convolution(weights, name))
            _load(activation, {"weight": weights[f"{name}_relu_gamma"].reshape(-1)})
        _load(layers[-1], _linear(weights))
    except (KeyError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise FaceveilError(f"{path}: not the SFace of 27 convolutions ({reason})") from None
    return layers


def _weights(path: Path) -> Weights:
    """Return all arrays of an ONNX file by name.

    Raises:
        ValueError: if it is not an ONNX file.
    """
    onnx: Any = importlib.import_module("onnx")
    arrays: Any = importlib.import_module("onnx.numpy_helper")
    try:
        graph = onnx.load(str(path)).graph
    except Exception as error:  # protobuf's exceptions are none of Python's
        raise ValueError(str(error)) from None
    return {one.name: np.asarray(arrays.to_array(one)) for one in graph.initializer}


def _dequantized(weights: Weights, name: str) -> NDArray[np.float64]:
    """Return weights as ONNX's DequantizeLinear makes them, a scale for each block of a row."""
    whole, scales, zeros = (
        weights[f"{name}_{part}"].astype(np.float64)
        for part in ("quantized", "scales", "zero_point")
    )
    block = whole.shape[-1] // scales.shape[-1]
    return (whole - zeros.repeat(block, axis=-1)) * scales.repeat(block, axis=-1)


def _norm(weights: Weights, name: str, eps: float) -> tuple[NDArray[np.float64], ...]:
    """Return factor and summand per channel of a batch norm."""
    gamma, beta, mean, variance = (
        weights[f"{name}_{part}"].astype(np.float64)
        for part in ("gamma", "beta", "moving_mean", "moving_var")
    )
    gain = gamma / np.sqrt(variance + eps)
    return gain, beta - mean * gain


def _convolution(weights: Weights, name: str) -> Weights:
    """Return a convolution and the batch norm after it as one."""
    kernel = _dequantized(weights, f"{name}_conv2d_weight")
    kernel = kernel.reshape(weights[f"{name}_conv2d_weight_shape"])
    gain, offset = _norm(weights, f"{name}_batchnorm", EPS)
    return {"weight": kernel * gain[:, None, None, None], "bias": offset}


def _linear(weights: Weights) -> Weights:
    """Return the linear layer and the batch norms before and after it as one."""
    matrix, bias = (_dequantized(weights, f"pre_fc1_{part}") for part in ("weight", "bias"))
    before, after = _norm(weights, "bn1", LAST_EPS), _norm(weights, "fc1", LAST_EPS)
    gain, offset = (each.repeat(PLACES) for each in before)
    bias = (bias + matrix @ offset) * after[0] + after[1]
    return {"weight": matrix * gain * after[0][:, None], "bias": bias}


def _load(layer: nn.Module, values: Weights) -> None:
    layer.load_state_dict({k: torch.from_numpy(v.copy()).float() for k, v in values.items()})
