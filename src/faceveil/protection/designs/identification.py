"""Searching a gallery for the most similar person, in memory that does not grow with people."""

import torch
from torch import Tensor, nn

from faceveil.runtime.ranks import Ranks

PROBES_AT_ONCE = 8192
"""Probes per search: each time the whole gallery passes the head anew."""

ENROLLED_AT_ONCE = 8192
"""Gallery rows whose embeddings are held at once."""

COMPARED_AT_ONCE = 1024
"""Probes whose cosines are held at once."""

GALLERY_ROWS_PER_FACE = 64
"""Gallery rows that pass the head per face trained on: about 2 % of the face's trunk pass."""


@torch.no_grad()
def identify(head: nn.Module, probes: Tensor, gallery: Tensor) -> Tensor:
    """Return the gallery row that is most similar to each probe, int64 ``[P]``.

    Args:
        head: from features to unit embeddings.
        probes: float32 features ``[P, F]``; all their embeddings are held at once.
        gallery: float32 features ``[G, F]``; they pass the head once, in parts.
    """
    embedded = [head(part) for part in torch.split(probes, COMPARED_AT_ONCE)]
    best = torch.full((len(probes),), -torch.inf, device=probes.device)
    found = torch.zeros(len(probes), dtype=torch.int64, device=probes.device)
    for start in range(0, len(gallery), ENROLLED_AT_ONCE):
        enrolled = head(gallery[start : start + ENROLLED_AT_ONCE]).T
        nearest = [(part @ enrolled).max(1) for part in embedded]
        cosines = torch.cat([near.values for near in nearest])
        rows = torch.cat([near.indices for near in nearest]) + start
        found = torch.where(cosines > best, rows, found)
        best = torch.maximum(cosines, best)
    return found


def count_identified(head: nn.Module, probes: Tensor, labels: Tensor, gallery: Tensor) -> int:
    """Return how many probes are identified correctly at rank 1 among everyone enrolled.

    Features as in :func:`identify`; labels are int64 ``[P]``, each probe's own row in the gallery.
    """
    parts = zip(
        torch.split(probes, PROBES_AT_ONCE), torch.split(labels, PROBES_AT_ONCE), strict=True
    )
    return sum(int((identify(head, part, gallery) == own).sum()) for part, own in parts)


def rank_1_accuracy(
    head: nn.Module, probes: Tensor, labels: Tensor, gallery: Tensor, ranks: Ranks
) -> float:
    """Return the share of probes identified correctly, in [0, 1]; each rank searches its part."""
    share = ranks.share(len(labels))
    part = slice(share.start, share.start + share.faces)
    count = count_identified(head, probes[part], labels[part], gallery)
    return int(ranks.total(torch.tensor(count, device=labels.device))) / len(labels)


def identification_interval(enrolled: int, batch_size: int, steps: int) -> int:
    """Return after how many steps the faces of one are searched among everyone; 1 is each step.

    Where the losses are among a sample of people, no step needs everyone. The faces of so many
    steps are searched, each with the head as it is then, that no more than
    :data:`GALLERY_ROWS_PER_FACE` enrolled people pass the head per face trained on: what the search
    costs does not grow with their number. At least one of the ``steps`` of an epoch is searched.
    """
    return min(steps, -(-enrolled // (GALLERY_ROWS_PER_FACE * batch_size)))
