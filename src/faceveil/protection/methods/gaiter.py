"""A gaiter of one shade, which covers more of a face than a mask does."""

import torch
from pydantic import Field
from torch import Tensor

from faceveil.params.section import Section
from faceveil.protection.base import Photos, Placement, Worn


class Gaiter(Worn):
    """A tube of cloth from the lower lids to the neck: what area alone is worth.

    It is no plain control of a mask, which covers less; so it is named beside them, not among them.
    """

    placement: Placement = "mask"

    class Settings(Section):
        """The shade."""

        value: float = Field(ge=0, le=1, description="0 is black, 0.5 grey, 1 white")

    settings: Settings

    def cover(self, photos: Photos) -> Tensor:
        """Return where it is seen: over the mask that the photo shows, and around it."""
        # Not at the top: every stage opens this file to check params.yaml, and waits for no scipy.
        from faceveil.masks.gaiter import gaiter_region  # noqa: PLC0415

        mask = super().cover(photos)
        if photos.coordinates is None:
            return mask  # nothing is worn at unknown coordinates: that is refused
        return mask.maximum(torch.from_numpy(gaiter_region(photos.coordinates.numpy())))

    def pattern(self, variant: int, size: int, seed: int) -> Tensor:  # noqa: ARG002
        """Return one shade everywhere."""
        return torch.full((3, size, size), self.settings.value)
