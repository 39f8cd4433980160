"""What is written under an entry: whose photos, their rows and pixels, the same each time."""

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import torch

from faceveil.masks.region import mask_region
from faceveil.params.conditions import NO_CONDITIONS
from faceveil.params.errors import FaceveilError
from faceveil.params.protect import Protect
from faceveil.params.protocol import Protocol
from faceveil.protection.base import Protection
from faceveil.protection.protect import Job, probing_photos, protect_entry, with_rows, write_jobs
from faceveil.protection.registry import build
from faceveil.store.faces import open_faces
from faceveil.store.photos import COLUMNS, open_photos
from tests.protection import protected_world
from tests.protection.protected_world import (
    ENDINGS,
    PROTOCOL,
    SIZE,
    SPLITS,
    cover,
    photo,
    write_world,
)
from tests.recognition import placed_world

ENTRIES = {
    "plain": {"method": "plain"},
    "surgical": {"method": "surgical"},
    "noise": {"method": "noise", "patterns": 3},
    "grey": {"method": "flat", "value": 0.5},
    "other_face": {"method": "other_face", "faces": 3},
    "blur": {"method": "blur", "sigma_share": 0.1},
}
PLAIN = ("plain", "surgical", "noise", "grey")
NEUTRAL = NO_CONDITIONS.model_dump(
    exclude={"crop_moved_share", "crop_turned_radians", "crop_scaled"}
)
TEST = [who for who, split in SPLITS.items() if split == "test"]
OTHER = ("further_masked", "further_unmasked")


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    return write_world(tmp_path_factory.mktemp("world"))


def protected(name, sources, out, draws=0, **settings):
    """Write the photos of an entry, flat unless draws are asked for, and open them."""
    settings = Protect(draws=draws, **settings)
    protect_entry(name, build(ENTRIES[name], name), sources, settings, out / name)
    return open_photos(out / name)


def source_of(row):
    return photo(row.kind, row.subject_id)


def rows_of_photos(found):
    return zip(found.rows.itertuples(), found.pixels, strict=True)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def with_probes(sources, probes):
    return replace(sources, roles=replace(sources.roles, probes=probes))


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_has_a_row_for_each_photo_that_probes(sources, tmp_path, name):
    rows = protected(name, sources, tmp_path).rows
    kinds = ("unmasked", "further_unmasked") if name == "blur" else ("masked", "further_masked")
    roles = ["test", "train", "dev"] if name in PLAIN else ["test"]
    probes = sources.roles.probes
    chosen = probes[probes["kind"].isin(kinds) & probes["role"].isin(roles)]
    chosen = chosen[(chosen["role"] != "dev") | chosen["kind"].isin(OTHER)]
    assert sorted(rows["image_id"]) == sorted(chosen["image_id"])
    assert len(rows) > 0
    told = rows.set_index("image_id")[["subject_id", "role", "kind", "protocol"]].sort_index()
    expected = chosen.set_index("image_id")[list(told.columns)].sort_index()
    pd.testing.assert_frame_equal(told, expected, check_dtype=False)


@pytest.mark.parametrize("name", ENTRIES)
def test_rows_say_what_was_done(sources, tmp_path, name):
    rows = protected(name, sources, tmp_path).rows
    assert rows.columns.tolist() == list(COLUMNS)
    same = {"protection": name, "training": -1, "condition": "", "order": -1, "use": "judge"}
    assert {column: set(rows[column]) for column in same} == {c: {v} for c, v in same.items()}
    ending = rows["kind"].map(ENDINGS)
    assert (rows["subject_id"] + ending).tolist() == rows["image_id"].tolist()
    protocols = rows.groupby("kind")["protocol"].agg(set).to_dict()
    expected = {kind: {"other_photo" if kind in OTHER else "same_photo"} for kind in protocols}
    assert protocols == expected


def test_who_is_silent_or_nobody_is_not_photographed(sources, tmp_path):
    """Distractors, spare people and training people beyond the number of the protocol."""
    rows = protected("grey", sources, tmp_path).rows
    people = rows.groupby("role")["subject_id"].agg(lambda column: sorted(set(column))).to_dict()
    assert {role: len(of) for role, of in people.items()} == {"train": 3, "test": 3, "dev": 2}
    assert people["test"] == TEST
    assert not set(sources.roles.of_role("distractor")) & set(rows["subject_id"])


