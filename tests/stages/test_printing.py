"""The commands ``print_pack`` and ``read_print``: what they print, and one line about problems."""

import json

import numpy as np
from PIL import Image
from typer.testing import CliRunner

from faceveil.store.texture_file import read_texture
from stages import print_pack, read_print
from tests.printing.printed_chart import Camera, a_texture, photograph


def test_a_photo_of_a_chart_becomes_a_table(tmp_path):
    photo = np.round(255 * photograph(Camera())).astype(np.uint8)
    Image.fromarray(photo).save(tmp_path / "photo.jpg", quality=92)
    out, design = tmp_path / "table.json", tmp_path / "printed.png"
    words = [str(tmp_path / "photo.jpg"), "--out", str(out), "--design", str(design)]
    result = CliRunner().invoke(read_print.app, words)
    assert result.exit_code == 0, result.output
    seen, drawn = read_texture(design), a_texture()
    assert seen.shape == drawn.shape
    assert np.corrcoef(seen.ravel(), drawn.ravel())[0, 1] > 0.9  # paler and blurred, in place
    assert "14 of 14 marks, registered within 0." in result.output
    assert len(json.loads(out.read_text())["coefficients"]) == 20


def test_what_is_no_photo_or_has_no_marks_is_one_line(tmp_path):
    path, out = tmp_path / "blank.png", tmp_path / "table.json"
    for content in (None, "blank"):
        if content:
            Image.new("RGB", (300, 400), "white").save(path)
        result = CliRunner().invoke(read_print.app, [str(path), "--out", str(out)])
        assert result.exit_code == 1
        assert result.stderr.startswith(f"read_print: {path}: ")
        assert result.stderr.count("\n") == 1
        assert not out.exists()


def test_a_pack_of_an_unknown_kind_is_one_line(tmp_path):
    arguments = ["none.png", "--name", "d", "--out", str(tmp_path / "out"), "--kind", "hat"]
    result = CliRunner().invoke(print_pack.app, arguments)
    assert result.exit_code == 1
    assert result.stderr == (
        "print_pack: --kind: unknown kind 'hat'; allowed are pleated, two_piece, gaiter\n"
    )
