"""What each method promises by its name, against references that share no code with it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.ndimage import gaussian_filter

from faceveil.masks.gaiter import gaiter_region
from faceveil.params.errors import FaceveilError
from faceveil.params.read import validate
from faceveil.protection.base import Draw, Photos, Protection
from faceveil.protection.designs.drawn import draw_designs
from faceveil.protection.designs.folders import training_folders
from faceveil.protection.designs.generators import load_generator
from faceveil.protection.registry import build, check_protections, method
from faceveil.store.faces import PackedFaces
from faceveil.store.texture_file import write_texture
from tests.protection.protected_world import SIZE, write_generators


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return write_generators(tmp_path_factory.mktemp("exp"))


def photos(count=2, size=SIZE, masked=True):
    """Noise under a mask that covers the lower half, softly at its edge."""
    stream = torch.Generator().manual_seed(5)
    ids = np.array([f"p{number}" for number in range(count)])
    alpha = torch.zeros(count, 1, size, size)
    alpha[:, :, size // 2 :] = 1
    alpha[:, :, size // 2] = 0.25
    images = torch.rand(count, 3, size, size, generator=stream)
    return Photos(images, ids, ids, alpha if masked else None)


def draw(variants, seed=3):
    return Draw(seed, np.array(variants, dtype=np.int64))


def trained(name, models, designs=3, seed=3):
    found = method(name)
    protection = found(validate(found.Settings, {"designs": designs}, name))
    protection.read(models, seed)
    return protection


def covered(found):
    """What is seen where the mask is opaque, [B, 3, H, S]."""
    return found[:, :, found.shape[-1] // 2 + 1 :]


@pytest.mark.parametrize("sigma_share", [0.01, 0.03, 0.1, 0.25])
@pytest.mark.parametrize("size", [16, 33, 80])
def test_blur_is_a_gaussian_of_three_standard_deviations(size, sigma_share):
    bare = photos(size=size, masked=False)
    found = build({"method": "blur", "sigma_share": sigma_share}, "x").apply(bare, draw([0, 0]))
    sigma = sigma_share * size
    expected = gaussian_filter(
        bare.images.numpy().astype(np.float64),
        sigma,
        axes=(2, 3),
        radius=max(1, round(3 * sigma)),
        mode="mirror",
    )
    # The widest is a sum of 14,641 products in float32; a shade is 4e-3.
    np.testing.assert_allclose(found.numpy(), expected, rtol=0, atol=2e-5)


def test_blur_spreads_a_point_by_its_standard_deviation_and_keeps_its_light():
    size, sigma_share = 65, 0.06
    image = torch.zeros(1, 3, size, size)
    image[:, :, 32, 32] = 1
    point = Photos(image, np.array(["a"]), np.array(["a"]))
    blur = build({"method": "blur", "sigma_share": sigma_share}, "x")
    light = blur.apply(point, draw([0]))[0, 0].double().numpy()
    assert light.sum() == pytest.approx(1, abs=1e-5)
    offset = np.arange(size) - 32
    for axis in (0, 1):
        profile = light.sum(axis)
        assert np.average(offset, weights=profile) == pytest.approx(0, abs=1e-5)
        deviation = np.average(offset**2, weights=profile) ** 0.5
        assert deviation == pytest.approx(sigma_share * size, rel=0.02)  # its tails are cut


def test_a_stronger_blur_leaves_less_detail():
    bare = photos(size=64, masked=False)
    left = []
    for share in (0.01, 0.03, 0.1, 0.2):
        found = build({"method": "blur", "sigma_share": share}, "x").apply(bare, draw([0, 0]))
        left.append(found.std(dim=(2, 3)).mean().item())
    assert left == sorted(left, reverse=True)
    assert left[-1] < 0.05 < left[0]


@pytest.mark.parametrize("value", [0.0, 0.25, 1.0])
def test_a_flat_mask_is_one_shade_mixed_in_at_its_edge(value):
    worn = photos()
    found = build({"method": "flat", "value": value}, "x").apply(worn, draw([0, 0]))
    torch.testing.assert_close(covered(found), torch.full_like(covered(found), value))
    edge = worn.images[:, :, SIZE // 2]
    torch.testing.assert_close(found[:, :, SIZE // 2], 0.75 * edge + 0.25 * value)


def test_a_grey_region_is_what_a_flat_grey_mask_shows():
    region, flat = (build(entry, "x") for entry in (
        {"method": "grey_region"}, {"method": "flat", "value": 0.5}))  # fmt: skip
    found, expected = (one.apply(photos(), draw([0, 0])) for one in (region, flat))
    torch.testing.assert_close(found, expected)


def test_a_grey_region_needs_a_place():
    with pytest.raises(ValueError, match="mask that would be there"):
        build({"method": "grey_region"}, "x").apply(photos(masked=False), draw([0, 0]))


def test_noise_is_uniform_and_independent_of_its_neighbours():
    noise = build({"method": "noise", "patterns": 2}, "x")
    size = 128
    found = covered(noise.apply(photos(2, size), draw([0, 1]))).numpy()
    shades = np.quantile(found, [0.1, 0.25, 0.5, 0.75, 0.9])
    np.testing.assert_allclose(shades, [0.1, 0.25, 0.5, 0.75, 0.9], atol=0.02)
    pairs = [
        (found[0], found[1]), (found[:, 0], found[:, 1]),
        (found[..., 1:], found[..., :-1]), (found[:, :, 1:], found[:, :, :-1]),
    ]  # fmt: skip
    for one, other in pairs:
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.05


def test_more_patterns_leave_those_before_as_they_were():
    few, many = (build({"method": "noise", "patterns": count}, "x") for count in (2, 9))
    assert torch.equal(*(one.apply(photos(), draw([0, 1])) for one in (few, many)))


def test_a_surgical_mask_is_pale_blue_with_three_folds():
    worn = photos(1, 120)
    cloth = covered(build({"method": "surgical"}, "x").apply(worn, draw([0])))[0]
    red, green, blue = cloth.mean((1, 2)).tolist()
    assert 0.5 < red < green < blue < 0.95
    assert (cloth == cloth[:, :, :1]).all()  # folds lie across the face
    steps = cloth[2, :, 0].diff()
    ends = (steps > 0.05).nonzero()[:, 0]  # where a fold ends, abruptly
    assert len(ends) == 3
    assert ((ends.diff() - 20).abs() <= 1).all()
    assert (steps[steps <= 0.05] <= 1e-6).all()


def lenders(count, size=SIZE):
    """Two photos of each person, in the reverse order of their ids."""
    pixels = np.random.default_rng(1).integers(0, 256, (2 * count, size, size, 3), dtype=np.uint8)
    ids = [f"t{number // 2}" for number in reversed(range(2 * count))]
    images = [f"{who}_{row}" for row, who in enumerate(ids)]
    return PackedFaces(
        pixels, pd.DataFrame({"subject_id": ids, "image_id": images, "split": "train"})
    )


def test_a_gaiter_is_one_shade_in_its_light_over_the_mask_and_around_it():
    bare = photos(3)
    down, across = torch.meshgrid(
        torch.linspace(-0.4, 1.4, SIZE), torch.linspace(-1.4, 1.4, SIZE), indexing="ij"
    )
    light = torch.full((SIZE, SIZE), 0.8)
    place = torch.stack([across, down, light]).expand(3, -1, -1, -1)
    found = build({"method": "gaiter", "value": 0.5}, "x").apply(
        replace(bare, coordinates=place), draw([0, 0, 0])
    )
    region = torch.from_numpy(gaiter_region(place.numpy())).maximum(bare.transparency)
    assert (region > bare.transparency).any()
    torch.testing.assert_close(found, bare.images + region * (0.4 - bare.images))


def test_a_gaiter_needs_to_know_where_the_face_is():
    with pytest.raises(FaceveilError, match="no mask coordinates"):
        build({"method": "gaiter", "value": 0.5}, "x").apply(photos(2), draw([0, 0]))


def test_another_face_is_the_first_photo_of_the_first_people_by_id():
    people = lenders(5)
    face = build({"method": "other_face", "faces": 3}, "x")
    face.fit(people, seed=3)
    found = face.apply(photos(3), draw([2, 0, 1]))
    first = [people.rows.index[people.rows["subject_id"] == f"t{n}"][0] for n in (2, 0, 1)]
    expected = people.images(np.array(first))
    torch.testing.assert_close(covered(found), covered(expected))


def test_another_face_is_as_large_as_the_wearer():
    people = lenders(1, size=2 * SIZE)
    face = build({"method": "other_face", "faces": 1}, "x")
    face.fit(people, seed=3)
    blocks = people.pixels[0].reshape(SIZE, 2, SIZE, 2, 3).mean((1, 3)) / 255
    found = covered(face.apply(photos(1), draw([0])))[0].permute(1, 2, 0)
    np.testing.assert_allclose(found, blocks[SIZE // 2 + 1 :], atol=1e-6)


def test_more_faces_than_people_are_refused():
    face = build({"method": "other_face", "faces": 4}, "x")
    with pytest.raises(FaceveilError, match="asks for 4 faces, but 3 people train"):
        face.fit(lenders(3), seed=3)


def test_designs_are_those_of_each_training_in_their_order(models):
    design = trained("design", models)
    assert design.variants == 6
    for training, folder in enumerate(training_folders(models)):
        own = draw_designs(load_generator(folder), 3, 3, "evaluate")
        worn = photos(3)
        found = design.apply(worn, draw([3 * training + k for k in range(3)]))
        torch.testing.assert_close(covered(found), covered(own))


@pytest.mark.parametrize("name", ["design", "mean_colour", "shuffled", "untrained"])
def test_without_a_training_designs_are_refused(tmp_path, name):
    with pytest.raises(
        FaceveilError, match=f"no training here; run `dvc repro train@{tmp_path.name}`"
    ):
        trained(name, tmp_path)


@pytest.mark.parametrize("name", ["design", "shuffled", "untrained"])
def test_another_seed_draws_others(models, name):
    one, other = (trained(name, models, seed=seed) for seed in (3, 4))
    worn = photos()
    assert not torch.equal(one.apply(worn, draw([0, 1])), other.apply(worn, draw([0, 1], seed=4)))


def test_the_mean_colour_is_the_mean_of_the_design(models):
    design, mean = trained("design", models), trained("mean_colour", models)
    found = covered(mean.apply(photos(), draw([1, 4])))
    colours = design.drawn[[1, 4]].numpy().mean((2, 3))
    expected = np.broadcast_to(colours[:, :, None, None], found.shape)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert not np.allclose(colours[0], colours[1], atol=1e-3)


def test_a_shuffled_design_has_every_pixel_once_and_none_in_its_place(models):
    design, mixed = trained("design", models), trained("shuffled", models)
    ids = np.array(["a", "b"])
    whole = Photos(torch.zeros(2, 3, SIZE, SIZE), ids, ids, torch.ones(2, 1, SIZE, SIZE))
    found = mixed.apply(whole, draw([1, 4]))
    for pixels, source in zip(found, design.drawn[[1, 4]], strict=True):
        ours, theirs = (image.flatten(1).T for image in (pixels, source))
        assert (ours == theirs).all(1).float().mean() < 0.1
        assert sorted(ours.tolist()) == sorted(theirs.tolist())


def test_an_untrained_design_is_near_grey_and_none_of_the_trained(models):
    design, fresh = trained("design", models), trained("untrained", models)
    assert fresh.drawn.shape == design.drawn.shape
    assert (fresh.drawn - 0.5).abs().mean() < 0.1
    assert (design.drawn - 0.5).abs().mean() > 0.2
    gap = (fresh.drawn[:3] - fresh.drawn[3:]).abs().mean()
    assert gap > 0.001  # each training is compared with a start of its own


@pytest.mark.parametrize("name", ["design", "shuffled", "untrained"])
def test_global_randomness_changes_no_design(models, name):
    found = []
    for seed in (1, 2):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            found.append(trained(name, models).apply(photos(), draw([0, 1])))
    assert torch.equal(*found)


class Broken(Protection):
    """Returns whatever it is given."""

    scope = "photo"
    found: torch.Tensor

    def run(self, photos, draw):  # noqa: ARG002
        return self.found


@pytest.mark.parametrize(
    "found",
    [torch.zeros(1, 3, SIZE, SIZE), torch.zeros(2, 3, 8, 8), torch.zeros(2, 3, SIZE, SIZE).half()],
    ids=["fewer", "smaller", "half"],
)
def test_a_method_that_returns_no_photos_is_refused(found):
    broken = Broken(Broken.Settings())
    broken.found = found
    with pytest.raises(ValueError, match="Broken returned"):
        broken.apply(photos(), draw([0, 0]))


def test_what_lies_beyond_the_shades_is_clipped():
    broken = Broken(Broken.Settings())
    broken.found = torch.linspace(-1, 2, 6 * SIZE**2).view(2, 3, SIZE, SIZE)
    found = broken.apply(photos(), draw([0, 0]))
    np.testing.assert_array_equal(found.numpy(), broken.found.numpy().clip(0, 1))


def test_a_picture_lies_on_the_cloth_in_its_light(tmp_path):
    """Left half red, right half green: seen where u says so, half as bright where shading does."""
    picture = np.zeros((3, 126, 144), dtype=np.float32)
    picture[0, :, :72] = picture[1, :, 72:] = 0.8
    write_texture(tmp_path / "mine.png", picture)
    bare = photos()
    across = torch.linspace(0.9, -0.9, SIZE).expand(2, SIZE, SIZE)  # mirrored: right comes first
    light = torch.tensor([1.0, 0.5])[:, None, None].expand_as(across)
    coordinates = torch.stack([across, torch.full_like(across, 0.5), light], 1)
    entry = {"method": "picture", "files": [str(tmp_path / "mine.png")]}
    worn = build(entry, "x").apply(replace(bare, coordinates=coordinates), draw([0, 0]))
    left, right = covered(worn)[..., : SIZE // 4], covered(worn)[..., -SIZE // 4 :]
    for number, shade in enumerate((0.8, 0.4)):
        for half, colour in ((left, (0, shade, 0)), (right, (shade, 0, 0))):
            wanted = torch.tensor(colour)[:, None, None].expand_as(half[number])
            torch.testing.assert_close(half[number], wanted, atol=1e-6, rtol=0)


def test_pictures_of_two_sizes_are_one_line(tmp_path):
    files = [str(tmp_path / name) for name in ("small.png", "large.png")]
    for file, size in zip(files, (1, 2), strict=True):
        write_texture(Path(file), np.zeros((3, 126 * size, 144 * size), dtype=np.float32))
    with pytest.raises(FaceveilError, match=r"large\.png: its shape is \[3, 252, 288\], but that"):
        check_protections({"mine": {"method": "picture", "files": files}})


@pytest.mark.parametrize(
    ("files", "said"),
    [(["none.png"], "none.png: no such texture"), ([], "files"), (["a.jpg"], "a.jpg: no such")],
)
def test_a_picture_that_is_none_is_refused_before_anything_runs(files, said):
    with pytest.raises(FaceveilError, match=said):
        check_protections({"mine": {"method": "picture", "files": files}})
