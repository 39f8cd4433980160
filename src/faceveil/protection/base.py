"""The contract of a protection: photos in, photos out.

The public call is final and keeps the promise for all methods; a method brings the idea, ``run``.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from faceveil.params.section import Section
from faceveil.store.faces import PackedFaces
from faceveil.wearing.capture import captured
from faceveil.wearing.composition import wear
from faceveil.wearing.conditions import Conditions
from faceveil.wearing.ink import printed
from faceveil.wearing.texture import wear_texture

Placement = Literal["image", "mask"]
"""What patterns are fixed to."""

Scope = Literal["photo", "wearer", "set"]
"""What it takes: any photo, a photo of somebody who wears a mask, or all people at once."""


@dataclass(frozen=True)
class Photos:
    """Photos to protect, and whose they are.

    Attributes:
        images: float32 ``[B, 3, S, S]`` in [0, 1], RGB.
        subject_ids: str ``[B]``.
        image_ids: str ``[B]``.
        transparency: where the mask is, float32 ``[B, 1, S, S]`` in [0, 1]; None without a mask.
            Of enrolled photos, where one would be.
        coordinates: where on the mask each pixel lies, and its shading, float32 ``[B, 3, S, S]``;
            None where nobody knows.
    """

    images: Tensor
    subject_ids: NDArray[np.str_]
    image_ids: NDArray[np.str_]
    transparency: Tensor | None = None
    coordinates: Tensor | None = None


@dataclass(frozen=True)
class Draw:
    """All that is random about one application.

    Attributes:
        seed: of the stage.
        variants: which design, key or style each photo gets, int64 ``[B]``, below ``variants``.
        conditions: physical condition of each photo; None is flat, as designs are drawn.
    """

    seed: int
    variants: NDArray[np.int64]
    conditions: Conditions | None = None


class Protection(ABC):
    """A method with its settings.

    Attributes:
        scope: what it takes.
        plain: whether it is something anybody can wear who has no design; the best of these is what
            a protection is compared with.
        changes: whether it changes the photo at all.
        enrolled: whether it is done to enrolled photos in place of those that probe; transparency
            is then where a mask would be.
        Settings: its block of params.yaml, besides ``method``.
    """

    scope: ClassVar[Scope] = "wearer"
    plain: ClassVar[bool] = False
    changes: ClassVar[bool] = True
    enrolled: ClassVar[bool] = False

    class Settings(Section):
        """No settings."""

    def __init__(self, settings: Section) -> None:
        self.settings = settings

    @property
    def variants(self) -> int:
        """How many different ways it has of protecting a photo."""
        return 1

    @property
    def physical(self) -> bool:
        """Whether it is also judged as printed, worn and photographed: ``run`` takes conditions."""
        return False

    def fit(self, people: PackedFaces, seed: int) -> None:  # noqa: B027  (most need none)
        """Learn from unmasked photos of people who train; nobody who is judged is among them."""

    def read(self, folder: Path, seed: int) -> None:  # noqa: B027  (most need none)
        """Read what was trained for it."""

    @final
    def apply(self, photos: Photos, draw: Draw) -> Tensor:
        """Return the protected photos, float32 ``[B, 3, S, S]`` in [0, 1]; the source stays.

        Photo ``i`` depends on photo ``i``, its variant and the seed: not on its neighbours.

        Raises:
            ValueError: if ids, variants, conditions or transparency do not fit the photos, or the
                method takes no conditions, or returns something else than photos.
        """
        count = len(photos.images)
        if not len(photos.subject_ids) == len(photos.image_ids) == len(draw.variants) == count:
            raise ValueError(f"{count} photos need as many subject_ids, image_ids and variants")
        if ((draw.variants < 0) | (draw.variants >= self.variants)).any():
            raise ValueError(f"variants are 0 to {self.variants - 1}, found {draw.variants.max()}")
        if draw.conditions is not None and not (self.physical and len(draw.conditions) == count):
            raise ValueError(
                f"{type(self).__name__} takes "
                + (f"{count} conditions" if self.physical else "no conditions")
            )
        if self.scope == "wearer" and photos.transparency is None:
            raise ValueError("a protection that is worn needs the transparency of the mask")
        protected = self.run(photos, draw)
        if protected.shape != photos.images.shape or protected.dtype != torch.float32:
            raise ValueError(f"{type(self).__name__} returned {list(protected.shape)}")
        return protected.clamp(0, 1)

    @abstractmethod
    def run(self, photos: Photos, draw: Draw) -> Tensor:
        """Return the protected photos; what lies beyond [0, 1] is clipped.

        Under conditions they are the photos that a camera would have stored.
        """


def method_name(protection: type[Protection]) -> str:
    """Return the name of a method: that of its file."""
    return protection.__module__.rpartition(".")[2]


class Worn(Protection):
    """A pattern that is seen where the mask is.

    Attributes:
        placement: ``image`` fixes patterns to the photo's frame, as published; ``mask`` puts them
            on the cloth, at its coordinates and in its light.
    """

    placement: Placement = "image"

    @property
    def physical(self) -> bool:
        """What is on a mask can be printed, worn and photographed."""
        return True

    def run(self, photos: Photos, draw: Draw) -> Tensor:
        """Put each photo's pattern on it.

        Under a condition colours are printed first. A pattern that is fixed to the frame stays
        where it is then: it has no place on the cloth that could move.
        """
        size, where = photos.images.shape[-1], self.cover(photos)
        kinds, place = np.unique(draw.variants, return_inverse=True)
        patterns = torch.stack([self.pattern(int(kind), size, draw.seed) for kind in kinds])
        wanted, conditions = patterns[place], draw.conditions
        if self.placement == "mask":
            return wear_texture(photos.images, where, photos.coordinates, wanted, conditions)
        if conditions is None:
            return wear(photos.images, where, wanted)
        return captured(wear(photos.images, where, printed(wanted, conditions)), conditions)

    def cover(self, photos: Photos) -> Tensor:
        """Return where it is seen, float32 ``[B, 1, S, S]`` in [0, 1]: where the mask is."""
        assert photos.transparency is not None
        return photos.transparency

    @abstractmethod
    def pattern(self, variant: int, size: int, seed: int) -> Tensor:
        """Return the pattern of a variant, float32 in [0, 1].

        It is ``[3, S, S]`` where it is fixed to the frame, else a texture ``[3, H, W]``.
        """
