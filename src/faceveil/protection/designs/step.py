"""One step of a mask GAN: first the generator learns, then the recognizer.

A step costs one trunk pass and one gradient per face and recognizer. Photos that no design changes
never pass the trunk again: their features are stored. What the recognizer learns of designs are the
features of the generator's own pass, detached.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from faceveil.protection.designs.identification import count_identified
from faceveil.protection.designs.losses import head_penalty, recognition_loss
from faceveil.protection.designs.state import State
from faceveil.protection.designs.training_data import Surrogate, TrainingData
from faceveil.runtime.device import autocast
from faceveil.runtime.ranks import Ranks
from faceveil.wearing.composition import in_turn, wear

TrunkPass = Callable[[Tensor], Tensor]
"""From photos or crops ``[B, 3, S, S]`` in [0, 1] to features ``[B, F]``; frozen, in eval mode."""


@dataclass(frozen=True)
class Setup:
    """All that a step needs besides its batch."""

    state: State
    data: TrainingData
    trunk: TrunkPass  # the frozen part of the target
    surrogates: Sequence[Surrogate] = ()  # further recognizers that the generator must evade
    ranks: Ranks = field(default_factory=Ranks)  # the processes that share every batch


@dataclass(frozen=True)
class Batch:
    """What a step is taken on, the same on every rank."""

    subjects: Tensor  # int64 [B], numbers of training subjects
    latents: Tensor  # [K, L], one per design; face i wears design i mod K
    others: Tensor | None = None  # int64 [O], enrolled beside the batch in losses; None enrolls all
    searched: bool = True  # whether its faces are searched among all subjects


@dataclass(frozen=True)
class LocalBatch:
    """A rank's slice of a batch."""

    subjects: Tensor  # int64 [b]
    latents: Tensor  # [k, L]; its face i wears design i mod k
    enrolled: Tensor | None  # int64 [C], subjects that losses are computed among; None is all
    labels: Tensor  # int64 [b], each face's own place among the enrolled
    faces: int  # how many count: all, or none where a batch has fewer faces than there are ranks
    weight: float  # their share of the batch


def train_step(setup: Setup, batch: Batch) -> Tensor:
    """Let the generator and then the recognizer take one step.

    Returns:
        Sums over this rank's faces, ``[4]``: the generator's loss, the recognizer's loss, the
        penalty, and the faces that are identified correctly among all subjects.
    """
    state, data, local = setup.state, setup.data, slice_of(setup, batch)

    # Gallery: embedded anew in each step, because the head has moved since the last one.
    gallery = state.head(data.gallery if local.enrolled is None else data.gallery[local.enrolled])

    # Generator: less recognized in its designs by the head as it is.
    features, cosines, loss = _generator_step(setup, local, gallery.detach())

    # Identification: the same faces searched among all, before the head learns from them.
    hits = _identified(setup, local, features, cosines) if batch.searched else loss.new_zeros(())

    # Recognizer: more recognized by the head, on the features of the faces just drawn.
    learned = _recognizer_step(setup, local, features, gallery[: data.trained])
    return torch.stack([*(local.faces * value for value in (loss, *learned)), hits])


def slice_of(setup: Setup, batch: Batch) -> LocalBatch:
    """Return this rank's slice of a batch: faces by position, and the designs they wear."""
    device, size = setup.state.device, len(batch.subjects)
    share = setup.ranks.share(size)
    own = slice(share.start, share.stop)
    enrolled, labels = None, batch.subjects
    if batch.others is not None:
        enrolled = torch.cat([batch.subjects, batch.others]).to(device)
        labels = torch.arange(size)
    return LocalBatch(
        subjects=batch.subjects[own],
        latents=batch.latents.roll(-share.start, 0)[: share.stop - share.start].to(device),
        enrolled=enrolled,
        labels=labels[own].to(device),
        faces=share.faces,
        weight=share.faces / size,
    )


