"""Dev people, partners and black boxes in; the frozen thresholds of all of them out."""

from pathlib import Path

from stages._stage import PARAMS, stage


def calibrate_others(
    curated: Path, roles: Path, partners: Path, black_boxes: Path, thresholds: Path
) -> None:
    """Choose thresholds on people without any design, for recognizers that no game changes."""
    from faceveil.evaluation.calibration import write_calibrations
    from faceveil.evaluation.contenders import calibrate_all, load_contenders
    from faceveil.evaluation.roles import read_roles
    from faceveil.params.file import read_params
    from faceveil.tracking.run import track
    from faceveil.training.device import pick_device

    params = read_params(PARAMS)
    with track("calibrate_others", params.calibrate) as run:
        contenders = load_contenders(curated, partners, black_boxes, params, pick_device())
        chosen = calibrate_all(contenders, curated, read_roles(roles), params)
        write_calibrations(thresholds, chosen)
        run.artifact(thresholds)


app = stage(calibrate_others)

if __name__ == "__main__":
    app()
