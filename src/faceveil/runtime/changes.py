"""Files that change while they are read are noticed: by their size and the time of their change."""

from collections.abc import Iterable
from pathlib import Path

from faceveil.params.errors import FaceveilError

Stamps = dict[str, tuple[int, int] | None]
"""Size in bytes and time of the last change in nanoseconds, by path; None for a dangling link."""


def stamps(root: Path, paths: Iterable[str]) -> Stamps:
    """Return what is known of files without reading them."""
    return {path: _stamp(root / path) for path in paths}


def refuse_changes(root: Path, before: Stamps, after: Stamps) -> None:
    """Refuse files that are not what they were."""
    known = sorted(before.keys() | after.keys())
    changed = [path for path in known if before.get(path, ()) != after.get(path, ())]
    if changed:
        path = changed[0]
        how = "is new" if path not in before else "changed" if path in after else "was removed"
        raise FaceveilError(
            f"{root / path}: {how} while {root} was read ({len(changed)} such files); let nothing "
            "change it meanwhile, and run again"
        )


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
