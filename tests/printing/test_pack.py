"""Print packs: fixed bytes, whole or not at all, and one line about what is wrong."""

import json
import re
from functools import partial

import numpy as np
import pytest
from PIL import Image

from faceveil.params.errors import FaceveilError
from faceveil.printing import pack
from faceveil.printing.pack import write_pack
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
