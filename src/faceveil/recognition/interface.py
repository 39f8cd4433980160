"""What every recognizer offers, whatever network stands behind it."""

from typing import Protocol

import torch


class Recognizer(Protocol):
    """A frozen trunk, the head on top of it, and both in one call.

    Images are float32 ``[B, 3, H, W]`` in [0, 1], RGB; the recognizer's own normalization is its
    own business. Embeddings have unit length, so that their dot product is the cosine similarity.
    """

    def trunk(self, images: torch.Tensor, /) -> torch.Tensor:
        """Return the trunk features ``[B, F]`` of images."""

    def head(self, features: torch.Tensor, /) -> torch.Tensor:
        """Return the unit embeddings ``[B, E]`` of trunk features."""

    def embed(self, images: torch.Tensor, /) -> torch.Tensor:
        """Return the unit embeddings ``[B, E]`` of images: the head of the trunk."""
