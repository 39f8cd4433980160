"""FaceNet is facenet-pytorch's network as trunk and head, its batch norms folded or not."""

from copy import deepcopy

import pytest
import torch
from facenet_pytorch import InceptionResnetV1
from torch import nn

from faceveil.recognition.architectures import facenet, fold_batch_norms
from faceveil.recognition.network import Head, Network, View
from faceveil.recognition.origins import read_facenet

VIEW = View(96, 127.5, 128)


@pytest.fixture(scope="module")
def network() -> InceptionResnetV1:
    torch.manual_seed(0)
    network = InceptionResnetV1(pretrained=None)
    network.train()
    with torch.no_grad():  # batch-norm statistics unlike the initial ones
        network(torch.randn(4, 3, 80, 80))
    return network.eval()


@pytest.fixture(scope="module")
def recognizer(network) -> Network:
    return facenet(deepcopy(network), VIEW).freeze()


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.rand(3, 3, 96, 96, generator=torch.Generator().manual_seed(1))


def check_against_facenet_pytorch(recognizer, network, images):
    with torch.no_grad():
        expected = network.eval()((images * 255 - 127.5) / 128)
        features = recognizer.trunk(images)
        assert features.shape == (len(images), 1792)
        assert (recognizer.head(features) - expected).abs().max() < 1e-6


def test_head_of_trunk_is_facenet_pytorch_forward(recognizer, network, images):
    check_against_facenet_pytorch(recognizer, network, images)


@pytest.mark.real
def test_real_weights_head_of_trunk_is_facenet_pytorch_forward(real_data, images):
    from safetensors.torch import load_file

    path = real_data / "weights" / "facenet-vggface2-fp16.safetensors"
    network = InceptionResnetV1(pretrained=None)
    network.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    check_against_facenet_pytorch(read_facenet(path, VIEW), network, images)


def test_folded_batch_norms_are_the_same_function_and_gradient(recognizer, images):
    folded = deepcopy(recognizer.trunk)
    fold_batch_norms(folded)
    assert not [layer for layer in folded.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert not any(weight.requires_grad for weight in folded.parameters())
    seen, slopes = [], []
    for trunk in (recognizer.trunk, folded):
        shown = images.clone().requires_grad_()
        features = trunk(shown)
        features.square().sum().backward()
        seen.append(features.detach())
        slopes.append(shown.grad)
    assert (seen[0] - seen[1]).abs().max() < 1e-5 * seen[0].abs().max()
    assert (slopes[0] - slopes[1]).abs().max() < 1e-4 * slopes[0].abs().max()


def test_training_mode_changes_nothing(recognizer, images):
    before = {name: value.clone() for name, value in recognizer.state_dict().items()}
    still = recognizer(images)
    recognizer.train()
    recognizer.trunk.train()
    recognizer.head.train()
    assert not any(module.training for module in recognizer.modules())
    assert torch.equal(recognizer(images), still)
    assert all(torch.equal(value, before[name]) for name, value in recognizer.state_dict().items())


def test_embeddings_have_unit_length_and_do_not_depend_on_the_batch(recognizer, images):
    with torch.no_grad():
        together = recognizer(images)
        alone = torch.cat([recognizer(image[None]) for image in images])
    assert torch.allclose(together.norm(dim=1), torch.ones(3), atol=1e-6)
    assert (together - alone).abs().max() < 1e-5


@pytest.mark.parametrize("shape", [(3, 96, 96), (1, 1, 96, 96), (1, 3, 74, 96)])
def test_images_of_another_shape_are_refused(recognizer, shape):
    with pytest.raises(ValueError, match=r"images are .* at least 75 pixels"):
        recognizer.trunk.as_they_are(torch.zeros(shape))


def test_a_view_that_makes_photos_too_small_is_refused(network):
    small = facenet(network, View(64, 127.5, 128))
    with pytest.raises(ValueError, match="at least 75 pixels"):
        small(torch.zeros(1, 3, 128, 128))


def test_features_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="features are"):
        Head(1792, 512)(torch.zeros(2, 512))


def test_a_head_alone_can_be_stored_and_restored(recognizer):
    restored = Head(1792, 512).freeze()
    restored.load_state_dict(recognizer.head.state_dict())
    features = torch.rand(2, 1792)
    assert torch.equal(restored(features), recognizer.head(features))
