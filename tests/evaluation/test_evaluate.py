"""The whole evaluation of a tiny world whose truth is known."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from faceveil.evaluation.evaluate import calibrate, diversity_rows, evaluate
from faceveil.evaluation.results import read_results, write_results
from faceveil.evaluation.thresholds import write_thresholds
from faceveil.evaluation.versions import Heads
from faceveil.params.errors import FaceveilError
from faceveil.params.protocol import Protocol
from faceveil.store.embeddings import EmbeddingTable, read_embeddings, write_embeddings
from tests.evaluation.world import ROLES, SETTINGS, inputs, rewrite, worn, write_world

WORDS = ["protection", "recognizer", "protocol", "condition", "group", "metric", "variant_policy"]
THRESHOLDS = "data/protocol/thresholds.csv"


def measure(root, settings=SETTINGS, some=("black", "plain", "blur")) -> pd.DataFrame:
    """Evaluate the world; or the target as it was made, and some protections."""
    found = inputs(root)
    if some:
        found = replace(found, recognizers=found.recognizers[:1], protections=some,
                        heads=Heads({}, root, root, ()))  # fmt: skip
    return evaluate(found, root / "data/protected", root / THRESHOLDS, settings)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    root = tmp_path_factory.mktemp("world")
    write_world(root)
    return root


@pytest.fixture
def own_world(world, tmp_path):
    return shutil.copytree(world, tmp_path / "own")


@pytest.fixture(scope="module")
def table(world) -> pd.DataFrame:
    return measure(world, some=())


def value(table: pd.DataFrame, **words) -> float:
    words = {"recognizer": "facenet", "protocol": "other_photo", "group": "held_out",
             "condition": ""} | words  # fmt: skip
    found = table[np.logical_and.reduce([table[name] == word for name, word in words.items()])]
    assert len(found) == 1, words
    return float(found["value"].iloc[0])


def test_the_table_is_written_and_read(table, tmp_path):
    write_results(tmp_path, table)
    assert len(read_results(tmp_path)) == len(table)
    assert set(table["recognizer"]) == {
        "", "poor", "mobilefacenet", "facenet", "facenet:exp1", "facenet:exp0:2", "facenet:exp0:4",
        "facenet:exp1:2", "facenet:exp1:4", "facenet:*:4", "facenet:mean_shift",
        "mobilefacenet:mean_shift",
    }  # fmt: skip


@pytest.mark.parametrize("recognizer", ["facenet", "mobilefacenet", "facenet:exp1"])
@pytest.mark.parametrize(("protection", "missed"), [("none", 0), ("black", 0), ("exp0", 0.5),
                                                    ("exp1", 1), ("blur", 0)])  # fmt: skip
def test_the_truth_is_found(table, recognizer, protection, missed):
    policy = "dealt" if protection in ("exp0", "exp1") or ":" in recognizer else "one"
    words = {"recognizer": recognizer, "protection": protection, "variant_policy": policy}
    assert value(table, **words, metric="rank_1") == 1 - missed
    assert value(table, **words, metric="fnmr@0.25") == missed
    if protection in ("exp0", "exp1"):
        assert value(table, **words, metric="lift_fnmr@0.25") == missed


@pytest.mark.parametrize("recognizer", ["facenet", "mobilefacenet"])
@pytest.mark.parametrize(("condition", "times"), [("drawn", 2), ("jpeg", 1)])
@pytest.mark.parametrize(("protection", "missed"), [("black", 0), ("exp0", 0.5), ("exp1", 1)])
def test_the_truth_is_found_under_conditions(
    table, recognizer, condition, times, protection, missed
):
    policy = "one" if protection == "black" else "dealt"
    words = {"recognizer": recognizer, "protection": protection, "variant_policy": policy}
    words |= {"condition": condition}
    assert value(table, **words, metric="rank_1") == 1 - missed
    assert value(table, **words, metric="fnmr@0.25") == missed
    found = table[np.logical_and.reduce([table[name] == word for name, word in words.items()])]
    assert set(found["people"]) == {4}
    each = 2 if condition == "jpeg" and policy == "dealt" else times  # of both trainings
    assert set(found["trials"]) == {4 * each}
    if protection != "black":
        assert value(table, **words, metric="lift_fnmr@0.25") == missed
        assert value(table, **words, metric="lift_rank_1") == missed


def test_under_conditions_are_the_main_numbers_before_recognizers_as_they_were_made(table):
    anew = table[table["condition"] != ""]
    assert set(anew["condition"]) == {"drawn", "jpeg"}
    assert set(anew["recognizer"]) == {"facenet", "mobilefacenet"}
    assert set(anew["protection"]) == {"black", "plain", "exp0", "exp1"}
    assert set(anew["metric"]) == {"rank_1", "similarity", "fnmr@0.25", "fpir@0.25",
                                   "lift_rank_1", "lift_fnmr@0.25"}  # fmt: skip
    assert set(anew["group"]) == {"held_out"}
    assert set(anew["protocol"]) == {"other_photo"}


def test_without_photos_under_conditions_all_other_rows_are_the_same(table, own_world):
    found = inputs(own_world)
    for recognizer in found.recognizers:
        for name in found.protections:
            place = own_world / "data/embeddings" / name / recognizer.name
            seen = read_embeddings(place, recognizer.fingerprint)
            flat = (seen.rows["condition"] == "").to_numpy()
            kept = EmbeddingTable(seen.rows[flat], seen.features[flat], seen.embeddings[flat])
            write_embeddings(place, kept, recognizer.fingerprint)
    rows = table[table["condition"] == ""].reset_index(drop=True)
    assert len(rows) < len(table)
    pd.testing.assert_frame_equal(measure(own_world, some=()), rows, check_exact=True)


def test_trainings_are_told_apart(table):
    words = {"protection": "exp0", "metric": "rank_1"}
    assert value(table, **words, variant_policy="training 0") == 1
    assert value(table, **words, variant_policy="training 1") == 0


def test_the_claim_is_that_of_what_is_left(table):
    words = {"protection": "exp1", "over": "exp0", "recognizer": "facenet:*:4", "protocol": ""}
    assert value(table, **words, metric="claim@0.25") == 0.5
    assert value(table, **words, metric="claim_p@0.25") == pytest.approx(2 / 2**4)


def test_after_learning_designs_are_those_of_the_experiment_learned_from(table):
    learned = table[table["recognizer"] == "facenet:exp0:4"]
    assert set(learned["protection"]) == {"none", "black", "plain", "exp0"}
    assert set(learned["group"]) == {"dev", "held_out"}  # it learned from the training people


def test_opponents_know_what_training_people_wear_and_nothing_else(table):
    opposed = table[table["recognizer"] == "facenet:mean_shift"]
    assert set(opposed["protection"]) == {"black", "plain"}  # designs are worn by nobody who trains
    assert set(opposed["recognizer_role"]) == {"opponent"}


def test_strangers_are_compared_before_recognizers_as_they_were_made(table):
    found = table[table["metric"] == "strangers@0.25"]
    assert set(found["recognizer"]) == {"facenet", "mobilefacenet"}
    policies = found.groupby("protection")["variant_policy"].agg(set).to_dict()
    both = {"same", "different"}
    assert policies == {"none": {"same"}, "black": {"same"}, "plain": {"same"},
                        "exp0": both, "exp1": both}  # fmt: skip


def test_own_designs_are_opposed_and_their_wearers_compared(own_world):
    found = inputs(own_world)
    judge = next(one for one in found.recognizers if one.name == "mobilefacenet")
    dealt, probes = worn(found.roles, "exp0"), found.roles.probes
    people = sorted(set(probes["subject_id"]))
    masked = probes[probes["kind"].isin(["masked", "further_masked"])]
    own = masked[masked["role"].isin(["test", "train"])].assign(
        protection="exp0_own", training=0, condition="", order=-1, use="judge",
        variant=lambda rows: rows["subject_id"].map(people.index),
    )  # fmt: skip
    rewrite(own_world, judge, f"exp0/{judge.name}", pd.concat([dealt, own], ignore_index=True))
    some = replace(found, recognizers=[judge], protections=("black", "plain", "exp0"))
    rows = evaluate(some, own_world / "data/protected", own_world / THRESHOLDS, SETTINGS)
    rows = rows[rows["protection"] == "exp0_own"]
    strangers = rows[rows["metric"] == "strangers@0.25"]
    assert strangers["variant_policy"].tolist() == ["different"]
    shifted = rows[rows["recognizer"] == f"{judge.name}:mean_shift"]
    about = shifted[shifted["metric"] == "shift_wearers"].iloc[0]
    assert about["over"] == "training"  # nobody else wears what somebody wears
    assert "lift_rank_1" in set(shifted["metric"])


def test_painted_galleries_are_searched_with_grey_probes_and_nobody_else_with_them(own_world):
    found = inputs(own_world)
    target = found.recognizers[0]
    rewrite(own_world, target, "grey/facenet", worn(found.roles, "plain").assign(protection="grey"))
    enrolled = found.roles.enrollments.assign(kind="unmasked", protocol="", condition="", order=-1)
    painted = enrolled.assign(protection="grey_region", training=-1, variant=0, use="enroll")
    rewrite(own_world, target, "grey_region/facenet", painted)
    before, after = (
        measure(own_world, some=some)
        for some in (("black", "plain"), ("black", "plain", "grey", "grey_region"))
    )
    assert value(after, recognizer="facenet:grey_region", metric="rank_1") == 1
    grey = (after["protection"] == "grey") | (after["recognizer"] == "facenet:grey_region")
    pd.testing.assert_frame_equal(after[~grey].reset_index(drop=True), before)


def test_a_recognizer_that_failed_its_check_has_only_its_check_row(table):
    (row,) = table[table["recognizer"] == "poor"].to_dict("records")
    found = [row[name] for name in ("metric", "value", "low", "high", "over", "people", "trials")]
    assert found == ["check", 0.9, 0.8, 1.0, "0.99", 20, 40]
    assert set(table.loc[table["metric"] == "check", "recognizer"]) == {
        "facenet", "poor", "mobilefacenet"
    }  # fmt: skip


def test_thresholds_are_in_the_table(table, world):
    stored = pd.read_csv(world / THRESHOLDS).set_index(["recognizer", "training", "fmr"])
    words = {"protocol": "", "group": "dev", "metric": "threshold@0.25"}
    assert value(table, **words) == stored.loc["facenet", -1, 0.25]["threshold"]
    assert np.isnan(value(table, **{**words, "metric": "threshold@0.01"}))
    assert not table["metric"].str.contains("fnmr@0.01").any()


def test_designs_are_compared_as_pictures(table, world):
    designs = np.load(world / "data/protected/exp0/designs.npy") / 255
    expected = np.sqrt(((designs[0] - designs[1]) ** 2).mean())
    found = value(table, recognizer="", protocol="", group="", protection="exp0",
                  metric="diversity_pixels")  # fmt: skip
    assert found == pytest.approx(expected, rel=1e-5)
    assert diversity_rows("exp0", np.zeros((1, 4, 4, 3), np.uint8)) == []


def test_a_role_decides_whose_numbers_a_person_is_in(own_world):
    found = [measure(own_world, some=("black", "plain"))]
    for name in ("enrollments.csv", "probes.csv"):
        path = own_world / "data/protocol" / name
        table = pd.read_csv(path, dtype=str)
        table.loc[table["subject_id"] == "00005", "role"] = "test"
        table.to_csv(path, index=False)
    found.append(measure(own_world, some=("black", "plain")))
    people = [
        frame[(frame["protection"] == "none") & (frame["metric"] == "rank_1")]
        .groupby("group")["people"].agg(set).to_dict()
        for frame in found
    ]  # fmt: skip
    assert people == [
        {"held_out": {4}, "training": {5}}, {"held_out": {5}, "training": {4}}
    ]  # fmt: skip


def test_a_false_match_rate_without_threshold_is_refused_in_one_line(world):
    settings = SETTINGS.model_copy(update={"false_match_rate": 0.001})
    with pytest.raises(FaceveilError, match=r"is 0.001, but .* are 0.01, 0.25; name") as found:
        measure(world, settings)
    assert "\n" not in str(found.value)


def test_row_order_of_tables_and_batch_size_change_nothing(own_world):
    before = measure(own_world)
    (recognizer, *_) = inputs(own_world).recognizers
    for folder in (own_world / "data/embeddings").glob("**/facenet*"):
        for place in [folder, *(path for path in folder.glob("*") if path.is_dir())]:
            if not list(place.glob("*.parquet")):
                continue
            table = read_embeddings(place, recognizer.fingerprint)
            order = np.random.default_rng(4).permutation(len(table))
            mixed = EmbeddingTable(
                table.rows.iloc[order].reset_index(drop=True),
                table.features[order],
                table.embeddings[order],
            )
            write_embeddings(place, mixed, recognizer.fingerprint)
    for batch_size in (1, 1000):
        after = measure(own_world, SETTINGS.model_copy(update={"batch_size": batch_size}))
        pd.testing.assert_frame_equal(
            before.sort_values(WORDS, ignore_index=True),
            after.sort_values(WORDS, ignore_index=True),
            check_exact=False, atol=2e-6, rtol=0,
        )  # fmt: skip


@pytest.mark.parametrize("place", ["bare/facenet/unmasked", "black/facenet"])
def test_embeddings_of_a_foreign_recognizer_are_refused(own_world, place):
    foreign = place.replace("facenet", "mobilefacenet")
    folder = own_world / "data/embeddings"
    shutil.rmtree(folder / place)
    shutil.copytree(folder / foreign, folder / place)
    with pytest.raises(FaceveilError, match=r"made by recognizer .* but the one in use"):
        measure(own_world)


def test_missing_thresholds_of_a_version_are_named(own_world):
    path = own_world / THRESHOLDS
    table = pd.read_csv(path)
    table[table["recognizer"] != "facenet"].to_csv(path, index=False)
    with pytest.raises(FaceveilError, match="no thresholds of 'facenet', training -1"):
        measure(own_world)


def test_without_dev_people_training_people_choose_and_no_row_is_lacking(table, tmp_path):
    write_world(tmp_path, roles=Protocol(dev_people=0, distractors=1, training_probes=5, seed=1))
    found = measure(tmp_path, some=())
    chosen = found.loc[found["threshold_role"] != "", "threshold_role"]
    assert set(chosen) == {"train"}
    assert value(found, protection="exp1", metric="lift_fnmr@0.25") == 1
    words = {"recognizer": "facenet:*:4", "protocol": "", "metric": "claim@0.25"}
    assert value(found, **words) == 0.5


def test_without_further_photos_the_same_photo_is_judged(tmp_path):
    write_world(tmp_path, further=False, roles=ROLES)
    found = inputs(tmp_path)
    write_thresholds(tmp_path / THRESHOLDS, calibrate(found, [0.5, 0.25]))
    settings = SETTINGS.model_copy(update={"false_match_rate": 0.5})
    found = measure(tmp_path, settings)
    assert set(found["protocol"]) == {"", "same_photo"}
    assert value(found, protocol="same_photo", protection="black", metric="fnmr@0.5") == 0
