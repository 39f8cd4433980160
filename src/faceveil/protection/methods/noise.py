"""A mask of independent random pixels."""

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from faceveil.params.section import Section
from faceveil.protection.base import Worn
from faceveil.runtime.seeding import generator_for


class Noise(Worn):
    """Uniform noise in each pixel and channel."""

    plain: ClassVar[bool] = True

    class Settings(Section):
        """How many different ones."""

        patterns: int = Field(default=8, ge=1, le=100_000, description="different patterns")

    settings: Settings

    @property
    def variants(self) -> int:
        """One per pattern."""
        return self.settings.patterns

    def pattern(self, variant: int, size: int, seed: int) -> Tensor:
        """Draw a pattern from a stream of its own."""
        return torch.rand(3, size, size, generator=generator_for(seed, "noise", variant))
