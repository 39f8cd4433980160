"""Section ``recognizers`` in; digests of the weights that are given in files out."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import PARAMS, stage


def given_weights(
    out: Annotated[Path, typer.Option(help="folder to write: a JSON file for each recognizer")],
) -> None:
    """Write which weights each recognizer is given, so that a replaced file is noticed."""
    from faceveil.params.read import read_names, read_section
    from faceveil.params.recognizers import RecognizerSettings
    from faceveil.recognition.given_weights import write_given_weights

    names = read_names(PARAMS, "recognizers")
    write_given_weights(
        out,
        {name: read_section(PARAMS, f"recognizers.{name}", RecognizerSettings) for name in names},
    )


app = stage(given_weights)

if __name__ == "__main__":
    app()
