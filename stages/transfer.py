"""Designs of one experiment and every recognizer in; a row of the transfer table out."""

from pathlib import Path

from stages._stage import PARAMS, stage


def transfer(  # noqa: PLR0913, PLR0917  (the command line in dvc.yaml)
    experiment: str,
    curated: Path,
    projector: Path,
    recognizer: Path,
    partners: Path,
    black_boxes: Path,
    gan: Path,
    roles: Path,
    metrics: Path,
) -> None:
    """Measure designs before FaceNet, partners and recognizers that they never saw."""
    from faceveil.evaluation import transfer as library
    from faceveil.evaluation.contenders import Cast
    from faceveil.evaluation.documents import write_document
    from faceveil.params.file import read_params
    from faceveil.tracking.run import track
    from faceveil.training.device import pick_device

    params = read_params(PARAMS)
    with track("transfer", params.evaluate, experiment) as run:
        cast = Cast(curated, recognizer, partners, black_boxes)
        document = library.transfer(
            experiment,
            library.Stage(cast, projector, gan, roles),
            params.game(experiment),
            (list(params.partners), list(params.black_boxes)),
            params.evaluate,
            pick_device(),
        )
        write_document(metrics, document)
        run.metrics(library.shown_numbers(document))
        run.artifact(metrics)


app = stage(transfer)

if __name__ == "__main__":
    app()
