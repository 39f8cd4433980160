"""Reading params.yaml: every section, or one clear line about what is wrong with it."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, Field, ValidationError, field_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from faceveil.params.curate import Curate
from faceveil.params.embed import Embed
from faceveil.params.errors import FaceveilError
from faceveil.params.evaluate import Evaluate
from faceveil.params.experiments import Experiment, Game
from faceveil.params.prepare_recognizer import PrepareRecognizer
from faceveil.params.report import Report
from faceveil.params.section import Section
from faceveil.params.synthesize import Synthesize
from faceveil.params.train_gan import TrainGan
from faceveil.params.train_projector import TrainProjector

Model = TypeVar("Model", bound=BaseModel)


class Params(Section):
    """All of params.yaml; a field is a section, named after the stage that reads it."""

    synthesize: Synthesize
    curate: Curate
    prepare_recognizer: PrepareRecognizer
    train_projector: TrainProjector
    embed: Embed
    train_gan: TrainGan
    experiments: dict[str, Experiment] = Field(min_length=1)
    evaluate: Evaluate
    report: Report

    @field_validator("experiments")
    @classmethod
    def _names_fit_files(cls, experiments: dict[str, Experiment]) -> dict[str, Experiment]:
        for name in experiments:
            if not (name.isidentifier() and name.isascii()):
                raise ValueError(f"name {name!r} must be letters, digits and '_', as in exp4")
        return experiments

    def game(self, experiment: str) -> Game:
        """Return ``train_gan`` as the named experiment plays it, with its overrides applied.

        Raises:
            FaceveilError: if there is no such experiment, or an override is not allowed.
        """
        if experiment not in self.experiments:
            known = ", ".join(self.experiments)
            raise FaceveilError(f"params.yaml: no experiment {experiment!r}; there are {known}")
        chosen = self.experiments[experiment]
        merged = merge(self.train_gan.model_dump(), chosen.train_gan)
        game = validate(TrainGan, merged, f"params.yaml: experiments.{experiment}.train_gan")
        return Game(**game.model_dump(), recognizer_learns_from=chosen.recognizer_learns_from)


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
    """Return the first problem in words: key, what was found, what is allowed."""
    problem = error.errors()[0]
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
