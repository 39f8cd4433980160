"""The shell around every stage: problems are one line and a status, never a surprise."""

import errno
import functools
import inspect
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from faceveil.params.errors import FaceveilError, without_login

PARAMS = Path("params.yaml")
"""Where the settings are: in the folder that the pipeline runs in."""

UNMASKING = Path("pipelines/unmasking/params.yaml")
"""Where those of masks put on and taken off are."""

LOCK = Path("dvc.lock")

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of a problem.")]


class Terminated(KeyboardInterrupt):
    """SIGTERM has come: an orderly stop, as by Ctrl-C."""


def stage(function: Callable[..., None]) -> typer.Typer:
    """Make a stage of the pipeline a command; first of all, all of params.yaml is checked."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> None:
        check_settings()  # a wrong key in any section ends the run here, not hours later
        refuse_links([value for value in kwargs.values() if isinstance(value, Path)])
        function(*args, **kwargs)

    return command(run)


def check_settings() -> None:
    """Refuse a params.yaml of which any section, or any protection's method, is wrong.

    Photos and weights that it names are there, or were in the run that dvc.lock tells of: what has
    read them need not run again.
    """
    from faceveil.params.unmasking import read_unmasking
    from faceveil.params.whole_file import read_params
    from faceveil.protection.registry import check_protections

    params = read_params(PARAMS)
    check_protections({name: one.model_dump() for name, one in params.protections.items()})
    if UNMASKING.is_file():
        read_unmasking(UNMASKING)
    known = LOCK.read_text(encoding="utf-8") if LOCK.is_file() else ""
    for key, path in params.given.items():
        read_before = f"path: {path}\n" in known or f"weights: {path}\n" in known
        if not Path(path).exists() and not read_before:
            raise FaceveilError(
                f"{PARAMS}: {key}: {path} is not there; put it there (docs/data.md says what), or "
                "go back to rendered people by `make profile NAME=default`"
            )


def refuse_links(paths: list[Path]) -> None:
    """Refuse files in a folder of the root that is a link: DVC keeps nothing beyond it."""
    for path in paths:
        root = Path(path.parts[0]) if path.parts and not path.is_absolute() else path
        if root != path and root.is_symlink():
            raise FaceveilError(
                f"{root}: found a link, and DVC keeps nothing outside of the repository; make "
                "it a folder and link single collections in it, or move DVC's cache to the larger "
                "disk (`dvc cache dir /larger/cache`, `dvc config cache.type symlink`)"
            )


def command(function: Callable[..., None]) -> typer.Typer:
    """Make ``function`` the one command of a Typer application.

    A :class:`FaceveilError`, a full disk, a read-only one, too little memory, Ctrl-C and SIGTERM
    end the process with one line on standard error and status 1 (130 after Ctrl-C, 143 after
    SIGTERM); ``--debug`` shows the traceback instead.
    """

    @functools.wraps(function)
    def run(*args: Any, debug: bool, **kwargs: Any) -> None:
        try:
            with _orderly_sigterm():
                function(*args, **kwargs)
        except (FaceveilError, OSError, KeyboardInterrupt, MemoryError) as problem:
            if debug:
                raise
            print(f"{function.__name__}: {_line(problem)}", file=sys.stderr)
            raise typer.Exit(_status(problem)) from None

    option = inspect.Parameter(
        "debug", inspect.Parameter.KEYWORD_ONLY, annotation=Debug, default=False
    )
    signature = inspect.signature(function)
    run.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*signature.parameters.values(), option]
    )
    run.__annotations__ = {**function.__annotations__, "debug": Debug}
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(run)
    return app


@contextmanager
def _orderly_sigterm() -> Iterator[None]:
    """Let SIGTERM raise :class:`Terminated` within the block; a second one ends the process.

    One of several ranks keeps the signal's own effect: it may wait in a sum that others have left,
    and who started it wants it gone.
    """
    here = threading.current_thread() is threading.main_thread()
    if not here or "RANK" in os.environ or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return

    def stop(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise Terminated

    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _status(problem: BaseException) -> int:
    """Return the status that a problem ends the process with."""
    if isinstance(problem, Terminated):
        return 128 + signal.SIGTERM
    return 130 if isinstance(problem, KeyboardInterrupt) else 1


def _line(problem: BaseException) -> str:
    """Return a problem as one line that says what to do."""
    if isinstance(problem, KeyboardInterrupt):
        how = "ended by SIGTERM" if isinstance(problem, Terminated) else "interrupted"
        return f"{how}; nothing half-written was left, the same command goes on"
    if isinstance(problem, MemoryError):
        return (
            "out of memory; let fewer processes work (FACEVEIL_WORKERS=1), or lower batch_size "
            "where the stage's section in params.yaml has one"
        )
    if isinstance(problem, OSError) and problem.errno == errno.ENOSPC:
        return f"the disk is full ({problem.filename or 'writing'}); free some space and run again"
    if isinstance(problem, OSError) and problem.errno in (errno.EROFS, errno.EACCES):
        return f"{problem.filename}: {problem.strerror}; allow it and run the same command again"
    return without_login(" ".join(str(problem).split()))
