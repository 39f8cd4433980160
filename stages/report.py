"""The results table in; the page, the accuracy table and figures out."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import PARAMS, stage


def report(  # noqa: PLR0913, PLR0917  (the command line in dvc.yaml)
    metrics: Annotated[Path, typer.Option(help="Folder of the results table and of counts.")],
    curated: Annotated[Path, typer.Option(help="Folder of packed faces.")],
    protected: Annotated[Path, typer.Option(help="Folder of the protections' photos, by name.")],
    gans: Annotated[Path, typer.Option(help="Folder of the experiments' trainings, by name.")],
    figures: Annotated[Path, typer.Option(help="Folder to write: pictures as PNG.")],
    page: Annotated[Path, typer.Option(help="Folder to write: index.html and cards/.")],
    table: Annotated[Path, typer.Option(help="Path without suffix: .md and .csv are written.")],
    headline: Annotated[Path, typer.Option(help="JSON to write: numbers that DVC compares.")],
) -> None:
    """Write the page, the table, the headline numbers and the figures, and print the table."""
    from faceveil.params.read import read_section
    from faceveil.params.report import Report
    from faceveil.protection.designs.folders import design_weights
    from faceveil.report.gather import gather
    from faceveil.report.outputs import headline_numbers, write_figures, write_table
    from faceveil.report.page import write_page
    from faceveil.report.selection import open_results
    from faceveil.report.tables import accuracy_table
    from faceveil.runtime.atomic import write_json
    from faceveil.store.weights import fingerprint
    from faceveil.tracking.restore import restore_child
    from faceveil.tracking.run import track

    settings, results = read_section(PARAMS, "report", Report), open_results(metrics, PARAMS)
    numbers = {name: headline_numbers(results, name) for name in results.experiments}
    runs = {}
    for name, own in numbers.items():
        weights = fingerprint(design_weights(gans / name / "0"))
        runs[name] = restore_child(name, weights, own)
    with track("report", settings) as run:
        contents = gather(results, metrics, (curated, protected), PARAMS, settings.people_shown)
        contents.provenance["mlflow"] |= {"parent": run.run_id, **runs}
        write_page(page, contents)
        write_figures(figures, contents)
        shown = accuracy_table(results)
        printed = write_table(table, shown)
        write_json(headline, numbers)
        run.table(results.frame, "results")
        run.table(shown.frame(), "accuracy_table")
        for name, own in numbers.items():
            run.metrics({f"{key}/{name}": value for key, value in own.items()})
        run.artifact(page / "index.html")
        for picture in sorted(figures.glob("*.png")):
            run.figure(picture)
    print(f"\n{printed}")


app = stage(report)

if __name__ == "__main__":
    app()
