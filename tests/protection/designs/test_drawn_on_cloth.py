"""Designs on the cloth that generators draw: who wears which, and what it is drawn from."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn.functional import normalize

from faceveil.params.errors import FaceveilError
from faceveil.params.protect import Protect
from faceveil.protection.base import Draw, Photos
from faceveil.protection.designs.drawn import Owners, read_owners
from faceveil.protection.designs.protect import DesignsToLearn, protect_designs
from faceveil.protection.methods.design import Design
from faceveil.protection.methods.untrained import Untrained
from faceveil.protection.textures.files import read_textures
from faceveil.store.coordinates import as_stored
from faceveil.store.embeddings import EmbeddingTable, write_embeddings
from faceveil.store.faces import COORDINATES, open_faces
from faceveil.store.photos import open_photos
from faceveil.wearing.texture import mask_coordinates, wear_texture
from tests.protection.protected_world import SIZE, SPLITS, write_world
from tests.protection.textures.generator_world import untrained, write_untrained

TARGET = {"name": "facenet", "fingerprint": "f" * 64}
SETTINGS = Protect(designs=3, draws=0, learn_photos=10, learn_designs=4, batch_size=4, seed=7)
OWN = {"conditioned_on": "wearer", "starts": 1}


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """The people of all protections, with coordinates of their masks."""
    root = tmp_path_factory.mktemp("world")
    found = write_world(root)
    across = np.broadcast_to(np.linspace(-1.2, 1.2, SIZE), (SIZE, SIZE))
    planes = np.stack([across, across.T + 0.5, np.ones((SIZE, SIZE))]).clip(-0.5).astype("f4")
    for kind in ("masked", "further_masked"):
        count = len(open_faces(found.curated, kind))
        stored = np.broadcast_to(as_stored(planes), (count, 3, SIZE, SIZE))
        np.save(found.curated / kind / COORDINATES, np.ascontiguousarray(stored))
    return found


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """Embeddings of everybody's bare face, in an order that is not that of their ids."""
    folder = tmp_path_factory.mktemp("bare")
    people = sorted(SPLITS, reverse=True)
    rows = pd.DataFrame({"subject_id": people, "image_id": people})
    vectors = np.stack([feature(who).numpy() for who in people])
    write_embeddings(
        folder / "facenet/unmasked", EmbeddingTable(rows, vectors, vectors), TARGET["fingerprint"]
    )
    return folder


def feature(who):
    """A unit vector that is a person's own."""
    stream = torch.Generator().manual_seed(sorted(SPLITS).index(who))
    return normalize(torch.randn(5, generator=stream), dim=0)


@pytest.fixture(scope="module")
def varied(tmp_path_factory):
    return write_untrained(tmp_path_factory.mktemp("models") / "varied", TARGET)


@pytest.fixture(scope="module")
def personal(tmp_path_factory):
    return write_untrained(tmp_path_factory.mktemp("models") / "personal", TARGET, **OWN)


def read(method, folder, owners=None, **settings):
    """Return a method with the designs of a folder."""
    found = method(method.Settings(**settings), owners)
    found.read(folder, SETTINGS.seed)
    return found


def test_designs_for_anybody_are_the_textures_beside_the_generator(varied, bare):
    design, learned, start = (read(one, varied) for one in (Design, DesignsToLearn, Untrained))
    stored = [read_textures(varied / number) for number in "01"]
    assert design.placement == "mask"
    assert torch.equal(design.drawn, torch.cat([one[0] for one in stored]))
    assert torch.equal(learned.drawn, design.drawn)
    assert torch.equal(start.drawn, torch.cat([one[1] for one in stored]))
    assert read_owners(varied, bare, ["a0"]) is None


def test_owners_features_are_joined_by_id(personal, bare):
    found = read_owners(personal, bare, ["b1", "a0"])
    assert torch.equal(found.features, torch.stack([feature("b1"), feature("a0")]))
    with pytest.raises(FaceveilError, match="no embedding of subject 'z9'"):
        read_owners(personal, bare, ["z9"])
    with pytest.raises(ValueError, match="need the embeddings of bare faces"):
        read_owners(personal, None, ["a0"])


@pytest.fixture(scope="module")
def found(sources, personal, bare, tmp_path_factory):
    out = tmp_path_factory.mktemp("protected") / "personal"
    protect_designs("personal", personal, sources, SETTINGS, out, bare)
    return out, open_photos(out)


