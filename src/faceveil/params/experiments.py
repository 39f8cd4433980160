"""Section ``experiments``: what the recognizer learns from in each game, by name."""

from typing import Any, Literal

from pydantic import Field, field_validator

from faceveil.params.section import Section
from faceveil.params.train_gan import TrainGan

Source = Literal["generated", "masked", "unmasked"]
"""Photos the recognizer may learn from: designs worn, plain masks, no mask."""


class Experiment(Section):
    """One game: the recognizer's sources, and what it changes of ``train_gan``."""

    recognizer_learns_from: tuple[Source, ...] = Field(
        description="sources of the recognizer's step; none keeps the recognizer fixed"
    )
    train_gan: dict[str, Any] = Field(
        default={}, description="keys of train_gan that this experiment overrides"
    )

    @field_validator("recognizer_learns_from")
    @classmethod
    def _each_source_once(cls, sources: tuple[Source, ...]) -> tuple[Source, ...]:
        if len(set(sources)) != len(sources):
            raise ValueError("names a source twice; name each at most once")
        return sources


class Game(TrainGan):
    """``train_gan`` as one experiment plays it: everything that decides how its training goes."""

    recognizer_learns_from: tuple[Source, ...] = Field(
        description="sources of the recognizer's step; none keeps the recognizer fixed"
    )
