"""Training generators: what is learned, how different designs become, and how it goes on."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from faceveil.params.conditions import ConditionStrengths
from faceveil.params.errors import FaceveilError
from faceveil.protection.textures import generate
from faceveil.protection.textures.generate import train_generator
from faceveil.protection.textures.objectives import strangers_likeness
from faceveil.protection.textures.seen import embeddings, tiled
from faceveil.protection.textures.training import trained
from faceveil.runtime.checkpoints import Checkpoint
from faceveil.runtime.seeding import generator_for
from tests.conftest import ROOT
from tests.protection.textures.generator_world import OWN, RUNS, task, train
from tests.protection.textures.texture_world import SHORT

LAST = {"latent": 1.685661, "wearer": 1.668079}


def changes(kind):
    return OWN if kind == "wearer" else {}


def same(one, other):
    states = (one.generator.state_dict(), other.generator.state_dict())
    assert states[0].keys() == states[1].keys()
    weights = all(torch.equal(states[0][key], states[1][key]) for key in states[0])
    values = [(found.curves, found.measured) for found in (one, other)]
    return weights and values[0] == values[1] and torch.equal(one.textures, other.textures)


@pytest.mark.parametrize("kind", ["latent", "wearer"])
def test_a_small_batch_is_learned(kind):
    found = train_generator(task(steps=40, **changes(kind)))
    assert found.curves[-1]["likeness"] < found.curves[0]["likeness"] - 0.15


@pytest.mark.parametrize("kind", ["latent", "wearer"])
def test_the_last_value_of_a_fixed_seed(kind):
    found = train_generator(task(**changes(kind)))
    assert found.curves[-1]["likeness"] == pytest.approx(LAST[kind], rel=1e-3)


def strangers_in_new_designs(found, small):
    """How alike all people in eight new designs look, worn flat."""
    designs = found.generator(*found.generator.latents(8, generator_for(0, "new"))).detach()
    wearers = tiled(small.wearers.photos(range(len(small.wearers))), 8)
    worn = designs.repeat_interleave(len(wearers.images) // 8, 0)
    seen = embeddings(small, worn, wearers)
    return strangers_likeness(small.evaded, seen, wearers.labels, seen, wearers.labels).mean()


def test_strangers_in_designs_come_to_look_less_alike():
    runs = [task(steps=40, strangers=weight, generator_learning_rate=0.02) for weight in (0, 4)]
    alike, apart = (strangers_in_new_designs(train_generator(one), one) for one in runs)
    assert apart < 0.7 * alike


def test_designs_of_a_start_are_not_all_one():
    found = train_generator(task(steps=40, strangers=8))
    designs = found.generator(*found.generator.latents(6, generator_for(0, "new")))
    same_start = (designs[::2, None] - designs[None, ::2]).abs().mean((2, 3, 4))
    assert same_start.sum() / 6 > 0.05  # of three designs, each with two others


@pytest.mark.parametrize(("strangers", "differ"), [(2, True), (0, False)])
def test_wearers_of_their_own_designs_wear_different_ones_if_strangers_count(strangers, differ):
    small = task(steps=40, generator_learning_rate=0.01, strangers=strangers, **OWN)
    starts = torch.zeros(len(small.features), dtype=torch.int64)
    own = train_generator(small).generator.textures(small.features, starts)
    apart = (own[:, None] - own[None]).abs().mean((2, 3, 4))
    assert ((apart + torch.eye(len(own))).min() > 0.05) == differ


def test_harm_is_counted_from_the_margin_on():
    small = task(steps=1)
    strict = replace(small, evaded=[replace(one, threshold=0.99) for one in small.evaded])
    found = {}
    for margin in (0.0, 1.0):
        settings = strict.settings.model_copy(update={"harm": 1.0, "harm_margin": margin})
        found[margin] = train_generator(replace(strict, settings=settings)).curves[0]["harm"]
    assert found[0.0] == 0 < found[1.0]


def test_training_begins_at_the_starts_that_hide_best():
    found = train_generator(task(steps=1, learning_rate=1e-9, generator_learning_rate=1e-9))
    assert torch.allclose(found.starts, found.textures, atol=1e-6)
    assert torch.equal(found.starts[0], found.starts[2])
    assert not torch.equal(found.starts[0], found.starts[1])
    every = train_generator(task(steps=1, learning_rate=1e-9, starts=4))
    assert every.numbers[:2] == found.numbers[:2] == found.numbers[2:4]


def test_textures_that_are_kept_are_the_first_of_a_stream():
    few, many = (train_generator(task(kept=count)) for count in (2, 6))
    assert torch.equal(few.textures, many.textures[:2])
    assert few.likeness == many.likeness[:2]
    drawn = many.generator.latents(6, generator_for(SHORT["seed"], "kept"))
    assert torch.equal(many.textures, many.generator.textures(*drawn))


@pytest.mark.parametrize("kind", ["latent", "wearer"])
@pytest.mark.parametrize("stopped", [1, 2, 4])
def test_a_stopped_run_goes_on_bit_for_bit(tmp_path, monkeypatch, stopped, kind):
    settings = {"conditions": ConditionStrengths(), **changes(kind)}
    whole = train_generator(task(**settings))
    taken, take = [], generate._step
    monkeypatch.setattr(generate, "_step", lambda *words: taken.append(words[-1]) or take(*words))

    def stop(step, _):
        if step == stopped + 1:
            raise KeyboardInterrupt

    checkpoint = Checkpoint(tmp_path / "checkpoint.safetensors")
    with pytest.raises(KeyboardInterrupt):
        train_generator(task(**settings), checkpoint, stop)
    assert taken == list(range(stopped + 1))
    told, saved = [], stopped - stopped % 2  # every second step is saved
    taken.clear()
    again = train_generator(task(**settings), checkpoint, lambda step, _: told.append(step))
    assert taken == list(range(saved, 5))
    assert same(whole, again)
    assert told == [1, 2, 3, 4, 5]


def test_trainings_differ_and_leave_no_checkpoint_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    with trained(
        task(trainings=2, steps=2), {"photos": "a"}, train_generator, lambda *_: None
    ) as found:
        assert len(list(tmp_path.glob(".scratch/train_generator-*"))) == 2
    assert not list(tmp_path.glob(".scratch/*"))
    assert not same(*found)
    assert same(found[0], train_generator(task(steps=2)))


def test_a_diverged_generator_is_one_line():
    broken = task()
    nowhere = replace(broken.evaded[0], templates=broken.evaded[0].templates * float("nan"))
    wanted = r"train_generator: likeness is nan in step 1; lower train_generator\.learning_rate"
    with pytest.raises(FaceveilError, match=wanted):
        train_generator(replace(broken, evaded=[nowhere]))


@pytest.mark.slow
def test_two_ranks_do_what_one_process_does(tmp_path):
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    program = ["-m", "tests.protection.textures.generator_world", str(tmp_path)]
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    subprocess.run(
        [sys.executable, *torchrun, *program],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
        timeout=240,
    )
    for name in RUNS:
        first, second = (load_file(tmp_path / f"{name}-{rank}.safetensors") for rank in range(2))
        for key, value in train(name).items():
            assert torch.equal(first[key], second[key]), key
            torch.testing.assert_close(first[key], value, rtol=1e-4, atol=1e-5, msg=key)
