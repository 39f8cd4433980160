"""Several trainings of one experiment: the first is as if alone, the others are others."""

from itertools import combinations
from pathlib import Path

import pytest
import torch

from faceveil.protection.designs import mask_gan
from faceveil.protection.designs.inputs import GanInputs
from faceveil.protection.designs.mask_gan import COLUMNS, settings_of, train_mask_gan, trained
from faceveil.protection.designs.step import train_step
from faceveil.runtime.ranks import Ranks
from faceveil.runtime.seeding import stream_seed
from tests.protection.designs.small_world import SOURCES, TRAINED, SmallRecognizer, data, gan

CHANGES = {"recognizer_learns_from": SOURCES["exp3"], "trainings": 3}
STEPS = 4 * -(-TRAINED // 3)  # of one training


@pytest.fixture(autouse=True)
def scratch(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    return tmp_path / ".scratch"


def inputs(fingerprint="a"):
    recognizer = SmallRecognizer()
    return GanInputs(data(recognizer), recognizer, (), {"recognizer": fingerprint})


def train(report=lambda *_: None, **changes):
    with trained(gan(**CHANGES | changes), inputs(), report) as states:
        return states


def same(one, other):
    mine, yours = one.snapshot(), other.snapshot()
    tensors = [torch.equal(mine[0][name], yours[0][name]) for name in mine[0]]
    return mine[0].keys() == yours[0].keys() and all(tensors) and mine[1] == yours[1]


def test_the_first_training_is_that_of_the_seed_itself():
    recognizer = SmallRecognizer()
    alone = train_mask_gan(gan(**CHANGES), data(recognizer), recognizer)
    assert same(train()[0], alone)
    assert same(train(trainings=1)[0], alone)


def test_three_trainings_differ_and_each_is_that_of_its_own_seed():
    states = train()
    assert not any(same(*pair) for pair in combinations(states, 2))
    recognizer = SmallRecognizer()
    derived = gan(**CHANGES).model_copy(update={"seed": stream_seed(5, "training", 2)})
    assert same(states[2], train_mask_gan(derived, data(recognizer), recognizer))
    assert [settings_of(gan(**CHANGES), number).trainings for number in range(3)] == [1, 1, 1]


def test_more_trainings_leave_those_before_as_they_were():
    two, three = train(trainings=2), train()
    assert all(same(one, other) for one, other in zip(two, three[:2], strict=True))


def test_values_are_told_by_training_under_names_of_their_own():
    told = []
    states = train(lambda epoch, values: told.append((epoch, values)))
    assert [epoch for epoch, _ in told] == [1, 2, 3, 4] * 3
    for number, state in enumerate(states):
        ending = f"/{number}" if number else ""
        part = [values for _, values in told[4 * number : 4 * number + 4]]
        assert [list(values) for values in part] == [[f"{n}{ending}" for n in COLUMNS]] * 4
        assert [list(v.values()) for v in part] == [list(v.values()) for v in state.curves]


@pytest.mark.parametrize(("training", "epoch"), [(0, 3), (1, 1), (2, 2)])
def test_a_killed_run_goes_on_in_the_training_and_epoch_it_was_in(
    monkeypatch, scratch, training, epoch
):
    undisturbed, steps = train(), []
    seen = f"generator_loss/{training}" if training else "generator_loss"

    def interrupt(number, values):
        if number == epoch and seen in values:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(interrupt)
    assert len(list(scratch.rglob("*.safetensors"))) == training + (epoch > 1)

    def spy(setup, batch):
        steps.append(setup.state.settings.seed)
        return train_step(setup, batch)

    monkeypatch.setattr(mask_gan, "train_step", spy)
    resumed = train()
    assert all(same(one, other) for one, other in zip(resumed, undisturbed, strict=True))
    # What was told last is not yet in a checkpoint.
    assert len(steps) == 3 * STEPS - training * STEPS - (epoch - 1) * STEPS // 4
    assert not scratch.exists() or not list(scratch.iterdir())


def test_checkpoints_stay_until_the_outcome_is_stored(scratch):
    with (
        pytest.raises(OSError, match="full"),
        trained(gan(**CHANGES), inputs(), lambda *_: None),
    ):
        raise OSError("the disk is full")
    assert len(list(scratch.rglob("*.safetensors"))) == 3


def test_a_rank_that_does_not_lead_deletes_nothing(monkeypatch, scratch):
    with trained(gan(**CHANGES), inputs(), lambda *_: None):
        monkeypatch.setattr(mask_gan, "present_ranks", lambda: Ranks(1, 2))
    assert len(list(scratch.rglob("*.safetensors"))) == 3


def test_other_inputs_never_take_up_the_checkpoints(scratch):
    for fingerprint in ("a", "b"):
        with (
            pytest.raises(KeyboardInterrupt),
            trained(gan(**CHANGES), inputs(fingerprint), lambda *_: None),
        ):
            raise KeyboardInterrupt
    assert len(list(scratch.iterdir())) == 6
