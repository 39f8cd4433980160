"""Surrogates: further recognizers that a generator must evade at once; none of them ever learns.

A design that one recognizer alone teaches may use what only that recognizer sees; X. Liu et al.,
"Delving into transferable adversarial examples and black-box attacks" (2017), trained against
several at once.
"""

from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True)
class Surrogate:
    """A recognizer beside the target, with the training people enrolled.

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
