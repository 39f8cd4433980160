"""The rows and who wears which design."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from faceveil.evaluation.published import PUBLISHED, RELABELLED
from faceveil.evaluation.rows import CONTROLS, ROWS, Row, assign_designs, of_subjects
from faceveil.params.errors import FaceveilError

PEOPLE = np.array([f"{number:05d}" for number in (3, 11, 4, 70, 8, 9, 1)])


def test_rows_have_names_of_their_own_and_hold_the_published_four():
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names)
    assert all(set(rows) <= set(names) for rows in (*PUBLISHED.values(), RELABELLED))


def test_whatever_designs_are_compared_with_has_a_row_of_held_out_people():
    held_out = {row.wears for row in ROWS if row.subjects == "test"}
    assert held_out == {"generated", "plain", "no_mask", *CONTROLS}


def test_labels_say_same_or_other_people():
    assert Row("generated", "test").label == "generated design, held-out people"


@pytest.mark.parametrize(("designs", "per_subject"), [(1, 1), (3, 2), (16, 4), (5, 5)])
def test_designs_are_spread_evenly(designs: int, per_subject: int):
    dealt = assign_designs(PEOPLE, designs, per_subject)
    assert set(dealt) == set(PEOPLE)
    assert all(len(set(worn)) == per_subject for worn in dealt.values())
    wearers = Counter(int(design) for worn in dealt.values() for design in worn)
    counts = [wearers[design] for design in range(designs)]
    assert max(counts) - min(counts) <= 1


def test_row_order_and_further_photos_change_nobodys_designs():
    once = assign_designs(PEOPLE, 5, 2)
    again = assign_designs(np.concatenate([PEOPLE[::-1], PEOPLE]), 5, 2)
    assert {who: worn.tolist() for who, worn in once.items()} == {
        who: worn.tolist() for who, worn in again.items()
    }


def test_more_designs_than_there_are_is_refused():
    with pytest.raises(FaceveilError, match="4 designs per person, but there are only 3"):
        assign_designs(PEOPLE, 3, 4)


def test_of_subjects_filters_by_what_is_worn_and_by_whom():
    trials = pd.DataFrame(
        {"wears": ["plain", "plain", "grey"], "split": ["train", "test", "test"]}, index=[5, 6, 7]
    )
    assert of_subjects(trials, Row("plain", "all")).index.tolist() == [5, 6]
    assert of_subjects(trials, Row("plain", "test")).index.tolist() == [6]
    assert of_subjects(trials, Row("black", "all")).empty
