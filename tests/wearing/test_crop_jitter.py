"""A misplaced crop shows the face where the condition says, whichever way it is cropped."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from faceveil.collection.places import Places
from faceveil.recognition.cropping import TEMPLATE, crop_faces, similarity_map
from faceveil.wearing.crop_jitter import EYE_DISTANCE, jitter_frame, jitter_places
from tests.wearing.test_capture import smooth_photos
from tests.wearing.textured_world import only, random

SIZE = 112


def condition(moved=(0.0, 0.0), turned=0.0, scaled=1.0):
    return replace(
        only()[:1],
        crop_moved=torch.tensor([moved]),
        crop_turned=torch.tensor([turned]),
        crop_scaled=torch.tensor([scaled]),
    )


def place(points=TEMPLATE, size=SIZE):
    return Places(np.array([[0.2, 0.1, 0.8, 0.9]], np.float32), np.float32([points]) / size)


def test_the_distance_of_the_eyes_is_that_of_the_crops_template():
    left, right = np.array(TEMPLATE[:2])
    assert np.linalg.norm(right - left) / SIZE == pytest.approx(EYE_DISTANCE, abs=1e-4)


def test_a_moved_crop_shows_the_face_elsewhere_with_either_crop():
    photo, moved = smooth_photos(1, SIZE), condition(moved=(4 / SIZE, -2 / SIZE))
    frame = jitter_frame(photo, moved)
    torch.testing.assert_close(frame[..., 4:-4, 8:], photo[..., 6:-2, 4:-4], atol=1e-5, rtol=0)
    crop = crop_faces(photo, jitter_places(place(), moved), "aligned", SIZE)
    inside = (..., slice(8, -8), slice(8, -8))
    torch.testing.assert_close(crop[inside], frame[inside], atol=2e-3, rtol=0)


def test_a_turned_and_scaled_crop_turns_and_scales_the_face():
    jittered = jitter_places(place(), condition(turned=0.2, scaled=1.25))
    maps = similarity_map(torch.from_numpy(jittered.points), torch.from_numpy(place().points)[0])
    seen = maps[0, :, :2].numpy()  # from where the face is to where the crop shows it
    cosine, sine = 1.25 * np.cos(0.2), 1.25 * np.sin(0.2)
    np.testing.assert_allclose(seen, [[cosine, -sine], [sine, cosine]], atol=1e-5)
    np.testing.assert_allclose(jittered.points.mean(1), place().points.mean(1), atol=1e-6)
    assert np.diff(jittered.boxes[0].reshape(2, 2), axis=0) == pytest.approx(
        np.array([[0.6, 0.8]]) / 1.25, rel=1e-5
    )


def test_a_turned_and_scaled_frame_is_a_complex_factor_around_the_middle():
    """The photo is a ramp, so that what is seen says where it is."""
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    photo = torch.stack([x, y, x]).div(63)[None]
    found = jitter_frame(photo, condition(turned=0.2, scaled=1.25))[0] * 63 - 31.5
    lies = (found[0] + 1j * found[1]).numpy()
    seen = lies * 1.25 * np.exp(0.2j)
    middle = (slice(16, 48), slice(16, 48))
    np.testing.assert_allclose(seen.real[middle], (x - 31.5)[middle], atol=1e-3)
    np.testing.assert_allclose(seen.imag[middle], (y - 31.5)[middle], atol=1e-3)


def test_a_crop_in_place_stays_as_it_is():
    photos = random(4, 3, 32, 32)
    assert jitter_frame(photos, only()) is photos
    some = only(crop_turned_radians=0.1)
    some.crop_turned[[0, 2]] = 0
    found = jitter_frame(photos, some)
    assert torch.equal(found[[0, 2]], photos[[0, 2]])
    assert not torch.equal(found[1], photos[1])
    np.testing.assert_allclose(
        jitter_places(place(), condition()).points, place().points, atol=1e-7
    )


def test_photos_and_places_do_not_influence_each_other():
    photos, some = random(4, 3, 32, 32), only(crop_moved_share=0.05, crop_scaled=0.1)
    points = np.concatenate([place(np.array(TEMPLATE) + step).points for step in range(4)])
    places = Places(np.repeat(place().boxes, 4, axis=0), points)
    for row in range(4):
        one = slice(row, row + 1)
        assert torch.equal(jitter_frame(photos[one], some[one]), jitter_frame(photos, some)[one])
        together = jitter_places(places, some)[one]
        np.testing.assert_array_equal(jitter_places(places[one], some[one]).points, together.points)


def test_gradients_of_a_frame_are_finite_differences():
    some = only(crop_moved_share=0.05, crop_turned_radians=0.1, crop_scaled=0.1)
    photos = random(4, 3, 12, 12, dtype=torch.float64).requires_grad_()
    assert gradcheck(lambda seen: jitter_frame(seen, some), photos, fast_mode=True)


def test_an_unknown_place_stays_unknown():
    nowhere = Places(np.full((1, 4), np.nan, np.float32), np.full((1, 5, 2), np.nan, np.float32))
    assert not jitter_places(nowhere, condition(moved=(0.1, 0.1))).found.any()


def test_conditions_of_other_faces_are_refused():
    with pytest.raises(ValueError, match="1 places need as many conditions, not 4"):
        jitter_places(place(), only())
    with pytest.raises(ValueError, match="2 photos need as many conditions, not 4"):
        jitter_frame(random(2, 3, 8, 8), only())
