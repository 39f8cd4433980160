"""A drawn surgical mask."""

from typing import ClassVar

import torch
from torch import Tensor

from faceveil.protection.base import Worn

BLUE = (0.66, 0.80, 0.88)
"""The pale blue of a disposable mask."""

PLEATS = 3
"""Horizontal folds of a disposable mask."""

DEPTH = 0.12
"""How much darker a fold is than the cloth around it."""


class Surgical(Worn):
    """Pale blue with pleats, which lie in the lower half: where a mask is on an upright face."""

    plain: ClassVar[bool] = True

    def pattern(self, variant: int, size: int, seed: int) -> Tensor:  # noqa: ARG002
        """Draw it."""
        height = torch.linspace(0, 1, size)
        phase = (height - 0.5) * 2 * PLEATS
        # Each fold darkens slowly towards its edge and ends abruptly, like cloth in raking light.
        fold = torch.where(height >= 0.5, phase % 1.0, torch.zeros(()))
        shade = 1 - DEPTH * fold**3
        return (torch.tensor(BLUE)[:, None, None] * shade[None, :, None]).expand(3, size, size)
