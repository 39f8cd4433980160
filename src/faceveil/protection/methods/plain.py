"""The mask as it was photographed."""

from typing import ClassVar

from torch import Tensor

from faceveil.protection.base import Draw, Photos, Protection
from faceveil.wearing.capture import captured


class Plain(Protection):
    """A plain mask: the photo of its wearer stays as it is."""

    plain: ClassVar[bool] = True
    changes: ClassVar[bool] = False

    @property
    def physical(self) -> bool:
        """It can be photographed otherwise."""
        return True

    def run(self, photos: Photos, draw: Draw) -> Tensor:
        """Return the photos, or the same taken under a condition: the cloth is theirs already."""
        if draw.conditions is None:
            return photos.images.clone()
        return captured(photos.images, draw.conditions)
