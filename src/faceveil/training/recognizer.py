"""Training a recognizer from scratch, on people who are nobody's subject afterwards."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from math import isfinite

import numpy as np
import torch
from facenet_pytorch import InceptionResnetV1
from torch import nn
from torch.nn import functional
from tqdm import tqdm

from faceveil.data.embeddings import EMBEDDING
from faceveil.data.faces import PackedFaces
from faceveil.params.errors import FaceveilError
from faceveil.params.prepare_recognizer import PrepareRecognizer
from faceveil.recognition.facenet import FaceNet
from faceveil.training.device import arithmetic, autocast
from faceveil.training.recognizer_batches import Batches, augment, photo_sizes, wearing_masks
from faceveil.training.seeding import generator_for, seeded

Report = Callable[[int, Mapping[str, float]], None]
"""Told the values of each epoch."""

Lesson = tuple[torch.Tensor, torch.Tensor]
"""Augmented photos ``[B, 3, H, W]`` and their labels, int64 ``[B]``."""

LOGIT_SCALE = 24.0
"""s in the logits s * cosine: 24 learned faster than 16, and 30 was no better."""


class Classifier(nn.Module):
    """A recognizer in training: its network and one direction per person on the unit sphere.

    Softmax over scaled cosines trains what is measured later, the angle between embeddings
    (F. Wang et al., "NormFace: L2 hypersphere embedding for face verification", 2017).
    """

    def __init__(self, people: int, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype
        # no dropout: the published 0.6 is for millions of photos, and here it only slows learning
        self.network = InceptionResnetV1(pretrained=None, dropout_prob=0)
        self.directions = nn.Parameter(torch.randn(people, EMBEDDING))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Turn images ``[B, 3, H, W]`` in [0, 1] into logits ``[B, people]``."""
        with autocast(self.dtype, images.device):
            embeddings = self.network((images * 255 - 127.5) / 128).float()
        return LOGIT_SCALE * functional.linear(embeddings, functional.normalize(self.directions))


def train_recognizer(
    faces: PackedFaces, params: PrepareRecognizer, device: torch.device, report: Report
) -> FaceNet:
    """Train FaceNet to name the people of ``faces``; the classifier is dropped afterwards.

    AdamW under a one-cycle schedule (L. Smith, N. Topin, "Super-convergence", 2018) minimizes the
    label-smoothed cross-entropy.

    Args:
        faces: background photos; ``subject_id`` is the label.
        params: length, batch, schedule and share of masks.
        device: where the network is trained.
        report: told loss, training accuracy and learning rate of each epoch.

    Returns:
        The recognizer, on the CPU and in evaluation mode.

    Raises:
        FaceveilError: if there are fewer than two people, no photo of a kind that is asked for, or
            the loss is no longer finite.
    """
    people, labels = np.unique(
        faces.rows["subject_id"].to_numpy(dtype=np.str_), return_inverse=True
    )
    if len(people) < 2:
        raise FaceveilError(
            f"prepare_recognizer.weights: scratch needs photos of at least 2 background people, "
            f"found {len(people)}; curate a root that has them, or give weights"
        )
    batches = Batches(wearing_masks(faces), params, generator_for(params.seed, "batches"))
    sizes = photo_sizes(faces.image_size, params.epochs * batches.per_epoch)
    generator = generator_for(params.seed, "augmentation")
    lessons = (
        (augment(faces.images(rows), size, generator), torch.from_numpy(labels[rows]))
        for rows, size in zip(batches, sizes, strict=False)
    )
    with seeded(params.seed, "recognizer"):
        model = Classifier(len(people), arithmetic(params.precision, device)).to(device).train()
        model = model.to(memory_format=torch.channels_last)
        _fit(model, lessons, batches.per_epoch, params, report)
        return FaceNet(model.network.cpu().eval())


def _fit(
    model: Classifier,
    lessons: Iterator[Lesson],
    per_epoch: int,
    params: PrepareRecognizer,
    report: Report,
) -> None:
    """Take all steps of the schedule."""
    steps, rate = params.epochs * per_epoch, params.max_learning_rate
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=rate, weight_decay=params.weight_decay, fused=True
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=rate, total_steps=steps)
    with tqdm(total=steps, desc="recognizer", unit="step", disable=None) as progress:
        for epoch in range(1, params.epochs + 1):
            sums = torch.zeros(2)
            for images, labels in islice(lessons, per_epoch):
                sums += _step(model, optimizer, images, labels, params.label_smoothing)
                schedule.step()
                progress.update()
            loss, accuracy = (sums / per_epoch).tolist()
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
        raise FaceveilError(
            f"prepare_recognizer: the loss is {loss} in epoch {epoch}; lower max_learning_rate"
        )
