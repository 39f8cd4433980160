"""Opponents that train nothing, in a world where what designs do is known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from faceveil.evaluation.opponents import grey_region_rows, mean_shift_rows, mean_shifts
from faceveil.evaluation.results import COLUMNS, write_results
from faceveil.evaluation.table import table_rows
from faceveil.evaluation.trials import Seen, enroll, joined, search
from tests.evaluation.opposed_world import (
    AT,
    GALLERIES,
    JUDGE,
    ROLES,
    Eyes,
    enrolled,
    together,
    vector,
    worn,
)

WORN = together(
    worn("grey"), worn("black"), worn("exp0", 2, 0), worn("exp0", 2, 1), worn("exp1", 6, 0)
)
NAMES = ["grey", "black", "exp0", "exp1"]
STUDY = enroll(JUDGE.version, GALLERIES["study"])


def frame(rows) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(COLUMNS))


def shifted(seen=WORN, names=NAMES) -> pd.DataFrame:
    return frame(mean_shift_rows(JUDGE, AT, seen, GALLERIES, names))


def shifts(seen, protection):
    units = Eyes().templates(seen.features)
    return mean_shifts(units, seen.rows, STUDY, protection)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return shifted()


def value(table, **words) -> float:
    words = {"protocol": "other_photo", "variant_policy": "one"} | words
    found = table[np.logical_and.reduce([table[name] == word for name, word in words.items()])]
    assert len(found) == 1, words
    return float(found["value"].iloc[0])


def test_subtracting_what_others_have_in_common_gives_the_wearer_away(table):
    own = WORN.where(WORN.rows["protection"].isin(["exp0", "grey"]).to_numpy())
    own = own.where((own.rows["role"] == "test").to_numpy())
    flat = search(JUDGE.version, STUDY, own, AT, 5).trials
    assert flat.loc[flat["protection"] == "exp0", "hit"].mean() < 0.2
    words = {"protection": "exp0", "variant_policy": "dealt"}
    assert value(table, **words, metric="rank_1") > 0.9
    assert value(table, **words, metric="fpir@0.1") < 0.3
    assert value(table, **words, metric="similarity") > 0.5


def test_designs_that_push_in_different_directions_withstand_a_common_shift(table):
    assert value(table, protection="exp1", metric="rank_1") < 0.2


def test_a_shift_is_the_mean_over_people_of_other_wearers():
    shared, found = shifts(WORN, "exp0")
    assert (shared, len(found)) == ("variant", 4)
    for variant, shift in enumerate(found):
        people = []
        for person in sorted({f"train{number:02}" for number in range(ROLES["train"])}):
            rows = WORN.rows
            own = (rows["subject_id"] == person) & (rows["protection"] == "exp0")
            photos = WORN.features[(own & (rows["variant"] == variant)).to_numpy()]
            if len(photos):
                units = [photo / np.linalg.norm(photo) for photo in photos.astype(float)]
                people.append(np.mean(units, axis=0) - vector("", person))
        assert shift.wearers == len(people) == 10
        np.testing.assert_allclose(shift.vector, np.mean(people, axis=0), atol=1e-6)
        assert set(WORN.rows[shift.of]["variant"]) == {variant}


def test_somebody_with_many_photos_has_no_more_to_say():
    own = WORN.where((WORN.rows["protection"] == "exp1").to_numpy())
    again = own.where((own.rows["subject_id"] == "train03").to_numpy())
    (one,), (other,) = (shifts(seen, "exp1")[1] for seen in (own, together(own, again, again)))
    np.testing.assert_allclose(one.vector, other.vector, atol=1e-12)


def test_too_few_wearers_of_a_variant_share_the_shift_of_their_training():
    shared, (shift,) = shifts(WORN, "exp1")
    assert (shared, shift.wearers) == ("training", ROLES["train"])
    assert set(WORN.rows[shift.of]["variant"]) == set(range(6))


def test_held_out_people_are_never_part_of_a_shift():
    """Nor dev people: whatever they look like, shifts stay the same; those who train count."""
    for role, same in (("test", True), ("dev", True), ("train", False)):
        changed = WORN.features.copy()
        changed[(WORN.rows["role"] == role).to_numpy()] *= -1
        for name in NAMES:
            found = (shifts(seen, name)[1] for seen in (WORN, Seen(WORN.rows, changed)))
            pairs = zip(*found, strict=True)
            assert all(np.array_equal(a.vector, b.vector) for a, b in pairs) == same


def test_lift_is_over_the_best_plain_control_before_the_same_opponent(table):
    rows = table[table["metric"] == "lift_rank_1"]
    assert set(rows["protection"]) == {"exp0", "exp1"}
    assert set(rows["over"]) <= {"grey", "black"}
    for row in rows.to_dict("records"):
        words = {"protocol": row["protocol"], "metric": "rank_1"}
        plain = value(table, **words, protection=row["over"])
        policy = row["variant_policy"]
        own = value(table, **words, protection=row["protection"], variant_policy=policy)
        assert row["value"] == pytest.approx(plain - own, abs=1e-9)


def test_rows_are_those_of_opponents_about_held_out_people(table, tmp_path):
    write_results(tmp_path, table)
    assert set(table["recognizer"]) == {"eyes:mean_shift"}
    assert set(table["recognizer_role"]) == {"opponent"}
    assert set(table["group"]) == {"held_out", ""}
    assert set(table.loc[table["metric"] == "rank_1", "people"]) == {ROLES["test"]}
    assert not table["metric"].str.match("det|cmc|eer").any()


def test_it_is_said_how_many_others_and_what_of(table):
    told = table[table["metric"] == "shift_wearers"].set_index("protection")
    assert told["value"].to_dict() == {"grey": 20, "black": 20, "exp0": 10, "exp1": 20}
    assert told["over"].to_dict() == {
        "grey": "variant", "black": "variant", "exp0": "variant", "exp1": "training"
    }  # fmt: skip


def test_what_no_training_people_wear_has_no_row():
    train = (WORN.rows["role"] == "train").to_numpy()
    exp0 = (WORN.rows["protection"] == "exp0").to_numpy()
    assert set(shifted(WORN.where(~(train & exp0)))["protection"]) == {"grey", "black", "exp1"}
    assert shifted(WORN.where(~train)).empty


def test_order_and_batch_size_change_nothing(table):
    order = np.random.default_rng(1).permutation(len(WORN.rows))
    mixed = Seen(WORN.rows.iloc[order].reset_index(drop=True), WORN.features[order])
    judge = replace(JUDGE, settings=JUDGE.settings.model_copy(update={"batch_size": 1000}))
    again = frame(mean_shift_rows(judge, AT, mixed, GALLERIES, NAMES))
    keys = ["protection", "protocol", "metric", "variant_policy"]
    pd.testing.assert_frame_equal(
        *(one.sort_values(keys, ignore_index=True) for one in (table, again)), atol=1e-9
    )


PAINTED = {
    "study": enrolled("train", "test", "distractor", what="painted"),
    "dev": enrolled("dev", what="painted"),
}
GREY = worn("grey", what="painted")


@pytest.fixture(scope="module")
def painted() -> pd.DataFrame:
    return frame(grey_region_rows(JUDGE, GREY, PAINTED))


def test_grey_probes_are_looked_for_in_the_painted_gallery(painted, tmp_path):
    write_results(tmp_path, painted)
    words = {"protection": "grey", "recognizer": "eyes:grey_region", "metric": "rank_1"}
    assert value(painted, **words) == 1
    assert set(painted.loc[painted["metric"] == "rank_1", "gallery_side"]) == {"protected"}
    unpainted = frame(grey_region_rows(JUDGE, GREY, GALLERIES))
    assert value(unpainted, **words) < 0.2  # the bare gallery knows nobody so


def test_its_threshold_is_chosen_on_dev_people_in_the_same_paint(painted):
    dev = GREY.where(((GREY.rows["role"] == "dev") & (GREY.rows["protocol"] == "other_photo"))
                     .to_numpy())  # fmt: skip
    scores = [
        float(unit @ other)
        for who, unit in zip(dev.rows["subject_id"], Eyes().templates(dev.features), strict=True)
        for name, other in zip(PAINTED["dev"].rows["subject_id"],
                               Eyes().templates(PAINTED["dev"].features), strict=True)
        if who != name
    ]  # fmt: skip
    found = painted[painted["metric"] == "threshold@0.1"].iloc[0]
    assert (found["trials"], found["people"], found["threshold_role"]) == (90, 10, "dev")
    assert np.mean(np.array(scores) >= found["value"]) <= 0.1
    assert np.mean(np.array(scores) >= found["value"] - 2e-4) >= 0.1 - 1 / 90
    held_out = joined(
        [
            search(
                JUDGE.version,
                enroll(JUDGE.version, PAINTED["study"]),
                GREY.where((GREY.rows["role"] == "test").to_numpy()),
                [],
                9,
            )
        ]
    )
    other = held_out.trials[held_out.trials["protocol"] == "other_photo"]
    missed = (other["mated"] < found["value"]).mean()
    assert value(painted, protection="grey", metric="fnmr@0.1") == pytest.approx(missed)


def test_rows_of_recognizers_as_made_are_as_they_were():
    """What opponents leave out, curves and groups, the others keep."""
    log = search(JUDGE.version, STUDY, worn("grey").where(
        (worn("grey").rows["role"] != "dev").to_numpy()), AT, 9)  # fmt: skip
    judge = replace(JUDGE, threshold_role="train")
    metrics = frame(table_rows(log, judge))["metric"]
    assert metrics.str.match("det|cmc|eer").any()
