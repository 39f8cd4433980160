"""The shares are those of PyTorch's schedulers, which keep a state that ours need not."""

import pytest
import torch
from torch.optim import lr_scheduler

from faceveil.params.translation import TrainCyclegan
from faceveil.protection.translation.rates import rate_share


def settings(policy, **other):
    return TrainCyclegan(rate_policy=policy, epochs=10, decay_epochs=10, **other)


def by_torch(make, losses=()):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler, shares = make(optimizer), []
    for epoch in range(20):
        shares.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step(*([losses[epoch]] if losses else []))
    return shares


LOSSES = [5, 4, 3, 3, 3, 3.01, 3.2, 2.99, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1]
CASES = {
    "step": lambda one: lr_scheduler.StepLR(one, 7, 0.1),
    "cosine": lambda one: lr_scheduler.CosineAnnealingLR(one, 20),
    "linear": lambda one: lr_scheduler.LambdaLR(one, lambda e: 1 - max(0, e + 1 - 10) / 11),
}


@pytest.mark.parametrize("policy", CASES)
def test_shares_are_those_of_the_scheduler(policy):
    ours = settings(policy, rate_step_epochs=7)
    found = [rate_share(ours, epoch, []) for epoch in range(20)]
    assert found == pytest.approx(by_torch(CASES[policy]))
    assert found[0] == 1


def test_plateau_is_that_of_the_scheduler():
    wanted = by_torch(
        lambda one: lr_scheduler.ReduceLROnPlateau(one, factor=0.2, patience=5, threshold=0.01),
        LOSSES,
    )
    found = [rate_share(settings("plateau"), epoch, LOSSES[:epoch]) for epoch in range(20)]
    assert found == pytest.approx(wanted)
    assert len(set(wanted)) > 2  # it fell twice


def test_linear_stays_whole_and_then_falls_to_almost_nothing():
    found = [rate_share(settings("linear"), epoch, []) for epoch in range(20)]
    assert found[:10] == [1] * 10
    assert found[-1] == pytest.approx(1 / 11)