def drawn_for(generator, owner):
    """The texture that a generator draws from somebody's feature."""
    return generator.textures(feature(owner)[None], torch.tensor([0]))[0]


def worn_by(sources, row, generator, owner):
    """What a photo is in the design that a generator draws from somebody's feature."""
    return worn_on(sources, row, drawn_for(generator, owner))


def worn_on(sources, row, texture):
    """What a photo is in a texture."""
    faces = sources.faces(row.kind)
    place = np.flatnonzero(faces.rows["image_id"] == row.image_id)
    coordinates = mask_coordinates(faces, place)
    worn = wear_texture(
        faces.images(place), faces.transparencies(place), coordinates, texture[None]
    )
    return 255 * worn[0].permute(1, 2, 0).numpy()


def test_everybody_is_judged_in_what_is_drawn_from_their_own_feature(found, sources):
    rows = found[1].rows
    worn = rows[(rows["protection"] == "personal") & (rows["use"] == "judge")]
    assert set(worn["role"]) == {"test", "train"}
    assert (worn["image_id"].value_counts() == 2).all()  # of each training
    for row in worn.itertuples():
        generator = untrained(row.training, **OWN)
        expected = worn_by(sources, row, generator, row.subject_id)
        assert np.abs(found[1].pixels[row.Index] - expected).max() <= 0.51


def test_the_probe_photo_decides_nothing_about_its_design(found):
    """Two photos of a person show the same variant; two people never do."""
    rows = found[1].rows
    worn = rows[(rows["protection"] == "personal") & (rows["use"] == "judge")]
    pairs = worn[["subject_id", "training", "variant"]].drop_duplicates()
    assert not pairs["variant"].duplicated().any()
    assert not pairs[["subject_id", "training"]].duplicated().any()


def test_what_is_learned_from_are_designs_of_training_people(found, sources):
    rows = found[1].rows
    learned = rows[rows["use"] == "learn"]
    train = sources.roles.of_role("train")
    assert set(learned["subject_id"]) <= set(train)
    for row in learned.itertuples():
        owner = train[row.variant % SETTINGS.learn_designs]
        expected = worn_by(sources, row, untrained(row.training, **OWN), owner)
        assert np.abs(found[1].pixels[row.Index] - expected).max() <= 0.51


def test_controls_are_made_of_the_own_design(found, sources):
    rows = found[1].rows
    generator = untrained(0, **OWN)
    start = generator.starts[0].clamp(0.05, 0.93)
    for ending, made in (("untrained", lambda design: start), ("mean_colour", colour_of)):
        control = rows[rows["protection"] == f"personal_{ending}"]
        assert set(control["role"]) == {"test"}
        for row in control.itertuples():
            texture = made(drawn_for(generator, row.subject_id))
            expected = worn_on(sources, row, texture)
            assert np.abs(found[1].pixels[row.Index] - expected).max() <= 0.51


def colour_of(design):
    return design.mean((1, 2), keepdim=True).expand_as(design)


def test_designs_beside_the_photos_are_those_of_the_first_people(found):
    stored = np.load(found[0] / "designs.npy")
    rows = found[1].rows
    people = sorted(set(rows.loc[rows["use"] == "judge", "subject_id"]))[: SETTINGS.designs]
    wanted = [drawn_for(untrained(t, **OWN), who) for t in range(2) for who in people]
    pictures = 255 * torch.stack(wanted).permute(0, 2, 3, 1).numpy()
    assert np.abs(stored - pictures).max() <= 0.51


