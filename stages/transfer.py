"""Designs of all experiments, partners and black boxes in; the transfer table out."""

from pathlib import Path

from stages._stage import PARAMS, stage


def transfer(  # noqa: PLR0913, PLR0917  (the command line in dvc.yaml)
    curated: Path,
    projector: Path,
    partners: Path,
    black_boxes: Path,
    gans: Path,
    roles: Path,
    evaluations: Path,
    metrics: Path,
) -> None:
    """Measure designs before recognizers that they were, and were not, trained against."""
    from faceveil.evaluation import transfer as library
    from faceveil.evaluation.contenders import load_contenders
    from faceveil.evaluation.documents import write_document
    from faceveil.evaluation.scene import Places, Stage
    from faceveil.params.file import read_params
    from faceveil.runtime.atomic import atomic_directory
    from faceveil.runtime.device import pick_device
    from faceveil.tracking.run import track

    params, device = read_params(PARAMS), pick_device()
    with track("transfer", params.evaluate):
        contenders = load_contenders(curated, partners, black_boxes, params, device)
        places = Places(curated, projector, gans, roles)
        documents = library.transfer(Stage(places, params, device), contenders, evaluations)
        with atomic_directory(metrics) as folder:
            for name, document in documents.items():
                write_document(folder / f"{name}.json", document)
    for name, document in documents.items():
        with track("transfer", params.evaluate, name) as run:
            run.metrics(library.shown_numbers(document))
            run.artifact(metrics / f"{name}.json")


app = stage(transfer)

if __name__ == "__main__":
    app()
