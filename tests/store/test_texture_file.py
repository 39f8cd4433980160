"""Textures in files: what is read is what was written, and what is none is refused."""

import re

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_tensors

from faceveil.params.errors import FaceveilError
from faceveil.store.texture_file import read_texture, write_texture


def a_texture() -> np.ndarray:
    return np.random.default_rng(0).random((3, 126, 144), dtype=np.float32)


@pytest.fixture
def texture(tmp_path):
    path = tmp_path / "design.png"
    write_texture(path, a_texture())
    return path


def test_textures_are_read_alike_from_both_formats(texture, tmp_path):
    save_file({"texture": read_texture(texture)}, tmp_path / "design.safetensors")
    assert np.array_equal(read_texture(tmp_path / "design.safetensors"), read_texture(texture))
    assert np.abs(read_texture(texture) - a_texture()).max() <= 0.5 / 255 + 1e-6


def test_a_texture_of_a_training_is_chosen_by_number(tmp_path):
    trained = np.stack([a_texture(), 1 - a_texture()])
    save_file({"textures": trained, "starts": trained}, tmp_path / "textures.safetensors")
    for number in (0, 1):
        read = read_texture(tmp_path / "textures.safetensors", number)
        assert np.array_equal(read, trained[number])
    with pytest.raises(FaceveilError, match="no texture 2; there are 0 to 1"):
        read_texture(tmp_path / "textures.safetensors", 2)


@pytest.mark.parametrize(
    ("tensors", "words"),
    [
        ({"t": np.zeros((3, 100, 100), np.float32)}, "its shape is [3, 100, 100]"),
        ({"t": np.zeros((1, 126, 144), np.float32)}, "its shape is [1, 126, 144]"),
        ({"t": np.zeros((3, 7, 8), np.float32)}, "sides from 32 to 4096"),
        ({"t": np.full((3, 126, 144), 1.2, np.float32)}, "its values go from 1.2 to 1.2"),
        ({"t": np.full((3, 126, 144), np.nan, np.float32)}, "its values go from nan to nan"),
        ({"a": np.zeros(1), "b": np.zeros(1)}, "holds 2 tensors (a, b)"),
    ],
)
def test_textures_of_wrong_size_or_range_are_one_line(tmp_path, tensors, words):
    save_file(tensors, tmp_path / "t.safetensors")
    with pytest.raises(FaceveilError, match=re.escape(words)):
        read_texture(tmp_path / "t.safetensors")


@pytest.mark.parametrize("name", ["t.png", "t.safetensors", "t.txt"])
def test_files_of_another_kind_are_one_line(tmp_path, name):
    with pytest.raises(FaceveilError, match=f"{name}: no such texture"):
        read_texture(tmp_path / name)
    (tmp_path / name).write_bytes(b"nothing of the kind")
    with pytest.raises(FaceveilError, match=rf"{name}: (no |a texture is)"):
        read_texture(tmp_path / name)


def test_only_png_is_written(tmp_path):
    with pytest.raises(FaceveilError, match=r"design\.jpg: a texture is written as PNG"):
        write_texture(tmp_path / "design.jpg", a_texture())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (Image.fromarray(np.full((126, 144), 30000, dtype=np.uint16)), "16 bits per colour"),
        (Image.new("RGBA", (144, 126), (255, 0, 0, 0)), "transparent places"),
    ],
)
def test_what_eight_opaque_bits_would_misread_is_one_line(tmp_path, picture, said):
    picture.save(tmp_path / "design.png")
    with pytest.raises(FaceveilError, match=rf"design\.png: it has {said}; save it as RGB"):
        read_texture(tmp_path / "design.png")


def test_opaque_pictures_of_any_mode_are_read(tmp_path):
    for mode, colour in (("RGBA", (51, 102, 153, 255)), ("P", 0), ("L", 51)):
        Image.new(mode, (144, 126), colour).save(tmp_path / "design.png")
        assert read_texture(tmp_path / "design.png").shape == (3, 126, 144)


def test_a_type_that_numpy_has_not_is_one_line(tmp_path):
    save_tensors({"t": torch.zeros(3, 126, 144, dtype=torch.bfloat16)}, tmp_path / "t.safetensors")
    with pytest.raises(FaceveilError, match=r"t\.safetensors: no safetensors file"):
        read_texture(tmp_path / "t.safetensors")
