"""Dev people and every recognizer that designs will meet in; their frozen thresholds out."""

from pathlib import Path

from stages._stage import PARAMS, stage


def calibrate(  # noqa: PLR0913, PLR0917 (the paths are the stage's inputs, one by one)
    curated: Path,
    roles: Path,
    recognizer: Path,
    embeddings: Path,
    gans: Path,
    partners: Path,
    black_boxes: Path,
    thresholds: Path,
) -> None:
    """Choose thresholds on people without any design: one file for each experiment's recognizer."""
    from faceveil.evaluation.calibration import write_thresholds
    from faceveil.evaluation.contenders import calibrate_contenders, load_contenders
    from faceveil.evaluation.experiment import calibrate_experiments
    from faceveil.params.file import read_params
    from faceveil.runtime.device import pick_device
    from faceveil.store.protocol import read_roles
    from faceveil.tracking.run import track

    params = read_params(PARAMS)
    with track("calibrate", params.calibrate) as run:
        dealt = read_roles(roles)
        ended = calibrate_experiments(recognizer, gans, embeddings, dealt, params)
        contenders = load_contenders(curated, partners, black_boxes, params, pick_device())
        others = calibrate_contenders(contenders, curated, dealt, params)
        write_thresholds(thresholds, ended, others)
        for file in sorted(thresholds.iterdir()):
            run.artifact(file, "thresholds")


app = stage(calibrate)

if __name__ == "__main__":
    app()
