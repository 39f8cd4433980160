"""From trials to rows: every number with its people, its trials and, where promised, its ends."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from faceveil.evaluation.results import COLUMNS, write_results
from faceveil.evaluation.search import BINS
from faceveil.evaluation.table import BARE, Judge, table_rows
from faceveil.evaluation.trials import Log
from faceveil.evaluation.versions import ADAPTED, Version
from faceveil.metrics.intervals import bootstrap_interval
from faceveil.params.evaluate import Evaluate
from faceveil.store.protocol import MASKED_PHOTOS, UNMASKED_PHOTOS

ROLES = {"test": 6, "train": 4, "dev": 5}
RATES = {
    "test": {"none": 1.0, "black": 0.1, "white": 0.9, "design": 0.3, "blur": 0.6},
    "train": {"none": 1.0, "black": 0.5, "white": 0.5},
    "dev": {"none": 1.0, "black": 0.9, "white": 0.1},
}
"""How often people are recognized: dev people are hidden by white, held-out people by black."""

GROUPS = pd.DataFrame({"subject_id": ["test0", "test1", "test2", "dev0", "nobody"],
                       "skin_tone": ["dark", "light", "dark", "dark", "light"]})  # fmt: skip
WITH_ENDS = r"(lift_)?(rank_[15]|fnmr@.*)|fpir@.*"


def _trials() -> pd.DataFrame:
    draw = np.random.default_rng(6)
    rows = []
    for role, rates in RATES.items():
        for name, rate in rates.items():
            kinds = UNMASKED_PHOTOS if name in ("none", "blur") else MASKED_PHOTOS
            for protocol, kind in kinds.items():
                for training in (0, 1) if name == "design" else (-1,):
                    for number in range(ROLES[role] if (role, protocol) != ("dev", "same_photo")
                                        else 0):  # fmt: skip
                        mated = round(draw.random() * 0.5 + 0.5 * (draw.random() < rate), 6)
                        rows.append((name, protocol, role, kind, training, f"{role}{number}",
                                     1 if mated > 0.5 else 2 + number, mated))  # fmt: skip
    names = ["protection", "protocol", "role", "kind", "training", "subject_id", "rank", "mated"]
    table = pd.DataFrame(rows, columns=names)
    nearest = np.round(draw.random(len(table)), 6)
    victims = [f"train{number}" for number in draw.integers(0, 4, len(table))]
    table = table.assign(nearest=nearest, nearest_id=victims, hit=table["rank"] == 1)
    table = table.assign(condition="", variant=table["training"])
    return table.assign(**{"matched@0.1": table["mated"] > 0.6, "stranger@0.1": nearest > 0.6})


TRIALS = _trials()
KEYS = TRIALS.groupby(["protection", "protocol", "role", "condition"]).groups
NONMATED = {key: np.random.default_rng(8).integers(0, 3, BINS) for key in KEYS}
JUDGE = Judge(
    Version("facenet", "target", recognizer=None),
    Evaluate(plain=("black", "white"), false_match_rate=0.1, seed=1),
    [0.1, 0.01],
    "dev",
    GROUPS,
)


def table_of(trials=TRIALS, judge=JUDGE) -> pd.DataFrame:
    return pd.DataFrame(table_rows(Log(trials, NONMATED), judge), columns=list(COLUMNS))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return table_of()


def row(table: pd.DataFrame, **words) -> pd.Series:
    """Return the one row with these words."""
    words = {"protocol": "other_photo", "group": "held_out", "condition": ""} | words
    found = table[np.logical_and.reduce([table[name] == word for name, word in words.items()])]
    assert len(found) == 1, words
    return found.iloc[0]


def of(name, protocol="other_photo", role="test") -> pd.DataFrame:
    chosen = (TRIALS["protection"] == name) & (TRIALS["protocol"] == protocol)
    return TRIALS[chosen & (TRIALS["role"] == role)]


def test_it_is_a_table_of_results(table, tmp_path):
    write_results(tmp_path, table)
    assert set(table["protection"]) == set(RATES["test"])
    assert set(table["recognizer"]) == {"facenet"}


def test_every_number_has_people_and_trials_and_ends_where_promised(table):
    ends = table["metric"].str.fullmatch(WITH_ENDS)
    assert (table["people"] > 0).all() and (table["trials"] >= table["people"]).all()
    assert table["value"].notna().all()
    assert (table.loc[ends, "low"] <= table.loc[ends, "value"]).all()
    assert (table.loc[ends, "value"] <= table.loc[ends, "high"]).all()
    assert (table.loc[ends, "high"] - table.loc[ends, "low"] > 0.1).all()  # few people
    assert table.loc[~ends, ["low", "high"]].isna().all(axis=None)
    assert set(table.loc[~ends, "metric"].str.replace("@.*", "", regex=True)) == {
        "similarity", "victims", "top_victim_share", "eer", "det", "cmc"
    }  # fmt: skip


def test_dev_people_are_judged_by_nothing(table):
    assert set(table["group"]) == {"held_out", "training", "skin_tone=dark", "skin_tone=light"}
    training = table[table["group"] == "training"]
    assert set(training["protection"]) == {"none", "black", "white"}
    assert set(training["people"]) == {4}


def test_rates_are_those_of_the_trials(table):
    own = of("design")
    for metric, value in {
        "rank_1": own["hit"].mean(),
        "rank_5": (own["rank"] <= 5).mean(),
        "cmc@5": (own["rank"] <= 5).mean(),
        "fnmr@0.1": 1 - own["matched@0.1"].mean(),
        "fpir@0.1": own["stranger@0.1"].mean(),
        "similarity": own["mated"].mean(),
        "victims@0.1": own.loc[own["stranger@0.1"], "nearest_id"].nunique(),
    }.items():
        found = row(table, protection="design", variant_policy="dealt", metric=metric)
        assert found["value"] == pytest.approx(value), metric
        assert (found["people"], found["trials"]) == (6, 12)
        assert found["threshold_role"] == ("dev" if "@0.1" in metric else "")


def test_lift_is_over_the_best_control_of_dev_people(table):
    """Not over that of the held-out people, who would be hidden best by black."""
    assert of("black")["hit"].mean() < of("white")["hit"].mean()
    for metric, outcome in (("lift_rank_1", "hit"), ("lift_fnmr@0.1", "matched@0.1")):
        found = row(table, protection="design", metric=metric)
        people = [frame.groupby("subject_id")[outcome].mean() for frame in map(of, (
            "white", "design"))]  # fmt: skip
        assert found["over"] == "white"
        assert found["value"] == pytest.approx((people[0] - people[1]).mean())


def test_bare_faces_are_compared_with_bare_faces_and_controls_with_nothing(table):
    lifts = table[table["metric"].str.startswith("lift")]
    assert set(lifts["protection"]) == {"design", "blur"}
    found = row(table, protection="blur", metric="lift_rank_1", protocol="same_photo")
    expected = of(BARE, "same_photo")["hit"].mean() - of("blur", "same_photo")["hit"].mean()
    assert (found["over"], found["value"]) == (BARE, pytest.approx(expected))


def test_what_is_on_the_face_of_probes_is_said(table):
    sides = table.groupby("protection")["probe_side"].agg(set)
    assert sides.drop("none").map(lambda one: one == {"protected"}).all()
    assert sides["none"] == {"bare"}
    assert set(table["gallery_side"]) == {"bare"}


def test_trainings_have_rows_of_their_own(table):
    policy = table.groupby("protection")["variant_policy"].agg(set)
    assert policy["design"] == {"dealt", "training 0", "training 1"}
    assert policy["black"] == {"one"}
    for training in (0, 1):
        own = of("design")[of("design")["training"] == training]
        found = row(table, protection="design", variant_policy=f"training {training}")
        assert (found["metric"], found["trials"]) == ("rank_1", 6)
        assert found["value"] == pytest.approx(own["hit"].mean())


def test_groups_are_of_held_out_people_that_are_known(table):
    dark = of("design")[of("design")["subject_id"].isin(["test0", "test2"])]
    found = row(table, protection="design", group="skin_tone=dark", metric="fnmr@0.1")
    assert found["value"] == pytest.approx(1 - dark["matched@0.1"].mean())
    assert (found["people"], found["trials"]) == (2, 4)
    lift = row(table, protection="design", group="skin_tone=light", metric="lift_fnmr@0.1")
    assert (lift["over"], lift["people"]) == ("white", 1)


def test_without_known_groups_there_are_none():
    found = table_of(judge=replace(JUDGE, groups=GROUPS.iloc[:0]))
    assert set(found["group"]) == {"held_out", "training"}


def test_a_version_that_learned_has_neither_groups_nor_curves():
    found = table_of(judge=replace(JUDGE, version=replace(JUDGE.version, role=ADAPTED)))
    assert set(found["group"]) == {"held_out", "training"}
    assert not found["metric"].str.match("det|cmc|eer").any()
    assert (found["metric"] == "lift_fnmr@0.1").any()


def drawn_trials(worn=("design", "white")) -> pd.DataFrame:
    """The same trials and new ones of held-out people, of three draws each."""
    own = TRIALS[(TRIALS["role"] == "test") & TRIALS["protection"].isin(worn)]
    own = own[own["protocol"] == "other_photo"]
    draw = np.random.default_rng(9)
    parts = [TRIALS]
    for number in range(3):
        part = own[own["training"].isin([-1, number % 2])]
        hit = draw.random(len(part)) < 0.5
        parts.append(part.assign(condition="drawn", hit=hit, **{"matched@0.1": ~hit}))
    return pd.concat(parts, ignore_index=True)


def test_drawn_rates_are_means_over_people_and_lifts_over_the_control_under_the_same():
    trials = drawn_trials()
    found, drawn = table_of(trials), trials[trials["condition"] == "drawn"]
    words = {"protection": "design", "condition": "drawn", "variant_policy": "dealt"}
    people = {
        name: drawn[drawn["protection"] == name].groupby("subject_id")["hit"].mean()
        for name in ("design", "white")
    }
    rate = row(found, **words, metric="rank_1")
    assert rate["value"] == pytest.approx(people["design"].mean())
    assert (rate["people"], rate["trials"]) == (6, 18)
    gain = row(found, **words, metric="lift_rank_1")
    assert gain["over"] == "white"  # chosen flat, on dev people
    assert gain["value"] == pytest.approx((people["white"] - people["design"]).mean())
    assert gain["low"] < gain["value"] < gain["high"]


def test_under_a_condition_there_are_neither_curves_nor_groups_nor_single_trainings(table):
    found = table_of(drawn_trials())
    anew = found[found["condition"] == "drawn"]
    assert set(anew["metric"].str.replace("@.*", "", regex=True)) == {
        "rank_1", "similarity", "fnmr", "fpir", "lift_rank_1", "lift_fnmr"
    }  # fmt: skip
    assert set(anew["group"]) == {"held_out"}
    assert set(anew["variant_policy"]) == {"dealt", "one"}
    flat = found[found["condition"] == ""].reset_index(drop=True)
    pd.testing.assert_frame_equal(flat, table, check_exact=True)


def test_a_control_that_is_not_worn_under_a_condition_leaves_no_lift():
    found = table_of(drawn_trials(worn=["design"]))
    anew = found[found["condition"] == "drawn"]
    assert set(anew["protection"]) == {"design"}
    assert not anew["metric"].str.startswith("lift").any()


def test_an_unreachable_threshold_has_no_numbers():
    found = table_of(TRIALS.drop(columns=["matched@0.1", "stranger@0.1"]))
    assert not found["metric"].str.contains("fnmr|fpir|victim").any()
    assert (found["metric"] == "lift_rank_1").any()


def test_row_order_changes_nothing(table):
    found = table_of(TRIALS.sample(frac=1, random_state=1).reset_index(drop=True))
    words = ["protection", "protocol", "group", "metric", "variant_policy"]
    one, other = (frame.sort_values(words, ignore_index=True) for frame in (table, found))
    pd.testing.assert_frame_equal(one, other, check_exact=False, rtol=1e-12)


def many_designs(named: dict[int, list[int]], per_training=10) -> pd.DataFrame:
    """Trials of 20 people in two designs each, of 20; ``named`` are wearers by design."""
    rows = []
    for who in range(20):
        for training in range(2):
            variant = per_training * training + who % per_training
            rows.append(("design", "test", training, variant, who, who in named.get(variant, [])))
        rows.append(("white", "test", -1, 0, who, True))
        rows.append(("white", "dev", -1, 0, who, True))
    names = ["protection", "role", "training", "variant", "subject_id", "hit"]
    trials = pd.DataFrame(rows, columns=names)
    words = {"protocol": "other_photo", "condition": "", "kind": "further_masked", "mated": 0.5}
    people = trials["subject_id"].map("{:02d}".format)
    return trials.assign(**words, subject_id=people, rank=np.where(trials["hit"], 1, 2))


def test_the_worst_tenth_of_designs_is_that_in_which_most_are_named():
    """Of 20 the two: in 3 both of its wearers are named, in 7 one, as in 13, which comes later."""
    trials = many_designs({3: [3, 13], 7: [7], 13: [13]})
    found = row(table_of(trials), metric="lift_rank_1", variant_policy="worst tenth")
    assert (found["value"], found["people"], found["trials"]) == (0.25, 4, 4)
    gain = np.array([0.0, 0.0, 0.0, 1.0])
    low, high = bootstrap_interval(gain, ["03", "07", "13", "17"], 0.95, bounds=(-1, 1), seed=1)
    assert (found["low"], found["high"]) == (max(-1, low), min(1, high))
    assert found["over"] == "white"
    whole = row(table_of(trials), metric="lift_rank_1", variant_policy="dealt")
    assert whole["value"] == pytest.approx(1 - 4 / 40)


def test_a_few_designs_or_one_for_each_wearer_have_no_worst_tenth():
    alone = many_designs({}).assign(
        variant=lambda t: 20 * t["training"] + t["subject_id"].astype(int)
    )
    for trials in (many_designs({}, per_training=4), alone):
        assert "worst tenth" not in set(table_of(trials)["variant_policy"])


def test_what_is_made_of_designs_has_no_worst_tenth():
    control = many_designs({3: [3]}).assign(training=-1)
    assert "worst tenth" not in set(table_of(control)["variant_policy"])
