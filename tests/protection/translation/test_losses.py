import math

import pytest
import torch
from torch import nn

from faceveil.protection.translation.losses import gradient_penalty, real_loss, telling_apart

LOGITS = torch.tensor([[[[0.5, -1.0], [2.0, 0.0]]]])


def by_hand(kind, real):
    values = LOGITS.flatten().tolist()
    if kind == "lsgan":
        each = [(one - real) ** 2 for one in values]
    elif kind == "vanilla":
        each = [-math.log(1 / (1 + math.exp(-one if real else one))) for one in values]
    else:
        each = [-one if real else one for one in values]
    return sum(each) / len(each)


@pytest.mark.parametrize("real", [True, False])
@pytest.mark.parametrize("kind", ["lsgan", "vanilla", "wgangp"])
def test_losses_are_the_published_ones(kind, real):
    assert real_loss(LOGITS, real, kind).item() == pytest.approx(by_hand(kind, real), rel=1e-5)


@pytest.mark.parametrize("kind", ["lsgan", "vanilla", "wgangp"])
def test_who_tells_better_loses_less(kind):
    def sure(photos):
        return 4 * photos - 2

    real, made = torch.ones(2, 3, 4, 4), torch.zeros(2, 3, 4, 4)
    assert telling_apart(sure, real, made, kind) < telling_apart(sure, made, real, kind)


def test_a_critic_loses_the_whole_sum_and_others_half_of_it():
    def tell(photos):
        return photos.mean((1, 2, 3))[:, None]

    real, made = torch.full((2, 3, 4, 4), 0.9), torch.full((2, 3, 4, 4), 0.2)
    assert telling_apart(tell, real, made, "wgangp").item() == pytest.approx(0.2 - 0.9)
    assert telling_apart(tell, real, made, "lsgan").item() == pytest.approx((0.01 + 0.04) / 2)


def test_the_slope_of_a_linear_critic_is_known():
    critic = nn.Linear(3 * 4 * 4, 1, bias=False)
    nn.init.constant_(critic.weight, 0.5)

    def tell(photos):  # four patches, all of which say the same
        return critic((photos * 2 - 1).flatten(1)).repeat(1, 4)

    real, made = torch.rand(5, 3, 4, 4), torch.rand(5, 3, 4, 4)
    found = gradient_penalty(tell, real, made, torch.rand(5, 1, 1, 1))
    assert found.item() == pytest.approx((0.5 * math.sqrt(48) - 1) ** 2, rel=1e-5)
    found.backward()
    assert critic.weight.grad.abs().sum() > 0
