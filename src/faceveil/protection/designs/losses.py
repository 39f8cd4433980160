"""What the recognizer minimizes and the generator maximizes, and what holds the recognizer back.

The loss looks at cosines between probes and gallery rows. Logits are ``scale * cosine``, a
similarity, so that the most similar wrong person weighs most.
"""

from typing import Literal

from torch import Tensor
from torch.nn import functional


def recognition_loss(cosines: Tensor, labels: Tensor, scale: float) -> Tensor:
    """Return the mean cross-entropy of identifying each probe, ``CE(s * cos, y)``.

    Args:
        cosines: ``[B, G]`` in [-1, 1].
        labels: int64 ``[B]``, the gallery column of each probe's person.
        scale: ``s``, the inverse temperature.
    """
    return functional.cross_entropy(scale * cosines, labels)


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
