"""Print packs: fixed bytes, whole or not at all, and one line about what is wrong."""

import json
import re
from functools import partial

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from faceveil.params.errors import FaceveilError
from faceveil.printing import pack
from faceveil.printing.pack import read_texture, write_pack
from tests.printing.printed_chart import a_texture


@pytest.fixture
def texture(tmp_path):
    path = tmp_path / "design.png"
    pixels = np.round(255 * np.moveaxis(a_texture(), 0, 2)).astype(np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.slow
def test_a_pack_has_all_pages_in_true_size_and_fixed_bytes(texture, tmp_path, monkeypatch):
    monkeypatch.setattr(pack, "piece_page", partial(pack.piece_page, dpi=40))
    out = tmp_path / "pack"
    written = write_pack(texture, "d-1", out, "pleated", "a4")
    names = ["1-instructions.svg", "2-chart.svg", "3-the-whole-mask.svg", "print.json", "print.pdf"]
    assert [path.name for path in written] == names
    sheet = re.search(rb'width="([\d.]+)pt" height="([\d.]+)pt"', contents(out)["2-chart.svg"]) or (
        re.search(rb'height="([\d.]+)pt".*?width="([\d.]+)pt"', contents(out)["2-chart.svg"], re.S)
    )
    sizes = sorted(float(one) / 72 * 25.4 for one in sheet.groups())
    assert sizes == pytest.approx([210, 297], abs=0.01)
    boxes = re.findall(rb"/MediaBox \[ *0 0 ([\d.]+) ([\d.]+) *\]", contents(out)["print.pdf"])
    assert [tuple(float(one) / 72 * 25.4 for one in box) for box in boxes] == (
        [pytest.approx((210, 297), abs=0.01)] * 3
    )
    card = json.loads(contents(out)["print.json"])
    assert card["finished_size_mm"] == {"the whole mask": [175.0, 137.0]}
    before = contents(out)
    write_pack(texture, "d-1", out, "pleated", "a4")
    assert contents(out) == before


def test_a_failure_leaves_the_older_pack(texture, tmp_path, monkeypatch):
    out = tmp_path / "pack"
    out.mkdir()
    (out / pack.CARD).write_text("{}")
    monkeypatch.setattr(pack, "piece_page", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        write_pack(texture, "d-1", out, "pleated", "a4")
    assert contents(out) == {pack.CARD: b"{}"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["design.png", "pack"]


def refused(*arguments):
    with pytest.raises(FaceveilError) as problem:
        write_pack(*arguments)
    assert "\n" not in str(problem.value)
    return str(problem.value)


def test_wrong_arguments_are_one_line(texture, tmp_path):
    out = tmp_path / "pack"
    wrong = refused(texture, "d", out, "cone", "a4")
    assert wrong == "--kind: unknown kind 'cone'; allowed are pleated, two_piece, gaiter"
    assert "allowed are a4, letter" in refused(texture, "d", out, "gaiter", "a3")
    assert "(90 characters)'; allowed are 1 to 32" in refused(
        texture, "x" * 90, out, "gaiter", "a4"
    )
    assert "allowed are 1 to 32" in refused(texture, "no spaces", out, "gaiter", "a4")
    assert not out.exists()


def test_a_folder_with_other_things_is_left_alone(texture, tmp_path):
    assert "holds other things than a print pack (design.png)" in refused(
        texture, "d", tmp_path, "gaiter", "a4"
    )
    assert "found a file" in refused(texture, "d", texture, "gaiter", "a4")


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
    with pytest.raises(FaceveilError, match=rf"{name}: (not a|a texture is)"):
        read_texture(tmp_path / name)
