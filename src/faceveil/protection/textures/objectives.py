"""What a texture minimises: how like themselves its wearers look, and how rough it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from faceveil.recognition.recognizer import Recognizer


@dataclass(frozen=True)
class Evaded:
    """A recognizer with the training people enrolled, whom a texture must hide from it.

    Attributes:
        recognizer: gives gradients and never learns.
        templates: unit vectors ``[T, E]``, of each person the mean of bare faces.
        threshold: least cosine that is a match, at a false match rate among bare training people.
        nonmated: mean cosine of two of them.
    """

    recognizer: Recognizer
    templates: Tensor
    threshold: float
    nonmated: float

    def likeness(self, cosines: Tensor) -> Tensor:
        """Return cosines in units of a match: 1 at threshold if strangers look as unlike as ever.

        Cosines of two recognizers have different ranges; divided by what lies between two
        strangers and a match, they weigh the same.
        """
        return cosines / (self.threshold - self.nonmated)


def own_cosine(evaded: Sequence[Evaded], cosines: Sequence[Tensor], labels: Tensor) -> Tensor:
    """Return how like themselves people look, the mean over recognizers, ``[B]``.

    Args:
        evaded: R recognizers.
        cosines: of each, ``[B, T]`` between photos and all templates.
        labels: int64 ``[B]``, whose template is each photo's own.
    """
    own = [
        one.likeness(found.gather(1, labels[:, None])[:, 0])
        for one, found in zip(evaded, cosines, strict=True)
    ]
    return torch.stack(own).mean(0)


def false_matches(evaded: Sequence[Evaded], cosines: Sequence[Tensor], labels: Tensor) -> Tensor:
    """Return the share of recognizers that match each photo with somebody else, ``[B]``.

    Arguments as in :func:`own_cosine`.
    """
    wrong = []
    for one, found in zip(evaded, cosines, strict=True):
        others = found.scatter(1, labels[:, None], -1.0)
        wrong.append(others.amax(1) >= one.threshold)
    return torch.stack(wrong).float().mean(0)


def total_variation(textures: Tensor) -> Tensor:
    """Return the mean step between neighbouring texels, down and across, of each texture.

    ``[C, 3, H, W]`` to ``[C]``; L. Rudin, S. Osher, E. Fatemi, "Nonlinear total variation based
    noise removal algorithms" (1992), with absolute differences of each direction.
    """
    down = (textures[:, :, 1:] - textures[:, :, :-1]).abs().mean(dim=(1, 2, 3))
    across = (textures[:, :, :, 1:] - textures[:, :, :, :-1]).abs().mean(dim=(1, 2, 3))
    return down + across


def mean_pairwise_cosine(vectors: Tensor) -> Tensor:
    """Return the mean cosine over all pairs of D vectors ``[D, E]``, in [-1 / (D - 1), 1].

    Of the mean shifts of several designs, worn minus own template, it says how alike they move
    whoever wears them: 1 where one shift, subtracted, undoes them all. From the sum of the unit
    vectors: its square is D and twice the sum over pairs.

    Raises:
        ValueError: if there are fewer than two.
    """
    count = len(vectors)
    if count < 2:
        raise ValueError(f"pairs need two vectors or more, not {count}")
    whole = functional.normalize(vectors, dim=1).sum(0)
    return (whole.square().sum() - count) / (count * (count - 1))
