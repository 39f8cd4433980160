"""Training projectors on annotated photos, and measuring them on people they have not seen."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from faceveil.metrics.intervals import bootstrap_interval
from faceveil.metrics.segmentation import iou, leak, mse
from faceveil.params.train_projector import TrainProjector
from faceveil.runtime.atomic import atomic_directory
from faceveil.runtime.seeding import generator_for, seeded
from faceveil.store.faces import PackedFaces
from faceveil.store.weights import Card, write_weights
from faceveil.wearing.annotations import (
    Annotations,
    difference_agreement,
    read_annotations,
    shown,
)
from faceveil.wearing.projector import ARCHITECTURES, WEIGHTS, Projector, build_projector
from faceveil.wearing.transparency import projected

Report = Callable[[int, Mapping[str, float]], None]
"""Takes the number of an epoch and its values by name."""


@dataclass(frozen=True)
class Recipe:
    """How one architecture is trained.

    Attributes:
        loss: of the transparency found and the true one, both in [0, 1].
        tint: how far the colour channels of a photo are scaled at random, up and down.
    """

    loss: Callable[[Tensor, Tensor], Tensor]
    tint: float


RECIPES = {
    "plain": Recipe(F.mse_loss, tint=0.0),  # as published; it has only colour to go by
    # Cross-entropy still pulls where a sigmoid is nearly 0, so that a design stays on its mask
    # (measured as ``leak``). Tinted photos teach a network that sees the face to find a mask by its
    # form, also in a colour that few of the annotated ones have.
    "unet": Recipe(F.binary_cross_entropy, tint=0.4),
}


@dataclass(frozen=True)
class Projectors:
    """All architectures trained on the same photos, and how they do on the same others.

    Attributes:
        trained: projectors by architecture, in eval mode.
        annotations: the photos they learned from and were measured on.
        measured: what :func:`measure_projector` says of each architecture, the photos' counts, and
            the agreement of cut-outs and pair differences.
    """

    trained: dict[str, Projector]
    annotations: Annotations
    measured: Card


def train_projectors(
    curated: Path,
    settings: TrainProjector,
    device: torch.device,
    report: Report = lambda *_: None,
) -> Projectors:
    """Train and measure every architecture.

    Args:
        curated: folder of the packed faces.
        settings: the section of params.yaml.
        device: where the networks are trained.
        report: told ``<architecture>_loss`` after each epoch.

    Raises:
        FaceveilError: if there are too few annotated photos.
    """
    annotations = read_annotations(curated, settings)
    counts = {"training": len(annotations.training), "held_out": len(annotations.held_out)}
    measured: Card = {"annotations": settings.annotations, "photos": counts}
    measured["difference_agreement"] = difference_agreement(curated)
    trained = {}
    for name in ARCHITECTURES:
        trained[name] = train_projector(name, annotations.training, settings, device, report)
        measured[name] = measure_projector(trained[name], annotations.held_out)
    return Projectors(trained, annotations, measured)


def train_projector(
    architecture: str,
    faces: PackedFaces,
    settings: TrainProjector,
    device: torch.device | None = None,
    report: Report = lambda *_: None,
) -> Projector:
    """Minimize the error of the transparency with Adam, by the architecture's :data:`RECIPES`.

    The learning rate rises and falls once; half of the photos, drawn anew each time, are mirrored.

    Args:
        architecture: ``plain`` or ``unet``.
        faces: annotated photos.
        settings: epochs, batch size, learning rate and seed.
        device: where to train; the CPU if not said.
        report: told ``<architecture>_loss`` after each epoch.

    Returns:
        The projector, in eval mode and without gradients of its weights.
    """
    with seeded(settings.seed, "projector", architecture):
        projector = build_projector(architecture).to(device).train()
    optimizer = torch.optim.Adam(projector.parameters(), lr=settings.learning_rate)
    steps = settings.epochs * -(-len(faces) // settings.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.learning_rate, total_steps=steps
    )
    recipe = RECIPES[architecture]
    epochs = tqdm(range(1, settings.epochs + 1), f"projector {architecture}", disable=None)
    for epoch in epochs:
        total = 0.0
        for images, truth in _batches(faces, settings, epoch, recipe.tint):
            loss = recipe.loss(projector(images.to(device)), truth.to(device))
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            optimizer.step()
            schedule.step()
            total += float(loss.detach()) * len(images) / len(faces)
        epochs.set_postfix(loss=f"{total:.4f}")
        report(epoch, {f"{architecture}_loss": total})
    return projector.eval().requires_grad_(False)


def measure_projector(projector: Projector, faces: PackedFaces) -> Card:
    """Measure a projector on annotated photos, by the same transparency that designs are worn with.

    Returns:
        ``iou``, ``mse`` and ``leak``, means over the photos in [0, 1], each with its 95 % interval
        over people as ``iou_interval`` and so on, and the lowest IoU as ``worst_iou``.
    """
    device = next(projector.parameters()).device
    found, truth = shown(projected(faces, projector, device)), shown(faces)
    measured: Card = {}
    for metric in (iou, mse, leak):
        values = metric(found, truth)
        measured[metric.__name__] = float(values.mean())
        interval = bootstrap_interval(values, faces.rows["subject_id"], bounds=(0, 1))
        measured[f"{metric.__name__}_interval"] = list(interval)
    return measured | {"worst_iou": float(iou(found, truth).min())}


def write_projectors(directory: Path, projectors: Projectors, settings: TrainProjector) -> None:
    """Write the chosen projector, and the others beside it under the names of their architecture.

    Each file carries a card: architecture, settings and what was measured.
    """
    common = {"training": settings.model_dump(mode="json", exclude={"architecture"})}
    with atomic_directory(directory) as folder:
        for name, projector in projectors.trained.items():
            chosen = name == settings.architecture
            path = folder / (WEIGHTS if chosen else f"{name}.safetensors")
            measured = projectors.measured[name] | {"photos": projectors.measured["photos"]}
            write_weights(path, projector, {"architecture": name, "measured": measured, **common})


def _batches(
    faces: PackedFaces, settings: TrainProjector, epoch: int, tint: float
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield photos and transparencies of one epoch, the last and smaller batch too."""
    stream = generator_for(settings.seed, "projector", epoch)
    order = torch.randperm(len(faces), generator=stream)
    mirrored = torch.rand(len(faces), 1, 1, 1, generator=stream) < 0.5
    gains = 1 + tint * (2 * torch.rand(len(faces), 3, 1, 1, generator=stream) - 1)
    for numbers in torch.split(order, settings.batch_size):
        rows, flip = numbers.numpy(), mirrored[numbers]
        images, truth = (
            (faces.images(rows) * gains[numbers]).clamp(0, 1),
            faces.transparencies(rows),
        )
        yield torch.where(flip, images.flip(3), images), torch.where(flip, truth.flip(3), truth)
