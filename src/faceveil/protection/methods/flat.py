"""A mask of one shade."""

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from faceveil.params.section import Section
from faceveil.protection.base import Worn


class Flat(Worn):
    """Black, grey, white, or any shade between."""

    plain: ClassVar[bool] = True

    class Settings(Section):
        """The shade."""

        value: float = Field(ge=0, le=1, description="0 is black, 0.5 grey, 1 white")

    settings: Settings

    def pattern(self, variant: int, size: int, seed: int) -> Tensor:  # noqa: ARG002
        """Return one shade everywhere."""
        return torch.full((3, size, size), self.settings.value)
