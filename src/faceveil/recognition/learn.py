"""Training a recognizer from scratch, on people who are nobody's subject afterwards."""

from collections.abc import Iterator
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from faceveil.collection.places import Places, read_places
from faceveil.params.errors import FaceveilError
from faceveil.params.recognizers import RecognizerSettings
from faceveil.recognition.architectures import build_network
from faceveil.recognition.batches import (
    Batches,
    augment,
    background_rows,
    cover,
    distort,
    photo_sizes,
    take_rows,
    wearing_masks,
)
from faceveil.recognition.cropping import crop_faces
from faceveil.recognition.network import Network, View
from faceveil.runtime.device import arithmetic, autocast
from faceveil.runtime.progress import OnEpoch, progress
from faceveil.runtime.seeding import generator_for, seeded
from faceveil.store.faces import PackedFaces, open_faces

LabelledImages = tuple[torch.Tensor, torch.Tensor]
"""Augmented photos ``[B, 3, S, S]``, as large as the network sees them, and labels, int64 [B]."""

SMALL_FIRST = ("inception_resnet_v1",)
"""Architectures that learn from small photos first: where a step costs most, and none smaller."""

TRAINING = ("skip_people", "people", "seed", "epochs", "batch_size", "max_learning_rate",
            "weight_decay", "label_smoothing", "masked_share")  # fmt: skip
"""Keys that a card repeats of a recognizer that was trained here."""

LOGIT_SCALE = 24.0
"""s in the logits s * cosine: 24 learned faster than 16, and 30 was no better."""


BETAS, WARM_UP = (0.9, 0.99), 0.15
"""Of AdamW, and the share of the steps in which its rate rises.

Both shorter than usual (0.999, 0.3): a training has only some hundred steps.
"""


