"""Say what a collection holds before anything heavy starts: not a stage, a look at its files."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import PARAMS, command

Root = Annotated[Path | None, typer.Argument(help="Folder of the collection; else curate.root.")]
Whole = Annotated[
    bool, typer.Option("--whole", help="Decode every image: slow, finds damage in the middle too.")
]


def check_collection(root: Root = None, whole: Whole = False) -> None:
    """Print what is there, missing, unreadable or mismatched, and whether curate could do with it.

    Ends with status 1 if there are not enough pairs for params.yaml. Nothing is written.
    """
    from faceveil.collection.survey import outlook, survey, survey_text
    from faceveil.params.curate import Curate
    from faceveil.params.read import read_section

    params = read_section(PARAMS, "curate", Curate)
    surveyed = survey(root or Path(params.root), whole)
    print(survey_text(surveyed), end="\n\n", flush=True)
    print(outlook(surveyed, params))


app = command(check_collection)

if __name__ == "__main__":
    app()
