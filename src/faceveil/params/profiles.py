"""Profiles: named sets of values on top of the defaults; one command writes them to params.yaml.

A profile's key :data:`UNMASKING` holds what differs in the file of that pipeline, all other keys
are the main one's.
"""

import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from faceveil.params.errors import FaceveilError
from faceveil.params.experiments import Experiment
from faceveil.params.read import merge, read_yaml
from faceveil.params.recognizers import LEARNING_KEYS, PACKAGED, RecognizerSettings
from faceveil.params.unmasking import Unmasking, checked_unmasking
from faceveil.params.whole_file import NAMED, Params, checked

UNMASKING = "unmasking"

DEFAULT = "default"
"""The profile that has no file: nothing differs from the defaults."""


def profile_path(name: str, folder: Path) -> Path | None:
    """Return the file of a profile; None for :data:`DEFAULT`.

    Raises:
        FaceveilError: if there is no such profile, or a file has the reserved name.
    """
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    if DEFAULT in known:
        raise FaceveilError(f"{folder}/{DEFAULT}.yaml: the name {DEFAULT} is reserved; rename it")
    if name == DEFAULT:
        return None
    if name not in known:
        there = ", ".join([DEFAULT, *known])
        raise FaceveilError(f"{folder}: no profile {name!r}; there are {there}")
    return folder / f"{name}.yaml"


def merged_text(params: Path, profile: Path | None) -> str:
    """Return the text of params.yaml with the defaults and a profile's values; comments stay.

    Values that params.yaml had before do not matter, so that a profile leaves nothing behind.

    Raises:
        FaceveilError: if the profile has a key that there is not, or the outcome is not allowed.
    """
    values = _shown(Params())
    if profile:
        given = {key: value for key, value in read_yaml(profile).items() if key != UNMASKING}
        overlaid = overlay(values, given, str(profile))
        values = _shown(checked(overlaid, str(profile)))
    return _written(params, values)


def merged_unmasking_text(params: Path, profile: Path | None) -> str:
    """Do for the file of pipelines/unmasking what :func:`merged_text` does for the main one."""
    values = _shown_unmasking(Unmasking())
    if profile and (given := read_yaml(profile).get(UNMASKING)):
        where = f"{profile}: {UNMASKING}"
        overlaid = overlay(values, given, where, ("translations",))
        values = _shown_unmasking(checked_unmasking(overlaid, where))
    return _written(params, values)


def _written(params: Path, values: dict[str, Any]) -> str:
    """Return the text of a file with other values; comments stay."""
    yaml = YAML()
    yaml.width = 120
    before = params.read_text(encoding="utf-8")
    document = yaml.load(before)
    _assign(document, values)
    text = StringIO()
    yaml.dump(document, text)
    return _with_comments(text.getvalue(), before)


def overlay(
    defaults: dict[str, Any],
    profile: dict[str, Any],
    where: str = "profile",
    named: Sequence[str] = NAMED,
) -> dict[str, Any]:
    """Return the values of a whole file: a profile's on top of the defaults.

    An entry of a named section is merged into the default entry of its name, if there is one;
    ``null`` removes it.

    Raises:
        FaceveilError: if an entry that is removed is none.
    """
    merged = merge(defaults, profile)
    for section in named:
        given = profile.get(section)
        for name in [name for name, entry in (given or {}).items() if entry is None]:
            if name not in defaults[section]:
                there = ", ".join(defaults[section])
                raise FaceveilError(f"{where}: {section} has no {name!r} to remove; it has {there}")
            del merged[section][name]
    return merged


def _shown(params: Params) -> dict[str, Any]:
    """Return every value as YAML has it; an entry shows what goes with its method or weights."""
    values = params.model_dump(mode="json")
    values["experiments"] = {name: _method(one) for name, one in params.experiments.items()}
    for name, section in (("protect", params.protect), ("train_generator", params.train_generator)):
        conditions = section.conditions.model_dump(mode="json", exclude_defaults=True)
        values[name]["conditions"] = conditions
    values["recognizers"] = {name: _weights(one) for name, one in params.recognizers.items()}
    return values


def _shown_unmasking(params: Unmasking) -> dict[str, Any]:
    """Return every value as YAML has it; a translation shows what it overrides, if anything."""
    values = params.model_dump(mode="json")
    for name, one in values["translations"].items():
        values["translations"][name] = {key: value for key, value in one.items() if value}
    return values


def _method(one: Experiment) -> dict[str, Any]:
    """Return an experiment's method and what it overrides; of a gan, also what is learned from."""
    values = one.model_dump(mode="json")
    always = {"recognizer_learns_from"} if one.method == "gan" else set()
    return {key: value for key, value in values.items() if value or key in always}


def _weights(one: RecognizerSettings) -> dict[str, Any]:
    """Return a recognizer's values, of packaged weights without how they would learn."""
    values = one.model_dump(mode="json")
    hidden = set(LEARNING_KEYS) - one.model_fields_set if one.weights in PACKAGED else set()
    return {key: value for key, value in values.items() if key not in hidden}


def _with_comments(text: str, before: str) -> str:
    """Return a text with the comments that sections had before.

    ruamel keeps what stands above a section with the last entry of the section before it, and drops
    both when that entry goes.
    """
    for comment, section in re.findall(r"^((?:#.*\n)+)(\w+:)", before, re.MULTILINE):
        if comment not in text:
            text = re.sub(rf"^{section}", f"\n{comment}{section}", text, flags=re.MULTILINE)
    return text


def _assign(document: Any, values: dict[str, Any]) -> None:
    """Bring a document to these values in place, so that ruamel keeps its comments and style."""
    for key in [key for key in document if key not in values]:
        del document[key]
    for key, value in values.items():
        if isinstance(value, dict) and isinstance(document.get(key), dict):
            _assign(document[key], value)
        elif isinstance(value, list) and isinstance(document.get(key), list):
            document[key][:] = value
        elif key not in document or document[key] != value:
            document[key] = value
