"""What a texture minimises: how like themselves its wearers look, and how rough it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

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

    @property
    def named(self) -> dict[str, str]:
        """``name`` and ``fingerprint`` of the recognizer."""
        return {"name": self.recognizer.name, "fingerprint": self.recognizer.fingerprint}

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
        wrong.append(_nearest_other(found, labels) >= one.threshold)
    return torch.stack(wrong).float().mean(0)


def harm(
    evaded: Sequence[Evaded], cosines: Sequence[Tensor], labels: Tensor, margin: float
) -> Tensor:
    """Return how far beyond what is harmless the most similar other person is, ``[B]``.

    The mean over recognizers, in units of a match, and 0 where nobody else comes closer to a match
    than ``margin`` of these units: training people rarely match, others then do. Other arguments as
    in :func:`own_cosine`.
    """
    beyond = []
    for one, found in zip(evaded, cosines, strict=True):
        above = one.likeness(_nearest_other(found, labels) - one.threshold)
        beyond.append((above + margin).relu())
    return torch.stack(beyond).mean(0)


def _nearest_other(found: Tensor, labels: Tensor) -> Tensor:
    """Return the greatest of cosines ``[B, T]`` that is not with one's own template, ``[B]``."""
    return found.scatter(1, labels[:, None], -1.0).amax(1)


def total_variation(textures: Tensor) -> Tensor:
    """Return the mean step between neighbouring texels, down and across, of each texture.

    ``[C, 3, H, W]`` to ``[C]``; L. Rudin, S. Osher, E. Fatemi, "Nonlinear total variation based
    noise removal algorithms" (1992), with absolute differences of each direction.
    """
    down = (textures[:, :, 1:] - textures[:, :, :-1]).abs().mean(dim=(1, 2, 3))
    across = (textures[:, :, :, 1:] - textures[:, :, :, :-1]).abs().mean(dim=(1, 2, 3))
    return down + across


def strangers_likeness(
    evaded: Sequence[Evaded],
    seen: Sequence[Tensor],
    labels: Tensor,
    others: Sequence[Tensor],
    whose: Tensor,
) -> Tensor:
    """Return how much more alike people in designs look than bare strangers, ``[B]``.

    Of each photo the mean over all other people's, and over recognizers, of the squared cosine
    above that of strangers, in units of a match: 0 where nobody looks more alike than bare
    strangers, 1 where everybody is at the threshold.

    Args:
        evaded: R recognizers.
        seen: what each saw, unit vectors ``[B, E]``.
        labels: int64 ``[B]``, who is on each photo.
        others: what each saw of the photos to compare with, ``[N, E]``.
        whose: int64 ``[N]``.
    """
    apart = (labels[:, None] != whose[None]).float()
    found = []
    for one, mine, theirs in zip(evaded, seen, others, strict=True):
        excess = one.likeness(mine @ theirs.T - one.nonmated).relu().square()
        found.append((excess * apart).sum(1) / apart.sum(1).clamp_min(1))
    return torch.stack(found).mean(0)
