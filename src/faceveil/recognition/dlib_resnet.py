"""dlib's face recognizer: a residual network of 29 convolutions, read from dlib's own file.

D. King, "High quality face recognition with deep metric learning" (2017): the network of K. He et
al., "Deep residual learning for image recognition" (2016), with fewer layers and half the channels.
The network is the one that dlib's example ``dnn_face_recognition_ex`` defines. dlib compares its
128 numbers by Euclidean distance, at most 0.6 apart; faceveil compares unit vectors by cosine. On
158 people of Labeled Faces in the Wild, two photos each, cosines tell pairs apart at least as well:
at the best threshold 99.8 % of mated and non-mated pairs on average, distances 99.4 %.
"""

from collections.abc import Iterator
from math import prod
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from faceveil.params.errors import FaceveilError

EMBEDDING = 128
"""Numbers per photo."""

WIDTH = 32
"""Channels of the first layers."""

BLOCKS = ((32, 3, 1), (64, 4, 2), (128, 3, 2), (256, 3, 2), (256, 1, 2))
"""Of each row of residual blocks: channels, repetitions and the first one's stride."""

MEAN = (122.782, 117.001, 104.298)
"""Grey value in [0, 255] of red, green and blue that the published network has as 0."""

SCALE = 256.0
"""Grey values per unit of the published network's input."""


class Residual(nn.Module):
    """Two convolutions, added to what came in; both are filled up with zeros to one size."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.first = nn.Conv2d(inside, outside, 3, stride, padding=1 if stride == 1 else 0)
        self.second = nn.Conv2d(outside, outside, 3, padding=1)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Turn maps ``[B, C, h, w]`` into maps; a stride of 2 halves h and w of both ways."""
        changed = self.second(functional.relu(self.first(maps)))
        kept = maps if self.stride == 1 else functional.avg_pool2d(maps, self.stride)
        return functional.relu(_sum(changed, kept))


def dlib_layers() -> nn.Sequential:
    """Return the layers from grey values ``[B, 3, 150, 150]`` in [0, 255] to ``[B, 128]``.

    Mean and scale of the input, and the affine layers, are parts of the convolutions.
    """
    layers: list[nn.Module] = [nn.Conv2d(3, WIDTH, 7, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2)]
    channels = WIDTH
    for outside, repetitions, first_stride in BLOCKS:
        for number in range(repetitions):
            layers.append(Residual(channels, outside, first_stride if number == 0 else 1))
            channels = outside
    end = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, EMBEDDING, bias=False))
    return nn.Sequential(*layers, *end)


def read_dlib(path: Path) -> nn.Sequential:
    """Return dlib's network with the weights of its file.

    Raises:
        FaceveilError: if it is no file of dlib's, or holds another network.
    """
    layers = dlib_layers()
    convolutions = [one for one in layers.modules() if isinstance(one, nn.Conv2d)]
    try:
        *pairs, last = read_tensors(path.read_bytes())
        for one, weights, affine in zip(convolutions, pairs[::2], pairs[1::2], strict=True):
            _fill(one, weights.astype(np.float64), affine.reshape(2, -1).astype(np.float64))
        linear = last.reshape(-1, EMBEDDING).T.copy()
        layers[-1].load_state_dict({"weight": torch.from_numpy(linear)})
    except (ValueError, IndexError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise FaceveilError(f"{path}: not dlib's network of 29 convolutions ({reason})") from None
    return layers


def read_tensors(content: bytes) -> list[NDArray[np.float32]]:
    """Return the weights of a network that dlib has serialized, flat, in the order of the layers.

    dlib writes whole numbers as a byte that counts the bytes to follow, the least of them first;
    its highest bit is the sign. A text is its length and its letters, a truth value the digit 0 or
    1. Each layer begins with its name; those with weights have a tensor next: version, four sizes
    and float32 values. Everything else is settings and empty tensors, and is stepped over.

    Raises:
        ValueError: if the bytes are anything else.
    """
    return list(_tensors(_Reader(content)))


class _Reader:
    """Bytes, and how far they have been read."""

    def __init__(self, content: bytes) -> None:
        self.content, self.place = content, 0

    def taken(self, count: int) -> bytes:
        found = self.content[self.place : self.place + count]
        if len(found) < count or count < 0:
            raise ValueError(f"ends within {count} bytes at {self.place}")
        self.place += count
        return found

    def number(self) -> int:
        control = self.taken(1)[0]
        if control & 0x70 or not 1 <= control & 0x0F <= 8:
            raise ValueError(f"no whole number at byte {self.place - 1}")
        value = int.from_bytes(self.taken(control & 0x0F), "little")
        return -value if control & 0x80 else value

    def name(self, length: int) -> str:
        """Return a text, or none where the number before was not its length."""
        letter = self.content[self.place : self.place + 1]
        return self.taken(length).decode("ascii") if letter.islower() else ""

    def tensor(self) -> NDArray[np.float32]:
        version, *sizes = (self.number() for _ in range(5))
        if version != 2 or min(sizes) < 1:
            raise ValueError(f"no tensor before byte {self.place}")
        return np.frombuffer(self.taken(4 * prod(sizes)), "<f4")


def _tensors(reader: _Reader) -> Iterator[NDArray[np.float32]]:
    """Step through the whole file and yield what each layer with weights holds."""
    while reader.place < len(reader.content):
        if reader.content[reader.place] in b"01":
            reader.taken(1)
            continue
        name = reader.name(reader.number())
        if name.startswith("fc_"):
            reader.number(), reader.number()  # outputs and inputs, which the tensor says too
        if name.startswith(("con_", "affine_", "fc_")):
            yield reader.tensor()


def _fill(
    convolution: nn.Conv2d, weights: NDArray[np.float64], affine: NDArray[np.float64]
) -> None:
    """Give a convolution its weights, and the affine layer after it."""
    outside, (gain, offset) = convolution.out_channels, affine
    weight = weights[:-outside].reshape(convolution.weight.shape)
    bias = weights[-outside:]
    if convolution.in_channels == len(MEAN):  # nothing is filled up there, so the mean is a bias
        weight = weight / SCALE
        bias = bias - weight.sum(axis=(2, 3)) @ np.array(MEAN)
    filled = {"weight": weight * gain[:, None, None, None], "bias": bias * gain + offset}
    convolution.load_state_dict({k: torch.from_numpy(v).float() for k, v in filled.items()})


def _sum(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Add maps of different sizes, each filled up with zeros at the end, as dlib does."""
    sizes = [max(pair) for pair in zip(one.shape[1:], other.shape[1:], strict=True)]
    return _filled_up(one, sizes) + _filled_up(other, sizes)


def _filled_up(maps: torch.Tensor, sizes: list[int]) -> torch.Tensor:
    missing = [size - there for size, there in zip(sizes, maps.shape[1:], strict=True)]
    channels, height, width = missing
    return functional.pad(maps, (0, width, 0, height, 0, channels)) if any(missing) else maps
