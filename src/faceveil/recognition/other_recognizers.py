"""Partners and black boxes: trained here or given, then checked; and the cards that say so."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from faceveil.collection.places import Places, read_places
from faceveil.params.black_boxes import BlackBox as BlackBoxParams
from faceveil.params.errors import FaceveilError
from faceveil.params.other_recognizer import SCRATCH, OtherRecognizer
from faceveil.params.partners import Partner
from faceveil.recognition.architectures import EMBEDDING, build_network, facenet_network
from faceveil.recognition.background import background_rows, take_rows
from faceveil.recognition.black_box import as_black_box, open_onnx
from faceveil.recognition.cropping import Crop, crop_faces
from faceveil.recognition.learn import Course, Lesson, Report, label_people, learn_people
from faceveil.recognition.network import Network, View
from faceveil.recognition.origins import given_recognizer
from faceveil.recognition.recognizer_batches import Batches, augment, cover, distort, wearing_masks
from faceveil.recognition.recognizer_check import check_recognizer
from faceveil.runtime.device import arithmetic
from faceveil.runtime.seeding import generator_for
from faceveil.store.faces import PackedFaces, open_faces
from faceveil.store.weights import Card, fingerprint

TRAINING = ("skip_people", "people", "seed", "epochs", "batch_size", "max_learning_rate",
            "weight_decay", "label_smoothing", "masked_share")  # fmt: skip
"""Keys that a card repeats of a recognizer that was trained here."""


def obtain_partner(
    name: str, curated: Path, params: Partner, device: torch.device, report: Report
) -> tuple[Network, Card]:
    """Train or read a partner and check it.

    Args:
        name: of the section.
        curated: folder of the packed faces.
        params: the section.
        device: where it is trained and checked.
        report: told the values of each epoch of a training.

    Returns:
        The network, frozen and on the CPU, and its card with the outcome as ``check``.

    Raises:
        FaceveilError: if photos or weights are missing or do not fit.
    """
    card = _card(name, params, "frame", "cosine")
    if params.weights == SCRATCH:
        network, training = _trained(f"partners.{name}", curated, params, device, report)
        card |= {"origin": SCRATCH, "training": training}
    else:
        recognizer, given = given_recognizer(params.weights, f"partners.{name}.weights")
        network = facenet_network(recognizer, _view(params))
        card |= {key: given[key] for key in ("origin", "origin_sha256")}
    network = network.freeze()
    check = check_recognizer(as_black_box(network, card, device), curated, params)
    return network.cpu(), {**card, "check": check}


def obtain_black_box(
    name: str, curated: Path, params: BlackBoxParams, device: torch.device, report: Report
) -> tuple[Network | Path, Card]:
    """Train or open a black box and check it; arguments and errors as of :func:`obtain_partner`.

    Returns:
        The network, frozen and on the CPU, or the path of the ONNX file; and the card.
    """
    card = _card(name, params, params.crop, params.similarity)
    if params.weights == SCRATCH:
        network, training = _trained(f"black_boxes.{name}", curated, params, device, report)
        card |= {"origin": SCRATCH, "training": training}
        black_box = as_black_box(network.freeze(), card, device)
        card |= {"check": check_recognizer(black_box, curated, params)}
        return network.cpu(), card
    path = Path(params.weights)
    if not path.is_file():
        raise FaceveilError(
            f"params.yaml: black_boxes.{name}.weights: no file {params.weights!r}; "
            "put the .onnx file there, or allowed: scratch"
        )
    card |= {"origin": path.name, "origin_sha256": fingerprint(path)}
    return path, {**card, "check": check_recognizer(open_onnx(path, card), curated, params)}


def shown_check(name: str, card: Card) -> dict[str, float]:
    """Return the check's accuracy by ``<name>/check_accuracy``, to be tracked."""
    return {f"{name}/check_accuracy": card["check"]["accuracy"]}


def _view(params: OtherRecognizer) -> View:
    return View(params.input_size, params.mean, params.scale)


def _card(name: str, params: Partner | BlackBoxParams, crop: Crop, similarity: str) -> Card:
    """Say what a recognizer is and how it looks at photos."""
    return {
        "name": name,
        "architecture": params.architecture,
        "view": asdict(_view(params)),
        "crop": crop,
        "similarity": similarity,
    }


def _trained(
    section: str,
    curated: Path,
    params: Partner | BlackBoxParams,
    device: torch.device,
    report: Report,
) -> tuple[Network, dict[str, Any]]:
    """Train a network on its background people, and say how."""
    crop: Crop = getattr(params, "crop", "frame")
    everybody = open_faces(curated, "background")
    keys = f"{section}.skip_people and {section}.people"
    rows = background_rows(everybody, params.skip_people, params.people, keys)
    faces = take_rows(everybody, rows)
    places = None if crop == "frame" else read_places(curated, "background")[rows]
    network = train_network(faces, places, params, device, report)
    shown = len(faces) if places is None else int(places.found.sum())
    return network, {
        **params.model_dump(include=set(TRAINING)),
        "photos": shown,
        "photos_without_face": len(faces) - shown,
        "image_size": faces.image_size,
        "arithmetic": str(arithmetic(params.precision, device)).removeprefix("torch."),
    }


def train_network(
    faces: PackedFaces,
    places: Places | None,
    params: Partner | BlackBoxParams,
    device: torch.device,
    report: Report,
) -> Network:
    """Train a network to name the people of ``faces``.

    Args:
        faces: background photos; ``subject_id`` is the label.
        places: of their faces, if it sees crops; photos without a face are left out.
        params: network, crop, length, batch, schedule and share of masks.
        device: where it is trained.
        report: told loss and training accuracy of each epoch.

    Returns:
        The network, on the CPU and in evaluation mode.

    Raises:
        FaceveilError: if there are too few people or photos, or the loss is no longer finite.
    """
    seen = np.arange(len(faces)) if places is None else np.flatnonzero(places.found)
    count, labels = label_people(faces)
    worn = wearing_masks(faces)[seen]
    batches = Batches(worn, params, generator_for(params.seed, "batches"))
    rows = (seen[batch].astype(np.int64) for batch in batches)
    lessons = _lessons(faces, places, labels, rows, params)
    course = Course(lessons, count, batches.per_epoch)

    def build() -> Network:
        return build_network(params.architecture, _view(params))

    return learn_people(build, EMBEDDING, course, params, device, report)


def _lessons(
    faces: PackedFaces,
    places: Places | None,
    labels: torch.Tensor,
    batches: Iterator[Any],
    params: Partner | BlackBoxParams,
) -> Iterator[Lesson]:
    """Show photos, each warped and lit anew; where masks are worn is known in whole photos only."""
    generator = generator_for(params.seed, "augmentation")
    crop: Crop = getattr(params, "crop", "frame")
    for rows in batches:
        images = faces.images(rows)
        if places is None:
            shown = augment(images, faces.image_size, generator)
        else:
            cropped = crop_faces(cover(images, generator), places[rows], crop, params.input_size)
            shown = distort(cropped, params.input_size, generator)
        yield shown, labels[rows]
