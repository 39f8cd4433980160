"""Shard workers: a stage's output made part by part, so that a killed run goes on where it was.

A shard is a piece of work that makes one file, its part. Parts are collected in a scratch folder
that is found again by what decides their bytes, and are put together when all are there. Who makes
them does not matter: processes of this machine, Ray, or ranks that were started together.
"""

import hashlib
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import torch
from filelock import FileLock, Timeout

import faceveil
from faceveil.params.errors import FaceveilError
from faceveil.runtime.atomic import check_folder
from faceveil.runtime.parallel import engine, map_in_order, one_thread
from faceveil.runtime.ranks import Ranks
from faceveil.runtime.scratch import scratch_folder

Item = TypeVar("Item")

PATIENCE = "FACEVEIL_PATIENCE"
"""Environment variable: seconds without a new part after which the other ranks are given up."""

CPU = torch.device("cpu")

_CODE = ("collection", "params", "recognition", "runtime", "store")
_LIBRARIES = ("facenet-pytorch", "numpy", "pillow", "pyarrow", "torch")
_GLANCE = 0.2

ALONE = Ranks()


@dataclass(frozen=True)
class Load:
    """What there is to know about some shards before they are spread."""

    title: str  # of their progress bar
    least: int = 2  # fewer shards are not worth starting processes
    device: torch.device = CPU  # where each is computed
    suffix: str = ""  # of the parts' names


def check_start(out: Path) -> None:
    """Refuse, before any work, an engine that is not there or a folder that cannot be written."""
    engine()
    check_folder(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{out.name}.", suffix=".partial", dir=out.parent):
            pass
    except OSError as error:
        raise FaceveilError(
            f"{out}: cannot be written ({error.strerror}); make room or allow it, or name another"
        ) from None


@contextmanager
def scratch(stage: str, inputs: Mapping[str, Any], ranks: Ranks) -> Iterator[Path]:
    """Yield ``$DVC_ROOT/.scratch/<stage>-<hash>/``, which is removed when the block ends well.

    Runs with the same inputs take turns.
    """
    folder = scratch_folder(stage, {"inputs": inputs, "code": _code()})
    folder.parent.mkdir(parents=True, exist_ok=True)
    if ranks.rank:
        yield folder
        return
    lock = FileLock(folder.with_suffix(".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        logging.getLogger(__name__).warning(
            "another process makes the same output; this one goes on when it is done"
        )
        lock.acquire()
    try:
        yield folder
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        with suppress(OSError):
            folder.rmdir()
        Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


def make_parts(
    work: Callable[[Item, Path], None],
    items: Sequence[Item],
    folder: Path,
    load: Load,
    ranks: Ranks,
) -> list[Path]:
    """Make one file for each item, but for those that are there and whole.

    The work makes the file of one item at a path. It can be imported by another process, or is a
    ``functools.partial`` of such a function; its bytes depend on nothing but the item.

    Returns:
        The files in the order of the items; for all ranks but the first none, since they are done.
    """
    if ranks.count > 1 and engine() != "loop":
        raise FaceveilError("FACEVEIL_ENGINE: ranks share the work by themselves; unset it")
    folder.mkdir(parents=True, exist_ok=True)
    done = _whole_parts(folder)
    # All have looked before the first goes on: each leaves the same parts to the others.
    ranks.agree("finished parts", len(done), load.device)
    missing = [(number, item) for number, item in enumerate(items) if number not in done]
    own, gpu = missing[ranks.rank :: ranks.count], load.device.type != "cpu"
    for _ in map_in_order(partial(_make, work, folder, load), own, load.title, load.least, gpu):
        pass
    return [] if ranks.rank else _gathered(folder, len(items), ranks)


def put(part: Path, target: Path) -> None:
    """Put a part where it belongs: a second name where the file system can, else a copy."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(part, target)
    except OSError:  # another file system, or one without links
        with _named(target), part.open("rb") as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy)


def fingerprint_file(path: Path, block: int = 2**24) -> str:
    """Return a SHA-256 over the SHA-256 sums of a file's blocks, which all cores compute."""
    # Imported here, since processes that only work on shards need no threads.
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    def digest(start: int) -> bytes:
        with path.open("rb") as file:
            file.seek(start)
            return hashlib.sha256(file.read(block)).digest()

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        digests = pool.map(digest, range(0, path.stat().st_size, block))
        return hashlib.sha256(b"".join(digests)).hexdigest()


def _make(
    work: Callable[[Item, Path], None], folder: Path, load: Load, shard: tuple[int, Item]
) -> None:
    """Make one part by temp + rename; its name holds its digest, so that damage is noticed."""
    number, item = shard
    temporary = folder / f".{number:05d}.{os.getpid()}.partial{load.suffix}"
    try:
        with one_thread(), _named(folder):
            work(item, temporary)
        os.replace(temporary, folder / f"part-{number:05d}-{_digest(temporary)}{load.suffix}")
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Let a full disk say where it is: a write that fails half-way does not."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, error.filename or str(path)) from None


def _whole_parts(folder: Path) -> dict[int, Path]:
    parts = _parts(folder)
    for number, path in list(parts.items()):
        if not path.stem.endswith(_digest(path)):
            path.unlink(missing_ok=True)
            del parts[number]
    return parts


def _parts(folder: Path) -> dict[int, Path]:
    return {int(path.name.split("-")[1]): path for path in sorted(folder.glob("part-*"))}


def _gathered(folder: Path, count: int, ranks: Ranks) -> list[Path]:
    """Wait until the other ranks have made their parts; return all in order."""
    parts, last = _parts(folder), time.monotonic()
    while len(parts) < count and ranks.count > 1 and time.monotonic() < last + _patience():
        time.sleep(_GLANCE)
        found = _parts(folder)
        parts, last = found, time.monotonic() if len(found) > len(parts) else last
    missing = [number for number in range(count) if number not in parts]
    if missing:
        raise FaceveilError(
            f"{folder}: part {missing[0]} is missing ({len(missing)} of {count} are) and nothing "
            "makes it any more; look at the other processes and at this folder's file system, then "
            "run the same command again, it goes on from the finished parts"
        )
    return [parts[number] for number in range(count)]


def _patience() -> float:
    """Return the seconds that the first rank waits for a new part."""
    said = os.environ.get(PATIENCE) or "3600"
    if not said.isdecimal() or int(said) < 1:
        raise FaceveilError(f"{PATIENCE}: found {said!r}; expected seconds, a whole number from 1")
    return float(said)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


@cache
def _code() -> list[dict[str, str]]:
    root = Path(faceveil.__file__).parent
    files = sorted(path for folder in _CODE for path in (root / folder).rglob("*.py"))
    digests = {str(path.relative_to(root)): _digest(path) for path in files}
    return [digests, {name: version(name) for name in _LIBRARIES}]
