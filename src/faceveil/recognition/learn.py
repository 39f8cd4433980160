"""Training a recognizer from scratch, on people who are nobody's subject afterwards."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from math import isfinite
from typing import TypeVar, cast

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from tqdm import tqdm

from faceveil.params.errors import FaceveilError
from faceveil.params.recognizer_training import RecognizerTraining
from faceveil.recognition.facenet import FaceNet
from faceveil.recognition.inception import InceptionResnetV1
from faceveil.recognition.recognizer_batches import Batches, augment, photo_sizes, wearing_masks
from faceveil.runtime.device import arithmetic, autocast
from faceveil.runtime.seeding import generator_for, seeded
from faceveil.store.embeddings import EMBEDDING
from faceveil.store.faces import PackedFaces

Report = Callable[[int, Mapping[str, float]], None]
"""Told the values of each epoch."""

Lesson = tuple[torch.Tensor, torch.Tensor]
"""Augmented photos ``[B, 3, H, W]`` and their labels, int64 ``[B]``."""

Net = TypeVar("Net", bound=nn.Module)

LOGIT_SCALE = 24.0
"""s in the logits s * cosine: 24 learned faster than 16, and 30 was no better."""


@dataclass(frozen=True)
class Course:
    """What there is to learn.

    Attributes:
        lessons: as many as there are steps, or more.
        people: labels are below this number.
        per_epoch: lessons of an epoch.
    """

    lessons: Iterator[Lesson]
    people: int
    per_epoch: int


class Classifier(nn.Module):
    """A recognizer in training: its network and one direction per person on the unit sphere.

    Softmax over scaled cosines trains what is measured later, the angle between embeddings
    (F. Wang et al., "NormFace: L2 hypersphere embedding for face verification", 2017).
    """

    def __init__(self, network: nn.Module, embedding: int, people: int, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype
        self.network = network
        self.directions = nn.Parameter(torch.randn(people, embedding))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Turn images ``[B, 3, H, W]`` in [0, 1] into logits ``[B, people]``."""
        with autocast(self.dtype, images.device):
            embeddings = self.network(images).float()
        return LOGIT_SCALE * functional.linear(embeddings, functional.normalize(self.directions))


class _FaceNetInTraining(nn.Module):
    """InceptionResnetV1, with its head, on images in [0, 1]."""

    def __init__(self) -> None:
        super().__init__()
        # no dropout: the published 0.6 is for millions of photos, and here it only slows learning
        self.layers = InceptionResnetV1(pretrained=None, dropout_prob=0)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return cast("torch.Tensor", self.layers((images * 255 - 127.5) / 128))


def train_recognizer(
    faces: PackedFaces, params: RecognizerTraining, device: torch.device, report: Report
) -> FaceNet:
    """Train FaceNet to name the people of ``faces``; the classifier is dropped afterwards.

    Args:
        faces: background photos; ``subject_id`` is the label.
        params: length, batch, schedule and share of masks.
        device: where the network is trained.
        report: told loss and training accuracy of each epoch.

    Returns:
        The recognizer, on the CPU and in evaluation mode.

    Raises:
        FaceveilError: if there are fewer than two people, no photo of a kind that is asked for, or
            the loss is no longer finite.
    """
    count, labels = label_people(faces)
    batches = Batches(wearing_masks(faces), params, generator_for(params.seed, "batches"))
    sizes = photo_sizes(faces.image_size, params.epochs * batches.per_epoch)
    generator = generator_for(params.seed, "augmentation")
    lessons = (
        (augment(faces.images(rows), size, generator), labels[rows])
        for rows, size in zip(batches, sizes, strict=False)
    )
    course = Course(lessons, count, batches.per_epoch)
    network = learn_people(_FaceNetInTraining, EMBEDDING, course, params, device, report)
    with seeded(params.seed, "unused"):  # weights that the trained ones replace at once
        return FaceNet(network.layers)


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


def learn_people(
    build: Callable[[], Net],
    embedding: int,
    course: Course,
    params: RecognizerTraining,
    device: torch.device,
    report: Report,
) -> Net:
    """Train a network to name people.

    AdamW under a one-cycle schedule (L. Smith, N. Topin, "Super-convergence", 2018) minimizes the
    label-smoothed cross-entropy.

    Args:
        build: makes the network: images ``[B, 3, H, W]`` in [0, 1] to unit embeddings.
        embedding: numbers per embedding.
        course: photos and labels.
        params: length, batch, schedule.
        device: where the network is trained.
        report: told loss and training accuracy of each epoch.

    Returns:
        The network, on the CPU and in evaluation mode.

    Raises:
        FaceveilError: if the loss is no longer finite.
    """
    with seeded(params.seed, "recognizer"):
        network, dtype = build(), arithmetic(params.precision, device)
        model = Classifier(network, embedding, course.people, dtype).to(device).train()
        model = model.to(memory_format=torch.channels_last)
        _fit(model, course, params, report)
        return network.cpu().eval()


def _fit(model: Classifier, course: Course, params: RecognizerTraining, report: Report) -> None:
    """Take all steps of the schedule."""
    steps, rate = params.epochs * course.per_epoch, params.max_learning_rate
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=rate, weight_decay=params.weight_decay, fused=True
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=rate, total_steps=steps)
    with tqdm(total=steps, desc="recognizer", unit="step", disable=None) as progress:
        for epoch in range(1, params.epochs + 1):
            sums = torch.zeros(2)
            for images, labels in islice(course.lessons, course.per_epoch):
                sums += _step(model, optimizer, images, labels, params.label_smoothing)
                schedule.step()
                progress.update()
            loss, accuracy = (sums / course.per_epoch).tolist()
            progress.set_postfix(loss=f"{loss:.3f}", accuracy=f"{accuracy:.3f}")
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
