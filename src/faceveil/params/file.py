"""Reading params.yaml: every section, or one clear line about what is wrong with it."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from faceveil.params.black_boxes import BlackBox
from faceveil.params.calibrate import Calibrate
from faceveil.params.curate import Curate
from faceveil.params.embed import Embed
from faceveil.params.errors import FaceveilError
from faceveil.params.evaluate import Evaluate
from faceveil.params.experiments import Experiment, Game
from faceveil.params.partners import Partner
from faceveil.params.prepare_recognizer import PrepareRecognizer
from faceveil.params.protocol import Protocol
from faceveil.params.put_on_masks import PutOnMasks
from faceveil.params.report import Report
from faceveil.params.section import Section
from faceveil.params.strike_back import StrikeBack
from faceveil.params.synthesize import Synthesize
from faceveil.params.train_gan import TrainGan
from faceveil.params.train_projector import TrainProjector

Model = TypeVar("Model", bound=BaseModel)

GUARD = "facenet"
"""What reports call the recognizer of ``prepare_recognizer``."""


class Params(Section):
    """All of params.yaml; a field is a section, named after the stage that reads it."""

    synthesize: Synthesize
    put_on_masks: PutOnMasks
    curate: Curate
    prepare_recognizer: PrepareRecognizer
    partners: dict[str, Partner]
    black_boxes: dict[str, BlackBox]
    train_projector: TrainProjector
    embed: Embed
    train_gan: TrainGan
    experiments: dict[str, Experiment] = Field(min_length=1)
    protocol: Protocol
    calibrate: Calibrate
    evaluate: Evaluate
    strike_back: StrikeBack
    report: Report

    @field_validator("experiments", "partners", "black_boxes")
    @classmethod
    def _names_fit_files(cls, named: dict[str, Section]) -> dict[str, Section]:
        for name in named:
            if not (name.isidentifier() and name.isascii()):
                raise ValueError(f"name {name!r} must be letters, digits and '_', as in exp4")
        return named

    @model_validator(mode="after")
    def _recognizers_have_names_of_their_own(self) -> "Params":
        taken = {GUARD, *self.partners} & {GUARD, *self.black_boxes}
        twice = [name for name in (*self.partners, *self.black_boxes) if name in taken]
        if twice:
            raise ValueError(
                f"two recognizers are called {twice[0]!r}; names in partners and black_boxes "
                f"differ, and {GUARD} is the one of prepare_recognizer"
            )
        return self

    def partner(self, name: str) -> Partner:
        """Return a section of ``partners``.

        Raises:
            FaceveilError: if there is none of that name; names those there are.
        """
        return _named(self.partners, name, "partner")

    def black_box(self, name: str) -> BlackBox:
        """Return a section of ``black_boxes``.

        Raises:
            FaceveilError: if there is none of that name; names those there are.
        """
        return _named(self.black_boxes, name, "black box")

    def game(self, experiment: str) -> Game:
        """Return ``train_gan`` as the named experiment plays it, with its overrides applied.

        Raises:
            FaceveilError: if there is no such experiment or partner, or an override is not allowed.
        """
        if experiment not in self.experiments:
            known = ", ".join(self.experiments)
            raise FaceveilError(f"params.yaml: no experiment {experiment!r}; there are {known}")
        chosen = self.experiments[experiment]
        merged = merge(self.train_gan.model_dump(), chosen.train_gan)
        game = validate(TrainGan, merged, f"params.yaml: experiments.{experiment}.train_gan")
        for name in game.ensemble:
            _named(self.partners, name, f"partner in train_gan.ensemble of {experiment}")
        return Game(**game.model_dump(), recognizer_learns_from=chosen.recognizer_learns_from)


def _named(sections: dict[str, Model], name: str, what: str) -> Model:
    if name not in sections:
        known = ", ".join(sections) or "none"
        raise FaceveilError(f"params.yaml: no {what} {name!r}; there are {known}")
    return sections[name]


def merge(base: dict[str, Any], override: dict[str, Any]) -> dict[str, Any]:
    """Return ``base`` with the values of ``override``, dictionaries merged key by key."""
    merged = dict(base)
    for key, value in override.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = merge(merged[key], value) if both else value
    return merged


def read_params(path: Path) -> Params:
    """Read and validate params.yaml.

    Raises:
        FaceveilError: names the file, the key, what was found and what is allowed.
    """
    params = validate(Params, read_yaml(path), str(path))
    for experiment in params.experiments:
        params.game(experiment)
    return params


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file whose top level is a mapping.

    Raises:
        FaceveilError: if the file is missing, is not YAML, or holds something else.
    """
    try:
        values = YAML(typ="safe").load(path)
    except FileNotFoundError:
        raise FaceveilError(f"{path}: no such file; run from the repository's root") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise FaceveilError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict):
        raise FaceveilError(f"{path}: expected sections by name, found {type(values).__name__}")
    return values


def validate(model: type[Model], values: Any, where: str) -> Model:
    """Build ``model`` from ``values``, with one clear line about the first thing that is wrong.

    Raises:
        FaceveilError: ``where: key: problem; found value; allowed ...``.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise FaceveilError(f"{where}: {_explain(model, error)}") from None


def _explain(model: type[BaseModel], error: ValidationError) -> str:
    """Return the first problem in words: key, what was found, what is allowed.

    A misspelt key is missing as well; what it is called instead says more.
    """
    problem, *others = error.errors()
    if problem["type"] == "missing":
        problem = next((other for other in others if other["type"] == "extra_forbidden"), problem)
    location = [str(part) for part in problem["loc"]]
    key = ".".join(location) or "values"
    if problem["type"] == "extra_forbidden":
        allowed = _keys_beside(model, location)
        close = get_close_matches(location[-1], allowed, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        return f"unknown key {key!r}; {hint}allowed: {', '.join(allowed)}"
    if problem["type"] == "missing":
        return f"missing key {key!r}; add it (profiles/small.yaml has a value for every key)"
    message = problem["msg"].removeprefix("Value error, ")
    return f"{key}: {message[0].lower()}{message[1:]}; found {problem['input']!r:.80}"


def _keys_beside(model: type[BaseModel], location: list[str]) -> list[str]:
    """Return the keys that are allowed where ``location`` has an unknown one."""
    fields = model.model_fields
    for part in location[:-1]:
        kind = fields[part].annotation if part in fields else None
        nested = [k for k in (kind, *get_args(kind)) if hasattr(k, "model_fields")]
        fields = nested[-1].model_fields if nested else fields
    return list(fields)
