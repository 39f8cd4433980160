import pytest
import torch

from faceveil.params.errors import FaceveilError
from faceveil.params.translation import Discriminator, ResNetShape, UNetShape
from faceveil.protection.translation.networks import PatchGan, PhotoGenerator, translated

PUBLISHED = {"channels": 64, "upsampling": "transposed"}


def weights(network):
    return sum(one.numel() for one in network.parameters())


@pytest.mark.parametrize(
    ("network", "published"),
    [
        (PhotoGenerator(ResNetShape(blocks=9, **PUBLISHED)), 11_378_179),
        (PhotoGenerator(ResNetShape(blocks=6, **PUBLISHED)), 7_837_699),
        (PatchGan(Discriminator(channels=64)), 2_764_737),
    ],
)
def test_as_many_weights_as_published(network, published):
    assert weights(network) == published


def layers_by_hand(inputs, outputs, side, bias=True):
    return outputs * (inputs * side**2 + bias)


def test_the_count_follows_from_the_published_layers():
    down = layers_by_hand(3, 64, 7) + layers_by_hand(64, 128, 3) + layers_by_hand(128, 256, 3)
    up = layers_by_hand(256, 128, 3) + layers_by_hand(128, 64, 3) + layers_by_hand(64, 3, 7)
    blocks = 6 * 2 * layers_by_hand(256, 256, 3)
    assert weights(PhotoGenerator(ResNetShape(blocks=6, **PUBLISHED))) == down + blocks + up


def test_a_patch_is_70_pixels_wide():
    """Only pixels of its patch change what is said of it."""
    network = PatchGan(Discriminator(channels=2, norm="batch")).eval()
    photo = torch.rand(1, 3, 128, 128, requires_grad=True)
    network(photo)[0, 0, 7, 7].backward()
    rows = photo.grad.abs().sum((0, 1, 3)).nonzero()
    assert rows.max() - rows.min() + 1 == 70


@pytest.mark.parametrize("upsampling", ["transposed", "resized"])
@pytest.mark.parametrize("norm", ["instance", "batch"])
@pytest.mark.parametrize("kind", [ResNetShape, UNetShape])
def test_photos_stay_photos(kind, norm, upsampling):
    settings = kind(channels=4, norm=norm, upsampling=upsampling)
    photos = torch.rand(2, 3, 32, 32)
    made = translated(PhotoGenerator(settings)(photos))
    assert made.shape == photos.shape
    assert made.min() >= 0
    assert made.max() <= 1
    assert weights(PhotoGenerator(settings, 4, 3)) > weights(PhotoGenerator(settings, 3, 3))


@pytest.mark.parametrize("upsampling", ["transposed", "resized"])
@pytest.mark.parametrize("kind", [ResNetShape, UNetShape])
def test_the_gradient_of_a_batch_is_the_mean_of_those_of_its_photos(kind, upsampling):
    """One photo at a time once had wrong gradients, by PyTorch's memory layouts."""
    generator = PhotoGenerator(kind(channels=4, upsampling=upsampling)).double()
    photos = torch.rand(3, 3, 32, 32, dtype=torch.float64)
    weights = [one for one in generator.parameters() if one.ndim > 1]
    wanted = torch.rand(3, 3, 32, 32, dtype=torch.float64)

    def gradients(rows):
        loss = (translated(generator(photos[rows])) - wanted[rows]).square().mean()
        return torch.autograd.grad(loss, weights)

    whole = gradients(slice(0, 3))
    each = [gradients(slice(number, number + 1)) for number in range(3)]
    for number, gradient in enumerate(whole):
        mean = torch.stack([one[number] for one in each]).mean(0)
        torch.testing.assert_close(gradient, mean, rtol=1e-9, atol=1e-12)


def test_norms_by_photo_have_no_weights_and_those_by_batch_have():
    batch, instance = (
        PhotoGenerator(ResNetShape(channels=4, norm=one)) for one in ("batch", "instance")
    )
    assert any("running_mean" in name for name in batch.state_dict())
    assert not any("running_mean" in name for name in instance.state_dict())


def test_weights_are_drawn_as_published():
    for network in (PhotoGenerator(ResNetShape(channels=32)), PatchGan(Discriminator())):
        drawn = torch.cat(
            [p.detach().flatten() for n, p in network.named_parameters() if p.ndim == 4]
        )
        assert drawn.std().item() == pytest.approx(0.02, rel=0.01)
        assert drawn.mean().item() == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(
    ("settings", "divisor"), [(ResNetShape(channels=1), 4), (UNetShape(channels=1, depth=5), 32)]
)
def test_sides_that_cannot_be_halved_are_refused(settings, divisor):
    with pytest.raises(FaceveilError, match=f"30 x 32 pixels.* multiples of {divisor}; change"):
        PhotoGenerator(settings)(torch.rand(1, 3, 30, 32))
