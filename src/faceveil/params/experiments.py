"""Section ``experiments``: what the recognizer learns from in each experiment, by name."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from faceveil.params.read import merge, read_section, validate
from faceveil.params.section import Section, once
from faceveil.params.train_gan import TrainGan

Source = Literal["generated", "masked", "unmasked"]
"""Photos the recognizer may learn from: designs worn, plain masks, no mask."""

LearnsFrom = Annotated[tuple[Source, ...], once("a source")]


class Experiment(Section):
    """One experiment: the recognizer's sources, and what it changes of ``train_gan``."""

    recognizer_learns_from: LearnsFrom = Field(
        description="sources of the recognizer's step; none keeps the recognizer fixed"
    )
    train_gan: dict[str, Any] = Field(
        default={}, description="keys of train_gan that this experiment overrides"
    )


EXPERIMENTS = {
    "exp0": Experiment(recognizer_learns_from=()),
    "exp1": Experiment(recognizer_learns_from=("generated",)),
    "exp2": Experiment(recognizer_learns_from=("generated", "unmasked")),
    "exp3": Experiment(recognizer_learns_from=("generated", "masked", "unmasked")),
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


def gan_training_of(name: str, base: TrainGan, experiment: Experiment) -> GanTraining:
    """Return ``train_gan`` with the overrides of an experiment; refuse one that is not allowed."""
    merged = merge(base.model_dump(), experiment.train_gan)
    valid = validate(TrainGan, merged, f"params.yaml: experiments.{name}.train_gan")
    sources = experiment.recognizer_learns_from
    return GanTraining(**valid.model_dump(), recognizer_learns_from=sources)
