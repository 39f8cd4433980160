"""Dev people before every recognizer in; their frozen thresholds out."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import PARAMS, stage


def calibrate(  # noqa: PLR0913, PLR0917  (the paths are the stage's inputs, one by one)
    curated: Annotated[Path, typer.Option(help="packed faces")],
    protocol: Annotated[Path, typer.Option(help="who enrolls and who probes")],
    recognizers: Annotated[Path, typer.Option(help="folder of the recognizers' folders")],
    embeddings: Annotated[Path, typer.Option(help="folder of the embeddings")],
    designs: Annotated[Path, typer.Option(help="folder of the experiments' trainings")],
    adapted: Annotated[Path, typer.Option(help="folder of heads that learned from photos")],
    out: Annotated[Path, typer.Option(help="file of thresholds to write")],
) -> None:
    """Choose thresholds on people without any protection."""
    from faceveil.evaluation.evaluate import calibrate as choose
    from faceveil.evaluation.read import Folders, read_inputs
    from faceveil.evaluation.thresholds import write_thresholds
    from faceveil.params.calibrate import Calibrate
    from faceveil.params.read import read_section

    settings = read_section(PARAMS, "calibrate", Calibrate)
    folders = Folders(curated, protocol, recognizers, embeddings, designs, adapted)
    inputs = read_inputs(folders, PARAMS)
    write_thresholds(out, choose(inputs, settings.false_match_rates))


app = stage(calibrate)

if __name__ == "__main__":
    app()
