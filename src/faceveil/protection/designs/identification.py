"""Naming faces among everyone enrolled, in memory that does not grow with the number of people."""

import torch
from torch import Tensor, nn

from faceveil.runtime.ranks import Ranks

FACES = 8192
"""Faces named at once: each time the whole gallery passes the head anew."""

ENROLLED = 8192
"""Gallery rows whose embeddings are held at once."""

COMPARED = 1024
"""Faces whose cosines are held at once."""

PASSES = 64
"""Gallery rows that pass the head per face played: together about 2 % of the face's trunk pass."""


def count_hits(head: nn.Module, probes: Tensor, labels: Tensor, gallery: Tensor) -> int:
    """Return how many probes a head names correctly among everyone enrolled.

    Args:
        head: from features to unit embeddings.
        probes: float32 ``[P, F]``, features of the photos to name.
        labels: int64 ``[P]``, each one's row in the gallery.
        gallery: float32 ``[G, F]``, features of the enrolled photos.
    """
    pairs = zip(torch.split(probes, FACES), torch.split(labels, FACES), strict=True)
    return sum(int((named(head, part, gallery) == own).sum()) for part, own in pairs)


@torch.no_grad()
def named(head: nn.Module, probes: Tensor, gallery: Tensor) -> Tensor:
    """Return the gallery row that is most similar to each probe, int64 ``[P]``.

    Args:
        head: from features to unit embeddings.
        probes: float32 ``[P, F]``; all their embeddings are held at once.
        gallery: float32 ``[G, F]``; it passes the head once, in parts.
    """
    embedded = [head(part) for part in torch.split(probes, COMPARED)]
    best = torch.full((len(probes),), -torch.inf, device=probes.device)
    found = torch.zeros(len(probes), dtype=torch.int64, device=probes.device)
    for start in range(0, len(gallery), ENROLLED):
        enrolled = head(gallery[start : start + ENROLLED]).T
        nearest = [(part @ enrolled).max(1) for part in embedded]
        cosines = torch.cat([near.values for near in nearest])
        rows = torch.cat([near.indices for near in nearest]) + start
        found = torch.where(cosines > best, rows, found)
        best = torch.maximum(cosines, best)
    return found


def share_of_hits(
    head: nn.Module, probes: Tensor, labels: Tensor, gallery: Tensor, ranks: Ranks
) -> float:
    """Return the share of probes named correctly, in [0, 1]; each rank names its part of them."""
    share = ranks.share(len(labels))
    part = slice(share.start, share.start + share.faces)
    hits = count_hits(head, probes[part], labels[part], gallery)
    return int(ranks.total(torch.tensor(hits, device=labels.device))) / len(labels)


def steps_between_calls(enrolled: int, batch_size: int, steps: int) -> int:
    """Return after how many steps the faces of one are named among everyone; 1 is each step.

    Where the losses are among a sample of people, no step needs everyone. So many steps name their
    faces, each with the head as it is then, that all enrolled people pass the head no more than
    :data:`PASSES` times per face played: what naming costs does not grow with their number.

    Args:
        enrolled: people in the gallery.
        batch_size: faces per step.
        steps: steps of an epoch; at least one of them is named.
    """
    return min(steps, -(-enrolled // (PASSES * batch_size)))
