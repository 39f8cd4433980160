"""Section ``train_projector``: the network that finds where a mask is."""

from typing import Literal

from pydantic import Field

from faceveil.params.section import Section, Seed


class TrainProjector(Section):
    """Which transparencies the projector learns, and how."""

    architecture: Literal["plain", "unet"] = Field(
        default="unet", description="the projector that designs use"
    )
    annotations: Literal["cutouts", "difference"] = Field(
        default="cutouts",
        description="hand-made cut-outs, or the difference between masked and unmasked photo",
    )
    annotated: int = Field(
        default=100, ge=2, description="most annotated photos to use, training and held-out"
    )
    held_out_share: float = Field(
        default=0.2, gt=0, lt=1, description="share of people held out, the test split among them"
    )
    epochs: int = Field(default=20, ge=1, le=10_000, description="passes over the annotated photos")
    batch_size: int = Field(default=5, ge=1, le=4096, description="photos per step")
    learning_rate: float = Field(default=0.01, gt=0, le=1, description="peak learning rate of Adam")
    seed: Seed = Field(
        default=2021, description="seed of initialization, batches and the held-out choice"
    )
