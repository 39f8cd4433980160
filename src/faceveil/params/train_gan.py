"""Section ``train_gan``: the generator of designs and the recognizer it plays against."""

from typing import Literal

from pydantic import Field, field_validator

from faceveil.params.section import Precision, Section, Seed

OPPONENT = "facenet"
"""Name of the recognizer that every game is played against."""


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
    """One game between a generator and a recognizer."""

    ensemble: tuple[str, ...] = Field(
        description="partners that the generator must evade besides the recognizer; [] is none"
    )
    generator: Literal["mlp", "deep_mlp", "cnn"] = Field(description="mlp is the published one")
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
    seed: Seed = Field(description="seed of initialization, batches and latents")

    @field_validator("ensemble")
    @classmethod
    def _each_partner_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) != len(names):
            raise ValueError("names a partner twice; name each at most once")
        return names

    @property
    def trained_against(self) -> tuple[str, ...]:
        """Every recognizer that the generator is trained to evade, by name."""
        return (OPPONENT, *self.ensemble)