def test_without_other_photos_dev_people_probe_with_the_same(tmp_path):
    sources = write_world(tmp_path)
    probes = sources.roles.probes
    sources = with_probes(sources, probes[~probes["kind"].isin(OTHER)])
    chosen = probing_photos(sources, build(ENTRIES["grey"], "grey"), ("dev",))
    assert set(chosen["kind"]) == {"masked"}
    assert set(chosen["subject_id"]) == set(sources.roles.of_role("dev"))


def test_without_dev_people_training_people_are_there_to_choose_on(tmp_path):
    nobody = Protocol(dev_people=0, distractors=1, training_probes=3, seed=4)
    sources = write_world(tmp_path, nobody)
    rows = protected("grey", sources, tmp_path / "out").rows
    assert set(rows["role"]) == {"test", "train"}
    assert set(rows.loc[rows["role"] == "train", "protocol"]) == {"same_photo", "other_photo"}


@pytest.mark.parametrize("name", ["plain", "grey"])
def test_pixels_are_those_of_the_row_with_the_mask_painted(sources, tmp_path, name):
    """The packed stores are in another order than the rows: a join by place would show."""
    found = protected(name, sources, tmp_path)
    for row, pixels in rows_of_photos(found):
        face = source_of(row).astype(np.float64)
        if name == "plain":
            np.testing.assert_array_equal(pixels, face)
            continue
        alpha = cover(row.kind, row.subject_id)[..., None] / 255
        expected = face * (1 - alpha) + 0.5 * 255 * alpha
        assert np.abs(pixels - expected).max() <= 0.51


def test_another_face_is_that_of_a_training_person_in_turn(sources, tmp_path):
    found = protected("other_face", sources, tmp_path)
    lenders = sources.roles.of_role("train")[:3]
    for row, pixels in rows_of_photos(found):
        place = TEST.index(row.subject_id)
        assert row.variant == place % 3
        whole = cover(row.kind, row.subject_id) == 255
        assert whole.any()
        np.testing.assert_array_equal(pixels[whole], photo("unmasked", lenders[place])[whole])


def test_learning_people_are_all_who_train_and_nobody_else(sources):
    people = sources.training_people()
    train = sorted(who for who, split in SPLITS.items() if split == "train")
    assert sorted(people.rows["subject_id"]) == train
    for row in people.rows.itertuples():
        np.testing.assert_array_equal(people.pixels[row.Index], photo("unmasked", row.subject_id))


def test_too_few_lenders_are_refused_and_nothing_is_left(sources, tmp_path):
    many = build({"method": "other_face", "faces": 5}, "x")
    with pytest.raises(FaceveilError, match="asks for 5 faces, but 4 people train"):
        protect_entry("x", many, sources, Protect(), tmp_path / "x")
    assert not list(tmp_path.iterdir())


def test_both_photos_of_a_person_wear_the_same_pattern(sources, tmp_path):
    rows = protected("noise", sources, tmp_path).rows
    by_person = rows.groupby("subject_id")["variant"].agg(set)
    assert all(len(variants) == 1 for variants in by_person)
    wearers = by_person.map(min).value_counts()
    assert len(wearers) == 3
    assert wearers.max() - wearers.min() <= 1


@pytest.mark.parametrize("name", ENTRIES)
def test_neither_batch_size_nor_a_second_run_changes_a_byte(sources, tmp_path, name):
    written = []
    for batch_size in (1, 3, 64, 64):
        protected(name, sources, tmp_path, draws=2, batch_size=batch_size)
        written.append(contents(tmp_path / name))
    assert all(one == written[0] for one in written)


def test_the_order_of_the_protocol_changes_no_byte(tmp_path):
    stores = []
    for turned in (False, True):
        sources = write_world(tmp_path / str(turned))
        sources = with_probes(sources, sources.roles.probes.iloc[:: -1 if turned else 1])
        protected("noise", sources, tmp_path / str(turned) / "out", draws=2)
        stores.append(contents(tmp_path / str(turned) / "out/noise"))
    assert stores[0] == stores[1]


def test_the_seed_decides_the_noise(sources, tmp_path):
    first, other = (protected("noise", sources, tmp_path / str(seed), seed=seed) for seed in (1, 2))
    pd.testing.assert_frame_equal(first.rows, other.rows)
    assert (first.pixels != other.pixels).any(axis=(1, 2, 3)).all()


