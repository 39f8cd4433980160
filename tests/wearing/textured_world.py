"""Photos with a flat mask in the middle, their coordinates, and textures."""

import torch
from torch import Tensor

from faceveil.params.conditions import NO_CONDITIONS, ConditionStrengths
from faceveil.wearing.conditions import Conditions, draw_conditions

IDS = ("00001_Mask", "00002_Mask", "00003_Mask", "00004_Mask")


def random(*shape, seed=0, dtype=torch.float32) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def flat_coordinates(size: int, half: float, count: int = 1, dtype=torch.float32) -> Tensor:
    """u and v grow evenly; the mask's half-width is ``half`` pixels, its texels are square."""
    place = torch.arange(size, dtype=dtype) + 0.5 - size / 2
    v, u = torch.meshgrid(place / (1.75 * half) + 0.5, place / half, indexing="ij")
    u, v = u.clamp(-1.5, 1.5), v.clamp(-0.5, 1.5)
    return torch.stack([u, v, 0.9 + 0.1 * u]).expand(count, 3, size, size).contiguous()


def covered(coordinates: Tensor) -> Tensor:
    """Transparency 0.9 inside the mask's outline, 0 outside."""
    u, v = coordinates[:, :1], coordinates[:, 1:2]
    return 0.9 * ((u.abs() < 1) & (v > 0) & (v < 1)).to(coordinates)


def only(**strengths) -> Conditions:
    """Conditions of four photos that differ in nothing but what is named."""
    settings = ConditionStrengths(**{**NO_CONDITIONS.model_dump(), **strengths})
    return draw_conditions(settings, IDS, 0, 0)
