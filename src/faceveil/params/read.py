"""Reading one section of params.yaml, or one clear line about what is wrong with it."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from faceveil.params.errors import FaceveilError, without_login

Model = TypeVar("Model", bound=BaseModel)


def read_section(path: Path, name: str, model: type[Model]) -> Model:
    """Read one section of params.yaml.

    Args:
        path: the file.
        name: of the section, dotted for an entry of a section by name: ``experiments.exp0``. A
            section that is not there has its defaults.
        model: what the section is.

    Raises:
        FaceveilError: names the file, the key, what was found and what is allowed.
    """
    values: Any = read_yaml(path)
    if "." not in name:
        return validate(model, values.get(name, {}), f"{path}: {name}")
    for depth, key in enumerate(parts := name.split(".")):
        if not isinstance(values, dict) or key not in values:
            known = ", ".join(values) if isinstance(values, dict) else "none"
            place = ".".join(parts[:depth]) or "sections"
            raise FaceveilError(f"{path}: no {key!r} in {place}; there are {known or 'none'}")
        values = values[key]
    return validate(model, values, f"{path}: {name}")


def read_names(path: Path, section: str) -> list[str]:
    """Return the names of the entries of a section, as of ``experiments``, in their order."""
    return list(read_yaml(path).get(section) or {})


def merge(base: dict[str, Any], override: dict[str, Any]) -> dict[str, Any]:
    """Return ``base`` with the values of ``override``, dictionaries merged key by key."""
    merged = dict(base)
    for key, value in override.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = merge(merged[key], value) if both else value
    return merged


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
        return f"missing key {key!r}; add it, as other entries beside it do"
    message = problem["msg"].removeprefix("Value error, ")
    found = without_login(repr(problem["input"]))[:80]
    return f"{key}: {message[0].lower()}{message[1:]}; found {found}"


def _keys_beside(model: type[BaseModel], location: list[str]) -> list[str]:
    """Return the keys that are allowed where ``location`` has an unknown one."""
    fields = model.model_fields
    for part in location[:-1]:
        kind = fields[part].annotation if part in fields else None
        nested = [k for k in (kind, *get_args(kind)) if hasattr(k, "model_fields")]
        fields = nested[-1].model_fields if nested else fields
    return list(fields)
