"""Crops are checked against Pillow's warp and NumPy's least squares; gradients reach the photo."""

import numpy as np
import pytest
import torch
from PIL import Image

from faceveil.collection.places import Places
from faceveil.params.errors import FaceveilError
from faceveil.recognition.cropping import TEMPLATE, crop_faces, crop_template, similarity_map

SIZE = 112


def place(box=(0.25, 0.25, 0.75, 0.75), points=TEMPLATE, size=(SIZE, SIZE)) -> Places:
    shares = np.array(points, np.float32) / np.array(size, np.float32)
    return Places(np.array([box], np.float32), shares[None])


def smooth_photo(height: int, width: int) -> torch.Tensor:
    rows, columns = np.mgrid[:height, :width] / 20
    waves = [np.sin(rows), np.cos(columns), np.sin(rows + columns)]
    return torch.from_numpy(np.stack(waves).astype(np.float32) / 2 + 0.5)[None]


def turned(points, degrees: float, zoom: float, shift: tuple[float, float]) -> np.ndarray:
    angle = np.deg2rad(degrees)
    turn = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.array(points) @ turn.T + shift


def test_frame_is_the_whole_photo():
    photo = smooth_photo(128, 128)
    assert crop_faces(photo, None, "frame", 128) is photo
    assert crop_faces(photo, None, "frame", 64).shape == (1, 3, 64, 64)


def test_points_in_place_leave_the_photo_as_it_is():
    photo = smooth_photo(SIZE, SIZE)
    assert torch.allclose(crop_faces(photo, place(), "aligned", SIZE), photo, atol=1e-4)


def test_aligned_is_pillows_warp_with_least_squares_from_numpy():
    photo = smooth_photo(180, 200)
    points = turned(TEMPLATE, 20, 1.3, (40, 10)) + np.random.default_rng(0).normal(0, 1, (5, 2))
    # from template to photo, as x' = a x - b y + c, y' = b x + a y + d, inverted by hand
    x, y = points.T
    ones, zeros = np.ones(5), np.zeros(5)
    design = np.block([[x, -y, ones, zeros], [y, x, zeros, ones]]).reshape(2, 4, 5)
    design = design.transpose(0, 2, 1).reshape(10, 4)
    aim = np.array(TEMPLATE).T.reshape(10)
    a, b, c, d = np.linalg.lstsq(design, aim, rcond=None)[0]
    back = np.linalg.inv(np.array([[a, -b, c], [b, a, d], [0, 0, 1]]))
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])  # Pillow counts from a pixel's edge
    matrix = half @ back @ np.linalg.inv(half)
    found = crop_faces(photo, place(points=points, size=(200, 180)), "aligned", SIZE)[0]
    for channel in range(3):
        grey = Image.fromarray(photo[0, channel].numpy())
        warped = grey.transform(
            (SIZE, SIZE), Image.Transform.AFFINE, matrix[:2].ravel(), Image.Resampling.BILINEAR
        )
        inside = np.asarray(warped) > 0
        difference = np.abs(np.asarray(warped) - found[channel].numpy())[inside]
        assert inside.mean() > 0.7
        assert np.quantile(difference, 0.99) < 0.01


def test_a_similarity_is_recovered_exactly():
    source = torch.tensor(TEMPLATE, dtype=torch.float64)[None]
    target = torch.from_numpy(turned(TEMPLATE, -70, 0.4, (3, 90)))[None]
    mapping = similarity_map(source, target)
    found = source @ mapping[:, :, :2].transpose(1, 2) + mapping[:, None, :, 2]
    assert torch.allclose(found, target)


def test_a_mirrored_face_is_not_mirrored_back():
    source = torch.tensor(TEMPLATE, dtype=torch.float64)[None]
    mapping = similarity_map(source, source * torch.tensor([-1.0, 1.0], dtype=torch.float64))
    assert torch.det(mapping[0, :, :2]) > 0


def test_beyond_the_edge_is_black():
    points = np.array(TEMPLATE) - (SIZE / 2, 0)  # half of the face is left of the photo
    found = crop_faces(torch.ones(1, 3, SIZE, SIZE), place(points=points), "aligned", SIZE)
    assert found[..., : SIZE // 2 - 1].max() == 0
    assert torch.allclose(found[..., SIZE // 2 + 1 :], torch.ones(()))


def test_a_large_photo_is_not_sampled_sparsely():
    draw = torch.Generator().manual_seed(0)
    photo = torch.rand((1, 3, 448, 448), generator=draw)
    whole = place(points=np.array(TEMPLATE) * 4, size=(448, 448))
    found = crop_faces(photo, whole, "aligned", SIZE)
    assert found[..., 20:-20, 20:-20].std() < 0.12  # single samples have 0.19 and more


def test_a_chip_shows_the_same_face_with_more_around_it():
    photo = smooth_photo(SIZE, SIZE)
    chip = crop_faces(photo, place(), "chip", 150)
    aligned = crop_faces(photo, place(), "aligned", SIZE)
    for x, y in ((40, 50), (60, 60), (80, 95)):
        column, row = 1.4913 * x - 9.4, 1.4913 * y - 29.85
        left, top = int(column), int(row)
        across, down = column - left, row - top
        corners = chip[0, :, top : top + 2, left : left + 2]
        rows = corners[:, 0] * (1 - down) + corners[:, 1] * down
        found = rows[:, 0] * (1 - across) + rows[:, 1] * across
        assert torch.allclose(found, aligned[0, :, y, x], atol=1e-3)
    assert torch.allclose(crop_template("chip", 300), 2 * crop_template("chip", 150))


@pytest.mark.parametrize("crop", ["frame", "aligned", "chip"])
def test_gradients_reach_the_photo(crop):
    photo = torch.rand(2, 3, 128, 128, requires_grad=True)
    both = Places(np.repeat(place().boxes, 2, axis=0), np.repeat(place().points, 2, axis=0))
    found = crop_faces(photo, both, crop, 64)
    assert found.shape == (2, 3, 64, 64)
    found.sum().backward()
    assert photo.grad.abs().sum() > 0


def test_faces_do_not_influence_each_other():
    photos = torch.rand(3, 3, 96, 96)
    points = np.stack([turned(TEMPLATE, d, 0.7, (5, 5)) for d in (0, 10, 20)]) / 96
    boxes = np.array([[0, 0, 1, 1], [0.1, 0.1, 0.9, 0.8], [0.3, 0.2, 0.6, 0.7]])
    places = Places(boxes.astype(np.float32), points.astype(np.float32))
    together = crop_faces(photos, places, "aligned", 48)
    alone = [crop_faces(photos[n : n + 1], places[n : n + 1], "aligned", 48) for n in range(3)]
    assert torch.allclose(together, torch.cat(alone), atol=1e-6)


@pytest.mark.parametrize("known", [None, 0])
def test_an_unknown_place_is_refused(known):
    places = None if known is None else place(box=(np.nan, 0, 1, 1))
    with pytest.raises(FaceveilError, match=r"crop 'aligned' needs the place of every.* 0 of 1"):
        crop_faces(torch.rand(1, 3, 80, 80), places, "aligned", 48)
