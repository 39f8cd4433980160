"""Tests of the generators of designs."""

import pytest
import torch

from faceveil.params.errors import FaceveilError
from faceveil.protection.designs.generators import (
    ARCHITECTURE,
    WEIGHTS,
    build_generator,
    load_generator,
)
from faceveil.store.weights import write_weights

SIZE = 80


def latents(count, size=100, seed=0):
    return torch.randn(count, size, generator=torch.Generator().manual_seed(seed))


def built(size=SIZE):
    torch.manual_seed(0)
    return build_generator(100, size)


@pytest.mark.parametrize("size", [80, 128])
def test_designs_are_pictures_in_range(size):
    designs = built(size)(5 * latents(3))
    assert designs.shape == (3, 3, size, size)
    assert designs.min() >= 0
    assert designs.max() <= 1


def test_untrained_designs_are_near_grey():
    designs = built()(latents(16))
    assert (designs.mean() - 0.5).abs() < 0.05
    assert (designs - 0.5).abs().mean() < 0.12


def test_each_design_is_of_its_own_latent_alone():
    # Flaw 8 of the published code: one latent per batch. A design also must not depend on others.
    generator, z = built(), latents(4)
    with torch.no_grad():
        together = generator(z)
        alone = torch.cat([generator(one[None]) for one in z])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-5)
    for i in range(1, 4):
        assert (together[0] - together[i]).abs().max() > 1e-3


def test_every_weight_learns():
    generator = built()
    generator(latents(8)).square().mean().backward()
    assert all(p.grad is not None and p.grad.any() for p in generator.parameters())


def test_published_generator_has_the_published_size():
    shapes = [tuple(p.shape) for p in build_generator(100, 128).parameters()]
    assert shapes == [(32, 100), (32,), (32, 32), (32,), (49152, 32), (49152,)]


def test_latents_are_normal_or_uniform():
    stream = torch.Generator().manual_seed(0)
    normal = build_generator(100, SIZE).draw(1000, stream)
    assert normal.shape == (1000, 100)
    assert abs(normal.mean()) < 0.02
    assert abs(normal.std() - 1) < 0.02
    uniform = build_generator(100, SIZE, "uniform").draw(1000, stream)
    assert 0 <= uniform.min() < 0.01
    assert 0.99 < uniform.max() < 1


@pytest.mark.parametrize("shape", [(100,), (2, 99), (2, 100, 1)])
def test_latents_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match="latents are"):
        built()(torch.zeros(shape))


def test_a_stored_generator_draws_the_same(tmp_path):
    generator = built()
    card = {
        "architecture": ARCHITECTURE,
        "latent_size": 100,
        "image_size": SIZE,
        "distribution": "uniform",
    }
    write_weights(tmp_path / WEIGHTS, generator, card)
    loaded = load_generator(tmp_path)
    assert torch.equal(loaded(latents(2)), generator(latents(2)))
    assert loaded.distribution == "uniform"
    assert not loaded.training
    assert not any(p.requires_grad for p in loaded.parameters())


def test_an_unknown_generator_is_refused(tmp_path):
    write_weights(tmp_path / WEIGHTS, built(), {"architecture": "diffusion"})
    with pytest.raises(FaceveilError, match="'diffusion' is unknown; allowed: mlp"):
        load_generator(tmp_path)


def test_an_absent_generator_is_refused(tmp_path):
    with pytest.raises(FaceveilError, match="no such weights"):
        load_generator(tmp_path)
