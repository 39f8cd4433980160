"""All measurements in; the report, the accuracy table beside the published one and figures out."""

from pathlib import Path

from stages._stage import PARAMS, stage


def report(  # noqa: PLR0913, PLR0917  (the command line in dvc.yaml)
    metrics: Path,
    curated: Path,
    projector: Path,
    gans: Path,
    table: Path,
    figures: Path,
    page: Path,
) -> None:
    """Write the page, the accuracy table and the figures, and print the table."""
    from faceveil.evaluation.accuracy_table import accuracy_table, headline, write_table
    from faceveil.evaluation.documents import all_numbers, read_documents, shown_numbers
    from faceveil.params.file import read_params
    from faceveil.report.figures.accuracy import accuracy_figure
    from faceveil.report.figures.people import people_figure
    from faceveil.report.frames import frames
    from faceveil.report.gather import Sources, gather
    from faceveil.report.lead import lead_figure
    from faceveil.report.page import write_page
    from faceveil.runtime.atomic import atomic_directory
    from faceveil.store.weights import fingerprint
    from faceveil.tracking.restore import restore_child
    from faceveil.tracking.run import track

    params = read_params(PARAMS)
    documents = read_documents(metrics / "evaluation", list(params.experiments))
    runs = {}
    for document in documents:
        name = document["experiment"]
        weights = fingerprint(gans / name / "generator.safetensors")
        runs[name] = restore_child(name, weights, shown_numbers(document))
    with track("report", params.report) as run:
        sources = Sources(metrics, curated, projector, gans)
        text = PARAMS.read_text(encoding="utf-8")
        contents = gather(sources, params, text, {"parent": run.run_id, **runs})
        write_page(page, contents)
        lines, pictures = accuracy_table(documents), contents.pictures
        with atomic_directory(figures) as folder:
            people_figure(folder / "people.png", pictures.people, pictures.subject_ids)
            accuracy_figure(folder / "accuracy.png", headline(lines))
            lead_figure(folder / "lift.png", contents.metrics)
        printed = write_table(table, lines, documents)
        run.table(lines, "accuracy_table")
        for name, frame in frames(contents.metrics).items():
            run.table(frame, name)
        run.metrics(all_numbers(documents))
        run.artifact(page / "index.html")
        for picture in sorted(figures.glob("*.png")):
            run.figure(picture)
    print(f"\n{printed}")


app = stage(report)

if __name__ == "__main__":
    app()
