"""What recognizers see of people in textures, flat and under conditions."""

import numpy as np
import pytest
import torch

from faceveil.params.conditions import ConditionStrengths
from faceveil.protection.textures.seen import cosines, embeddings, tiled, worn_by_all, worn_flat
from faceveil.wearing.texture import wear_texture
from tests.protection.textures.texture_world import PEOPLE, task


def world(**changes):
    """Return the small task, photos of everybody and a texture for each."""
    small = task(**changes)
    photos = small.wearers.photos(np.arange(len(small.wearers)))
    stream = torch.Generator().manual_seed(0)
    return small, photos, torch.rand(len(photos.images), 3, 8, 10, generator=stream)


def test_worn_flat_they_are_what_the_recognizer_says_of_the_worn_photo():
    small, photos, textures = world()
    worn = wear_texture(photos.images, photos.transparency, photos.coordinates, textures)
    for one, found in zip(small.evaded, embeddings(small, textures, photos), strict=True):
        wanted = one.recognizer.head(one.recognizer.features(worn, None))
        torch.testing.assert_close(found, wanted)


def test_a_photo_has_its_condition_of_a_step_whoever_is_beside_it():
    small, photos, textures = world(conditions=ConditionStrengths())
    together = embeddings(small, textures, photos, step=3)[0]
    some = small.wearers.photos(np.array([7, 2]))
    alone = embeddings(small, textures[[7, 2]], some, step=3)[0]
    torch.testing.assert_close(alone, together[[7, 2]])
    assert not torch.allclose(together, embeddings(small, textures, photos, step=4)[0])
    assert not torch.allclose(together, embeddings(small, textures, photos)[0])


def test_everybody_wears_every_texture_in_turn():
    small, photos, textures = world()
    likeness, wrong = worn_by_all(small, textures[:3], photos)
    for place, texture in enumerate(textures[:3]):
        each = texture.expand(len(photos.images), -1, -1, -1)
        wanted = worn_flat(small, each, photos)
        torch.testing.assert_close(
            torch.stack([likeness[place], wrong[place]]), torch.stack(wanted)
        )
    twice = tiled(photos, 2)
    both = embeddings(small, textures[:2].repeat_interleave(len(photos.images), 0), twice)
    found = cosines(small, both)[0].view(2, len(photos.images), PEOPLE)
    own = found.gather(2, photos.labels.expand(2, -1)[..., None])[..., 0]
    unit = small.evaded[0].threshold - small.evaded[0].nonmated
    others = cosines(small, both)[1].view(2, len(photos.images), PEOPLE)
    second = others.gather(2, photos.labels.expand(2, -1)[..., None])[..., 0]
    torch.testing.assert_close((own + second).mean(1) / 2 / unit, likeness[:2])


@pytest.mark.parametrize(
    ("out", "turns"),
    [
        (0, ["012", "012", "012", "012"]),
        (1, ["01", "12", "02", "01"]),
        (2, ["0", "1", "2", "0"]),
    ],
)
def test_recognizers_are_left_out_in_turn(out, turns):
    small = task(recognizers=3, left_out_per_step=out)
    for step, wanted in enumerate(turns):
        names = [one.recognizer.name for one in small.of_step(step).evaded]
        assert names == [f"recognizer{number}" for number in wanted]
