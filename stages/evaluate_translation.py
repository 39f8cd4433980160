"""All that recognizers saw of translated photos in; one table of results out."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import PARAMS, UNMASKING, stage


def evaluate_translation(  # noqa: PLR0913, PLR0917  (the paths are the stage's inputs, one by one)
    curated: Annotated[Path, typer.Option(help="packed faces")],
    transparencies: Annotated[Path, typer.Option(help="where masks are")],
    protocol: Annotated[Path, typer.Option(help="who enrolls and who probes")],
    thresholds: Annotated[Path, typer.Option(help="frozen thresholds")],
    recognizers: Annotated[Path, typer.Option(help="folder of the recognizers' folders")],
    embeddings: Annotated[Path, typer.Option(help="embeddings of bare and protected photos")],
    translated: Annotated[Path, typer.Option(help="translated photos, a folder per translation")],
    translated_embeddings: Annotated[Path, typer.Option(help="embeddings of these")],
    found: Annotated[Path, typer.Option(help="in which of these detectors find faces")],
    out: Annotated[Path, typer.Option(help="folder of the table to write")],
    figure: Annotated[Path, typer.Option(help="PNG to write: people before and after")],
) -> None:
    """Measure what putting masks on and taking them off is worth."""
    from faceveil.evaluation.read import Folders, read_inputs
    from faceveil.evaluation.results import write_results
    from faceveil.evaluation.thresholds import read_thresholds
    from faceveil.evaluation.translation import evaluate_translation as measure
    from faceveil.evaluation.translations import Translations
    from faceveil.params.evaluate import Evaluate
    from faceveil.params.read import read_names, read_section
    from faceveil.params.unmasking import EvaluateTranslation, Translate
    from faceveil.protection.sources import Sources
    from faceveil.report.figures.translated import draw_translated
    from faceveil.tracking.run import track

    settings = read_section(UNMASKING, "evaluate_translation", EvaluateTranslation)
    chosen = read_section(UNMASKING, "translate", Translate).protections
    none = Path()  # neither trainings of designs nor adapted heads are looked at here
    main = read_inputs(Folders(curated, protocol, recognizers, embeddings, none, none), PARAMS)
    with track("evaluate_translation", settings) as run:
        inputs = Translations(
            main,
            Sources(curated, transparencies, main.roles),
            translated,
            translated_embeddings,
            found,
            read_names(UNMASKING, "translations"),
            chosen,
        )
        judged = read_section(PARAMS, "evaluate", Evaluate)
        table = measure(inputs, read_thresholds(thresholds), judged, settings)
        write_results(out, table)
        draw_translated(inputs, figure, settings.people_shown)
        run.artifact(out / "results.parquet")
        run.figure(figure)


app = stage(evaluate_translation)

if __name__ == "__main__":
    app()
