"""Finding methods by name: ``blur`` is the one protection in ``methods/blur.py``."""

import inspect
from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from faceveil.params.errors import FaceveilError
from faceveil.params.read import validate
from faceveil.protection import methods
from faceveil.protection.base import Protection


def method_names() -> list[str]:
    """Return the names of all methods."""
    return sorted(module.name for module in iter_modules(methods.__path__))


def method(name: str) -> type[Protection]:
    """Return the class of a method.

    Raises:
        FaceveilError: if there is none of that name; names those there are.
    """
    if name not in method_names():
        raise FaceveilError(f"no method {name!r:.80}; there are {', '.join(method_names())}")
    module = import_module(f"{methods.__name__}.{name}")
    own = [
        found
        for _, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, Protection) and found.__module__ == module.__name__
    ]
    if len(own) != 1:
        raise TypeError(f"{module.__name__} defines {len(own)} protections, not one")
    return own[0]


def build(entry: Mapping[str, Any], where: str) -> Protection:
    """Return the protection that an entry of ``protections`` describes.

    Args:
        entry: ``method`` and the method's own settings.
        where: the entry's key in params.yaml, for messages.

    Raises:
        FaceveilError: if the method is unknown or a setting is not allowed.
    """
    settings = dict(entry)
    try:
        found = method(settings.pop("method", "") or "")
    except FaceveilError as error:
        raise FaceveilError(f"{where}.method: {error}") from None
    return found(validate(found.Settings, settings, where))


def check_protections(entries: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse an entry of ``protections`` that has an unknown method or a wrong setting."""
    for name, entry in entries.items():
        build(entry, f"params.yaml: protections.{name}")
