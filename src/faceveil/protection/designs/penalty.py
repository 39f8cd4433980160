"""The L1 penalty on the recognizer's head."""

from typing import Literal

from torch import Tensor

Reduction = Literal["mean", "sum"]
Anchor = Literal["initial", "zero"]


def head_penalty(weight: Tensor, initial: Tensor, reduction: Reduction, anchor: Anchor) -> Tensor:
    """Return the L1 norm of the head's weights, or of how far they moved, as a scalar.

    ``mean`` and ``initial`` is sound: ``mean |W - W0|``. ``sum`` and ``zero`` is the published one:
    over 917,504 weights some 10,000, so that even times 0.01 it outweighs a cross-entropy of at
    most 7 and pulls the head to zero.

    Args:
        weight: the head's weights, ``[E, F]``.
        initial: the same before training, without gradient.
        reduction: over all weights.
        anchor: what the weights are drawn to.
    """
    distance = (weight - initial if anchor == "initial" else weight).abs()
    return distance.mean() if reduction == "mean" else distance.sum()
