"""Where trainings lie, and which of their files designs come from."""

import pytest

from faceveil.params.errors import FaceveilError
from faceveil.params.whole_file import ENDINGS
from faceveil.protection.base import method_name
from faceveil.protection.designs.folders import OWN, design_weights, training_folders
from faceveil.protection.designs.generators import WEIGHTS
from faceveil.protection.methods.mean_colour import MeanColour
from faceveil.protection.methods.shuffled import Shuffled
from faceveil.protection.methods.untrained import Untrained
from faceveil.protection.textures.files import TEXTURES
from faceveil.protection.textures.generator import WEIGHTS as ON_CLOTH
from faceveil.store.weights import HEAD_WEIGHTS


def test_trainings_are_in_the_order_of_their_numbers(tmp_path):
    for name in ("10", "2", "0", "notes"):
        (tmp_path / name).mkdir()
    assert [folder.name for folder in training_folders(tmp_path)] == ["0", "2", "10"]


def test_an_experiment_without_trainings_is_one_line(tmp_path):
    line = f"no training here; run `dvc repro train@{tmp_path.name}` first"
    with pytest.raises(FaceveilError, match=line):
        training_folders(tmp_path)


@pytest.mark.parametrize("name", [TEXTURES, ON_CLOTH, WEIGHTS])
def test_designs_come_from_the_file_beside_the_head(tmp_path, name):
    for file in (HEAD_WEIGHTS, "card.json", name):
        (tmp_path / file).touch()
    assert design_weights(tmp_path) == tmp_path / name


def test_without_any_the_missing_file_is_named(tmp_path):
    (tmp_path / HEAD_WEIGHTS).touch()
    assert design_weights(tmp_path) == tmp_path / WEIGHTS


def test_textures_come_before_the_generator_that_drew_them(tmp_path):
    for file in (HEAD_WEIGHTS, ON_CLOTH, TEXTURES):
        (tmp_path / file).touch()
    assert design_weights(tmp_path) == tmp_path / TEXTURES


def test_names_of_what_is_made_of_designs_are_the_ones_that_experiments_may_not_have():
    made = {method_name(method) for method in (MeanColour, Shuffled, Untrained)}
    assert {OWN, *made} == set(ENDINGS)
