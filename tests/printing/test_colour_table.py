"""Colour tables: exact where the truth is a polynomial, and differentiable."""

import numpy as np
import pytest
import torch

from faceveil.printing.chart import colours
from faceveil.printing.colour_table import fit_table, held_back_errors, powers


def test_no_change_is_learned_exactly():
    table = fit_table(colours(), colours())
    texture = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(table.apply(texture), texture, atol=1e-6)
    assert held_back_errors(colours(), colours()).max() < 1e-3


def test_a_polynomial_is_found_again():
    def printer(shown):
        red, green, blue = np.moveaxis(shown, -1, 0)
        layers = [0.1 + 0.7 * red - 0.1 * green * blue, 0.8 * green**2, 0.2 + 0.5 * blue**3]
        return np.stack(layers, axis=-1)

    table = fit_table(colours(), printer(colours()))
    places = np.random.default_rng(1).random((50, 3))
    found = table.apply(torch.from_numpy(places.T[None, :, :, None]))[0, :, :, 0].numpy().T
    assert np.abs(found - printer(places)).max() < 0.02
    assert len(powers()) == 20


def test_gradients_agree_with_differences():
    table = fit_table(colours(), colours() * 0.6 + 0.2 * colours()[:, ::-1] ** 2 + 0.05)
    texture = torch.rand(1, 3, 2, 2, dtype=torch.float64) * 0.8 + 0.1
    assert torch.autograd.gradcheck(table.apply, texture.requires_grad_())


def test_textures_and_patches_of_other_shapes_are_refused():
    table = fit_table(colours(), colours())
    with pytest.raises(ValueError, match=r"\[B, 3, H, W\]"):
        table.apply(torch.zeros(3, 4, 5))
    with pytest.raises(ValueError, match="20 patches or more"):
        fit_table(colours()[:19], colours()[:19])
