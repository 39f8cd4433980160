"""A mask that a network puts on a bare face: a protection as any other."""

from pathlib import Path
from typing import ClassVar

from torch import Tensor

from faceveil.protection.base import Draw, Photos, Protection, Scope
from faceveil.protection.translation.translator import read_translator, translate_each


class PutOn(Protection):
    """The bare face as a translation sees it in a mask."""

    scope: ClassVar[Scope] = "photo"

    def read(self, folder: Path, seed: int) -> None:  # noqa: ARG002
        """Read the weights of a translation."""
        self.translator, _ = read_translator(folder, "put_on")

    def run(self, photos: Photos, draw: Draw) -> Tensor:  # noqa: ARG002
        """Put a mask on each photo."""
        return translate_each(self.translator, photos.images)[0]
