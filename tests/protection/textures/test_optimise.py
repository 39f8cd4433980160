"""Optimising textures: what is learned, what stays, which are kept, and how it goes on."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from faceveil.params.conditions import ConditionStrengths
from faceveil.params.errors import FaceveilError
from faceveil.protection.textures import training as module
from faceveil.protection.textures.optimise import optimise
from faceveil.protection.textures.starts import draw_starts
from faceveil.runtime.checkpoints import Checkpoint
from tests.protection.textures.texture_world import PEOPLE, SmallWearers, recognizer, task

LAST = 1.700172


def same(one, other):
    return torch.equal(one.textures, other.textures) and one.curves == other.curves


def test_a_small_batch_is_learned():
    found = optimise(task(steps=30))
    assert found.curves[-1]["likeness"] < found.curves[0]["likeness"] - 0.2


def test_the_last_value_of_a_fixed_seed():
    found = optimise(task())
    assert found.curves[-1]["likeness"] == pytest.approx(LAST, rel=1e-3)


def test_best_comes_first_and_all_are_in_the_printers_range():
    found = optimise(task(conditions=ConditionStrengths(), steps=3))
    assert found.likeness == sorted(found.likeness)
    assert found.textures.min() >= 0.05
    assert found.textures.max() <= 0.93
    assert found.textures.shape == found.starts.shape == (2, 3, 8, 10)


def test_starts_are_those_that_hide_best_before_any_step():
    none = optimise(task(steps=1, learning_rate=1e-9, smoothness=0, optimised=4, kept=4))
    some = optimise(task(steps=1, learning_rate=1e-9, smoothness=0, optimised=2, kept=2))
    assert some.numbers == none.numbers[:2]
    assert torch.allclose(some.textures, some.starts)


def test_a_texture_does_not_depend_on_those_beside_it():
    several, alone = optimise(task(optimised=3, kept=3)), optimise(task(optimised=1, kept=1))
    place = several.numbers.index(alone.numbers[0])
    assert torch.allclose(several.textures[place], alone.textures[0], atol=1e-6)


def test_those_that_make_too_many_false_matches_come_last():
    base = task(optimised=4, kept=4, steps=1, learning_rate=1e-9)
    easy = [replace(one, threshold=-1.0) for one in base.evaded]  # all match everybody
    strict = base.settings.model_copy(update={"most_false_matches": 0.5})
    found = optimise(replace(base, settings=strict, evaded=easy))
    assert found.false_matches == [1.0] * 4
    assert found.likeness == sorted(found.likeness)  # all alike: the order stays
    lenient = optimise(base)
    assert max(lenient.false_matches) < 1


@pytest.mark.parametrize("stopped", [1, 2, 4])
def test_a_stopped_run_goes_on_bit_for_bit(tmp_path, stopped):
    whole = optimise(task(conditions=ConditionStrengths()))

    def stop(step, _):
        if step == stopped + 1:
            raise KeyboardInterrupt

    checkpoint = Checkpoint(tmp_path / "checkpoint.safetensors")
    with pytest.raises(KeyboardInterrupt):
        optimise(task(conditions=ConditionStrengths()), checkpoint, stop)
    told = []
    again = optimise(
        task(conditions=ConditionStrengths()), checkpoint, lambda step, _: told.append(step)
    )
    assert same(whole, again)
    assert told == [1, 2, 3, 4, 5]


def test_a_run_that_goes_on_draws_no_start_but_its_own(tmp_path, monkeypatch):
    checkpoint, drawn = Checkpoint(tmp_path / "checkpoint.safetensors"), []

    def told(settings, numbers):
        drawn.append(list(numbers))
        return draw_starts(settings, numbers)

    monkeypatch.setattr(module, "draw_starts", told)
    whole, again = optimise(task(kept=3), checkpoint), optimise(task(kept=3), checkpoint)
    assert drawn[0] == [0, 1, 2, 3]
    assert sorted(drawn[1]) == sorted(again.numbers)
    assert same(whole, again)
    assert torch.equal(whole.starts, again.starts)


def test_conditions_change_what_is_learned_and_a_seed_repeats_it():
    flat, worn, again = (
        optimise(task(conditions=strengths) if strengths else task())
        for strengths in (None, ConditionStrengths(), ConditionStrengths())
    )
    assert same(worn, again)
    assert not same(flat, worn)


def test_another_seed_finds_other_textures():
    assert not torch.equal(optimise(task()).textures, optimise(task(seed=6)).textures)


def test_a_diverged_texture_is_one_line():
    broken = task()
    nowhere = replace(broken.evaded[0], templates=broken.evaded[0].templates * float("nan"))
    with pytest.raises(FaceveilError, match=r"likeness is nan in step 1; lower train_texture\.lea"):
        optimise(replace(broken, evaded=[nowhere]))


def test_photos_of_a_step_are_of_different_people_as_far_as_there_are_enough():
    wearers = SmallWearers()
    for seed in range(20):
        some = wearers.drawn(PEOPLE, np.random.default_rng(seed))
        assert sorted(wearers.labels[some]) == list(range(PEOPLE))
        everything = wearers.drawn(99, np.random.default_rng(seed))
        assert sorted(everything) == list(range(len(wearers)))


def test_more_recognizers_weigh_the_same():
    one = optimise(task(recognizers=1))
    twice = optimise(replace(task(), evaded=[recognizer(0), recognizer(0)]))
    assert torch.allclose(one.textures, twice.textures, atol=1e-5)


def test_a_step_changes_textures_against_the_recognizers_of_its_turn_alone():
    alone = optimise(replace(task(steps=1), evaded=[recognizer(0)]))
    left = optimise(task(steps=1, left_out_per_step=1))
    both = optimise(task(steps=1))
    common = set(alone.numbers) & set(left.numbers)
    assert common
    for number in common:
        mine, theirs = (one.textures[one.numbers.index(number)] for one in (left, alone))
        assert torch.allclose(mine, theirs, atol=1e-6)
    assert not torch.allclose(left.textures, both.textures)


def test_with_harm_counted_wearers_are_less_like_somebody_else():
    base = task(steps=30, optimised=1, kept=1)
    easy = [replace(one, threshold=0.5) for one in base.evaded]
    weighed = base.settings.model_copy(update={"harm": 10.0})
    without = optimise(replace(base, evaded=easy)).curves
    counted = optimise(replace(base, evaded=easy, settings=weighed)).curves
    assert counted[0] == without[0]
    assert counted[-1]["harm"] < without[-1]["harm"] - 0.05


def test_with_a_margin_harm_is_counted_before_anybody_matches():
    base = task(steps=30, optimised=1, kept=1)
    strict = replace(base, evaded=[replace(one, threshold=0.99) for one in base.evaded])
    found = {}
    for margin in (0.0, 1.0):
        changed = {"harm": 10.0, "harm_margin": margin}
        settings = strict.settings.model_copy(update=changed)
        found[margin] = optimise(replace(strict, settings=settings)).curves
    assert found[0.0][-1]["harm"] == 0
    assert found[1.0][0]["harm"] > 0
    assert found[1.0][-1]["harm"] < found[1.0][0]["harm"]
