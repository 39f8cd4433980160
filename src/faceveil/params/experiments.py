"""Section ``experiments``: how designs are made in each experiment, by name."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from faceveil.params.errors import FaceveilError
from faceveil.params.read import merge, read_section, validate
from faceveil.params.section import Section, once
from faceveil.params.train_gan import TrainGan
from faceveil.params.train_generator import TrainGenerator
from faceveil.params.train_texture import TrainTexture

Method = Literal["gan", "texture", "generator"]
"""What makes designs: a generator whose designs are fixed to the photo's frame, as published;
pixels on the cloth, optimised by themselves; or a generator of such textures."""

Source = Literal["generated", "masked", "unmasked"]
"""Photos the recognizer may learn from: designs worn, plain masks, no mask."""

LearnsFrom = Annotated[tuple[Source, ...], once("a source")]


class Experiment(Section):
    """One experiment: its method, the recognizer's sources, what it changes of the section."""

    method: Method = Field(
        description="gan, texture or generator: the section train_gan, train_texture, "
        "train_generator"
    )
    recognizer_learns_from: LearnsFrom = Field(
        default=(),
        description="gan: sources of the recognizer's step; none keeps the recognizer fixed",
    )
    without_target: bool = Field(
        default=False,
        description="texture: whether the ensemble alone is evaded, and the target never met",
    )
    train_gan: dict[str, Any] = Field(
        default={}, description="keys of train_gan that this experiment overrides"
    )
    train_texture: dict[str, Any] = Field(
        default={}, description="keys of train_texture that this experiment overrides"
    )
    train_generator: dict[str, Any] = Field(
        default={}, description="keys of train_generator that this experiment overrides"
    )

    @model_validator(mode="after")
    def _keys_fit_the_method(self) -> "Experiment":
        of = {
            "recognizer_learns_from": ("gan", self.recognizer_learns_from),
            "without_target": ("texture", self.without_target),
            "train_gan": ("gan", self.train_gan),
            "train_texture": ("texture", self.train_texture),
            "train_generator": ("generator", self.train_generator),
        }
        wrong = [key for key, (method, value) in of.items() if value and method != self.method]
        if wrong:
            raise ValueError(f"method {self.method} has no {wrong[0]}; take it out")
        return self

    def trained_against(self, target: str, ensemble: Sequence[str]) -> tuple[str, ...]:
        """Return the recognizers that its designs must evade; all others it never met."""
        return tuple(ensemble) if self.without_target else (target, *ensemble)


EXPERIMENTS = {
    "exp0": Experiment(method="gan"),
    "exp1": Experiment(method="gan", recognizer_learns_from=("generated",)),
    "exp2": Experiment(method="gan", recognizer_learns_from=("generated", "unmasked")),
    "exp3": Experiment(method="gan", recognizer_learns_from=("generated", "masked", "unmasked")),
    "universal": Experiment(method="texture", train_texture={"ensemble": ["sface"]}),
}
"""The experiments of a file that names none."""


class GanTraining(TrainGan):
    """``train_gan`` with the overrides of one experiment: all that decides how training goes."""

    recognizer_learns_from: LearnsFrom = Field(
        description="sources of the recognizer's step; none keeps the recognizer fixed"
    )


def read_gan_training(path: Path, experiment: str) -> GanTraining:
    """Read ``train_gan`` of params.yaml, with the overrides of an experiment."""
    chosen = read_section(path, f"experiments.{experiment}", Experiment)
    return gan_training_of(experiment, read_section(path, "train_gan", TrainGan), chosen)


def read_texture_training(path: Path, experiment: str) -> TrainTexture:
    """Read ``train_texture`` of params.yaml, with the overrides of an experiment."""
    chosen = read_section(path, f"experiments.{experiment}", Experiment)
    base = read_section(path, "train_texture", TrainTexture)
    return texture_training_of(experiment, base, chosen)


def read_generator_training(path: Path, experiment: str) -> TrainGenerator:
    """Read ``train_generator`` of params.yaml, with the overrides of an experiment."""
    chosen = read_section(path, f"experiments.{experiment}", Experiment)
    base = read_section(path, "train_generator", TrainGenerator)
    return generator_training_of(experiment, base, chosen)


def read_training(path: Path, experiment: str) -> GanTraining | TrainTexture | TrainGenerator:
    """Read the section of an experiment's method, with the overrides of the experiment."""
    chosen = read_section(path, f"experiments.{experiment}", Experiment)
    if chosen.method == "gan":
        return read_gan_training(path, experiment)
    if chosen.method == "texture":
        return read_texture_training(path, experiment)
    return read_generator_training(path, experiment)


def texture_training_of(name: str, base: TrainTexture, experiment: Experiment) -> TrainTexture:
    """Return ``train_texture`` with the overrides of an experiment; refuse what is not allowed."""
    merged = merge(base.model_dump(), experiment.train_texture)
    valid = validate(TrainTexture, merged, f"params.yaml: experiments.{name}.train_texture")
    if experiment.without_target and not valid.ensemble:
        raise FaceveilError(
            f"params.yaml: experiments.{name}.without_target is true and train_texture.ensemble "
            "is empty, so that nobody is evaded; name a surrogate, or take without_target out"
        )
    return valid


def generator_training_of(
    name: str, base: TrainGenerator, experiment: Experiment
) -> TrainGenerator:
    """Return ``train_generator`` with the overrides of an experiment; refuse what is wrong."""
    merged = merge(base.model_dump(), experiment.train_generator)
    return validate(TrainGenerator, merged, f"params.yaml: experiments.{name}.train_generator")


def gan_training_of(name: str, base: TrainGan, experiment: Experiment) -> GanTraining:
    """Return ``train_gan`` with the overrides of an experiment; refuse one that is not allowed."""
    merged = merge(base.model_dump(), experiment.train_gan)
    valid = validate(TrainGan, merged, f"params.yaml: experiments.{name}.train_gan")
    sources = experiment.recognizer_learns_from
    return GanTraining(**valid.model_dump(), recognizer_learns_from=sources)
