"""dlib's network against its definition, written out with NumPy and SciPy on the file's tensors."""

import numpy as np
import pytest
import torch
from scipy.signal import correlate

from faceveil.params.errors import FaceveilError
from faceveil.recognition.dlib_resnet import MEAN, dlib_layers, read_dlib, read_tensors
from tests.recognition.packaged_networks import installed

WIDTHS = [32] * 3 + [64] * 4 + [128] * 3 + [256] * 4
STRIDES = [1] * 3 + [2, 1, 1, 1] + [2, 1, 1] * 2 + [2]


@pytest.fixture(scope="module")
def path():
    return installed("dlib")


@pytest.fixture(scope="module")
def tensors(path):
    return [one.astype(np.float64) for one in read_tensors(path.read_bytes())]


def convolved(maps, weights, affine, size, stride):
    """Correlate, add the bias, and apply the affine layer; without a stride edges are kept."""
    outside = len(affine) // 2
    kernels = weights[:-outside].reshape(outside, len(maps), size, size)
    edge = size // 2 if stride == 1 else 0
    filled = np.pad(maps, ((0, 0), (edge, edge), (edge, edge)))
    sums = np.stack([correlate(filled, one, "valid")[0] for one in kernels])
    sums = sums[:, ::stride, ::stride] + weights[-outside:, None, None]
    return sums * affine[:outside, None, None] + affine[outside:, None, None]


def windows(maps, size, stride):
    found = np.lib.stride_tricks.sliding_window_view(maps, (size, size), axis=(1, 2))
    return found[:, ::stride, ::stride]


def block(maps, tensors, stride):
    first = np.maximum(convolved(maps, *tensors[:2], 3, stride), 0)
    changed = convolved(first, *tensors[2:], 3, 1)
    kept = maps if stride == 1 else windows(maps, 2, 2).mean(axis=(3, 4))
    total = np.zeros([max(pair) for pair in zip(changed.shape, kept.shape, strict=True)])
    for one in (changed, kept):
        total[tuple(slice(size) for size in one.shape)] += one
    return np.maximum(total, 0)


def test_each_part_is_the_definition_on_the_files_tensors(path, tensors):
    photo = np.random.default_rng(0).uniform(0, 255, (3, 150, 150))
    layers = read_dlib(path).eval().double()
    maps = (photo - np.array(MEAN)[:, None, None]) / 256
    maps = np.maximum(convolved(maps, *tensors[:2], 7, 2), 0)
    maps = windows(maps, 3, 2).max(axis=(3, 4))
    with torch.no_grad():
        seen = layers[:3](torch.from_numpy(photo)[None])
        assert np.abs(seen[0].numpy() - maps).max() < 1e-5 * maps.max()
        sizes = []
        for number, stride in enumerate(STRIDES):
            own = tensors[2 + 4 * number : 6 + 4 * number]
            seen = layers[3 + number](seen)
            sizes.append(tuple(seen.shape[1:]))
            if stride == 2 or number == 0:  # the others are like these, and large
                maps = block(maps, own, stride)
                assert np.abs(seen[0].numpy() - maps).max() < 1e-5 * maps.max()
            maps = seen[0].numpy()
        expected = maps.mean(axis=(1, 2)) @ tensors[-1].reshape(256, 128)
        assert np.abs(layers[-3:](seen)[0].numpy() - expected).max() < 1e-5
    assert sizes == [
        *[(32, 35, 35)] * 3,
        *[(64, 17, 17)] * 4,
        *[(128, 8, 8)] * 3,
        *[(256, 4, 4)] * 3,
        (256, 2, 2),
    ]


def test_the_file_holds_29_convolutions_as_many_affine_layers_and_a_linear_one(tensors):
    inside = [32, *WIDTHS[:-1]]
    convolutions = [32 * 3 * 49 + 32]
    for before, outside in zip(inside, WIDTHS, strict=True):
        convolutions += [outside * before * 9 + outside, outside * outside * 9 + outside]
    affine = [64, *(2 * outside for outside in WIDTHS for _ in range(2))]
    expected = [size for pair in zip(convolutions, affine, strict=True) for size in pair]
    assert [len(one) for one in tensors] == [*expected, 256 * 128]
    assert all(np.isfinite(one).all() for one in tensors)


def number(value: int) -> bytes:
    """Write a whole number as dlib does."""
    raw = abs(value).to_bytes((abs(value).bit_length() + 7) // 8 or 1, "little")
    return bytes([len(raw) | (0x80 if value < 0 else 0)]) + raw


def layer(name: str, values: list[float], before: bytes = b"") -> bytes:
    tensor = b"".join(number(n) for n in (2, len(values), 1, 1, 1))
    return number(len(name)) + name.encode() + before + tensor + np.float32(values).tobytes()


def test_all_bytes_are_read_and_only_weights_are_kept():
    settings = number(300) + number(-7) + b"10" + b"".join(number(n) for n in (2, 0, 0, 0, 0))
    relu = number(5) + b"relu_"
    linear = layer("fc_2", [4, 5], number(2) + number(1))
    content = settings + layer("con_4", [1, -2.5]) + settings + relu + linear + settings
    found = read_tensors(content)
    assert [one.tolist() for one in found] == [[1, -2.5], [4, 5]]
    for cut in range(len(settings) + 1, len(content) - len(settings)):
        tensors = []
        try:
            tensors = read_tensors(content[:cut])
        except ValueError:
            continue
        assert len(tensors) < 2 or cut >= len(content) - len(settings)


@pytest.mark.parametrize(
    "content", [b"\x00", b"\x7f", b"\x09" + bytes(9), b"PK\x03\x04", layer("con_4", [])]
)
def test_other_bytes_are_refused(content):
    with pytest.raises(ValueError, match=r"whole number|ends within|no tensor"):
        read_tensors(content)


def test_another_network_is_one_line(tmp_path):
    path = tmp_path / "a.dat"
    path.write_bytes(layer("con_4", [1, 2]) + layer("affine_", [1, 2]) + layer("fc_2", [1] * 128))
    with pytest.raises(FaceveilError, match=r"a\.dat: not dlib's network of 29") as refusal:
        read_dlib(path)
    assert "\n" not in str(refusal.value)


def test_different_sizes_are_filled_up_at_the_end():
    down = dlib_layers()[-4].eval()
    with torch.no_grad():
        for one in (down.first, down.second):
            one.weight.zero_()
            one.bias.fill_(1)
        found = down(torch.zeros(1, 256, 4, 4))
    assert found[0, 0].tolist() == [[1, 0], [0, 0]]
