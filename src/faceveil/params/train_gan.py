"""Section ``train_gan``: the generator of designs and how it is trained against recognizers."""

from typing import Annotated, Literal

from pydantic import Field

from faceveil.params.section import Precision, Section, Seed, once


class Penalty(Section):
    """The L1 penalty that keeps the recognizer's head from moving anywhere."""

    weight: float = Field(default=0.01, ge=0, description="lambda; the published value is 0.01")
    reduction: Literal["mean", "sum"] = Field(
        default="mean",
        description="mean over the head's weights (sound) or sum (published, destroys the head)",
    )
    anchor: Literal["initial", "zero"] = Field(
        default="initial",
        description="distance from the initial weights (sound) or from zero (published)",
    )


class Latent(Section):
    """What a design is drawn from."""

    size: int = Field(default=100, ge=1, le=4096, description="numbers per latent; published 100")
    distribution: Literal["normal", "uniform"] = Field(
        default="normal", description="N(0, 1), or uniform in [0, 1) as the published code drew it"
    )


class TrainGan(Section):
    """How a generator and a recognizer are trained against each other."""

    trainings: int = Field(
        default=5, ge=1, le=100, description="trainings from different seeds: how much they differ"
    )
    ensemble: Annotated[tuple[str, ...], once("a recognizer")] = Field(
        default=(),
        description="surrogates that the generator must evade besides the target; [] is none",
    )
    gallery_people: int | None = Field(
        default=None,
        ge=2,
        description="training people whom a step's losses are among, the batch's own included; "
        "null is all of them (published), and costs a pass of all through the head each step",
    )
    logit_scale: float = Field(
        default=30.0, gt=0, le=1000, description="s in the logits s * cosine"
    )
    penalty: Penalty = Penalty()
    latent: Latent = Latent()
    designs_per_batch: int = Field(default=16, ge=1, le=4096, description="designs drawn per step")
    precision: Precision = Field(default="auto", description="arithmetic of the trunk")
    epochs: int = Field(default=10, ge=1, le=100_000, description="passes over the training people")
    batch_size: int = Field(default=16, ge=1, le=65_536, description="faces per step")
    learning_rate: float = Field(
        default=0.01, gt=0, le=1, description="Adam's learning rate, generator"
    )
    recognizer_learning_rate: float = Field(
        default=3e-05, gt=0, le=1, description="Adam's learning rate, head"
    )
    checkpoint_epochs: int = Field(default=5, ge=1, description="epochs between two checkpoints")
    seed: Seed = Field(default=2021, description="seed of the first training; others are derived")
