"""What trainings on the cloth share: starts, Adam's falling rate, the blurred gradient."""

import math
from dataclasses import replace

import pytest
import torch
from scipy.ndimage import gaussian_filter

from faceveil.params.errors import FaceveilError
from faceveil.protection.textures.training import (
    LAST_RATE,
    Optimisation,
    begin,
    blurred,
    printable,
    ranking,
)
from faceveil.runtime.checkpoints import Checkpoint
from tests.protection.textures.texture_world import SIZE, task


def state(value=1.0, rates=(0.1, 0.02)):
    """Return Adam on as many parameters as there are rates."""
    parameters = [torch.full((2,), value, requires_grad=True) for _ in rates]
    improved = {str(k): one.detach() for k, one in enumerate(parameters)}
    groups = [{"params": [one], "lr": rate} for one, rate in zip(parameters, rates, strict=True)]
    return parameters, Optimisation(improved, groups, [3, 1])


def step(parameters, optimisation, done):
    optimisation.optimizer.zero_grad()
    sum((one**3).sum() for one in parameters).backward()
    optimisation.descend(done)


def test_rates_fall_by_half_a_cosine_to_a_tenth():
    parameters, found = state()
    wanted = torch.optim.lr_scheduler.CosineAnnealingLR(
        torch.optim.SGD([torch.zeros(1)], 0.1), 10, 0.1 * LAST_RATE
    )
    for number in range(10):
        step(parameters, found, number / 10)
        first, second = (group["lr"] for group in found.optimizer.param_groups)
        assert first == pytest.approx(wanted.get_last_lr()[0])
        assert second == pytest.approx(first / 5)
        wanted.optimizer.step()
        wanted.step()


def test_what_is_restored_goes_on_as_what_never_stopped(tmp_path):
    checkpoint = Checkpoint(tmp_path / "checkpoint.safetensors")
    parameters, whole = state()
    for number in range(4):
        step(parameters, whole, number / 4)
        if number == 1:
            tensors, record = whole.snapshot()
            checkpoint.save(tensors, {**record, "curves": [{"likeness": 1.0}]})
    others, again = state(value=5.0)
    again.restore(checkpoint)
    for number in (2, 3):
        step(others, again, number / 4)
    assert all(torch.equal(*pair) for pair in zip(parameters, others, strict=True))
    assert again.curves == [{"likeness": 1.0}]
    assert record["numbers"] == [3, 1]


def test_a_checkpoint_that_lacks_what_is_improved_is_one_line(tmp_path):
    checkpoint = Checkpoint(tmp_path / "checkpoint.safetensors")
    parameters, whole = state()
    step(parameters, whole, 0)
    tensors, record = whole.snapshot()
    checkpoint.save({name.replace("improved/1", "textures"): one for name, one in tensors.items()},
                    record)  # fmt: skip
    line = r"safetensors: damaged checkpoint \(it holds no '1'\); delete it and run again$"
    with pytest.raises(FaceveilError, match=line):
        state()[1].restore(checkpoint)


@pytest.mark.parametrize("sigma", [0.7, 2.0])
def test_a_gradient_is_blurred_as_scipy_does(sigma):
    gradient = torch.randn(2, 3, 24, 30)
    radius = math.ceil(3 * sigma)
    # kornia mirrors without the pixel at the edge, which scipy calls mirror.
    wanted = gaussian_filter(gradient.numpy(), (0, 0, sigma, sigma), mode="mirror", radius=radius)
    torch.testing.assert_close(
        blurred(gradient, sigma), torch.from_numpy(wanted), atol=1e-5, rtol=0
    )


def test_without_a_blur_the_gradient_stays():
    gradient = torch.randn(1, 3, 4, 4)
    assert blurred(gradient, 0) is gradient


def test_least_likeness_comes_first_after_all_that_make_too_many_false_matches():
    settings = task(most_false_matches=0.1).settings
    likeness, wrong = torch.tensor([0.3, 0.1, 0.2]), torch.tensor([0.1, 0.2, 0.0])
    assert ranking(settings, likeness, wrong) == [2, 0, 1]


def test_starts_are_candidates_by_number_in_colours_that_are_printed(tmp_path):
    small = task()
    begun = begin(small, 3, None)
    assert len(set(begun.numbers)) == 3
    assert torch.equal(begun.starts, printable(small.settings, begun.starts))
    assert begun.photos.images.shape == (6, 3, SIZE, SIZE)
    every = begin(small, 4, None)
    assert torch.equal(begun.starts, every.starts[:3])
    checkpoint = Checkpoint(tmp_path / "checkpoint.safetensors")
    checkpoint.save({}, {"numbers": [2, 0], "curves": []})
    stored = begin(replace(small, evaded=small.evaded[:1]), 3, checkpoint)
    assert stored.numbers == [2, 0]  # of the killed run, however many are asked for
    place = every.numbers.index(2)
    assert torch.equal(stored.starts[0], every.starts[place])
