"""What the generator and the recognizer strive for, and the penalty that holds the recognizer back.

Losses look at cosines between probes and gallery rows. Logits are ``scale * cosine``: similarity,
so the most similar wrong person weighs most.
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Objective = Callable[[Tensor, Tensor], Tensor]
"""From cosines ``[B, G]`` and the gallery column of each probe's own person ``[B]`` to a loss."""


def build_objective(name: str, scale: float, margin: float) -> Objective:
    """Return the generator's objective; lower is better for the generator.

    Args:
        name: ``cross_entropy`` (published: maximize it), ``non_saturating``, ``margin`` or
            ``cosine``.
        scale: ``s`` in the logits ``s * cosine``.
        margin: kappa of the margin objective, in logits; the others ignore it.
    """
    objectives: dict[str, Objective] = {
        "cross_entropy": lambda cosines, labels: -recognition_loss(cosines, labels, scale),
        "non_saturating": lambda cosines, labels: non_saturating(scale * cosines, labels),
        "margin": lambda cosines, labels: margin_over_others(scale * cosines, labels, margin),
        "cosine": own_similarity,
    }
    return objectives[name]


def recognition_loss(cosines: Tensor, labels: Tensor, scale: float) -> Tensor:
    """Return the mean cross-entropy of identifying each probe, ``CE(s * cos, y)``.

    Args:
        cosines: ``[B, G]`` in [-1, 1].
        labels: int64 ``[B]``, the gallery column of each probe's person.
        scale: ``s``, the inverse temperature.
    """
    return functional.cross_entropy(scale * cosines, labels)


def non_saturating(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean of ``-log(1 - p_y)``; its gradient fades only where nobody is recognized.

    ``1 - p_y`` is a ratio of two sums of exponentials, and stays exact where ``p_y`` rounds to 1.
    """
    others = _without_own(logits, labels)
    return (logits.logsumexp(1) - others.logsumexp(1)).mean()


def margin_over_others(logits: Tensor, labels: Tensor, margin: float) -> Tensor:
    """Return the mean of ``relu(l_y - max_{j != y} l_j + margin)`` (Carlini and Wagner, 2017)."""
    own = logits.gather(1, labels[:, None])[:, 0]
    nearest = _without_own(logits, labels).amax(1)
    return functional.relu(own - nearest + margin).mean()


def own_similarity(cosines: Tensor, labels: Tensor) -> Tensor:
    """Return the mean cosine with the own gallery row; nobody else needs to be enrolled."""
    return cosines.gather(1, labels[:, None]).mean()


def head_penalty(
    weight: Tensor,
    initial: Tensor,
    reduction: Literal["mean", "sum"],
    anchor: Literal["initial", "zero"],
) -> Tensor:
    """Return the L1 norm of the head's weights ``[E, F]``, or of how far they moved, as a scalar.

    ``mean`` and ``initial`` is sound: ``mean |W - W0|``. ``sum`` and ``zero`` is the published one:
    over 917,504 weights some 10,000, so that even times 0.01 it outweighs a cross-entropy of at
    most 7 and pulls the head to zero.
    """
    distance = (weight - initial if anchor == "initial" else weight).abs()
    return distance.mean() if reduction == "mean" else distance.sum()


def _without_own(logits: Tensor, labels: Tensor) -> Tensor:
    own = torch.zeros_like(logits, dtype=torch.bool).scatter(1, labels[:, None], True)
    return logits.masked_fill(own, float("-inf"))
