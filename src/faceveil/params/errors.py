"""The exception that people who run faceveil are meant to read, and what it tells them to run."""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOGIN = re.compile(r"(:/{1,2})\S*@")
"""Name and password in a URI, of which a path keeps one slash."""

SECRET = re.compile(r"(?i)([?&][\w.-]*(?:pass|pwd|token|secret|key|sig)[\w.-]*=)[^\s&]*")
"""A password or token among what a URI asks for."""

WRITERS = {
    "models/recognizers/": ["prepare_recognizer@{}"],
    "models/projector/": ["train_projector"],
    "models/gan/": ["train@{}"],
    "models/adapted/": ["adapt@{}"],
    "data/embeddings/bare/": ["embed@{}"],
    "data/embeddings/": ["embed_protected@{}", "embed_designs@{}"],
    "models/translation/": ["pipelines/unmasking/dvc.yaml:train_translation@{}"],
    "data/translated_embeddings/": ["pipelines/unmasking/dvc.yaml:embed_translated@{}"],
}
"""Folders of weights and embeddings, and the stages that write them, by name."""


class FaceveilError(Exception):
    """A problem its reader can fix.

    The message is one line: the file or key, what was found, what is allowed and what to do. A
    stage prints it and exits with status 1; a traceback appears only under ``--debug``. A login in
    it is left out.
    """

    def __init__(self, message: str) -> None:
        super().__init__(without_login(message))


def without_login(text: str) -> str:
    """Return a text with ``***`` in place of names, passwords and tokens that its URIs hold."""
    return SECRET.sub(r"\1***", LOGIN.sub(r"\1***@", text))


def reason_of(error: BaseException) -> str:
    """Return what an error of a library says: one line of at most 200 characters, no login."""
    plain = re.sub(r"\x1b\[\d*m", "", str(error))  # PyTorch writes in bold
    return without_login(" ".join(plain.split()))[:200]


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
        reason = reason_of(error) or type(error).__name__
        raise FaceveilError(f"{path}: no {what} that can be read ({reason}); {advice}") from None


def run_again(path: Path, command: str = "dvc repro") -> str:
    """Say how weights or embeddings are made: by the stage that writes them, if it is known."""
    for folder, stages in WRITERS.items():
        _, found, rest = f"{path.as_posix()}/".partition(folder)
        if found:
            name = rest.partition("/")[0]
            return "run " + " or ".join(f"`{command} {stage.format(name)}`" for stage in stages)
    return f"put it there, or run `{command}`"
