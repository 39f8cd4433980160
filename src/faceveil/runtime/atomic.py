"""Outputs that are written whole or not at all."""

import json
import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import Any

from faceveil.params.errors import FaceveilError


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary file path that becomes ``path`` when the block ends well.

    The temporary file lies beside ``path`` and keeps its suffix, since writers choose a format by
    it. On any exception it is removed, and what was at ``path`` before stays as it was; what a
    killed process of this machine has left beside it is removed at the start.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path.parent, path.stem, path.suffix)
    temporary = path.with_name(f".{path.stem}.{_here()}.partial{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


@contextmanager
def atomic_directory(path: Path) -> Iterator[Path]:
    """Yield an empty temporary folder that replaces the folder ``path`` when the block ends well.

    On any exception it is removed, and what was at ``path`` before stays as it was; what a killed
    process of this machine has left beside it is removed at the start.
    """
    check_folder(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path.parent, path.name)
    temporary = path.with_name(f".{path.name}.{_here()}.partial")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        yield temporary
        shutil.rmtree(path, ignore_errors=True)
        os.replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def check_folder(path: Path) -> None:
    """Refuse a path that no folder can replace: a file, or a link, even if it leads to a folder."""
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        found = "a link" if path.is_symlink() else "a file"
        raise FaceveilError(
            f"{path}: a folder is written here, but found {found}; remove it or name another output"
        )


def check_apart(root: Path, directory: Path) -> None:
    """Refuse to write into the folder that is read, or to replace one that holds it."""
    source, target = root.resolve(), directory.resolve()
    if source == target or source in target.parents or target in source.parents:
        raise FaceveilError(f"{directory}: would be written into or over {root}; name another one")


def _here() -> str:
    return f"{platform.node()}-{os.getpid()}"


def _remove_leftovers(folder: Path, name: str, suffix: str = "") -> None:
    """Remove what processes that are no more were writing: SIGKILL lets nobody tidy up."""
    for leftover in folder.glob(f".{escape(name)}.*.partial{escape(suffix)}"):
        mark = leftover.name.removeprefix(f".{name}.").removesuffix(f".partial{suffix}")
        machine, _, process = mark.rpartition("-")
        if machine != platform.node() or not _is_ended(process):
            continue
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


def _is_ended(process: str) -> bool:
    """Return whether a text is the number of a process that this machine does not have."""
    if os.name != "posix" or not (process.isascii() and process.isdecimal()):
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # somebody else's, or no number of a process
        return False
    return False