@pytest.mark.parametrize("batch_size", [1, 64])
@pytest.mark.parametrize("name", ["varied", "personal"])
def test_batch_size_changes_no_byte(name, batch_size, request, sources, bare, tmp_path):
    models = request.getfixturevalue(name)
    for place, size in (("one", SETTINGS.batch_size), ("other", batch_size)):
        settings = SETTINGS.model_copy(update={"batch_size": size})
        protect_designs(name, models, sources, settings, tmp_path / place, bare)
    for file in ("pixels.npy", "designs.npy"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes()


def test_nobody_is_judged_with_the_photo_that_a_design_knows(found, sources, personal, bare):
    rows = found[1].rows
    judged = rows[rows["use"] == "judge"]
    assert set(judged["protocol"]) == {"other_photo"}
    probes = sources.roles.probes
    once = replace(sources.roles, probes=probes[probes["protocol"] == "same_photo"])
    line = (
        "are drawn from the photos that are enrolled, and nobody probes with another one; .* need"
    )
    with pytest.raises(FaceveilError, match=line):
        protect_designs("personal", personal, replace(sources, roles=once), SETTINGS, "x", bare)


def test_no_more_own_designs_are_learned_from_than_there_are_training_people(
    sources, personal, bare, tmp_path
):
    settings = SETTINGS.model_copy(update={"learn_designs": 99})
    protect_designs("personal", personal, sources, settings, tmp_path / "x", bare)
    rows = open_photos(tmp_path / "x").rows
    learned = rows[rows["use"] == "learn"]
    assert learned["variant"].max() < 2 * len(sources.roles.of_role("train"))


@pytest.fixture(scope="module")
def rotating(sources, varied, tmp_path_factory):
    out = tmp_path_factory.mktemp("protected") / "varied"
    settings = SETTINGS.model_copy(update={"draws": 1})
    protect_designs("varied", varied, sources, settings, out)
    return open_photos(out)


def test_everybody_is_also_judged_in_a_design_that_nobody_else_wears(rotating):
    rows = rotating.rows
    own = rows[(rows["protection"] == "varied_own") & (rows["condition"] == "")]
    dealt = rows[(rows["protection"] == "varied") & (rows["use"] == "judge")]
    assert set(own["image_id"]) == set(dealt["image_id"])
    assert set(own["training"]) == {0, 1}
    wearers = own.groupby("variant")["subject_id"].nunique()
    assert (wearers == 1).all()
    assert len(wearers) == 2 * own["subject_id"].nunique()
    assert dealt.groupby("variant")["subject_id"].nunique().max() > 1


def test_dealt_designs_and_their_starts_are_also_worn_under_conditions(rotating):
    anew = rotating.rows[rotating.rows["condition"] != ""]
    assert set(anew["role"]) == {"test"}
    assert set(anew["protection"]) == {"varied", "varied_untrained"}


def test_an_own_design_depends_on_its_wearer_alone(varied):
    def own(people):
        design = read(Design, varied, Owners(tuple(people)))
        return {(who, training): design.pattern(training * len(people) + k, SIZE, 7)
                for k, who in enumerate(people) for training in range(2)}  # fmt: skip

    many, few = own(["a0", "b1", "c2", "d3"]), own(["d3", "b1"])
    assert all(torch.equal(few[who], many[who]) for who in few)
    designs = torch.stack(list(many.values()))
    gap = (designs[:, None] - designs[None]).abs().mean((2, 3, 4))
    assert (gap + torch.eye(8)).min() > 0.01


def test_own_designs_lie_around_starts_of_their_own(varied):
    start = read(Untrained, varied, Owners(tuple("abcdefgh")))
    starts = untrained(0).starts.clamp(0.05, 0.93)
    found = [start.pattern(variant, SIZE, 7) for variant in range(8)]
    which = [[torch.equal(one, other) for other in starts] for one in found]
    assert all(sum(one) == 1 for one in which)
    assert {one.index(True) for one in which} == {0, 1}


def test_designs_from_features_without_their_wearers_are_refused(personal):
    with pytest.raises(ValueError, match="designs from wearers' features need these wearers"):
        Design(Design.Settings()).read(personal, 7)


@pytest.mark.parametrize("people", [(), ("a", "b", "c")], ids=["dealt", "own"])
def test_a_photo_of_a_generators_design_is_as_if_alone(varied, people):
    design = read(Design, varied, Owners(people))
    stream = torch.Generator().manual_seed(0)
    many = Photos(
        images=torch.rand(3, 3, SIZE, SIZE, generator=stream),
        subject_ids=np.array(["a", "b", "c"]),
        image_ids=np.array(["a", "b", "c"]),
        transparency=torch.rand(3, 1, SIZE, SIZE, generator=stream),
        coordinates=torch.rand(3, 3, SIZE, SIZE, generator=stream),
    )
    together = design.apply(many, Draw(7, np.array([0, 4, 4])))
    fields = ("images", "subject_ids", "image_ids", "transparency", "coordinates")
    last = Photos(**{name: getattr(many, name)[2:] for name in fields})
    assert torch.equal(together[2:], design.apply(last, Draw(7, np.array([4]))))
