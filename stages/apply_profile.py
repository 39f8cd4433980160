"""Write a profile to params.yaml: not a stage, the command that sets what the stages run with."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import PARAMS, UNMASKING, command


def apply_profile(
    name: Annotated[str, typer.Argument(help="default, paper, or another file in profiles/")],
) -> None:
    """Set each params.yaml to the defaults with the values of profiles/NAME.yaml; comments stay."""
    from faceveil.params.profiles import merged_text, merged_unmasking_text, profile_path
    from faceveil.runtime.atomic import atomic_path

    profile = profile_path(name, Path("profiles"))
    texts = {
        PARAMS: merged_text(PARAMS, profile),
        UNMASKING: merged_unmasking_text(UNMASKING, profile),
    }
    for path, text in texts.items():
        with atomic_path(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    print(
        f"{PARAMS} and {UNMASKING} now hold the values of profile {name}; `dvc repro` runs with "
        "them"
    )


app = command(apply_profile)

if __name__ == "__main__":
    app()
