"""Who wears which variant: evenly, by ids and seed alone, each photo shown once per design."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from faceveil.params.errors import FaceveilError
from faceveil.params.protect import Protect
from faceveil.protection.deal import deal_labelled, deal_variants

PHOTOS = 3
"""Of each person."""

LEARN = Protect(designs=2, learn_photos=40, learn_designs=4, seed=3)


def photos(people: int) -> pd.DataFrame:
    """Photos of people, whose ids are no numbers."""
    ids = [f"p{number:03d}" for number in range(people) for _ in range(PHOTOS)]
    images = [f"{who}_{number % PHOTOS}" for number, who in enumerate(ids)]
    return pd.DataFrame({"subject_id": ids, "image_id": images}, dtype="str")


def shuffled(table: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """The same rows in another order, under the same numbers as before."""
    return table.iloc[np.random.default_rng(seed).permutation(len(table))]


def in_order(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values(list(table.columns), ignore_index=True)


def wearers(dealt: pd.DataFrame) -> list[int]:
    """How many people wear each variant that anybody wears."""
    return dealt.groupby("variant")["subject_id"].nunique().tolist()


@pytest.mark.parametrize("people", [1, 5, 16, 17])
@pytest.mark.parametrize(("variants", "trainings"), [(1, 1), (8, 1), (24, 3)])
@pytest.mark.parametrize("per_subject", [1, 2, 3, 8])
def test_no_two_variants_differ_by_more_than_one_wearer(people, variants, trainings, per_subject):
    per_subject = min(per_subject, variants // trainings)
    dealt = deal_variants(photos(people), variants, trainings, per_subject)
    counts = dealt.groupby("variant")["subject_id"].nunique().reindex(range(variants), fill_value=0)
    assert counts.max() - counts.min() <= 1
    assert counts.sum() == people * trainings * per_subject


@pytest.mark.parametrize(("trainings", "per_subject"), [(1, 1), (1, 3), (2, 2), (2, 4)])
def test_everybody_wears_so_many_designs_of_each_training_on_all_photos(trainings, per_subject):
    dealt = deal_variants(photos(7), 4 * trainings, trainings, per_subject)
    assert not dealt.duplicated(["image_id", "variant"]).any()
    assert dealt["training"].equals(dealt["variant"] // 4)
    by_photo = dealt.groupby(["image_id", "training"]).size()
    assert len(by_photo) == 7 * PHOTOS * trainings
    assert set(by_photo) == {per_subject}
    by_person = dealt.groupby("subject_id")["variant"].nunique()
    assert set(by_person) == {trainings * per_subject}


def test_neighbours_by_id_wear_the_next_designs():
    dealt = deal_variants(photos(5), 12, 2, 2)
    worn = dealt.groupby("subject_id")["variant"].agg(lambda column: sorted(set(column)))
    assert worn.tolist() == [
        [0, 1, 6, 7], [2, 3, 8, 9], [4, 5, 10, 11], [0, 1, 6, 7], [2, 3, 8, 9]
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_variants_are_the_same_whatever_the_order_of_rows(seed):
    dealt = deal_variants(photos(6), 8, 2, 3)
    again = deal_variants(shuffled(photos(6), seed), 8, 2, 3)
    pd.testing.assert_frame_equal(in_order(dealt), in_order(again))


def test_nobody_but_the_people_given_decides_the_variants():
    """Another photo, or fewer photos, of the same people changes nothing."""
    some = photos(6).drop_duplicates("subject_id")
    few, all_of_them = deal_variants(some, 8, 2, 3), deal_variants(photos(6), 8, 2, 3)
    worn = [set(zip(one["subject_id"], one["variant"], strict=True)) for one in (few, all_of_them)]
    assert worn[0] == worn[1]


def test_the_photos_given_stay_as_they_were():
    given = photos(4)
    deal_variants(given, 4, 1, 2)
    deal_labelled(given, 1, LEARN)
    pd.testing.assert_frame_equal(given, photos(4))


def test_more_designs_than_a_training_has_are_refused_by_key():
    assert len(deal_variants(photos(2), 8, 2, 4)) == 2 * PHOTOS * 8
    with pytest.raises(FaceveilError, match=r"designs_per_subject is 5, but a training has 4 des"):
        deal_variants(photos(2), 8, 2, 5)


def test_labelled_photos_are_numbered_in_every_training():
    dealt = deal_labelled(photos(6), 3, LEARN)
    assert len(dealt) == 3 * LEARN.learn_photos
    for training, part in dealt.groupby("training"):
        assert part["order"].tolist() == list(range(LEARN.learn_photos))
        assert set(part["variant"] // LEARN.learn_designs) == {training}
    assert set(dealt["variant"] % LEARN.learn_designs) == set(range(LEARN.learn_designs))


@pytest.mark.parametrize("people", [6, 13, 20])
def test_everybody_is_shown_once_in_each_round(people):
    dealt = deal_labelled(photos(people), 1, LEARN)
    rounds = [dealt.iloc[start : start + people] for start in range(0, len(dealt), people)]
    for part in rounds:
        assert part["subject_id"].is_unique
    assert all(set(one["subject_id"]) == set(photos(people)["subject_id"]) for one in rounds[:-1])
    orders = [one["subject_id"].tolist() for one in rounds if len(one) == people]
    assert all(one != next_one for one, next_one in pairwise(orders))


def test_nobody_is_shown_twice_on_the_same_photo_in_the_same_design():
    every = LEARN.model_copy(update={"learn_photos": 6 * PHOTOS * LEARN.learn_designs})
    dealt = deal_labelled(photos(6), 2, every)
    assert not dealt.duplicated(["image_id", "variant"]).any()
    assert len(dealt) == 2 * every.learn_photos  # each of them, then


def test_who_has_fewer_photos_is_shown_as_often_as_they_last():
    few = photos(3).drop(index=[1, 2])  # one photo of the first, three of the others
    every = LEARN.model_copy(update={"learn_photos": 7 * LEARN.learn_designs})
    dealt = deal_labelled(few, 1, every)
    assert dealt.groupby("subject_id").size().tolist() == [4, 12, 12]
    assert not dealt.duplicated(["image_id", "variant"]).any()
    assert dealt.iloc[:12].groupby("subject_id").size().tolist() == [4, 4, 4]


@pytest.mark.parametrize("wanted", [0, 1, 10])
def test_the_first_of_many_are_the_few(wanted):
    few = LEARN.model_copy(update={"learn_photos": wanted})
    dealt = deal_labelled(photos(6), 2, LEARN)
    first = dealt[dealt["order"] < wanted].reset_index(drop=True)
    pd.testing.assert_frame_equal(deal_labelled(photos(6), 2, few), first)


@pytest.mark.parametrize("seed", range(3))
def test_labelled_photos_are_the_same_whatever_the_order_of_rows(seed):
    dealt = deal_labelled(photos(6), 2, LEARN)
    again = deal_labelled(shuffled(photos(6), seed), 2, LEARN)
    pd.testing.assert_frame_equal(dealt, again)


def test_a_training_more_changes_none_of_those_before():
    two, three = deal_labelled(photos(6), 2, LEARN), deal_labelled(photos(6), 3, LEARN)
    pd.testing.assert_frame_equal(three[three["training"] < 2], two)


def test_trainings_and_seeds_deal_differently():
    dealt = deal_labelled(photos(6), 2, LEARN).assign(
        design=lambda rows: rows["variant"] % LEARN.learn_designs
    )
    other = deal_labelled(photos(6), 1, LEARN.model_copy(update={"seed": 4}))
    first, second = (dealt[dealt["training"] == t].reset_index(drop=True) for t in (0, 1))
    for one in (second, other.assign(design=other["variant"])):
        for column in ("subject_id", "image_id", "design"):
            assert not one[column].equals(first[column])


def test_so_many_photos_as_there_are_not_are_refused_by_key():
    possible = 2 * PHOTOS * LEARN.learn_designs
    deal_labelled(photos(2), 1, LEARN.model_copy(update={"learn_photos": possible}))
    with pytest.raises(FaceveilError, match=r"learn_photos is 25, .* make 24; raise protect\.lea"):
        deal_labelled(photos(2), 1, LEARN.model_copy(update={"learn_photos": possible + 1}))
