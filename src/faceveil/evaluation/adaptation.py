"""The recognizer strikes back: it learns from labelled photos of people who wear the designs.

What learns is the head or, as an option, the trunk's last block with it. Photos pass the frozen
rest of the trunk once (:mod:`faceveil.evaluation.labelled_photos`) and never again.
"""

from collections.abc import Iterator
from copy import deepcopy

import torch
from torch import Tensor, nn

from faceveil.evaluation.labelled_photos import LabelledPhotos
from faceveil.params.strike_back import StrikeBack
from faceveil.protection.designs.objectives import recognition_loss
from faceveil.protection.designs.penalty import head_penalty
from faceveil.runtime.seeding import generator_for


class AdaptedTrunk(nn.Module):
    """A trunk whose last block learned: images ``[B, 3, S, S]`` to features ``[B, F]``.

    Attributes:
        start: the frozen part, from images to maps.
        block: from maps to features.
    """

    def __init__(self, start: nn.Module, block: nn.Module) -> None:
        super().__init__()
        self.start = start
        self.block = block

    def forward(self, images: Tensor) -> Tensor:
        """Turn images in [0, 1] into features."""
        features: Tensor = self.block(self.start(images))
        return features


def adapt_head(
    head: nn.Module, gallery: Tensor, photos: LabelledPhotos, settings: StrikeBack
) -> nn.Module:
    """Return a copy of the head that learned to name the people in the photos.

    Only ``head.weight`` learns, by Adam on the cross-entropy of ``logit_scale * cosine`` with the
    gallery, which is computed with the same head in every step.

    Args:
        head: from features ``[B, F]`` to unit embeddings; it stays as it is.
        gallery: float32 ``[G, F]``, trunk features of the enrolled photos that photos are compared
            with; where held-out people must stay unknown, of the training people alone.
        photos: trunk features ``[k, F]``, labelled with rows of the gallery; with none, the copy
            has the weights of ``head``.
        settings: how it learns.
    """
    adapted = deepcopy(head).eval().requires_grad_(False)
    _learn(adapted, [adapted.get_parameter("weight")], gallery, photos, settings)
    return adapted


def adapt_last_block(
    block: nn.Module,
    head: nn.Module,
    gallery: Tensor,
    photos: LabelledPhotos,
    settings: StrikeBack,
) -> tuple[nn.Module, nn.Module]:
    """Return copies of the trunk's last block and of the head that learned together.

    As :func:`adapt_head`, but ``gallery`` ``[G, C, h, w]`` and ``photos`` ``[k, C, h, w]`` are what
    the block sees, and all its weights learn; its batch-norm statistics stay.
    """
    adapted = nn.Sequential(deepcopy(block), deepcopy(head)).eval().requires_grad_(False)
    learned = [*adapted[0].parameters(), adapted[1].get_parameter("weight")]
    _learn(adapted, learned, gallery, photos, settings)
    return adapted[0], adapted[1]


def _learn(
    network: nn.Module,
    learned: list[nn.Parameter],
    gallery: Tensor,
    photos: LabelledPhotos,
    settings: StrikeBack,
) -> None:
    """Train some weights of a network from features or maps to embeddings; freeze them again."""
    if len(photos) == 0:
        return
    rule, clean = settings.penalty, settings.clean_share
    initial = _flat(learned).detach().clone()
    optimizer = torch.optim.Adam(learned, lr=settings.learning_rate, fused=True)
    for parameter in learned:
        parameter.requires_grad_(True)
    enrolled = _batches(len(gallery), settings, "enrolled")
    for worn, unmasked in zip(_batches(len(photos), settings, "worn"), enrolled, strict=True):
        templates = network(gallery)
        inputs, labels = photos.inputs[worn], photos.labels[worn]
        named = _naming_loss(network(inputs), templates, labels, settings)
        own = unmasked.to(labels.device)
        kept = _naming_loss(templates[own], templates, own, settings)
        penalty = head_penalty(_flat(learned), initial, rule.reduction, rule.anchor)
        optimizer.zero_grad()
        loss = (1 - clean) * named + clean * kept + rule.weight * penalty
        torch.autograd.backward(loss, inputs=learned)
        optimizer.step()
    network.requires_grad_(False).zero_grad()


def _naming_loss(probes: Tensor, templates: Tensor, labels: Tensor, settings: StrikeBack) -> Tensor:
    """Return the mean cross-entropy of naming probes after the templates."""
    return recognition_loss(probes @ templates.T, labels, settings.logit_scale)


def _flat(parameters: list[nn.Parameter]) -> Tensor:
    return torch.cat([parameter.flatten() for parameter in parameters])


def _batches(count: int, settings: StrikeBack, name: str) -> Iterator[Tensor]:
    """Deal ``count`` rows in random order, again and again, a batch for each step."""
    stream = generator_for(settings.seed, "strike_back", name)
    size, order = min(settings.batch_size, count), torch.empty(0, dtype=torch.int64)
    for _ in range(settings.steps):
        while len(order) < size:
            order = torch.cat([order, torch.randperm(count, generator=stream)])
        yield order[:size]
        order = order[size:]
