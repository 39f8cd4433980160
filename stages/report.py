"""All evaluations in, the accuracy table beside the published one and the figures out."""

from pathlib import Path

from stages._stage import PARAMS, stage


def report(
    evaluations: Path, curated: Path, projector: Path, gans: Path, table: Path, figures: Path
) -> None:
    """Write the accuracy table, draw people wearing designs, and print the table."""
    from faceveil.data.atomic import atomic_directory
    from faceveil.data.weights import fingerprint
    from faceveil.evaluation.accuracy_table import accuracy_table, headline, write_table
    from faceveil.evaluation.documents import all_numbers, read_documents, shown_numbers
    from faceveil.evaluation.showcase import showcase
    from faceveil.figures.accuracy import accuracy_figure
    from faceveil.figures.people import people_figure
    from faceveil.params.file import read_params
    from faceveil.tracking.restore import restore_child
    from faceveil.tracking.run import track

    params = read_params(PARAMS)
    with track("report", params.report) as run:
        documents = read_documents(evaluations, list(params.experiments))
        lines = accuracy_table(documents)
        subject_ids, photos = showcase(curated, projector, gans, params)
        with atomic_directory(figures) as folder:
            people_figure(folder / "people.png", photos, subject_ids)
            accuracy_figure(folder / "accuracy.png", headline(lines))
        text = write_table(table, lines, documents)
        run.table(lines, "accuracy_table")
        run.metrics(all_numbers(documents))
        for picture in sorted(figures.glob("*.png")):
            run.figure(picture)
    for document in documents:
        name = document["experiment"]
        weights = fingerprint(gans / name / "generator.safetensors")
        restore_child(name, weights, shown_numbers(document))
    print(f"\n{text}")


app = stage(report)

if __name__ == "__main__":
    app()
