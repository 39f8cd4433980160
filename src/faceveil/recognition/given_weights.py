"""Which weights recognizers are given: digests of files, so that a replaced one is noticed.

DVC can name no dependency that is a file for some recognizers and none for others. So a stage of
its own writes what each is given, and each depends on what is written of it alone.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from faceveil.params.recognizers import PACKAGED, PUBLISHED, SCRATCH, RecognizerSettings
from faceveil.runtime.atomic import atomic_directory
from faceveil.store.weights import fingerprint


def write_given_weights(out: Path, recognizers: Mapping[str, RecognizerSettings]) -> None:
    """Write ``<name>.json`` for each recognizer: its ``weights``, and of a file its ``sha256``.

    A file that is not here keeps the digest that was written before: in a copy of the project, as
    ``dvc exp run --temp`` makes one, it is as it was. One that was never here has none; whoever
    opens it says so.

    Args:
        out: folder to write, whole or not at all.
        recognizers: by name.
    """
    given = {name: _given(out / f"{name}.json", one.weights) for name, one in recognizers.items()}
    with atomic_directory(out) as folder:
        for name, words in given.items():
            text = json.dumps(words, indent=2, sort_keys=True)
            (folder / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


def _given(before: Path, weights: str) -> dict[str, str]:
    words = {"weights": weights}
    if weights in (SCRATCH, *PUBLISHED, *PACKAGED):
        return words
    if Path(weights).is_file():
        return words | {"sha256": fingerprint(Path(weights))}
    try:
        written: dict[str, str] = json.loads(before.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return words
    return written if written.get("weights") == weights else words
