"""Profiles: named sets of values that one command merges into params.yaml."""

from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from faceveil.params.errors import FaceveilError
from faceveil.params.file import Params, merge, read_yaml, validate


def profile_path(name: str, folder: Path) -> Path:
    """Return the file of a profile.

    Raises:
        FaceveilError: if there is no such profile; names those there are.
    """
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    if name not in known:
        raise FaceveilError(
            f"{folder}: no profile {name!r}; there are {', '.join(known) or 'none'}"
        )
    return folder / f"{name}.yaml"


def merged_text(params: Path, profile: Path) -> str:
    """Return the text of params.yaml with a profile's values merged in; comments stay.

    Raises:
        FaceveilError: if the profile has a key that params.yaml does not know, or the outcome is
            not allowed.
    """
    values = read_yaml(profile)
    validate(Params, merge(read_yaml(params), values), str(profile))
    yaml = YAML()
    yaml.width = 120
    document = yaml.load(params)
    _assign(document, values)
    text = StringIO()
    yaml.dump(document, text)
    return text.getvalue()


def _assign(document: Any, values: dict[str, Any]) -> None:
    """Set values in place, key by key, so that ruamel keeps the comments around them."""
    for key, value in values.items():
        if isinstance(value, dict) and isinstance(document.get(key), dict):
            _assign(document[key], value)
        else:
            document[key] = value
