"""The shell around every stage: problems are one line and a status, never a surprise."""

import atexit
import errno
import functools
import gc
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from faceveil.params.errors import FaceveilError

PARAMS = Path("params.yaml")
"""Where the settings are: in the folder that the pipeline runs in."""

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of a problem.")]


def stage(function: Callable[..., None]) -> typer.Typer:
    """Make a stage of the pipeline, which records in MLflow, a command; see :func:`command`."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> None:
        _import_tracking()
        function(*args, **kwargs)

    return command(run)


@functools.cache
def _import_tracking() -> None:
    """Import MLflow, the largest of a stage's imports, without looking for garbage in it.

    Hundreds of thousands of objects stay until the process ends. Python goes through them again
    and again while more are imported, and once more at the end: a third of a stage's start.
    """
    gc.disable()
    try:
        import faceveil.tracking.run  # noqa: F401
    finally:
        gc.freeze()
        gc.enable()
    atexit.register(gc.freeze)


def command(function: Callable[..., None]) -> typer.Typer:
    """Make ``function`` the one command of a Typer application.

    A :class:`FaceveilError`, a full disk, a read-only one, too little memory and Ctrl-C end the
    process with one line on standard error and status 1 (130 after Ctrl-C); ``--debug`` shows the
    traceback instead.
    """

    @functools.wraps(function)
    def run(*args: Any, debug: bool, **kwargs: Any) -> None:
        try:
            function(*args, **kwargs)
        except (FaceveilError, OSError, KeyboardInterrupt, MemoryError) as problem:
            if debug:
                raise
            print(f"{function.__name__}: {_line(problem)}", file=sys.stderr)
            raise typer.Exit(130 if isinstance(problem, KeyboardInterrupt) else 1) from None

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


def _line(problem: BaseException) -> str:
    """Return a problem as one line that says what to do."""
    if isinstance(problem, KeyboardInterrupt):
        return "interrupted; nothing half-written was left, the same command goes on"
    if isinstance(problem, MemoryError):
        return "out of memory; lower the batch size of this stage in params.yaml"
    if isinstance(problem, OSError) and problem.errno == errno.ENOSPC:
        return f"the disk is full ({problem.filename or 'writing'}); free some space and run again"
    if isinstance(problem, OSError) and problem.errno in (errno.EROFS, errno.EACCES):
        return f"{problem.filename}: {problem.strerror}; allow it and run the same command again"
    return " ".join(str(problem).split())
