"""Networks of other architectures behind the same interface; frozen, they let gradients through."""

import pytest
import torch

from faceveil.params.errors import FaceveilError
from faceveil.recognition.architectures import build_network
from faceveil.recognition.mobilefacenet import mobilefacenet_layers
from faceveil.recognition.network import View

VIEW = View(80, 127.5, 128)
FEATURES = {"mobilefacenet": 512, "resnet18": 512, "inception_resnet_v1": 1792}
EMBEDDING = {"mobilefacenet": 128, "resnet18": 128, "inception_resnet_v1": 512}


@pytest.fixture(params=FEATURES)
def architecture(request) -> str:
    return request.param


def built(architecture: str):
    torch.manual_seed(0)
    return build_network(architecture, VIEW)


def test_shapes_and_unit_length(architecture):
    network = built(architecture).freeze()
    images = torch.rand(3, 3, 96, 128)
    features = network.trunk(images)
    assert features.shape == (3, FEATURES[architecture])
    embeddings = network.head(features)
    assert embeddings.shape == (3, EMBEDDING[architecture])
    assert torch.allclose(embeddings.norm(dim=1), torch.ones(3))
    assert torch.equal(embeddings, network(images))


def test_a_frozen_network_never_learns_and_passes_gradients(architecture):
    network = built(architecture).freeze().train()
    assert not any(module.training for module in network.modules())
    assert not any(parameter.requires_grad for parameter in network.parameters())
    images = torch.rand(2, 3, 128, 128, requires_grad=True)
    network(images)[:, 0].sum().backward()
    assert images.grad is not None
    assert images.grad.abs().sum() > 0


def test_before_it_is_frozen_it_learns():
    network = built("mobilefacenet").train()
    assert network.training
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_the_view_is_the_networks_own_business():
    network = built("resnet18").freeze()
    images = torch.rand(2, 3, 80, 80)
    seen = (images * 255 - 127.5) / 128
    assert torch.allclose(network.trunk(images), network.trunk.layers(seen), atol=1e-5)


def test_photos_of_any_size_are_brought_to_the_input_size():
    view = View(40, 0, 1)
    images = torch.rand(1, 3, 80, 80)
    expected = images.reshape(1, 3, 40, 2, 40, 2).mean(dim=(3, 5))
    assert view.resized(images).shape == (1, 3, 40, 40)
    # antialiased: near the mean over a pixel's area, far from picking every second pixel
    assert (view.resized(images) - expected).abs().mean() < 0.07
    assert view.resized(expected) is expected


def test_without_resizing_photos_of_another_size_are_seen_as_they_are():
    network = built("resnet18").freeze()
    images = torch.rand(2, 3, 96, 96)
    expected = network.trunk.layers(VIEW.normalized(images))
    assert torch.allclose(network.trunk.as_they_are(images), expected, atol=1e-5)
    assert not torch.allclose(network.trunk(images), expected, atol=1e-3)


def test_parts_of_a_frozen_network_stay_in_evaluation_mode_too():
    network = built("mobilefacenet").freeze()
    for part in (network.trunk, network.head):
        assert not any(module.training for module in part.train().modules())


def test_mobilefacenet_is_the_published_size_at_112_pixels():
    layers = mobilefacenet_layers(112)
    count = sum(parameter.numel() for parameter in layers.parameters())
    assert 0.9e6 < count < 1.0e6  # with its head of 65,536 the published 0.99 million
    assert layers[-2].kernel_size == (7, 7)
    assert layers.eval()(torch.rand(1, 3, 112, 112)).shape == (1, 512, 1, 1)


def test_an_unknown_architecture_names_the_known():
    with pytest.raises(FaceveilError, match="no architecture 'vgg'; allowed: inception_resnet"):
        build_network("vgg", VIEW)


def test_images_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"images are \[B, 3, H, W\]"):
        built("resnet18").trunk(torch.rand(3, 80, 80))
