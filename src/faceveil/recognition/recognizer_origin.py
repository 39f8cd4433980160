"""A recognizer from wherever the settings say: trained here or given; and the card that says so."""

from pathlib import Path

import torch

from faceveil.params.prepare_recognizer import PrepareRecognizer
from faceveil.recognition.background import background_rows, take_rows
from faceveil.recognition.facenet import FaceNet
from faceveil.recognition.learn import Report, train_recognizer
from faceveil.recognition.origins import ARCHITECTURE, SCRATCH, given_recognizer
from faceveil.recognition.recognizer_accuracy import measure_recognizer
from faceveil.runtime.device import arithmetic
from faceveil.store.faces import open_faces
from faceveil.store.weights import Card


def obtain_recognizer(
    curated: Path, params: PrepareRecognizer, device: torch.device, report: Report
) -> tuple[FaceNet, Card]:
    """Train or read the recognizer, and measure it on the people of the study.

    Args:
        curated: folder of the packed faces.
        params: origin of the weights; how they are trained, where there are none.
        device: where it is trained and measured.
        report: told the values of each epoch of a training.

    Returns:
        The recognizer, on the CPU, and its card: architecture, origin, how it was trained, and what
        :func:`measure_recognizer` found as ``measured``.

    Raises:
        FaceveilError: if photos or weights are missing or do not fit.
    """
    if params.weights == SCRATCH:
        recognizer, card = _trained(curated, params, device, report)
    else:
        recognizer, card = given_recognizer(params.weights)
    measured = measure_recognizer(recognizer.to(device), curated, params.batch_size)
    return recognizer.cpu(), {**card, "measured": measured}


def _trained(
    curated: Path, params: PrepareRecognizer, device: torch.device, report: Report
) -> tuple[FaceNet, Card]:
    """Train a recognizer on the background people."""
    everybody = open_faces(curated, "background")
    rows = background_rows(
        everybody, 0, params.background_people, "prepare_recognizer.background_people"
    )
    faces = take_rows(everybody, rows)
    recognizer = train_recognizer(faces, params, device, report)
    training = {
        "people": int(faces.rows["subject_id"].nunique()),
        "photos": len(faces),
        "image_size": faces.image_size,
        **params.model_dump(exclude={"weights"}),
        "arithmetic": str(arithmetic(params.precision, device)).removeprefix("torch."),
    }
    return recognizer, {"architecture": ARCHITECTURE, "origin": SCRATCH, "training": training}
