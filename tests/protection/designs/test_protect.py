"""What is written of an experiment: who wears which design, what is learned from, the controls."""

import numpy as np
import pandas as pd
import pytest
import torch

from faceveil.params.errors import FaceveilError
from faceveil.params.protect import Protect
from faceveil.protection.designs.drawn import draw_designs
from faceveil.protection.designs.generators import load_generator
from faceveil.protection.designs.protect import DesignsToLearn, protect_designs
from faceveil.protection.methods.design import Design
from faceveil.store.photos import open_photos
from tests.protection.protected_world import (
    SPLITS,
    cover,
    photo,
    write_generators,
    write_world,
)

SETTINGS = Protect(
    designs=3, designs_per_subject=2, learn_photos=10, learn_designs=4, batch_size=4, seed=7
)
CONTROLS = ("exp_mean_colour", "exp_shuffled", "exp_untrained")


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    return write_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return write_generators(tmp_path_factory.mktemp("models") / "exp")


@pytest.fixture(scope="module")
def found(sources, models, tmp_path_factory):
    out = tmp_path_factory.mktemp("protected") / "exp"
    protect_designs("exp", models, sources, SETTINGS, out)
    return out, open_photos(out)


def of(found, protection, use="judge"):
    rows = found[1].rows
    return rows[(rows["protection"] == protection) & (rows["use"] == use)]


def drawn(models, count, stream):
    """Designs of both trainings, float [V, S, S, 3] in [0, 255]."""
    parts = [draw_designs(load_generator(models / n), count, 7, stream) for n in "01"]
    return 255 * torch.cat(parts).permute(0, 2, 3, 1).numpy()


def painted(row, design):
    alpha = cover(row.kind, row.subject_id)[..., None] / 255
    return photo(row.kind, row.subject_id) * (1 - alpha) + design * alpha


