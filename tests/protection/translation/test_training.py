"""Both ways of learning: they learn, they repeat themselves, and they go on where they were."""

import pytest
import torch

from faceveil.params.errors import FaceveilError
from faceveil.protection.translation.training import Watch, take_step, train
from faceveil.runtime.checkpoints import Checkpoint
from tests.protection.translation.small_domains import CYCLEGAN, PAIRED, small_training

GAME = PAIRED.model_copy(update={"gan_weight": 1.0, "structure": 1.0, "region": "predicted"})
AVERAGED = CYCLEGAN.model_copy(update={"average": 0.9})
FOUND = CYCLEGAN.model_copy(update={"change": "predicted"})
CASES = {
    "cyclegan": CYCLEGAN, "paired": PAIRED, "game": GAME, "averaged": AVERAGED, "found": FOUND
}  # fmt: skip


@pytest.fixture(params=CASES)
def settings(request):
    return CASES[request.param]


def learned(settings, checkpoint=None, watch=None):
    training, dealer = small_training(settings)
    train(training, dealer, checkpoint, *([watch] if watch else []))
    return training


def same(one, other):
    first, second = one.snapshot(), other.snapshot()
    assert first[1] == second[1]
    assert first[0].keys() == second[0].keys()
    return all(torch.equal(value, second[0][name]) for name, value in first[0].items())


def test_a_small_batch_of_pairs_is_learned():
    training, dealer = small_training(PAIRED)
    before = take_step(training, dealer)
    for _ in range(150):
        training.step = 0  # the same photos
        after = take_step(training, dealer)
    assert after["pixels_unmasked"] < 0.25 * before["pixels_unmasked"]
    assert after["pixels_masked"] < 0.25 * before["pixels_masked"]
    assert after["region_masked"] < 0.25 * before["region_masked"]


def test_a_small_batch_comes_back_through_both_directions():
    training, dealer = small_training(CYCLEGAN)
    before = take_step(training, dealer)
    for _ in range(150):
        training.step = 0
        after = take_step(training, dealer)
    for domain in ("masked", "unmasked"):
        assert after[f"cycle_{domain}"] < 0.4 * before[f"cycle_{domain}"]


LOSSES = {
    "cyclegan": 11.8464,
    "paired": 42.1672,
    "game": 54.3666,
    "averaged": 11.8464,
    "found": 9.3189,
}


def test_a_fixed_seed_gives_the_stored_loss(settings, request):
    training, dealer = small_training(settings)
    found = take_step(training, dealer)
    wanted = LOSSES[request.node.callspec.params["settings"]]
    assert sum(found.values()) == pytest.approx(wanted, rel=1e-3)


def test_two_trainings_are_the_same_bytes(settings):
    assert same(learned(settings), learned(settings))


@pytest.mark.parametrize("stopped", [1, 4])
def test_a_stopped_training_goes_on_to_the_same_bytes(settings, stopped, tmp_path):
    checkpoint, told = Checkpoint(tmp_path / "checkpoint.safetensors"), []

    class Stopped(Exception):
        pass

    class Stopping(Checkpoint):
        def save(self, tensors, record):
            super().save(tensors, record)
            if record["step"] == stopped:
                raise Stopped

    with pytest.raises(Stopped):
        learned(settings, Stopping(checkpoint.path))
    watch = Watch(lambda epoch, values: told.append((epoch, values)))
    again = learned(settings, checkpoint, watch)
    whole = learned(settings)
    assert same(again, whole)
    assert told == list(enumerate(whole.epochs, start=1))


def test_a_checkpoint_of_other_networks_is_refused(tmp_path):
    checkpoint = Checkpoint(tmp_path / "checkpoint.safetensors")
    learned(PAIRED, checkpoint)
    other = PAIRED.model_copy(update={"rim": 0, "region": "predicted"})
    with pytest.raises(FaceveilError, match=r"damaged checkpoint .*; delete it and run again"):
        learned(other, checkpoint)


def test_each_phase_changes_its_own_networks_alone():
    training, dealer = small_training(CYCLEGAN)
    before = {
        k: v.clone() for k, v in training.learning.networks["tell_masked"].state_dict().items()
    }
    phases = training.learning.phases
    training.learning.phases = phases[:1]
    take_step(training, dealer)
    after = training.learning.networks["tell_masked"].state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())


def test_running_means_follow_the_weights():
    training = learned(AVERAGED)
    for direction in ("put_on", "take_off"):
        newest = training.learning.networks[direction].state_dict()
        kept = training.weights(direction)
        assert kept.keys() == newest.keys()
        assert any(not torch.equal(kept[name], value) for name, value in newest.items())
    assert learned(CYCLEGAN).averages == {}


def test_rates_fall_as_the_policy_says():
    training = learned(CYCLEGAN)  # two epochs whole, one at half
    rate = training.optimizers["translating"].param_groups[0]["lr"]
    assert rate == pytest.approx(CYCLEGAN.learning_rate / 2)


def test_a_loss_that_is_not_finite_ends_the_training():
    wild = PAIRED.model_copy(update={"learning_rate": 1.0})
    training, dealer = small_training(wild)
    with torch.no_grad():
        next(training.learning.networks["put_on"].parameters()).fill_(float("nan"))
    with pytest.raises(FaceveilError, match=r"train_paired: .* is nan in step 1; lower"):
        take_step(training, dealer)
