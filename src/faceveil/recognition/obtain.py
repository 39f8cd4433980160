"""A recognizer from wherever the settings say, trained here or given; checked, with its card."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from faceveil.collection.places import read_places
from faceveil.params.errors import FaceveilError
from faceveil.params.recognizers import SCRATCH, RecognizerParams
from faceveil.recognition.accuracy import measure_recognizer
from faceveil.recognition.check import check_recognizer
from faceveil.recognition.inception import published_path, read_inception
from faceveil.recognition.learn import Report, train_network
from faceveil.recognition.networks import Network, View, inception_network
from faceveil.recognition.onnx_model import OnnxModel
from faceveil.recognition.recognizer import Recognizer
from faceveil.runtime.device import arithmetic
from faceveil.store.faces import PackedFaces, open_faces
from faceveil.store.weights import Card, fingerprint

TRAINING = ("skip_people", "people", "seed", "epochs", "batch_size", "max_learning_rate",
            "weight_decay", "label_smoothing", "masked_share")  # fmt: skip
"""Keys that a card repeats of a recognizer that was trained here."""


def obtain_recognizer(
    name: str, curated: Path, params: RecognizerParams, device: torch.device, report: Report
) -> tuple[Network | Path, Card]:
    """Train or read a recognizer, check it, and measure it on the people of the study.

    Args:
        name: of the entry of ``recognizers``.
        curated: folder of the packed faces.
        params: the entry.
        device: where it is trained and measured.
        report: told the values of each epoch of a training.

    Returns:
        The network, on the CPU, or the path of the ONNX file; and the card: architecture, origin,
        how it was trained, the outcome of its check as ``check``, and what
        :func:`measure_recognizer` found as ``measured``.

    Raises:
        FaceveilError: if photos or weights are missing or do not fit.
    """
    view = View(params.input_size, params.mean, params.scale)
    card: Card = {
        "name": name,
        "role": params.role,
        "architecture": params.architecture,
        "view": asdict(view),
        "crop": params.crop,
        "sha256": "",
    }
    model, origin = _obtained(name, curated, params, device, report)
    opened = OnnxModel(model, view) if isinstance(model, Path) else model
    recognizer = Recognizer(opened, card, device)
    card |= origin | {"check": check_recognizer(recognizer, curated, params)}
    card["measured"] = measure_recognizer(recognizer, curated, params.batch_size)
    return (model if isinstance(model, Path) else model.cpu()), card


def _obtained(
    name: str, curated: Path, params: RecognizerParams, device: torch.device, report: Report
) -> tuple[Network | Path, dict[str, Any]]:
    """Return what stands behind a recognizer, and where it comes from."""
    key = f"params.yaml: recognizers.{name}.weights"
    if params.weights == SCRATCH:
        network, training = _trained(name, curated, params, device, report)
        return network, {"origin": SCRATCH, "training": training}
    if params.architecture == "onnx":
        path = Path(params.weights)
        if not path.is_file():
            raise FaceveilError(
                f"{key}: no file {params.weights!r}; put the .onnx file there, or allowed: scratch"
            )
        return path, {"origin": path.name, "origin_sha256": fingerprint(path)}
    path = published_path(params.weights, key)
    view = View(params.input_size, params.mean, params.scale)
    network = inception_network(read_inception(path), view).freeze()
    published = params.weights if path.name != params.weights else path.name
    return network, {"origin": Path(published).name, "origin_sha256": fingerprint(path)}


def _trained(
    name: str, curated: Path, params: RecognizerParams, device: torch.device, report: Report
) -> tuple[Network, dict[str, Any]]:
    """Train a network on its background people, and say how."""
    everybody = open_faces(curated, "background")
    rows = background_rows(everybody, params.skip_people, params.people, f"recognizers.{name}")
    kept = everybody.rows.iloc[rows].reset_index(drop=True)
    faces = replace(everybody, pixels=everybody.pixels[rows], rows=kept)
    places = None if params.crop == "frame" else read_places(curated, "background")[rows]
    network = train_network(faces, places, params, device, report)
    shown = len(faces) if places is None else int(places.found.sum())
    return network, {
        **params.model_dump(include=set(TRAINING)),
        "photos": shown,
        "photos_without_face": len(faces) - shown,
        "image_size": faces.image_size,
        "arithmetic": str(arithmetic(params.precision, device)).removeprefix("torch."),
    }


def background_rows(faces: PackedFaces, skip: int, people: int, key: str) -> slice:
    """Return the rows of ``people`` background people, after the first ``skip`` of them.

    Args:
        faces: background photos; a packed store has those of a person side by side, by id.
        skip: people to leave out, the first by id.
        people: people to take, the next ones.
        key: of params.yaml where the numbers come from, for the message.

    Raises:
        FaceveilError: if there are not as many people.
    """
    subjects = faces.rows["subject_id"].to_numpy(dtype=np.str_)
    there = np.unique(subjects)
    if len(there) < skip + people:
        raise FaceveilError(
            f"params.yaml: {key}.skip_people and {key}.people ask for {skip + people} background "
            f"people, but {len(there)} are curated; ask for fewer, or raise "
            "synthesize.background_people"
        )
    if (subjects[:-1] > subjects[1:]).any():
        raise FaceveilError("background photos are not sorted by person; run `dvc repro curate`")
    chosen = there[skip : skip + people]
    start = np.searchsorted(subjects, chosen[0], side="left")
    return slice(int(start), int(np.searchsorted(subjects, chosen[-1], side="right")))
