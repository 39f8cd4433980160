"""Dev people and the recognizer of an experiment in; its frozen thresholds out."""

from pathlib import Path

from stages._stage import PARAMS, stage


def calibrate(
    experiment: str,
    roles: Path,
    recognizer: Path,
    embeddings: Path,
    gan: Path,
    thresholds: Path,
) -> None:
    """Choose thresholds on people without any design, for the head an experiment ended with."""
    from faceveil.evaluation.calibration import (
        calibrate_facenet,
        shown_numbers,
        unmasked_features,
        write_calibrations,
    )
    from faceveil.evaluation.experiment import adapted_recognizer
    from faceveil.evaluation.roles import read_roles
    from faceveil.params.file import read_params
    from faceveil.recognition.store import recognizer_fingerprint
    from faceveil.tracking.run import track
    from faceveil.training.device import pick_device

    params = read_params(PARAMS).calibrate
    with track("calibrate", params, experiment) as run:
        chosen = calibrate_facenet(
            adapted_recognizer(recognizer, gan, pick_device()),
            unmasked_features(embeddings, recognizer_fingerprint(recognizer)),
            read_roles(roles),
            params.false_match_rates,
        )
        write_calibrations(thresholds, {experiment: chosen})
        run.metrics(shown_numbers(chosen))


app = stage(calibrate)

if __name__ == "__main__":
    app()
