"""What training a ``gan`` needs: section ``train_gan``, and what its recognizer learns from."""

from pathlib import Path

from pydantic import Field

from faceveil.params.experiments import Experiment, LearnsFrom, read_training
from faceveil.params.read import read_section
from faceveil.params.train_gan import TrainGan


class GanTraining(TrainGan):
    """``train_gan`` with the overrides of one experiment: all that decides how training goes."""

    recognizer_learns_from: LearnsFrom = Field(
        description="sources of the recognizer's step; none keeps the recognizer fixed"
    )


def read_gan_training(path: Path, experiment: str) -> GanTraining:
    """Read ``train_gan`` of params.yaml, with the overrides of an experiment."""
    sources = read_section(path, f"experiments.{experiment}", Experiment).recognizer_learns_from
    return gan_training(read_training(path, experiment, TrainGan), sources)


def gan_training(settings: TrainGan, sources: LearnsFrom) -> GanTraining:
    """Return all that decides how training goes."""
    return GanTraining(**settings.model_dump(), recognizer_learns_from=sources)
