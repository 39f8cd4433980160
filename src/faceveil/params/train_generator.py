"""Section ``train_generator``: a network that draws designs in mask coordinates."""

from typing import Literal

from pydantic import Field, model_validator

from faceveil.params.cloth_training import ClothTraining

ConditionedOn = Literal["latent", "wearer"]
"""What a design is drawn from: random numbers, or what the target stored of its wearer's face."""


class TrainGenerator(ClothTraining):
    """What the generator draws from, and how different its designs must be."""

    SECTION = "train_generator"

    conditioned_on: ConditionedOn = Field(
        default="latent",
        description="latent: many designs, for anybody; wearer: one, from the wearer's own feature",
    )
    kept: int = Field(
        default=8, ge=1, le=1000, description="latent: designs that a training leaves"
    )
    steps: int = Field(default=100, ge=1, le=100_000, description="steps of Adam")
    starts: int = Field(
        default=8, ge=1, le=1000, description="textures that designs are drawn around"
    )
    designs_per_step: int = Field(
        default=6, ge=1, le=4096, description="latent: designs that each photo of a step wears"
    )
    strangers: float = Field(
        default=1.0,
        ge=0,
        le=100,
        description="weight of how much more alike two wearers look than bare strangers",
    )
    latent_size: int = Field(
        default=32,
        ge=1,
        le=4096,
        description="numbers that a design is drawn from; wearer: that a feature is reduced to",
    )
    channels: int = Field(default=16, ge=1, le=1024, description="channels of the generator")
    generator_learning_rate: float = Field(
        default=0.003, gt=0, le=1, description="Adam's for the network's weights, at first"
    )

    @model_validator(mode="after")
    def _keys_go_together(self) -> "TrainGenerator":
        if self.starts > self.candidates:
            raise ValueError(
                f"starts is {self.starts}, candidates {self.candidates}; ask for fewer starts"
            )
        if self.conditioned_on == "wearer" and self.starts > 1:
            raise ValueError(
                f"starts is {self.starts}, but designs of wearers' own have one, that of everybody"
            )
        return self
