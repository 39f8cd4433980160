"""InceptionV3 as the Fréchet inception distance has it."""

import hashlib

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from faceveil.metrics import inception
from faceveil.metrics.inception import Inception, inception_network
from faceveil.params.errors import FaceveilError

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def network():
    """The network, with weights that leave something of a photo at the end."""
    drawn = inception_network()
    generator = torch.Generator().manual_seed(2021)
    for module in drawn.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
    return drawn


@pytest.fixture
def weights(network, tmp_path, monkeypatch):
    path = tmp_path / "weights.pth"
    torch.save(network.state_dict(), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(inception, "DIGEST", digest[:8])
    return path


def test_features_are_those_of_pytorch_fid(network, weights):
    """Stored values are those of pytorch-fid 0.3.0, with the same weights and the same pixels."""
    ramp = torch.linspace(0, 1, 299)
    colours = [ramp.expand(299, 299), ramp[:, None].expand(299, 299), (ramp[:, None] * ramp * 20)]
    pixels = torch.stack([*colours[:2], colours[2].sin()])[None] * 2 - 1
    seen = Inception(weights, CPU).network
    with torch.inference_mode():
        features = seen(pixels)[0]
    assert features.shape == (2048,)
    expected = [0.2784, 1.6557, 0.0066, 1.6512, 1.4438, 0.0, 0.0, 6.7258]
    torch.testing.assert_close(
        torch.cat([features[:4], features[-4:]]), torch.tensor(expected), rtol=0, atol=1e-3
    )
    assert float(features.mean()) == pytest.approx(0.5425, abs=1e-3)
    assert sum(one.numel() for one in network.parameters()) == 23_850_960


def test_photos_are_resized_as_pillow_does(weights, monkeypatch):
    rng = np.random.default_rng(3)
    photos = rng.integers(256, size=(2, 64, 64, 3), dtype=np.uint8)
    shown = []
    found = Inception(weights, CPU)
    monkeypatch.setattr(
        found, "network", Seeing(lambda images: shown.append(images) or images.mean((2, 3)))
    )
    found.features(photos, "looks")
    for photo, [images] in zip(photos, shown, strict=True):
        for channel in range(3):
            plane = Image.fromarray(photo[..., channel].astype(np.float32))
            resized = np.asarray(plane.resize((299, 299), Image.Resampling.BICUBIC))
            wanted = torch.from_numpy(resized / 255 * 2 - 1)
            torch.testing.assert_close(images[channel], wanted, rtol=0, atol=1e-4)


class Seeing(nn.Module):
    """A network of one parameter, which nothing is done with."""

    def __init__(self, look):
        super().__init__()
        self.look, self.weight = look, nn.Parameter(torch.zeros(1))

    def forward(self, images):
        return self.look(images)


def test_photos_beside_a_photo_change_nothing(weights):
    photos = np.random.default_rng(3).integers(256, size=(2, 32, 32, 3), dtype=np.uint8)
    found = Inception(weights, CPU)
    both = found.features(photos, "looks")
    alone = found.features(photos[1:], "looks")
    assert np.array_equal(both[1:], alone)


def test_borders_are_averaged_over_what_is_there():
    torch.testing.assert_close(inception.averaged(torch.ones(1, 1, 4, 4)), torch.ones(1, 1, 4, 4))
    assert float(F.avg_pool2d(torch.ones(1, 1, 4, 4), 3, 1, 1).min()) < 0.5


def test_no_file_and_another_file_are_one_line(tmp_path):
    with pytest.raises(FaceveilError, match=r"inception: no file .*none\.pth; put pt_inception-"):
        Inception(tmp_path / "none.pth", CPU)
    other = tmp_path / "other.pth"
    other.write_bytes(b"weights of something else")
    with pytest.raises(FaceveilError, match=r"begins with [0-9a-f]{8}, not 6726825d; put pt_"):
        Inception(other, CPU)


def test_a_file_that_is_no_weights_is_one_line(tmp_path, monkeypatch):
    other = tmp_path / "other.pth"
    other.write_bytes(b"weights of something else")
    monkeypatch.setattr(inception, "DIGEST", hashlib.sha256(other.read_bytes()).hexdigest()[:8])
    with pytest.raises(FaceveilError, match="no file of weights that can be read"):
        Inception(other, CPU)
