"""What projectors see, and how they are stored."""

import pytest
import torch

from faceveil.params.errors import FaceveilError
from faceveil.store.weights import write_weights
from faceveil.wearing.projector import ARCHITECTURES, WEIGHTS, build_projector, load_projector

SIDE = 128


def extent(architecture: str) -> tuple[int, int]:
    """Height and width of the part of a photo that the middle pixel of the output depends on."""
    torch.manual_seed(0)
    projector = build_projector(architecture).eval()
    for name, weight in projector.named_parameters():
        # Without negative weights no ReLU hides a path.
        weight.data = torch.ones_like(weight) / weight[0].numel() if "weight" in name else weight
    photo = torch.rand(1, 3, SIDE, SIDE, dtype=torch.float64).add(0.5).requires_grad_()
    projector.double().net(photo)[0, 0, SIDE // 2, SIDE // 2].backward()
    seen = photo.grad.abs().sum((0, 1)) > 0
    rows, columns = seen.any(1).nonzero(), seen.any(0).nonzero()
    return int(rows.max() - rows.min()) + 1, int(columns.max() - columns.min()) + 1


def test_plain_sees_eleven_pixels_and_finds_colours_rather_than_masks():
    # Flaw 9 of the published code; reported as it is, beside a network that sees the face.
    assert extent("plain") == (11, 11)


def test_unet_sees_a_whole_face():
    # A face takes up about two thirds of a photo.
    assert min(extent("unet")) >= 0.9 * SIDE


def test_plain_is_the_published_network():
    convolutions = [m for m in build_projector("plain").modules() if hasattr(m, "kernel_size")]
    assert [m.out_channels for m in convolutions] == [6, 12, 18, 24, 1]
    assert {m.kernel_size for m in convolutions} == {(3, 3)}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_transparency_has_the_photos_shape_and_stays_in_range(architecture: str):
    photos = torch.rand(3, 3, 48, 64)
    found = build_projector(architecture).eval()(photos)
    assert found.shape == (3, 1, 48, 64)
    assert 0 <= found.min() < found.max() <= 1


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_photo_is_seen_alike_in_every_batch(architecture: str):
    photos = torch.rand(5, 3, 32, 32)
    projector = build_projector(architecture).eval()
    alone = torch.cat([projector(photo[None]) for photo in photos])
    torch.testing.assert_close(projector(photos), alone, rtol=0, atol=1e-6)


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 1, 32, 32), (1, 3, 40, 32)])
def test_other_shapes_are_refused(shape: tuple[int, ...]):
    with pytest.raises(ValueError, match="photos are"):
        build_projector("unet")(torch.rand(shape))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_stored_projector_comes_back_frozen(tmp_path, architecture: str):
    projector = build_projector(architecture).eval()
    write_weights(tmp_path / WEIGHTS, projector, {"architecture": architecture})
    loaded = load_projector(tmp_path)
    photos = torch.rand(2, 3, 32, 32)
    assert torch.equal(loaded(photos), projector(photos))
    assert not loaded.training
    assert not any(weight.requires_grad for weight in loaded.parameters())


def test_unknown_and_missing_projectors_are_refused(tmp_path):
    with pytest.raises(FaceveilError, match="no such weights"):
        load_projector(tmp_path)
    write_weights(tmp_path / WEIGHTS, build_projector("plain"), {"architecture": "vit"})
    with pytest.raises(FaceveilError, match=r"'vit' is unknown; allowed: plain, unet"):
        load_projector(tmp_path)
    write_weights(tmp_path / WEIGHTS, build_projector("plain"), {"architecture": "unet"})
    with pytest.raises(FaceveilError, match="fit another network"):
        load_projector(tmp_path)
