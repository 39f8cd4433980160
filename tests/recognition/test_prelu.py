"""PReLU with fixed slopes, against PyTorch's own."""

import pytest
import torch
from torch import nn

from faceveil.recognition.architectures import build_network
from faceveil.recognition.network import Trunk, View
from faceveil.recognition.prelu import FixedPReLU, fix_slopes


def both(architecture):
    """Return features and gradients of photos before and after slopes are fixed."""
    torch.manual_seed(0)
    network = build_network(architecture, View(112, 0.0, 1.0)).freeze()
    for layer in network.modules():
        if isinstance(layer, nn.PReLU):
            layer.weight.uniform_(-0.5, 1.5)  # of every channel another one
    photos = torch.rand(2, 3, 112, 112, requires_grad=True)
    found = []
    for change in (lambda _: None, fix_slopes):
        change(network.trunk)
        features = network.trunk(photos)
        found.append((features, *torch.autograd.grad((features**2).sum(), photos)))
    return network, found


@pytest.mark.parametrize("architecture", ["sface", "mobilefacenet"])
def test_features_and_gradients_stay_the_same_to_the_last_bit(architecture):
    network, (before, after) = both(architecture)
    assert any(isinstance(layer, FixedPReLU) for layer in network.modules())
    assert before[1].abs().max() > 0
    assert torch.equal(before[0], after[0])
    assert torch.equal(before[1], after[1])


def test_the_gradient_agrees_with_finite_differences():
    layer = nn.Sequential(nn.PReLU(3)).double().requires_grad_(False)
    layer[0].weight.copy_(torch.tensor([-0.5, 0.1, 2.0]))
    fix_slopes(Trunk(layer, View(4, 0.0, 1.0)))
    maps = torch.randn(2, 3, 4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(layer, maps)
    features = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(layer, features)


def test_the_same_weights_are_stored():
    trunk = build_network("sface", View(112, 0.0, 1.0)).freeze().trunk
    names = list(trunk.state_dict())
    fix_slopes(trunk)
    assert list(trunk.state_dict()) == names


def test_slopes_that_learn_are_refused():
    trunk = build_network("sface", View(112, 0.0, 1.0)).trunk
    with pytest.raises(ValueError, match="freeze the trunk first"):
        fix_slopes(trunk)
