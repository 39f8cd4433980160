"""Training projectors on annotated photos, and measuring them on people they have not seen."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from faceveil.metrics.intervals import bootstrap_interval
from faceveil.metrics.segmentation import iou, leak, mse
from faceveil.params.errors import FaceveilError
from faceveil.params.train_projector import TrainProjector
from faceveil.runtime.atomic import atomic_directory
from faceveil.runtime.progress import OnEpoch, progress
from faceveil.runtime.seeding import generator_for, seeded, stream_seed
from faceveil.store.faces import PackedFaces, open_faces
from faceveil.store.weights import Card, write_weights
from faceveil.wearing.composition import annotated, projected
from faceveil.wearing.projector import ARCHITECTURES, WEIGHTS, Projector, build_projector


@dataclass(frozen=True)
class Recipe:
    """How one architecture is trained."""

    loss: Callable[[Tensor, Tensor], Tensor]  # of transparency found and true, both in [0, 1]
    tint: float  # how far the colour channels of a photo are scaled at random, up and down


RECIPES = {
    "plain": Recipe(F.mse_loss, tint=0.0),  # as published; it has only colour to go by
    # Cross-entropy still pulls where a sigmoid is nearly 0, so that a design stays on its mask
    # (measured as ``leak``). Tinted photos teach a network that sees the face to find a mask by its
    # form, also in a colour that few of the annotated ones have.
    "unet": Recipe(F.binary_cross_entropy, tint=0.4),
}


@dataclass(frozen=True)
class Annotations:
    """Photos with a known transparency, sorted by image_id; nobody is in both parts."""

    training: PackedFaces
    held_out: PackedFaces


@dataclass(frozen=True)
class Projectors:
    """All architectures trained on the same photos, and how they do on the same others."""

    trained: dict[str, Projector]  # by architecture, in eval mode
    annotations: Annotations
    measured: Card  # of each architecture, photos' counts, agreement of cut-outs and differences


def train_projectors(
    curated: Path,
    settings: TrainProjector,
    device: torch.device,
    report: OnEpoch = lambda *_: None,
) -> Projectors:
    """Train and measure every architecture; ``<architecture>_loss`` is reported by epoch."""
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
    report: OnEpoch = lambda *_: None,
) -> Projector:
    """Minimize the error of the transparency with Adam, by the architecture's :data:`RECIPES`.

    The learning rate rises and falls once; half of the photos, drawn anew each time, are mirrored.
    """
    with seeded(settings.seed, "projector", architecture):
        projector = build_projector(architecture).to(device).train()
    optimizer = torch.optim.Adam(projector.parameters(), lr=settings.learning_rate)
    steps = settings.epochs * -(-len(faces) // settings.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.learning_rate, total_steps=steps
    )
    recipe = RECIPES[architecture]
    with progress(f"projector {architecture}", total=steps, unit="step") as bar:
        for epoch in range(1, settings.epochs + 1):
            total = 0.0
            for images, truth in _batches(faces, settings, epoch, recipe.tint):
                loss = recipe.loss(projector(images.to(device)), truth.to(device))
                optimizer.zero_grad(set_to_none=True)
                torch.autograd.backward(loss)
                optimizer.step()
                schedule.step()
                bar.update()
                total += float(loss.detach()) * len(images) / len(faces)
            bar.set_postfix(loss=f"{total:.4f}", refresh=False)
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


def read_annotations(curated: Path, settings: TrainProjector) -> Annotations:
    """Choose annotated photos and hold some people out; the order of the store changes nothing.

    People held out are all those of the test split and, up to the share asked for, seeded others:
    no projector has seen anyone on whom a design is tested.
    """
    if settings.annotations == "cutouts":
        photos = _chosen(open_faces(curated, "annotated"), settings, curated)
    else:
        masked, unmasked = (open_faces(curated, kind) for kind in ("masked", "unmasked"))
        photos = _by_difference(_chosen(masked, settings, curated), unmasked)
    held_out = photos.rows["subject_id"].isin(_people_held_out(photos, settings)).to_numpy()
    if held_out.all():
        raise FaceveilError(
            f"train_projector: all {len(photos)} annotated photos show people to hold out (the test"
            " split, or train_projector.held_out_share); annotate photos of other people"
        )
    return Annotations(
        select(photos, np.flatnonzero(~held_out)), select(photos, np.flatnonzero(held_out))
    )


def difference_agreement(curated: Path) -> Card:
    """Compare cut-outs with the transparency derived from the pair's difference.

    Returns:
        ``iou`` with its 95 % ``interval`` and the number of ``photos``; only ``photos: 0`` where no
        cut-out's photo has an unmasked pair.
    """
    cutouts, unmasked = (open_faces(curated, kind) for kind in ("annotated", "unmasked"))
    if not len(cutouts):  # whose ids have no type
        return {"photos": 0}
    pairs = cutouts.rows["image_id"].str.removesuffix("_Mask")
    paired = select(cutouts, np.flatnonzero(pairs.isin(unmasked.rows["image_id"])))
    if len(paired) == 0:
        return {"photos": 0}
    derived = _by_difference(paired, unmasked)
    overlaps = iou(shown(derived), shown(paired))
    interval = bootstrap_interval(overlaps, paired.rows["subject_id"], bounds=(0, 1))
    return {"photos": len(paired), "iou": float(overlaps.mean()), "interval": list(interval)}


def select(faces: PackedFaces, rows: Sequence[int] | NDArray[np.int64]) -> PackedFaces:
    """Return some of the photos, in the order of ``rows``."""
    numbers = np.asarray(rows, dtype=np.int64)
    known = None if faces.transparency is None else faces.transparency[numbers]
    return PackedFaces(
        faces.pixels[numbers], faces.rows.iloc[numbers].reset_index(drop=True), known
    )


def shown(faces: PackedFaces) -> NDArray[np.float32]:
    """Return the transparency of all photos, float32 ``[N, S, S]`` in [0, 1]."""
    return faces.transparencies(slice(None))[:, 0].numpy()


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
        images = (faces.images(rows) * gains[numbers]).clamp(0, 1)
        truth = faces.transparencies(rows)
        yield torch.where(flip, images.flip(3), images), torch.where(flip, truth.flip(3), truth)


def _chosen(faces: PackedFaces, settings: TrainProjector, curated: Path) -> PackedFaces:
    """Draw as many photos as asked for, or take all there are; sorted by image_id."""
    if faces.rows["subject_id"].nunique() < 2:
        raise FaceveilError(
            f"{curated}: {len(faces)} annotated photos for train_projector.annotations"
            f" {settings.annotations!r}; 2 people or more are needed: put cut-outs into the"
            " collection's folder transparent/, or set the key to 'difference' to use photo pairs"
        )
    by_id = np.argsort(faces.rows["image_id"].to_numpy(dtype=str))
    drawn = _shuffled(len(faces), settings, "photos")[: settings.annotated]
    return select(faces, by_id[np.sort(drawn)])


def _people_held_out(photos: PackedFaces, settings: TrainProjector) -> Sequence[str]:
    """Return everyone of the test split, and others until the share is reached."""
    split = photos.rows.groupby("subject_id")["split"].first().sort_index()
    tested = split.index[split == "test"].tolist()
    others = split.index[split != "test"].to_numpy(dtype=str)
    wanted = math.ceil(settings.held_out_share * len(split)) - len(tested)
    drawn = others[_shuffled(len(others), settings, "people")]
    return [*tested, *drawn[: max(wanted, 0)].tolist()]


def _shuffled(count: int, settings: TrainProjector, purpose: str) -> NDArray[np.int64]:
    rng = np.random.default_rng(stream_seed(settings.seed, "annotations", purpose))
    return rng.permutation(count)


def _by_difference(photos: PackedFaces, unmasked: PackedFaces) -> PackedFaces:
    """Return the photos with the transparency that their pairs show, whatever they had before."""
    return annotated(replace(photos, transparency=None), unmasked, select(photos, []))