def test_held_out_and_training_people_wear_some_designs_of_every_training(found, sources):
    worn = of(found, "exp")
    assert set(worn["role"]) == {"test", "train"}
    probes = sources.roles.probes
    masked = probes[probes["kind"].isin(["masked", "further_masked"])]
    expected = masked.loc[masked["role"].isin(["test", "train"]), "image_id"]
    times = worn["image_id"].value_counts()
    assert times.to_dict() == dict.fromkeys(expected, 2 * SETTINGS.designs_per_subject)
    assert worn["training"].equals(worn["variant"] // SETTINGS.designs)
    wearers = worn.groupby("variant")["subject_id"].nunique()
    assert wearers.index.tolist() == list(range(6))
    assert wearers.max() - wearers.min() <= 1


@pytest.mark.parametrize(("use", "stream"), [("judge", "evaluate"), ("learn", "learn")])
def test_pixels_are_the_photo_in_the_design_of_its_variant(found, models, use, stream):
    count = SETTINGS.designs if use == "judge" else SETTINGS.learn_designs
    designs, rows = drawn(models, count, stream), of(found, "exp", use)
    assert len(rows)
    for row in rows.itertuples():
        expected = painted(row, designs[row.variant])
        assert np.abs(found[1].pixels[row.Index] - expected).max() <= 0.51


def test_the_designs_that_are_judged_lie_beside_the_photos(found, models):
    stored = np.load(found[0] / "designs.npy")
    assert np.abs(stored - drawn(models, SETTINGS.designs, "evaluate")).max() <= 0.51


def test_no_design_is_judged_that_a_recognizer_learns_from(models):
    """Though the generators are the same: latents come from streams of their own."""
    judged = Design(Design.Settings(designs=40))
    learned = DesignsToLearn(DesignsToLearn.Settings(designs=40))
    for method in (judged, learned):
        method.read(models, 7)
    gap = (judged.drawn[:, None] - learned.drawn[None]).abs().mean(dim=(2, 3, 4))
    assert gap.min() > 0.01
    own = (judged.drawn[:, None] - judged.drawn[None]).abs().mean(dim=(2, 3, 4))
    assert gap.min() > 0.5 * own.fill_diagonal_(1).min()  # as far apart as any two designs are


def test_only_training_people_are_learned_from_on_photos_of_theirs(found, sources):
    learned = of(found, "exp", "learn")
    assert set(learned["role"]) == {"train"}
    assert {SPLITS[who] for who in learned["subject_id"]} == {"train"}
    assert set(learned["kind"]) == {"masked", "further_masked"}
    for _, part in learned.groupby("training"):
        assert sorted(part["order"]) == list(range(SETTINGS.learn_photos))
    # Also of those who never probe: what is learned from is no measurement.
    silent = set(sources.roles.of_role("train")) - set(of(found, "exp")["subject_id"])
    assert silent
    assert silent < set(learned["subject_id"])


def test_what_is_judged_has_no_place_among_what_is_learned_from(found):
    rows = found[1].rows
    assert (rows.loc[rows["use"] == "judge", "order"] == -1).all()
    assert (rows.loc[rows["use"] == "learn", "order"] >= 0).all()


@pytest.mark.parametrize("control", CONTROLS)
def test_controls_are_worn_by_held_out_people_once_each(found, sources, control):
    worn = of(found, control)
    probes = sources.roles.probes
    masked = probes[probes["kind"].isin(["masked", "further_masked"])]
    assert sorted(worn["image_id"]) == sorted(masked.loc[masked["role"] == "test", "image_id"])
    assert set(worn["training"]) == {-1}
    assert not len(of(found, control, "learn"))


def test_nothing_else_is_written(found):
    assert set(found[1].rows["protection"]) == {"exp", *CONTROLS}


def test_the_mean_colour_is_that_of_the_design_of_the_same_number(found, models):
    designs = drawn(models, SETTINGS.designs, "evaluate")
    for row in of(found, "exp_mean_colour").itertuples():
        expected = painted(row, designs[row.variant].mean((0, 1)))
        assert np.abs(found[1].pixels[row.Index] - expected).max() <= 0.52


def test_shuffled_designs_have_the_colours_of_the_design_elsewhere(found, models):
    designs = drawn(models, SETTINGS.designs, "evaluate")
    for row in of(found, "exp_shuffled").itertuples():
        pixels = found[1].pixels[row.Index]
        whole = cover(row.kind, row.subject_id) == 255
        design = np.rint(designs[row.variant]).astype(np.uint8)
        assert (pixels[whole] != design[whole]).any()
        colours = {tuple(colour) for colour in design.reshape(-1, 3).tolist()}
        assert {tuple(colour) for colour in pixels[whole].tolist()} <= colours


def test_untrained_designs_are_near_grey_where_trained_ones_are_not(found):
    def distance(protection):
        rows = of(found, protection)
        whole = [cover(row.kind, row.subject_id) == 255 for row in rows.itertuples()]
        seen = [found[1].pixels[i][w] for i, w in zip(rows.index, whole, strict=True)]
        return np.abs(np.concatenate(seen) / 255 - 0.5).mean()

    assert distance("exp_untrained") < 0.1 < distance("exp")


@pytest.mark.parametrize("batch_size", [1, 4, 64])
def test_neither_batch_size_nor_a_second_run_changes_a_byte(
    found, sources, models, tmp_path, batch_size
):
    settings = SETTINGS.model_copy(update={"batch_size": batch_size})
    protect_designs("exp", models, sources, settings, tmp_path / "exp")
    before = {path.name: path.read_bytes() for path in found[0].iterdir()}
    assert {path.name: path.read_bytes() for path in (tmp_path / "exp").iterdir()} == before


def test_nothing_need_be_learned_from(found, sources, models, tmp_path):
    settings = SETTINGS.model_copy(update={"learn_photos": 0})
    protect_designs("exp", models, sources, settings, tmp_path / "exp")
    rows = open_photos(tmp_path / "exp").rows
    judged = found[1].rows[found[1].rows["use"] == "judge"]
    pd.testing.assert_frame_equal(rows, judged.reset_index(drop=True))


def test_more_designs_than_there_are_are_refused_and_nothing_is_left(sources, models, tmp_path):
    settings = SETTINGS.model_copy(update={"designs_per_subject": 4})
    with pytest.raises(FaceveilError, match="designs_per_subject is 4, but a training has 3"):
        protect_designs("exp", models, sources, settings, tmp_path / "exp")
    assert not list(tmp_path.iterdir())


def test_an_experiment_without_trainings_is_refused(sources, tmp_path):
    with pytest.raises(FaceveilError, match="no training here; run `dvc repro train@none`"):
        protect_designs("exp", tmp_path / "none", sources, SETTINGS, tmp_path / "exp")
    assert not list(tmp_path.iterdir())
