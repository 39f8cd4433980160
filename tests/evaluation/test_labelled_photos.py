"""Labelled photos: of training people alone, nested, and the same whatever the batch size."""

import pandas as pd
import pytest
import torch

from faceveil.evaluation.controls import sample_designs
from faceveil.evaluation.labelled_photos import deal_photos, designs_to_learn
from faceveil.params.errors import FaceveilError
from faceveil.protection.designs.generators import build_generator
from tests.evaluation.strike_back_sections import SETTINGS, designs, given, settings, stores
from tests.evaluation.world import SETTINGS as JUDGED
from tests.protection.designs.small_world import SIZE, SUBJECTS, TRAINED, SmallRecognizer

POSSIBLE = TRAINED * 2 * SETTINGS.designs


@pytest.fixture(scope="module")
def trunk():
    return SmallRecognizer().trunk


def dealt(count, **changes):
    return deal_photos(stores(), 5, SUBJECTS, settings(photos=(count,), **changes))


def test_held_out_people_are_never_shown():
    shown = set(dealt(POSSIBLE)["label"])
    assert shown == set(range(TRAINED))


def test_people_outside_of_the_gallery_are_never_shown():
    few = deal_photos(stores(), 5, SUBJECTS[2:5], settings(photos=(30,)))
    assert set(few["label"]) == {0, 1, 2}
    places = zip(few["store"], few["row"], strict=True)
    shown = {stores()[store].rows["subject_id"].iloc[row] for store, row in places}
    assert shown == set(SUBJECTS[2:5])


def test_no_photo_is_given_twice_and_everybody_is_shown_equally_often():
    every = dealt(POSSIBLE)
    assert not every.duplicated().any()
    for count in (TRAINED, 3 * TRAINED, 3 * TRAINED + 2):
        times = every["label"].iloc[:count].value_counts()
        assert len(times) == TRAINED
        assert times.max() - times.min() <= 1


def test_the_first_photos_of_many_are_the_few():
    pd.testing.assert_frame_equal(dealt(30).iloc[:4], dealt(4))


def test_the_order_of_the_stores_rows_changes_no_photo():
    def shown(faces):
        table = deal_photos(faces, 5, SUBJECTS, SETTINGS)
        ids = [
            faces[store].rows["image_id"].iloc[row]
            for store, row in zip(table["store"], table["row"], strict=True)
        ]
        return list(zip(table["label"], ids, table["design"], strict=True))

    first, second = stores()
    turned = type(first)(first.pixels[::-1], first.rows.iloc[::-1], first.transparency[::-1])
    assert shown((turned, second)) == shown((first, second))


def test_another_seed_deals_otherwise():
    assert not dealt(30, seed=6).equals(dealt(30))


def test_more_photos_than_there_can_be_are_refused_with_their_number():
    with pytest.raises(FaceveilError, match=rf"{POSSIBLE + 1} labelled.*make {POSSIBLE}; raise"):
        dealt(POSSIBLE + 1)


def test_features_are_those_of_the_worn_photos(trunk):
    found, table, worn = given(trunk), dealt(30), designs(SETTINGS)
    assert found.labels.tolist() == table["label"].tolist()
    for number, (_, store, row, design) in enumerate(table.itertuples(index=False)):
        faces = stores()[store]
        photo, cover = faces.images([row]), faces.transparencies([row])
        expected = trunk(photo * (1 - cover) + worn[design] * cover)[0]
        torch.testing.assert_close(found.inputs[number], expected.detach())


def test_the_batch_size_changes_nothing(trunk):
    whole, single = given(trunk), given(trunk, settings(batch_size=1))
    torch.testing.assert_close(whole.inputs, single.inputs)
    assert torch.equal(whole.labels, single.labels)


def test_the_first_of_many_features_are_those_of_the_few(trunk):
    many, few = given(trunk), given(trunk, settings(photos=(0, 4)))
    torch.testing.assert_close(many.first(4).inputs, few.inputs)
    assert len(many.first(0)) == 0
    with pytest.raises(ValueError, match="31 photos asked for, there are 30"):
        many.first(31)


def test_no_photo_at_all_is_possible(trunk):
    assert len(given(trunk, settings(photos=(0,)))) == 0


def test_no_design_that_is_judged_is_learned_from():
    generator = build_generator("mlp", 100, SIZE)
    judged = JUDGED.model_copy(update={"seed": SETTINGS.seed, "designs": 5})
    learned = designs_to_learn(generator, SETTINGS)
    assert learned.shape == (5, 3, SIZE, SIZE)
    distances = torch.cdist(learned.flatten(1), sample_designs(generator, judged).flatten(1))
    assert distances.min() > 1e-3
