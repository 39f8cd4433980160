"""Enrolled photos with the mask's region painted grey, for those who look at no mask."""

from typing import ClassVar

from torch import Tensor

from faceveil.protection.base import Draw, Photos, Protection, Scope


class GreyRegion(Protection):
    """Grey, as of a flat mask of 0.5, where a mask would be on a bare face.

    Who searches with such a gallery, and paints probes alike, sees nothing of what was worn.
    """

    scope: ClassVar[Scope] = "photo"
    enrolled: ClassVar[bool] = True

    def run(self, photos: Photos, draw: Draw) -> Tensor:  # noqa: ARG002
        """Paint every photo.

        Raises:
            ValueError: if it is not said where masks would be.
        """
        if photos.transparency is None:
            raise ValueError("a grey region needs the transparency of the mask that would be there")
        return photos.images * (1 - photos.transparency) + 0.5 * photos.transparency
