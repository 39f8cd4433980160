"""Section ``adapt``: how a recognizer learns from photos of people in designs."""

from itertools import pairwise
from typing import Annotated

from pydantic import Field, field_validator

from faceveil.params.section import Section, Seed, Share
from faceveil.params.train_gan import Penalty

Count = Annotated[int, Field(ge=1, le=1_000_000)]
"""How many labelled photos a recognizer is given."""


class Adapt(Section):
    """Somebody gets labelled photos of people wearing designs, and trains the recognizer again."""

    photos: tuple[Count, ...] = Field(
        default=(10, 100, 1000), min_length=1, description="labelled photos given, increasing"
    )
    steps: int = Field(
        default=200, ge=1, le=1_000_000, description="optimizer steps, however many photos"
    )
    batch_size: int = Field(default=64, ge=1, le=65_536, description="labelled photos per step")
    learning_rate: float = Field(default=1e-4, gt=0, le=1, description="Adam's learning rate")
    clean_share: Share = Field(
        default=0.5,
        description="share of unmasked enrolled photos in the loss; keeps clean faces recognized",
    )
    logit_scale: float = Field(
        default=10.0, gt=0, le=1000, description="s in the logits s * cosine"
    )
    penalty: Penalty = Penalty(weight=0.01, reduction="mean", anchor="initial")
    seed: Seed = Field(default=2021, description="seed of batches")

    @field_validator("photos")
    @classmethod
    def _increasing(cls, photos: tuple[int, ...]) -> tuple[int, ...]:
        if any(one >= other for one, other in pairwise(photos)):
            raise ValueError("must increase, each number once, as in [10, 100, 1000]")
        return photos
