"""A blurred photo."""

from importlib import import_module
from typing import Any, ClassVar

from pydantic import Field
from torch import Tensor

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
        # Not at the top: every stage opens this file to check params.yaml, and torchvision brings
        # torch's compiler, seconds that a stage without blur need not wait.
        transforms: Any = import_module("torchvision.transforms.functional")
        blurred: Tensor = transforms.gaussian_blur(photos.images, size, sigma)
        return blurred
