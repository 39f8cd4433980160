"""Every kind's map from cloth to the worn mask: one-to-one, true lengths, and its artwork."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from faceveil.printing import gaiter, pleated, two_piece
from faceveil.printing.kinds import KINDS
from faceveil.printing.pieces import artwork, border, contains, densified, grown, sampled
from faceveil.printing.worn_lengths import FACEMASK, GAITER, on_head

pieces = cache(lambda kind: KINDS[kind].pieces())
EVERY = [(kind, number) for kind in KINDS for number in range(1 + (kind == "two_piece"))]
LIMITS = {"pleated": (0.65, 1.30), "two_piece": (0.93, 1.08), "gaiter": (0.70, 1.45)}
"""Least and largest length on the head per length of cloth, in 90 of 100 places of the design; a
half-open pleat is seen at a slant."""


def jacobians(piece, cover):
    """Of the map from cloth to the head, ``[N, 3, 2]``, by differences between nodes."""
    solid = on_head(piece.worn[..., 0], piece.worn[..., 1], cover)
    ways = [
        np.stack([grid[:-1, 1:] - grid[:-1, :-1], grid[1:, :-1] - grid[:-1, :-1]], axis=-1)
        for grid in (solid, piece.flat)
    ]
    return ways[0] @ np.linalg.inv(ways[1])


@pytest.mark.parametrize(("kind", "number"), EVERY)
def test_each_place_of_the_cloth_is_one_of_the_mask(kind, number):
    piece = pieces(kind)[number]
    right = piece.flat[:-1, 1:] - piece.flat[:-1, :-1]
    down = piece.flat[1:, :-1] - piece.flat[:-1, :-1]
    turns = right[..., 0] * down[..., 1] - right[..., 1] * down[..., 0]
    mirrored = kind == "two_piece" and number == 0  # its grid begins at the seam, on the right
    assert ((-turns if mirrored else turns) > 0).all()
    places = piece.flat[1:-1:4, 1:-1:3]
    assert piece.worn_at(places) == pytest.approx(piece.worn[1:-1:4, 1:-1:3], abs=1e-6)


@pytest.mark.parametrize(("kind", "number"), EVERY)
def test_cloth_is_about_as_long_as_the_face_it_covers(kind, number):
    piece = pieces(kind)[number]
    scale = np.linalg.svd(
        jacobians(piece, GAITER if kind == "gaiter" else FACEMASK), compute_uv=False
    )
    shown = piece.worn[:-1, :-1, 1] < 1
    if kind == "pleated":  # beyond it the ear loops gather the cloth
        at = piece.worn[:-1, :-1, 0]
        shown &= pleated.opened(at[0])[None] > 0.3
    low, high = np.percentile(scale[shown], [5, 95])
    assert LIMITS[kind][0] < low < high < LIMITS[kind][1]


@pytest.mark.parametrize("kind", KINDS)
def test_outside_of_the_design_is_no_place(kind):
    piece = pieces(kind)[0]
    outside = piece.flat.reshape(-1, 2).max(axis=0) + 1
    assert np.isnan(piece.worn_at(outside[None])).all()


def test_a_pleated_mask_folds_to_its_height():
    (piece,) = pieces("pleated")
    ridges, grooves, meets = (
        [line.ends[0, 1] for line in piece.lines if line.kind == kind]
        for kind in ("ridge", "groove", "meets")
    )
    folded = np.ptp(piece.outline[:, 1]) - np.subtract(meets, ridges).sum()
    assert folded == pytest.approx(95)
    assert np.subtract(grooves, ridges) == pytest.approx(np.subtract(meets, grooves))


def test_a_pleated_mask_is_right_from_nose_to_chin_in_the_middle():
    """Unfolded, a millimetre of cloth over nose and chin is a millimetre of the face."""
    (piece,) = pieces("pleated")
    middle = np.stack([np.full(100, pleated.WIDTH / 2), np.linspace(0.1, 110.9, 100)], axis=1)
    worn = piece.worn_at(middle)
    assert worn[:, 0] == pytest.approx(0, abs=1e-6)
    solid = on_head(worn[:, 0], worn[:, 1])
    assert np.linalg.norm(np.diff(solid, axis=0), axis=1).sum() == pytest.approx(110.8, rel=0.01)


def test_closed_pleats_hide_little_of_the_design_at_the_sides():
    (piece,) = pieces("pleated")
    top = pleated.STRIP
    hidden = np.array([[3.0, top], [3.0, top + 2 * pleated.DEPTH]])
    v = piece.worn_at(hidden)[:, 1]
    assert 0 < v[1] - v[0] < 0.03


def test_halves_have_equal_seams_of_the_profiles_length():
    left, right = pieces("two_piece")
    lengths = [np.linalg.norm(np.diff(two_piece.seam(one), axis=0), axis=1).sum() for one in
               (left, right)]  # fmt: skip
    profile = on_head(np.zeros(1), np.linspace(0, 1, 5001))
    assert abs(lengths[0] - lengths[1]) < 0.1
    assert abs(lengths[0] - np.linalg.norm(np.diff(profile, axis=0), axis=1).sum()) < 0.1


def test_halves_meet_at_the_seam_height_by_height():
    left, right = pieces("two_piece")
    for half, way in ((left, -1), (right, 1)):
        inside = np.add(two_piece.seam(half)[5:-5:10], (0.2 * way, 0))
        worn = half.worn_at(inside)
        assert np.abs(worn[:, 0]).max() < 0.005
        assert worn[:, 1] == pytest.approx(half.worn[5:-5:10, 0, 1], abs=0.01)
    along = [np.linalg.norm(np.diff(two_piece.seam(one), axis=0), axis=1) for one in (left, right)]
    assert along[0] == pytest.approx(along[1], abs=1e-9)


def test_a_seam_is_curved():
    seam = two_piece.seam(pieces("two_piece")[1])
    straight = np.linalg.norm(seam[-1] - seam[0])
    assert np.linalg.norm(np.diff(seam, axis=0), axis=1).sum() > straight + 1


def test_a_gaiter_goes_around_and_is_grey_at_the_back():
    (piece,) = pieces("gaiter")
    assert np.ptp(piece.outline, axis=0).tolist() == [500, 240]
    art = artwork(np.zeros((3, 126, 144), np.float32), piece, dpi=25)
    x = np.linspace(*art.extent[:2], art.pixels.shape[1])
    assert (art.pixels[:, (x < 150) | (x > 350)] == gaiter.GREY).all()
    assert (art.pixels[art.pixels.shape[0] // 4, np.abs(x - 250) < 60] == 0).all()


@pytest.mark.parametrize(("kind", "number"), EVERY)
def test_artwork_shows_each_place_its_texel(kind, number):
    """A texture that says u in red and v in green is read back place by place."""
    v, u = (np.mgrid[:126, :144] + 0.5) / np.array([126, 144])[:, None, None]
    piece = pieces(kind)[number]
    art = artwork(np.stack([u, v, 0 * u]).astype(np.float32), piece, dpi=60)
    pixel = 25.4 / 60
    places = piece.flat[10:-10:12, 6:-6:6].reshape(-1, 2)
    worn = piece.worn[10:-10:12, 6:-6:6].reshape(-1, 2)
    column, row = ((places - (art.extent[0], art.extent[3])) / pixel).astype(int).T
    shown = art.pixels[row, column]
    at_most = np.minimum(worn[:, 1], 1)
    assert np.abs(shown[:, 0] - (worn[:, 0] + 1) / 2).max() < 0.015
    assert np.abs(shown[:, 1] - at_most).max() < 0.03


def test_cut_and_bleed_lie_outside_one_another():
    (piece,) = pieces("pleated")
    art = artwork(np.zeros((3, 126, 144), np.float32), piece, dpi=25)
    assert np.ptp(art.cut, axis=0) == pytest.approx([191, 153], abs=0.2)
    assert np.ptp(art.bleed, axis=0) == pytest.approx([197, 159], abs=0.2)
    assert contains(art.bleed, art.cut).all()
    assert contains(art.cut, piece.outline).all()


def test_a_grown_outline_is_everywhere_as_far_away():
    outline = border(pieces("two_piece")[0].flat)
    fine = densified(outline, 0.05)
    distance = np.linalg.norm(grown(outline, 8.0)[::9, None] - fine[None], axis=2).min(axis=1)
    assert distance == pytest.approx(8, abs=0.1)


def test_a_texture_goes_on_with_its_nearest_texel():
    texture = np.random.default_rng(0).random((3, 4, 5)).astype(np.float32)
    corners = sampled(texture, np.array([-3.0, 3.0]), np.array([-1.0, 2.0]))
    assert corners == pytest.approx(np.stack([texture[:, 0, 0], texture[:, -1, -1]]))
    centre = sampled(texture, np.array([-1 + 2 * 2.5 / 5]), np.array([1.5 / 4]))
    assert centre[0] == pytest.approx(texture[:, 1, 2])


def test_without_allowance_the_finished_edge_is_cut():
    piece = replace(pieces("pleated")[0], allowance=0.0)
    assert artwork(np.zeros((3, 126, 144), np.float32), piece, dpi=25).cut is piece.outline