class Classifier(nn.Module):
    """A recognizer in training: its network and one direction per person on the unit sphere.

    Softmax over scaled cosines trains what is measured later, the angle between embeddings
    (F. Wang et al., "NormFace: L2 hypersphere embedding for face verification", 2017).
    """

    def __init__(self, network: Network, people: int, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype
        self.network = network
        self.directions = nn.Parameter(torch.randn(people, network.head.sizes[1]))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Turn images ``[B, 3, S, S]`` in [0, 1], not resized, into logits ``[B, people]``."""
        with autocast(self.dtype, images.device):
            features = self.network.trunk.as_they_are(images)
            embeddings = self.network.head(features).float()
        return LOGIT_SCALE * functional.linear(embeddings, functional.normalize(self.directions))


def learn(
    section: str,
    curated: Path,
    settings: RecognizerSettings,
    device: torch.device,
    report: OnEpoch,
) -> tuple[Network, dict[str, Any]]:
    """Train a network on its background people.

    Args:
        section: its name in params.yaml, for messages.
        curated: folder of the packed faces.
        settings: people, network, crop, length, batch, schedule and share of masks.
        device: where it is trained.
        report: told loss and training accuracy of each epoch.

    Returns:
        The network, frozen and on the CPU; and how it was trained, for its card.

    Raises:
        FaceveilError: if there are too few people or photos, or the loss is no longer finite.
    """
    everybody = open_faces(curated, "background")
    keys = f"{section}.skip_people and people"
    rows = background_rows(everybody, settings.skip_people, settings.people, keys)
    faces = take_rows(everybody, rows)
    places = None if settings.crop == "frame" else read_places(curated, "background")[rows]
    network = train_network(faces, places, settings, device, report)
    shown = len(faces) if places is None else int(places.found.sum())
    return network, {
        **settings.model_dump(include=set(TRAINING)),
        "photos": shown,
        "photos_without_face": len(faces) - shown,
        "image_size": faces.image_size,
        "arithmetic": str(arithmetic(settings.precision, device)).removeprefix("torch."),
    }


def train_network(
    faces: PackedFaces,
    places: Places | None,
    settings: RecognizerSettings,
    device: torch.device,
    report: OnEpoch,
) -> Network:
    """Train a network to name the people of ``faces``; the classifier is dropped afterwards.

    AdamW under a one-cycle schedule (L. Smith, N. Topin, "Super-convergence", 2018) minimizes the
    label-smoothed cross-entropy.

    Args:
        faces: background photos; ``subject_id`` is the label.
        places: of their faces, if it sees crops; photos without a face are left out.
        settings: network, crop, length, batch, schedule and share of masks.
        device: where it is trained.
        report: told loss and training accuracy of each epoch.

    Returns:
        The network, frozen and on the CPU.

    Raises:
        FaceveilError: if there are too few people or photos, or the loss is no longer finite.
    """
    count, labels = label_people(faces)
    seen = np.arange(len(faces)) if places is None else np.flatnonzero(places.found)
    worn = wearing_masks(faces)[seen]
    batches = Batches(worn, settings, generator_for(settings.seed, "batches"))
    rows = (seen[batch].astype(np.int64) for batch in batches)
    lessons = Lessons(faces, places, settings, settings.epochs * batches.per_epoch)
    shown = ((images, labels[taken]) for images, taken in lessons.shown(rows))
    view = View(settings.input_size, settings.mean, settings.scale)
    with seeded(settings.seed, "recognizer"):
        network = build_network(settings.architecture, view)
        dtype = arithmetic(settings.precision, device)
        model = Classifier(network, count, dtype).to(device).train()
        _fit(
            model.to(memory_format=torch.channels_last), shown, batches.per_epoch, settings, report
        )
        return network.cpu().freeze()


class Lessons:
    """Photos as a network is shown them in training, each warped and lit anew.

    In whole photos, lower faces are covered after the warp. Aligned crops are cut from photos that
    are covered before, as only there it is known where masks are worn.
    """

    def __init__(
        self, faces: PackedFaces, places: Places | None, settings: RecognizerSettings, steps: int
    ) -> None:
        self._faces = faces
        self._places = places
        self._settings = settings
        self._steps = steps

    def shown(
        self, batches: Iterator[NDArray[np.int64]]
    ) -> Iterator[tuple[torch.Tensor, NDArray[np.int64]]]:
        """Yield photos ``[B, 3, S, S]``, as large as the network sees them, and their rows."""
        generator = generator_for(self._settings.seed, "augmentation")
        size = self._settings.input_size
        small_first = self._settings.architecture in SMALL_FIRST
        sizes = photo_sizes(size, self._steps) if small_first else [size] * self._steps
        for rows, seen in zip(batches, sizes, strict=False):
            images = self._faces.images(rows)
            if self._places is not None:
                crops = crop_faces(
                    cover(images, generator), self._places[rows], self._settings.crop, size
                )
                yield distort(crops, size, generator), rows
                continue
            warped = augment(images, seen if small_first else self._faces.image_size, generator)
            yield crop_faces(warped, None, "frame", seen), rows


def label_people(faces: PackedFaces) -> tuple[int, torch.Tensor]:
    """Return how many people there are, and which of them each photo shows, int64 ``[N]``.

    Raises:
        FaceveilError: if there are fewer than two.
    """
    people, labels = np.unique(
        faces.rows["subject_id"].to_numpy(dtype=np.str_), return_inverse=True
    )
    if len(people) < 2:
        raise FaceveilError(
            f"weights: scratch needs photos of at least 2 background people, found {len(people)}; "
            "curate a root that has them, or give weights"
        )
    return len(people), torch.from_numpy(labels)


def _fit(
    model: Classifier,
    batches: Iterator[LabelledImages],
    per_epoch: int,
    settings: RecognizerSettings,
    report: OnEpoch,
) -> None:
    """Take all steps of the schedule."""
    steps, rate = settings.epochs * per_epoch, settings.max_learning_rate
    optimizer = torch.optim.AdamW(
        model.parameters(), rate, BETAS, weight_decay=settings.weight_decay, fused=True
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, rate, steps, pct_start=WARM_UP, cycle_momentum=False
    )
    with progress("recognizer", total=steps, unit="step") as bar:
        for epoch in range(1, settings.epochs + 1):
            sums = torch.zeros(2)
            for images, labels in islice(batches, per_epoch):
                sums += _step(model, optimizer, images, labels, settings.label_smoothing)
                schedule.step()
                bar.update()
            loss, accuracy = (sums / per_epoch).tolist()
            bar.set_postfix(loss=f"{loss:.3f}", accuracy=f"{accuracy:.3f}", refresh=False)
            _refuse_divergence(loss, epoch)
            report(epoch, {"loss/recognizer": loss, "accuracy/training": accuracy})


def _step(
    model: Classifier,
    optimizer: torch.optim.Optimizer,
    images: torch.Tensor,
    labels: torch.Tensor,
    smoothing: float,
) -> torch.Tensor:
    """Take one step; return its loss and its share of people named, ``[2]``."""
    device = model.directions.device
    labels = labels.to(device)
    logits = model(images.to(device, memory_format=torch.channels_last))
    loss = functional.cross_entropy(logits, labels, label_smoothing=smoothing)
    optimizer.zero_grad()
    torch.autograd.backward(loss)
    optimizer.step()
    named = (logits.detach().argmax(1) == labels).float().mean()
    return torch.stack([loss.detach(), named]).cpu()


def _refuse_divergence(loss: float, epoch: int) -> None:
    """Stop a training that can no longer recover."""
    if not isfinite(loss):
        raise FaceveilError(f"the loss is {loss} in epoch {epoch}; lower max_learning_rate")
