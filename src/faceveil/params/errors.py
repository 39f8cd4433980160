"""The exception that people who run faceveil are meant to read, and what it tells them to run."""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WRITERS = {
    "models/recognizers/": ["prepare_recognizer@{}"],
    "models/projector/": ["train_projector"],
    "models/gan/": ["train@{}"],
    "models/adapted/": ["adapt@{}"],
    "data/embeddings/bare/": ["embed@{}"],
    "data/embeddings/": ["embed_protected@{}", "embed_designs@{}"],
}
"""Folders of weights and embeddings, and the stages of dvc.yaml that write them, by name."""


class FaceveilError(Exception):
    """A problem its reader can fix.

    The message is one line: the file or key, what was found, what is allowed and what to do. A
    stage prints it and exits with status 1; a traceback appears only under ``--debug``.
    """


@contextmanager
def readable(path: Path, what: str, advice: str) -> Iterator[None]:
    """Turn whatever a library raises at a damaged file within the block into one line.

    Args:
        path: the file.
        what: it should be, as ``CSV table``.
        advice: what to do.

    Raises:
        FaceveilError: in place of any other exception, but for those about the machine: too little
            memory, and a place that may not be read or is not there.
    """
    try:
        yield
    except (FaceveilError, MemoryError):
        raise
    # Readers seek where damaged bytes tell them to, and PyArrow's errors have no number.
    except Exception as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        plain = re.sub(r"\x1b\[\d*m", "", str(error))  # PyTorch writes in bold
        reason = " ".join(plain.split())[:200] or type(error).__name__
        raise FaceveilError(f"{path}: no {what} that can be read ({reason}); {advice}") from None


def run_again(path: Path, command: str = "dvc repro") -> str:
    """Say how weights or embeddings are made: by the stage that writes them, if it is known."""
    for folder, stages in WRITERS.items():
        _, found, rest = f"{path.as_posix()}/".partition(folder)
        if found:
            name = rest.partition("/")[0]
            return "run " + " or ".join(f"`{command} {stage.format(name)}`" for stage in stages)
    return f"put it there, or run `{command}`"
