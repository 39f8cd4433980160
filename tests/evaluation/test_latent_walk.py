"""Designs between latents."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from faceveil.evaluation import latent_walk as module
from faceveil.evaluation.controls import sample_designs
from faceveil.evaluation.latent_walk import ANCHORS, latent_walk, shown_designs
from faceveil.protection.designs.generators import Generator, build_generator, load_generator
from faceveil.runtime.seeding import generator_for
from tests.evaluation.world import SETTINGS, SIZE, write_world


class Remembering(Generator):
    """Keeps the latents it was asked for."""

    def forward(self, latents):
        self.seen = latents
        return super().forward(latents)


def walked(distribution: str, steps: int, seed: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the latents of a walk, and those it passes through."""
    torch.manual_seed(0)
    built = build_generator("mlp", 100, SIZE, distribution)
    generator = Remembering(built.net, 100, SIZE, distribution).eval()
    designs = latent_walk(generator, steps, seed)
    assert designs.shape == (steps, 3, SIZE, SIZE)
    return generator.seen, generator.draw(ANCHORS, generator_for(seed, "report", "latent walk"))


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
def test_a_walk_passes_through_its_latents(distribution):
    latents, anchors = walked(distribution, 9)
    torch.testing.assert_close(latents[[0, 4, 8]], anchors)


def test_normal_latents_keep_their_length_on_the_way_and_their_angle_grows_evenly():
    latents, anchors = walked("normal", 9)
    lengths = latents.norm(dim=1)
    expected = np.interp(np.arange(9), [0, 4, 8], anchors.norm(dim=1).numpy())
    np.testing.assert_allclose(lengths, expected, rtol=1e-5)
    units = latents[:5] / lengths[:5, None]
    angles = torch.arccos((units[1:] * units[:-1]).sum(1))
    torch.testing.assert_close(angles, angles[:1].expand(4), rtol=1e-3, atol=1e-4)


def test_uniform_latents_are_joined_straight():
    latents, anchors = walked("uniform", 5)
    torch.testing.assert_close(latents[1], (anchors[0] + anchors[1]) / 2)
    assert latents.min() >= 0
    assert latents.max() < 1


def test_equal_latents_are_no_division_by_zero():
    latent = torch.randn(10, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(module._arc(latent, latent, torch.tensor(0.5)), latent)


def test_the_same_seed_walks_the_same_way():
    assert torch.equal(walked("normal", 5)[0], walked("normal", 5)[0])
    assert not torch.equal(walked("normal", 5)[0], walked("normal", 5, seed=4)[0])


def test_too_few_steps_are_refused():
    with pytest.raises(ValueError, match="takes 3 steps, not 2"):
        walked("normal", 2)


def test_shown_designs_are_the_first_that_are_judged(tmp_path):
    write_world(tmp_path)
    gans = tmp_path / "models/gan"
    report = SimpleNamespace(people_shown=2)
    names = {"exp1": None, "exp0": None}
    params = SimpleNamespace(experiments=names, evaluate=SETTINGS, report=report)
    designs, walks = shown_designs(gans, params, steps=4)
    assert list(designs) == list(walks) == ["exp1", "exp0"]
    judged = sample_designs(load_generator(gans / "exp1"), SETTINGS)[:2]
    np.testing.assert_array_equal(designs["exp1"], judged.permute(0, 2, 3, 1).numpy())
    assert walks["exp0"].shape == (4, SIZE, SIZE, 3)
