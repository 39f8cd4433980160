"""All that recognizers saw in; the one table of results out."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import PARAMS, stage


def evaluate(  # noqa: PLR0913, PLR0917  (the paths are the stage's inputs, one by one)
    curated: Annotated[Path, typer.Option(help="packed faces")],
    protocol: Annotated[Path, typer.Option(help="who enrolls and who probes")],
    thresholds: Annotated[Path, typer.Option(help="frozen thresholds")],
    recognizers: Annotated[Path, typer.Option(help="folder of the recognizers' folders")],
    embeddings: Annotated[Path, typer.Option(help="folder of the embeddings")],
    designs: Annotated[Path, typer.Option(help="folder of the experiments' trainings")],
    adapted: Annotated[Path, typer.Option(help="folder of heads that learned from photos")],
    protected: Annotated[Path, typer.Option(help="folder of the protected photos")],
    found: Annotated[Path, typer.Option(help="in which of them faces were found")],
    out: Annotated[Path, typer.Option(help="folder of the table to write")],
) -> None:
    """Search galleries with every photo, under every recognizer, and measure."""
    import pandas as pd

    from faceveil.evaluation.evaluate import evaluate as measure
    from faceveil.evaluation.face_finding import finding_rows
    from faceveil.evaluation.read import Folders, read_inputs
    from faceveil.evaluation.results import write_results
    from faceveil.params.evaluate import Evaluate
    from faceveil.params.read import read_section
    from faceveil.store.found_faces import read_found
    from faceveil.tracking.run import track

    settings = read_section(PARAMS, "evaluate", Evaluate)
    folders = Folders(curated, protocol, recognizers, embeddings, designs, adapted)
    with track("evaluate", settings) as run:
        inputs = read_inputs(folders, PARAMS)
        table = measure(inputs, protected, thresholds, settings)
        faces = pd.DataFrame(finding_rows(read_found(found), settings.confidence))
        write_results(out, pd.concat([table, faces], ignore_index=True))
        run.artifact(out / "results.parquet")


app = stage(evaluate)

if __name__ == "__main__":
    app()