@pytest.mark.parametrize("name", ENTRIES)
def test_conditions_add_photos_and_leave_the_flat_ones_as_they_are(sources, tmp_path, name):
    flat = protected(name, sources, tmp_path / "flat")
    both = protected(name, sources, tmp_path / "both", draws=2)
    count = len(flat)
    pd.testing.assert_frame_equal(both.rows[:count], flat.rows)
    np.testing.assert_array_equal(both.pixels[:count], flat.pixels)
    anew = both.rows[count:]
    if name == "blur":
        assert len(anew) == 0
        return
    worn = flat.rows[(flat.rows["role"] == "test") & (flat.rows["protocol"] == "other_photo")]
    assert sorted(anew["condition"]) == sorted(["0", "1", "jpeg", "blurred"] * len(worn))
    assert set(anew["image_id"]) == set(worn["image_id"])
    assert set(anew["use"]) == {"judge"}


@pytest.mark.parametrize("name", ["plain", "grey", "noise", "other_face"])
def test_a_condition_of_no_strength_is_the_flat_photo(sources, tmp_path, name):
    found = protected(name, sources, tmp_path, draws=1, conditions=NEUTRAL)
    of = {word: np.flatnonzero(found.rows["condition"] == word) for word in ("", "0")}
    ids = found.rows["image_id"]
    flat = {ids[row]: found.pixels[row] for row in of[""]}
    assert len(of["0"])
    for row in of["0"]:
        np.testing.assert_array_equal(found.pixels[row], flat[ids[row]])


def test_draws_differ_between_photos_and_from_the_flat_one(sources, tmp_path):
    """On a mask of one shade, so that nothing but the condition makes a difference."""
    found = protected("grey", sources, tmp_path, draws=2)
    under = found.rows[found.rows["condition"] != ""]
    shades = [
        found.pixels[row.Index][cover(row.kind, row.subject_id) == 255].mean()
        for row in under[under["condition"].str.isdecimal()].itertuples()
    ]
    assert len(set(np.round(shades, 3))) == len(shades) == 4
    for row in under[under["condition"] == "blurred"].itertuples():
        assert found.pixels[row.Index].std() < source_of(row).std()


class Averaged(Protection):
    """All who are protected look like their mean; remembers how many came at once."""

    scope: ClassVar[str] = "set"
    seen: ClassVar[list[int]] = []

    def run(self, photos, draw):  # noqa: ARG002
        self.seen.append(len(photos.images))
        assert photos.transparency is None
        return photos.images.mean(0, keepdim=True).expand_as(photos.images)


@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_what_takes_all_people_at_once_gets_them_at_once(sources, tmp_path, batch_size):
    Averaged.seen.clear()
    averaged = Averaged(Averaged.Settings())
    protect_entry("mean", averaged, sources, Protect(batch_size=batch_size), tmp_path / "mean")
    found = open_photos(tmp_path / "mean")
    assert found.rows["kind"].value_counts().to_dict() == {"unmasked": 3, "further_unmasked": 3}
    assert Averaged.seen == [3, 3]
    for kind, place in found.rows.groupby("kind").groups.items():
        expected = np.mean([photo(kind, who) for who in TEST], axis=0)
        assert np.abs(found.pixels[place] - expected).max() <= 0.51


class Failing(Protection):
    """Fails on the second batch."""

    def run(self, photos, draw):  # noqa: ARG002
        if "b0" not in photos.subject_ids:
            raise RuntimeError("no more")
        return photos.images


def test_a_method_that_fails_leaves_what_was_there(sources, tmp_path):
    protected("grey", sources, tmp_path)
    before = contents(tmp_path / "grey")
    failing = Failing(Failing.Settings())
    with pytest.raises(RuntimeError, match="no more"):
        protect_entry("grey", failing, sources, Protect(batch_size=1), tmp_path / "grey")
    assert contents(tmp_path / "grey") == before
    assert [path.name for path in tmp_path.iterdir()] == ["grey"]


def test_photos_find_their_rows_by_id(sources):
    masked = sources.roles.probes[sources.roles.probes["role"] == "test"]
    for turned in (masked, masked.iloc[::-1]):
        found = with_rows(turned, sources)
        assert found["image_id"].tolist() == sorted(masked["image_id"])
        for row in found.itertuples():
            stored = open_faces(sources.curated, row.kind).rows["image_id"]
            assert stored.iloc[row.row] == row.image_id


