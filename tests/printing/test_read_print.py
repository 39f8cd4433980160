"""Charts printed and photographed by arithmetic are read back; the truth is known."""

from functools import cache

import numpy as np
import pytest
import torch

from faceveil.metrics.colour_difference import delta_e_2000, lab
from faceveil.params.errors import FaceveilError
from faceveil.printing import chart
from faceveil.printing.read_print import read_print, read_table, write_reading
from tests.printing.printed_chart import Camera, a_texture, chart_mm, photograph

CAMERAS = {
    "tilted": Camera(),
    "upside down, wavy": Camera(quarters=2, wave_mm=1.5, tilt=0.15, seed=1),
    "letter, a quarter turn, rough": Camera(
        quarters=1, paper="letter", noise=0.03, blur=1.5, quality=60, seed=2
    ),
    "three quarters, turned": Camera(quarters=3, roll=-0.15, seed=3),
}
seen = cache(lambda name: photograph(CAMERAS[name]))
reading = cache(lambda name: read_print(seen(name)))


@pytest.mark.parametrize("name", CAMERAS)
def test_it_is_registered_within_half_a_millimetre(name):
    registration = reading(name).registration
    places = np.concatenate([chart.patches(), chart.sample_places(12, 12).reshape(-1, 2)])
    miss = chart_mm(registration.pixels(places), CAMERAS[name]) - places
    true = np.sqrt((miss**2).sum(axis=1).mean())
    assert true < 0.5
    assert registration.error_mm == pytest.approx(true, rel=0.5)
    assert registration.found == len(chart.marks())


@pytest.mark.parametrize("name", CAMERAS)
def test_colours_held_back_are_predicted(name):
    assert np.median(reading(name).held_back) < 3
    assert len(reading(name).held_back) == 72


@pytest.mark.parametrize("name", CAMERAS)
def test_the_design_is_read_back(name):
    sent, read = a_texture(), reading(name).texture
    for channel in range(3):
        assert np.corrcoef(sent[channel].ravel(), read[channel].ravel())[0, 1] > 0.88
    flipped = np.corrcoef(sent[0, ::-1, ::-1].ravel(), read[0].ravel())[0, 1]
    assert abs(flipped) < 0.3


def test_the_table_says_what_the_design_looks_like():
    one = reading("tilted")
    shown = one.table.apply(torch.from_numpy(a_texture())[None])[0].numpy()
    first, second = (lab(np.moveaxis(each, 0, 2)) for each in (shown, one.texture))
    unprinted = lab(np.moveaxis(a_texture(), 0, 2))
    assert np.median(delta_e_2000(first, second)) < 3
    assert np.median(delta_e_2000(unprinted, second)) > 8, "else the table had nothing to do"


def test_hidden_marks_are_done_without():
    photo = seen("tilted").copy()
    at = reading("tilted").registration.pixels(chart.marks()[[4, 7, 10]])
    for x, y in at.round().astype(int):
        photo[y - 30 : y + 30, x - 30 : x + 30] = 0.5
    again = read_print(photo)
    assert again.registration.found == 11
    assert np.abs(again.seen - reading("tilted").seen).max() < 0.05


def test_hidden_marks_of_direction_are_refused():
    photo = seen("tilted").copy()
    for x, y in reading("tilted").registration.pixels(chart.marks()[-2:]).round().astype(int):
        photo[y - 30 : y + 30, x - 30 : x + 30] = 0.8
    with pytest.raises(FaceveilError, match="which way up the chart lies is not seen"):
        read_print(photo, "a.jpg")


@pytest.mark.parametrize("photo", ["blank", "noise", "half"])
def test_a_photo_without_marks_is_one_line(photo):
    photos = {
        "blank": np.full((400, 300, 3), 0.8, np.float32),
        "noise": np.random.default_rng(0).random((400, 300, 3), dtype=np.float32),
        "half": seen("tilted")[:500, :500],
    }
    with pytest.raises(FaceveilError, match=r"a\.jpg: found \d+ of the chart's 14") as problem:
        read_print(photos[photo], "a.jpg")
    assert "\n" not in str(problem.value)


def test_the_file_holds_the_table_and_its_counts(tmp_path):
    one = reading("tilted")
    write_reading(tmp_path / "table.json", one)
    texture = torch.rand(2, 3, 5, 7, generator=torch.Generator().manual_seed(0))
    stored = read_table(tmp_path / "table.json")
    assert torch.allclose(stored.apply(texture), one.table.apply(texture), atol=1e-5)
    content = one.content()
    assert (content["marks"], content["patches"], content["patches_per_half"]) == (14, 72, 36)
    assert content["registration_error_mm"] < 0.5
    for words in ("{}", "no", '{"coefficients": [[1, 2, 3]]}'):
        (tmp_path / "table.json").write_text(words)
        with pytest.raises(FaceveilError, match=r"table\.json: .*stages\.read_print"):
            read_table(tmp_path / "table.json")
