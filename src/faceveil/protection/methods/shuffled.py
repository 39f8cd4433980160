"""The pixels of a design in random order: its colours are left, its pattern is not."""

import torch
from torch import Tensor

from faceveil.protection.designs.drawn import DrawnDesigns
from faceveil.runtime.seeding import generator_for


class Shuffled(DrawnDesigns):
    """Each design with its pixels shuffled, the same for all who wear it."""

    @property
    def physical(self) -> bool:
        """It says what a design's pattern is worth, and nobody would print it."""
        return False

    def pattern(self, variant: int, size: int, seed: int) -> Tensor:
        """Return the pixels in an order that the seed decides."""
        design = super().pattern(variant, size, seed)
        stream = generator_for(seed, "shuffled", variant)
        order = torch.randperm(design[0].numel(), generator=stream)
        return design.flatten(1)[:, order].view_as(design)
