"""Partners: further recognizers that a generator must evade at once; none of them ever learns.

A design that one recognizer alone teaches may use what only that recognizer sees; X. Liu et al.,
"Delving into transferable adversarial examples and black-box attacks" (2017), trained against
several at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from faceveil.store.faces import PackedFaces


@dataclass(frozen=True)
class Partner:
    """A recognizer beside the one that plays, with the training people enrolled.

    Attributes:
        trunk: from photos ``[B, 3, S, S]`` in [0, 1] to features ``[B, F]``; frozen.
        head: from features to unit embeddings ``[B, E]``; frozen.
        gallery: float32 ``[T, E]``, row ``i`` the template of training person ``i``.
    """

    trunk: nn.Module
    head: nn.Module
    gallery: Tensor

    def cosines(self, features: Tensor) -> Tensor:
        """Return the cosines ``[B, T]`` of trunk features with the training people."""
        found: Tensor = self.head(features) @ self.gallery.T
        return found


def enroll_partner(
    partner: nn.Module,
    unmasked: PackedFaces,
    subject_ids: Sequence[str],
    device: torch.device,
    batch_size: int = 64,
) -> Partner:
    """Freeze a recognizer and compute the templates of the training people, once.

    Args:
        partner: has a ``trunk`` and a ``head``; it is moved, frozen and put into eval mode.
        unmasked: unmasked photos, of at least these people.
        subject_ids: the training people, in the order of their numbers.
        device: where the game is played.
        batch_size: photos per forward pass; changes nothing but memory.

    Raises:
        FaceveilError: if a person has no unmasked photo.
    """
    partner = partner.to(device).eval().requires_grad_(False)
    trunk, head = partner.get_submodule("trunk"), partner.get_submodule("head")
    rows = unmasked.rows_of(subject_ids)
    with torch.no_grad():
        parts = [
            head(trunk(unmasked.images(rows[start : start + batch_size]).to(device)))
            for start in range(0, len(rows), batch_size)
        ]
    return Partner(trunk, head, torch.cat(parts).float())
