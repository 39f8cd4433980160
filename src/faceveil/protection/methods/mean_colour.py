"""The mean colour of a design: what is left of it without any pattern."""

from torch import Tensor

from faceveil.protection.designs.drawn import DrawnDesigns


class MeanColour(DrawnDesigns):
    """Each design as its mean colour everywhere."""

    @property
    def physical(self) -> bool:
        """It says what a design's pattern is worth, and nobody would print it."""
        return False

    def pattern(self, variant: int, size: int, seed: int) -> Tensor:
        """Return one colour."""
        design = super().pattern(variant, size, seed)
        return design.mean(dim=(1, 2), keepdim=True).expand_as(design)
