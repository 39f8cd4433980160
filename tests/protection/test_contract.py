"""Every registered method keeps the promises of the contract."""

import numpy as np
import pandas as pd
import pytest
import torch

from faceveil.params.read import validate
from faceveil.params.translation import UNetShape
from faceveil.protection.base import Draw, Photos, Worn
from faceveil.protection.registry import method, method_names
from faceveil.protection.translation.put_on import PutOn
from faceveil.protection.translation.translator import Translator, write_translator
from faceveil.store.faces import PackedFaces
from faceveil.store.texture_file import write_texture
from tests.protection.protected_world import write_generators

SIZE, PEOPLE = 16, 9
SETTINGS = {
    "flat": {"value": 0.25},
    "gaiter": {"value": 0.5},
    "blur": {"sigma_share": 0.1},
    "other_face": {"faces": 3},
    "noise": {"patterns": 4},
}
"""Settings that a method cannot do without, or small ones."""

ELSEWHERE = {"put_on": PutOn}
"""Methods of other pipelines, which the main one does not find by name."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = write_generators(tmp_path_factory.mktemp("exp"))
    translator = Translator(UNetShape(channels=4, depth=2), "predicted")
    write_translator(folder / "put_on.safetensors", translator, {})
    for shade, file in enumerate(("one.png", "other.png")):
        write_texture(folder / file, np.full((3, 63, 72), 0.3 + 0.4 * shade, dtype=np.float32))
    return folder


@pytest.fixture(scope="module")
def photos():
    stream = torch.Generator().manual_seed(7)
    ids = np.array([f"p{number}" for number in range(PEOPLE)])
    alpha = torch.zeros(PEOPLE, 1, SIZE, SIZE)
    alpha[:, :, SIZE // 2 :] = 1
    images = torch.rand(PEOPLE, 3, SIZE, SIZE, generator=stream)
    across = torch.linspace(-1, 1, SIZE).expand(SIZE, SIZE)
    place = torch.stack([across, across.T.abs(), torch.ones(SIZE, SIZE)])
    coordinates = place.expand(PEOPLE, -1, -1, -1)
    return Photos(images, ids, np.char.add(ids, "_Mask"), alpha, coordinates)


def made(name, trained):
    found = method(name) if name in method_names() else ELSEWHERE[name]
    settings = SETTINGS.get(name, {})
    if name == "picture":
        settings = {"files": [str(trained / file) for file in ("one.png", "other.png")]}
    protection = found(validate(found.Settings, settings, name))
    pixels = np.random.default_rng(1).integers(0, 256, (5, SIZE, SIZE, 3), dtype=np.uint8)
    lenders = [f"train{number}" for number in range(5)]
    rows = pd.DataFrame({"subject_id": lenders, "image_id": lenders, "split": "train"})
    protection.fit(PackedFaces(pixels, rows), seed=3)
    protection.read(trained, seed=3)
    return protection


@pytest.fixture(params=[*method_names(), *ELSEWHERE])
def protection(request, trained):
    return made(request.param, trained)


def dealt(protection, seed=3):
    return Draw(seed, np.arange(PEOPLE) % protection.variants)


def part_of(photos, keep):
    return Photos(
        photos.images[keep], photos.subject_ids[keep], photos.image_ids[keep],
        photos.transparency[keep], photos.coordinates[keep],
    )  # fmt: skip


def test_photos_stay_photos_and_the_source_stays_as_it_was(protection, photos):
    before = photos.images.clone()
    found = protection.apply(photos, dealt(protection))
    assert found.shape == photos.images.shape
    assert found.dtype == torch.float32
    assert found.min() >= 0
    assert found.max() <= 1
    found.zero_()
    assert torch.equal(photos.images, before)


def test_order_and_batch_size_are_irrelevant(protection, photos):
    if protection.scope == "set":
        pytest.skip("it takes all people at once")
    whole, draw = protection.apply(photos, dealt(protection)), dealt(protection)
    order = np.random.default_rng(0).permutation(PEOPLE)
    for keep in (order, order[:1], order[4:]):
        alone = protection.apply(part_of(photos, keep), Draw(draw.seed, draw.variants[keep]))
        assert torch.equal(alone, whole[keep])


def test_the_same_seed_gives_the_same_bytes(protection, photos, trained):
    name = type(protection).__module__.rpartition(".")[2]
    again = made(name, trained).apply(photos, dealt(protection))
    assert torch.equal(protection.apply(photos, dealt(protection)), again)


def test_a_method_that_changes_nothing_says_so_and_no_other_does(protection, photos):
    found = protection.apply(photos, dealt(protection))
    assert torch.equal(found, photos.images) == (not protection.changes)


def test_what_is_worn_shows_where_it_covers_and_nowhere_else(protection, photos):
    if protection.scope != "wearer":
        pytest.skip("it is not worn")
    found = protection.apply(photos, dealt(protection))
    covered = protection.cover(photos) if isinstance(protection, Worn) else photos.transparency
    assert (covered >= photos.transparency).all()
    bare = covered.expand_as(found) == 0
    assert torch.equal(found[bare], photos.images[bare])


def test_variants_differ(protection, photos):
    if protection.variants == 1:
        pytest.skip("there is one")
    first, second = (
        protection.apply(photos, Draw(3, np.full(PEOPLE, number))) for number in (0, 1)
    )
    assert not torch.equal(first, second)


@pytest.mark.parametrize("variant", [-1, 99])
def test_a_variant_that_is_none_is_refused(protection, photos, variant):
    with pytest.raises(ValueError, match="variants are 0 to"):
        protection.apply(photos, Draw(3, np.full(PEOPLE, variant)))


def test_ids_that_do_not_fit_are_refused(protection, photos):
    odd = Photos(photos.images, photos.subject_ids[1:], photos.image_ids, photos.transparency)
    with pytest.raises(ValueError, match="9 photos need as many"):
        protection.apply(odd, dealt(protection))


def test_what_is_worn_needs_a_mask(protection, photos):
    if protection.scope != "wearer":
        pytest.skip("it is not worn")
    bare = Photos(photos.images, photos.subject_ids, photos.image_ids)
    with pytest.raises(ValueError, match="needs the transparency"):
        protection.apply(bare, dealt(protection))