def test_no_photos_have_no_rows(sources):
    found = with_rows(sources.roles.probes[:0], sources)
    assert found.columns.tolist() == ["subject_id", "image_id", "role", "kind", "protocol", "row"]
    assert len(found) == 0


def test_a_photo_that_is_not_packed_is_an_error(sources):
    strange = sources.roles.probes.iloc[:1].assign(image_id="nobody")
    with pytest.raises(KeyError, match="nobody"):
        with_rows(strange, sources)


def test_several_jobs_are_one_store_each_with_its_own_method(sources, tmp_path):
    jobs = []
    for name in ("grey", "plain"):
        method = build(ENTRIES[name], name)
        rows = probing_photos(sources, method, ("test",)).assign(protection=name, variant=0)
        jobs.append(Job(method, rows.assign(training=-1, use="judge")))
    designs = torch.ones(1, 3, SIZE, SIZE)
    write_jobs(jobs, sources, Protect(batch_size=2), tmp_path / "both", designs)
    both = open_photos(tmp_path / "both")
    assert both.rows["protection"].tolist() == ["grey"] * 5 + ["plain"] * 5
    plain = [source_of(row) for row in both.rows.iloc[5:].itertuples()]
    np.testing.assert_array_equal(both.pixels[5:], plain)
    assert (both.pixels[:5] != both.pixels[5:]).any(axis=(1, 2, 3)).all()
    assert (tmp_path / "both/designs.npy").is_file()


def test_some_photos_of_the_world_were_never_taken(sources):
    """Else a join by place would be as good as one by id."""
    assert PROTOCOL.training_probes < sum(split == "train" for split in SPLITS.values())
    counts = {kind: len(open_faces(sources.curated, kind)) for kind in ENDINGS}
    assert counts == {"unmasked": 10, "masked": 10, "further_unmasked": 9, "further_masked": 9}


@pytest.fixture
def placed(tmp_path, monkeypatch):
    """A world in which faces were found, but in photos that a test names."""
    monkeypatch.setattr(placed_world, "KINDS", tuple(ENDINGS))
    # An index is sorted, and packed photos are in its order.
    in_order = {kind: sorted(protected_world.people_of(kind)) for kind in ENDINGS}
    monkeypatch.setattr(protected_world, "people_of", in_order.__getitem__)
    sources = write_world(tmp_path / "world")
    placed_world.write_places(sources.curated)
    return sources


def paint(sources, out):
    entry = build({"method": "grey_region"}, "grey_region")
    protect_entry("grey_region", entry, sources, Protect(batch_size=4), out / "grey_region")
    return open_photos(out / "grey_region")


def test_everybody_enrolled_is_painted_and_nobody_probes_so(placed, tmp_path):
    rows = paint(placed, tmp_path).rows
    enrolled = placed.roles.enrollments
    assert sorted(rows["image_id"]) == sorted(enrolled["image_id"])
    assert set(rows["role"]) == {"train", "test", "distractor", "dev"}
    assert set(zip(rows["kind"], rows["protocol"], rows["use"], strict=True)) == {
        ("unmasked", "", "enroll")
    }  # fmt: skip


def test_a_gallery_is_grey_where_masks_would_be_and_as_it_was_elsewhere(placed, tmp_path):
    found = paint(placed, tmp_path)
    place = np.array(list(placed_world.PLACE.values()))
    region = mask_region(SIZE, SIZE * place[:4], SIZE * place[4:].reshape(5, 2))
    assert (region == 1).sum() > 20
    assert (region == 0).sum() > 100
    for row, pixels in rows_of_photos(found):
        face = source_of(row)
        np.testing.assert_array_equal(pixels[region == 0], face[region == 0])
        assert (pixels[region == 1] == 128).all()
        mixed = face + (127.5 - face) * region[..., None]
        assert np.abs(pixels - mixed).max() <= 0.51


def test_a_gallery_with_a_photo_without_a_face_is_refused_by_name(placed, tmp_path):
    placed_world.write_places(placed.curated, without=("b1",))
    with pytest.raises(FaceveilError, match=r"photo 'b1': no face was found in it.*dvc repro cur"):
        paint(placed, tmp_path)
    assert not (tmp_path / "grey_region").exists()
