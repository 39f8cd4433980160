"""Who is in which split follows from seed and ids alone."""

import numpy as np
import pandas as pd
import pytest

from faceveil.collection.curate import (
    assign_splits,
    split_people,
)
from faceveil.params.errors import FaceveilError
from faceveil.runtime.seeding import hash_order


def people(count: int) -> pd.DataFrame:
    """An index of kept pairs, and a rejected one."""
    rows = [
        {"subject_id": f"{number:05d}", "kind": kind, "reasons": "", "verdict": "kept"}
        for number in range(count)
        for kind in ("unmasked", "masked")
    ]
    bad = {"subject_id": "99999", "reasons": "blurred", "verdict": "rejected"}
    return pd.DataFrame([*rows, bad | {"kind": "unmasked"}, bad | {"kind": "masked"}])


def test_shares_and_order(params):
    wanted = params.model_copy(update={"people": 50, "test_share": 0.2})
    splits = split_people(people(80), wanted)
    assert splits["split"].value_counts().to_dict() == {"train": 40, "test": 10, "spare": 2}
    assert splits["subject_id"].is_monotonic_increasing and splits["subject_id"].is_unique
    shuffled = people(80).sample(frac=1, random_state=np.random.default_rng(0))
    pd.testing.assert_frame_equal(split_people(shuffled, wanted), splits)


def test_more_people_move_nobody_across(params):
    few = split_people(people(80), params.model_copy(update={"people": 78, "test_share": 0.25}))
    many = split_people(people(160), params.model_copy(update={"people": 158, "test_share": 0.25}))
    both = few.merge(many, on="subject_id")
    # The boundary between the splits is a rank, so that a few near it may change sides.
    assert (both["split_x"] == both["split_y"]).mean() > 0.85


def test_spare_people_move_nobody(params):
    """Whoever trains or is tested does so with any number of spare people."""
    wanted = params.model_copy(update={"people": 30})
    none, many = (
        split_people(people(80), wanted.model_copy(update={"spare_people": count}))
        for count in (0, 40)
    )
    studied = many[many["split"] != "spare"].reset_index(drop=True)
    pd.testing.assert_frame_equal(studied, none)
    assert (many["split"] == "spare").sum() == 40


def test_too_few_people_name_both_keys(params):
    wanted = params.model_copy(update={"people": 9, "spare_people": 2})
    with pytest.raises(FaceveilError, match=r"curate\.people and curate\.spare_people are 11"):
        split_people(people(10), wanted)


def test_another_seed_chooses_others():
    ids = [f"{number:05d}" for number in range(100)]
    assert hash_order(ids, 1) == hash_order(ids[::-1], 1) != hash_order(ids, 2)
    assert sorted(hash_order(ids, 1)) == ids


def test_only_kept_photos_of_chosen_people_get_a_split(params):
    index = people(10)
    splits = split_people(index, params)
    assigned = assign_splits(index, splits)
    by_subject = splits.set_index("subject_id")["split"]
    for row in assigned.itertuples():
        assert row.split == by_subject.get(row.subject_id, "")


def test_too_few_people_of_whom_all_are_kept_are_told_to_add_photos(params):
    kept = people(3).query("verdict == 'kept'")
    with pytest.raises(FaceveilError, match=r"3 of 3 pairs are kept; lower one or add photos$"):
        split_people(kept, params)
