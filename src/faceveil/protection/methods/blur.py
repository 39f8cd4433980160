"""A blurred photo."""

from typing import ClassVar

from pydantic import Field
from torch import Tensor
from torchvision.transforms.functional import gaussian_blur

from faceveil.params.section import Section
from faceveil.protection.base import Draw, Photos, Protection, Scope


class Blur(Protection):
    """A Gaussian blur of the whole photo of a bare face."""

    scope: ClassVar[Scope] = "photo"

    class Settings(Section):
        """How strong."""

        sigma_share: float = Field(
            gt=0, le=0.25, description="standard deviation, as share of the photo's side"
        )

    settings: Settings

    def run(self, photos: Photos, draw: Draw) -> Tensor:  # noqa: ARG002
        """Blur out to three standard deviations."""
        sigma = self.settings.sigma_share * photos.images.shape[-1]
        size = 2 * max(1, round(3 * sigma)) + 1
        blurred: Tensor = gaussian_blur(photos.images, size, sigma)
        return blurred
