"""Section ``train_gan``: the generator of designs and how it is trained against recognizers."""

from typing import Literal

from pydantic import Field, field_validator

from faceveil.params.section import Precision, Section, Seed

TARGET = "facenet"
"""Name of the recognizer that every generator is trained against."""


class Penalty(Section):
    """The L1 penalty that keeps the recognizer's head from moving anywhere."""

    weight: float = Field(ge=0, description="lambda; the published value is 0.01")
    reduction: Literal["mean", "sum"] = Field(
        description="mean over the head's weights (sound) or sum (published, destroys the head)"
    )
    anchor: Literal["initial", "zero"] = Field(
        description="distance from the initial weights (sound) or from zero (published)"
    )


class Latent(Section):
    """What a design is drawn from."""

    size: int = Field(ge=1, le=4096, description="numbers per latent; published 100")
    distribution: Literal["normal", "uniform"] = Field(
        description="N(0, 1), or uniform in [0, 1) as the published code drew it"
    )


class TrainGan(Section):
    """How a generator and a recognizer are trained against each other."""

    ensemble: tuple[str, ...] = Field(
        description="partners that the generator must evade besides the recognizer; [] is none"
    )
    generator: Literal["mlp", "cnn"] = Field(description="mlp is the published one")
    objective: Literal["cross_entropy", "non_saturating", "margin", "cosine"] = Field(
        description="what the generator strives for; cross_entropy is the published one"
    )
    margin: float = Field(ge=0, le=100, description="kappa of the margin objective, in logits")
    gallery_people: int | None = Field(
        ge=2,
        description="training people whom a step's losses are among, the batch's own included; "
        "null is all of them (published), and costs a pass of all through the head each step",
    )
    logit_scale: float = Field(gt=0, le=1000, description="s in the logits s * cosine")
    penalty: Penalty
    latent: Latent
    designs_per_batch: int = Field(ge=1, le=4096, description="designs drawn per step")
    transparency: Literal["projector", "annotated"] = Field(
        description="where a design shows: the projector's output, or cut-out and pair difference"
    )
    precision: Precision = Field(description="arithmetic of the trunk")
    epochs: int = Field(ge=1, le=100_000, description="passes over the training people")
    batch_size: int = Field(ge=1, le=65_536, description="faces per step")
    learning_rate: float = Field(gt=0, le=1, description="Adam's learning rate, generator")
    recognizer_learning_rate: float = Field(gt=0, le=1, description="Adam's learning rate, head")
    checkpoint_epochs: int = Field(ge=1, description="epochs between two checkpoints")
    trainings: int = Field(
        default=3,
        ge=1,
        le=100,
        description="times that an experiment is trained, from other seeds",
    )
    seed: Seed = Field(
        description="seed of the first training's initialization, batches and latents; the others' "
        "seeds are derived from it"
    )

    @field_validator("ensemble")
    @classmethod
    def _each_partner_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) != len(names):
            raise ValueError("names a partner twice; name each at most once")
        return names

    @property
    def trained_against(self) -> tuple[str, ...]:
        """Every recognizer that the generator is trained to evade, by name."""
        return (TARGET, *self.ensemble)
