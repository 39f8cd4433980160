"""Section ``strike_back``: how a recognizer learns the designs it is fooled by."""

from itertools import pairwise
from typing import Annotated

from pydantic import Field, field_validator

from faceveil.params.section import Section, Seed, Share
from faceveil.params.train_gan import Penalty

Count = Annotated[int, Field(ge=0, le=1_000_000)]
"""How many labelled photos a recognizer is given."""


class StrikeBack(Section):
    """An opponent who gets labelled photos of people wearing designs, and trains again."""

    photos: tuple[Count, ...] = Field(
        min_length=1, description="labelled photos given, increasing; 0 is the recognizer as it is"
    )
    designs: int = Field(
        ge=1, le=100_000, description="designs on these photos; others than those that are judged"
    )
    steps: int = Field(ge=1, le=1_000_000, description="optimizer steps, however many photos")
    batch_size: int = Field(ge=1, le=65_536, description="labelled photos per step")
    learning_rate: float = Field(gt=0, le=1, description="Adam's learning rate")
    clean_share: Share = Field(
        description="share of unmasked enrolled photos in the loss; keeps clean faces recognized"
    )
    logit_scale: float = Field(gt=0, le=1000, description="s in the logits s * cosine")
    penalty: Penalty
    last_block: bool = Field(description="whether the trunk's last block learns with the head")
    seed: Seed = Field(description="seed of designs, photos and batches")

    @field_validator("photos")
    @classmethod
    def _increasing(cls, photos: tuple[int, ...]) -> tuple[int, ...]:
        if any(one >= other for one, other in pairwise(photos)):
            raise ValueError("must increase, each number once, as in [0, 10, 100, 1000]")
        return photos
