"""The mask as it was photographed."""

from typing import ClassVar

from torch import Tensor

from faceveil.protection.base import Draw, Photos, Protection


class Plain(Protection):
    """A plain mask: the photo of its wearer stays as it is."""

    plain: ClassVar[bool] = True
    changes: ClassVar[bool] = False

    def run(self, photos: Photos, draw: Draw) -> Tensor:  # noqa: ARG002
        """Return the photos."""
        return photos.images.clone()
