"""Section ``experiments``: how designs are made in each experiment, by name."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from faceveil.params.errors import FaceveilError
from faceveil.params.read import Model, merge, read_section, read_yaml, validate
from faceveil.params.section import Section, once

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

    @property
    def section(self) -> str:
        """The section of its method."""
        return f"train_{self.method}"

    @property
    def overrides(self) -> dict[str, Any]:
        """What it changes of that section."""
        found: dict[str, Any] = getattr(self, self.section)
        return found

    def trained_against(self, target: str, ensemble: Sequence[str]) -> tuple[str, ...]:
        """Return the recognizers that its designs must evade; all others it never met."""
        return tuple(ensemble) if self.without_target else (target, *ensemble)


EXPERIMENTS = {
    "exp0": Experiment(method="gan"),
    "exp1": Experiment(method="gan", recognizer_learns_from=("generated",)),
    "exp2": Experiment(method="gan", recognizer_learns_from=("generated", "unmasked")),
    "exp3": Experiment(method="gan", recognizer_learns_from=("generated", "masked", "unmasked")),
    "universal": Experiment(method="texture", train_texture={"ensemble": ["sface"]}),
    "varied": Experiment(method="generator", train_generator={"ensemble": ["sface"]}),
    "personal": Experiment(
        method="generator",
        train_generator={
            "conditioned_on": "wearer",
            "ensemble": ["sface"],
            "starts": 1,
            "photos_per_step": 24,
        },
    ),
}
"""The experiments of a file that names none."""


def read_training(path: Path, name: str, model: type[Model]) -> Model:
    """Read the section of an experiment's method, which is a ``model``, with its overrides."""
    chosen = read_section(path, f"experiments.{name}", Experiment)
    return overridden(name, read_section(path, chosen.section, model), chosen)


def overridden(name: str, base: Model, experiment: Experiment) -> Model:
    """Return the section of an experiment's method with its overrides; refuse what is wrong."""
    where = f"params.yaml: experiments.{name}"
    merged = merge(base.model_dump(), experiment.overrides)
    valid = validate(type(base), merged, f"{where}.{experiment.section}")
    if experiment.without_target and not merged["ensemble"]:
        raise FaceveilError(
            f"{where}.without_target is true and {experiment.section}.ensemble is empty, so that "
            "nobody is evaded; name a surrogate, or take without_target out"
        )
    return valid


def said_of_training(path: Path, name: str) -> dict[str, Any]:
    """Return what params.yaml says of an experiment's training; a key it leaves out is absent."""
    chosen = read_section(path, f"experiments.{name}", Experiment)
    return merge(read_yaml(path).get(chosen.section) or {}, chosen.overrides)
