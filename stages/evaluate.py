"""All that was trained in, how often people are recognized in designs and controls out."""

from pathlib import Path

from stages._stage import PARAMS, stage


def evaluate(  # noqa: PLR0913, PLR0917 (the paths are the stage's inputs, one by one)
    experiment: str,
    curated: Path,
    projector: Path,
    recognizer: Path,
    embeddings: Path,
    gan: Path,
    roles: Path,
    thresholds: Path,
    metrics: Path,
) -> None:
    """Measure one experiment: its designs, plain masks, no mask and the controls."""
    from faceveil.evaluation.documents import shown_numbers, write_document
    from faceveil.evaluation.experiment import Artifacts, evaluate_experiment
    from faceveil.params.file import read_params
    from faceveil.runtime.device import pick_device
    from faceveil.tracking.run import track

    params = read_params(PARAMS)
    game = params.game(experiment)
    artifacts = Artifacts(
        curated, projector, recognizer, embeddings, gan, protocol=roles, thresholds=thresholds
    )
    with track("evaluate", params.evaluate, experiment) as run:
        document = evaluate_experiment(experiment, artifacts, game, params.evaluate, pick_device())
        write_document(metrics, document)
        run.metrics(shown_numbers(document))
        run.artifact(metrics)


app = stage(evaluate)

if __name__ == "__main__":
    app()