def _generator_step(
    setup: Setup, local: LocalBatch, gallery: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Improve the generator; return trunk features, cosines with the gallery, and the loss."""
    state, settings = setup.state, setup.state.settings

    # Designs worn: drawn from latents, put on the photos where the masks are.
    worn = _worn(setup, local.subjects, state.generator(local.latents))

    # Target: head of the trunk's features. Held-out subjects are enrolled where identification is
    # measured, never where anything learns.
    features = _features(setup, setup.trunk, setup.data.crop(worn, local.subjects.numpy()))
    embeddings = state.head(features)
    cosines = embeddings @ gallery.T
    compared = [cosines[:, : setup.data.trained]]

    # Surrogates: the same photos, each in its own crop; they keep their own templates.
    for surrogate in setup.surrogates:
        enrolled = surrogate.gallery
        enrolled = enrolled if local.enrolled is None else enrolled[local.enrolled]
        seen = surrogate.crop(worn, local.subjects.numpy())
        compared.append(surrogate.head(_features(setup, surrogate.trunk, seen)) @ enrolled.T)

    # Loss: the mean over recognizers; its gradient goes to the generator alone.
    named = [recognition_loss(one, local.labels, settings.logit_scale) for one in compared]
    loss = -torch.stack(named).mean()
    state.generator_optimizer.zero_grad()
    weights = list(state.generator.parameters())
    torch.autograd.backward(loss, inputs=weights)
    setup.ranks.average(weights, local.weight)
    state.generator_optimizer.step()
    return features.detach(), cosines.detach(), loss.detach()


def _recognizer_step(
    setup: Setup, local: LocalBatch, generated: Tensor, gallery: Tensor
) -> tuple[Tensor, Tensor]:
    """Improve the head on its sources; return its loss and penalty.

    The loss is the sum over the sources of their mean cross-entropy, and 0 without sources.
    """
    state, data, rule = setup.state, setup.data, setup.state.settings.penalty
    weight = state.head.get_parameter("weight")
    penalty = head_penalty(weight, state.initial, rule.reduction, rule.anchor)
    if not state.learns:
        return torch.zeros_like(penalty), penalty

    # Probes: designs worn, plain masks, no mask; all but the first are stored features.
    stored = {"generated": generated, "masked": data.masked, "unmasked": data.gallery}
    sources, rows = state.settings.recognizer_learns_from, local.subjects.to(state.device)
    probes = [stored[one] if one == "generated" else stored[one][rows] for one in sources]

    # Loss: the gradient flows through probes and gallery, both embedded by the same head.
    embeddings = state.head(torch.cat(probes))
    labels = local.labels.repeat(len(sources))
    scale = state.settings.logit_scale
    loss = len(sources) * recognition_loss(embeddings @ gallery.T, labels, scale)
    state.head_optimizer.zero_grad()
    torch.autograd.backward(loss + rule.weight * penalty, inputs=[weight])
    setup.ranks.average([weight], local.weight)
    state.head_optimizer.step()
    return loss.detach(), penalty.detach()


def _worn(setup: Setup, subjects: Tensor, designs: Tensor) -> Tensor:
    """Return photos ``[b, 3, S, S]`` of the subjects wearing the designs in turn."""
    data, device = setup.data, setup.state.device
    rows = data.rows[subjects.numpy()]
    faces = data.faces.images(rows).to(device, memory_format=torch.channels_last)
    transparency = data.faces.transparencies(rows).to(device)
    worn = wear(faces, transparency, in_turn(designs, len(rows)))
    return worn.contiguous(memory_format=torch.channels_last)


def _features(setup: Setup, trunk: TrunkPass, seen: Tensor) -> Tensor:
    """Return a trunk's features ``[b, F]``, computed with the arithmetic of the settings."""
    with autocast(setup.state.arithmetic, setup.state.device):
        features = trunk(seen)
    return features.float()


def _identified(setup: Setup, local: LocalBatch, features: Tensor, cosines: Tensor) -> Tensor:
    """Return how many faces are identified correctly among all subjects."""
    count = local.faces
    if local.enrolled is None:  # everyone is in the gallery of the losses already
        return (cosines.argmax(1) == local.labels)[:count].sum()
    own = local.subjects[:count].to(features.device)
    hits = count_identified(setup.state.head, features[:count], own, setup.data.gallery)
    return torch.tensor(hits, device=features.device)
