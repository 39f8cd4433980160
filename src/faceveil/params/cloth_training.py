"""What all trainings of designs on the cloth share: starts, steps, the objective, conditions."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from faceveil.params.conditions import ConditionStrengths
from faceveil.params.section import Precision, Section, Seed, Share, once

Start = Literal["grey", "noise", "lower_face"]
"""What a texture is before its first step; ``lower_face`` is that of a person who is rendered."""


class ClothTraining(Section):
    """Where textures start, whom they must evade, and how they are improved.

    Attributes:
        SECTION: its name in params.yaml.
    """

    SECTION: ClassVar[str]

    ensemble: Annotated[tuple[str, ...], once("a recognizer")] = Field(
        default=(),
        description="surrogates that a texture must evade besides the target; [] is none",
    )
    start: Start = Field(default="lower_face", description="grey, noise or lower_face")
    trainings: int = Field(
        default=3, ge=1, le=100, description="trainings from different seeds: how much they differ"
    )
    candidates: int = Field(default=20, ge=1, le=10_000, description="starts to choose from")
    height: int = Field(default=126, ge=8, le=1024, description="texels down the mask")
    width: int = Field(default=144, ge=8, le=1024, description="texels across the mask")
    steps: int = Field(default=50, ge=1, le=100_000, description="steps of Adam")
    photos_per_step: int = Field(default=4, ge=1, le=4096, description="photos that wear it")
    photos_to_choose: int = Field(
        default=16, ge=1, le=65_536, description="photos on which starts and textures are chosen"
    )
    learning_rate: float = Field(default=0.07, gt=0, le=1, description="Adam's, at first")
    left_out_per_step: int = Field(
        default=0,
        ge=0,
        description="recognizers that a step leaves out, each in its turn, so that what is found "
        "in one step must hold before another",
    )
    smoothness: float = Field(default=0.3, ge=0, description="weight of the total variation")
    harm: float = Field(
        default=0,
        ge=0,
        le=100,
        description="weight of how far a wearer's likeness with somebody else is above a match",
    )
    harm_margin: Share = Field(
        default=0,
        description="how far below a match that begins: 0 is at a match, 1 at two bare strangers",
    )
    blur: float = Field(default=2.0, ge=0, le=32, description="blur of the gradient, in texels")
    false_match_rate: float = Field(
        default=0.001, gt=0, lt=1, description="rate that a recognizer's threshold is taken at"
    )
    most_false_matches: Share = Field(
        default=0.1,
        description="share of wearers who may match somebody else in a texture that is kept",
    )
    conditions: ConditionStrengths = ConditionStrengths()
    precision: Precision = Field(default="auto", description="arithmetic of the recognizers")
    checkpoint_steps: int = Field(default=10, ge=1, description="steps between two checkpoints")
    seed: Seed = Field(default=2021, description="seed of the first training; others are derived")
