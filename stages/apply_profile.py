"""Merge a profile into params.yaml: not a stage, the command that sets what the stages run with."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import PARAMS, command


def apply_profile(
    name: Annotated[str, typer.Argument(help="small, paper, or another file in profiles/")],
) -> None:
    """Merge profiles/NAME.yaml into params.yaml; comments and other keys stay."""
    from faceveil.params.profiles import merged_text, profile_path
    from faceveil.runtime.atomic import atomic_path

    text = merged_text(PARAMS, profile_path(name, Path("profiles")))
    with atomic_path(PARAMS) as temporary:
        temporary.write_text(text, encoding="utf-8")
    print(f"{PARAMS} now holds the values of profile {name}; `dvc repro` runs with them")


app = command(apply_profile)

if __name__ == "__main__":
    app()
