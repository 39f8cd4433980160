"""Curation writes the groups of everybody it keeps, from the truth table alone."""

import pandas as pd

from faceveil.collection.score import read_truth
from faceveil.store.faces import open_faces
from faceveil.store.groups import ATTRIBUTES, GROUPS, known_groups, read_groups


def test_everybody_who_is_kept_is_in_one_group_of_each_attribute(collection, curated):
    directory, _ = curated
    groups = read_groups(directory / GROUPS).set_index("subject_id")
    people = open_faces(directory, "unmasked").rows["subject_id"]
    assert groups.index.tolist() == sorted(people)
    truth = pd.read_csv(collection / "truth.csv", dtype={"subject_id": str})
    for subject, row in truth.drop_duplicates("subject_id").set_index("subject_id").iterrows():
        if subject in groups.index:
            tone, age = row["skin_tone"], row["age"]
            expected = "light" if tone <= 1 / 3 else "medium" if tone <= 2 / 3 else "dark"
            lines = "few lines" if age <= 35 else "some lines" if age <= 55 else "many lines"
            shape = "female-typed" if row["sex_typed_shape"] <= 0.5 else "male-typed"
            assert groups.loc[subject].tolist() == [expected, lines, shape]
    for attribute, (_, names) in ATTRIBUTES.items():
        assert set(groups[attribute]) <= set(names)


def test_row_order_changes_nothing(collection):
    people = ["00000", "00003", "00005"]
    truth = read_truth(collection)
    once, again = (known_groups(truth, order) for order in (people, people[::-1]))
    pd.testing.assert_frame_equal(once, again)
