"""What the section ``train_generator`` refuses as a whole, and how experiments override it."""

import pytest
from ruamel.yaml import YAML

from faceveil.params.errors import FaceveilError
from faceveil.params.experiments import Experiment, read_training
from faceveil.params.read import validate
from faceveil.params.train_generator import TrainGenerator
from faceveil.params.train_texture import TrainTexture
from faceveil.params.whole_file import read_params
from tests.conftest import ROOT

OWN = {"conditioned_on": "wearer", "starts": 1}


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"starts": 21}, "starts is 21, candidates 20; ask for fewer starts"),
        ({"conditioned_on": "wearer"}, "starts is 8, but designs of wearers' own have one"),
        ({"optimised": 3}, "optimised"),
    ],
)
def test_values_that_do_not_go_together_are_one_line(values, line):
    with pytest.raises(FaceveilError, match=line) as refusal:
        validate(TrainGenerator, values, "params.yaml: train_generator")
    assert "\n" not in str(refusal.value)


def test_keys_of_designs_for_anybody_may_stay_where_each_wearer_has_one():
    """They stand in the section that both share."""
    values = {**OWN, "designs_per_step": 4, "kept": 3}
    assert validate(TrainGenerator, values, "train_generator").kept == 3


def test_what_both_trainings_on_the_cloth_share_has_the_same_defaults():
    one, other = TrainTexture(), TrainGenerator()
    shared = set(TrainTexture.model_fields) & set(TrainGenerator.model_fields) - {"steps", "kept"}
    assert {"blur", "conditions", "candidates", "smoothness", "learning_rate"} < shared
    assert all(getattr(one, key) == getattr(other, key) for key in shared)


@pytest.fixture
def params(tmp_path):
    """A copy of the default file."""
    path = tmp_path / "params.yaml"
    path.write_text((ROOT / "params.yaml").read_text())
    return path


@pytest.mark.parametrize(
    ("experiment", "expected"), [("varied", ("latent", 8)), ("personal", ("wearer", 1))]
)
def test_experiments_override_keys(params, experiment, expected):
    found = read_training(params, experiment, TrainGenerator)
    assert (found.conditioned_on, found.starts) == expected
    assert found.ensemble == ("sface",)
    assert read_params(params).training(experiment) == found
    assert read_params(params).trained_against(experiment) == ("facenet", "sface")


def test_a_key_of_another_method_is_refused():
    with pytest.raises(FaceveilError, match="method texture has no train_generator; take it out"):
        validate(
            Experiment, {"method": "texture", "train_generator": {"starts": 1}}, "experiments.x"
        )


def test_an_override_that_the_section_does_not_know_is_refused(params):
    values = YAML(typ="safe").load(params)
    values["experiments"]["varied"]["train_generator"] = {"start_count": 2}
    YAML().dump(values, params)
    with pytest.raises(FaceveilError, match=r"experiments\.varied\.train_generator.*start_count"):
        read_training(params, "varied", TrainGenerator)


def test_the_target_is_never_left_out():
    with pytest.raises(FaceveilError, match="method generator has no without_target; take it out"):
        validate(Experiment, {"method": "generator", "without_target": True}, "experiments.x")
