"""Translated photos that discriminators have seen before are shown to them again."""

import torch
from torch import Tensor

from faceveil.runtime.seeding import generator_for


class Pool:
    """Remembers photos, and gives back half of the time one of an earlier step for a new one.

    Source: A. Shrivastava et al., "Learning from Simulated and Unsupervised Images through
    Adversarial Training" (2017), section 2.3, as CycleGAN uses it.

    Attributes:
        photos: float32 ``[N, 3, S, S]`` in [0, 1], at most ``size`` of them.
    """

    def __init__(self, size: int, seed: int, name: str) -> None:
        self._size, self._stream = size, (seed, "pool", name)
        self.photos = torch.empty(0)

    def shown(self, made: Tensor, step: int) -> Tensor:
        """Return what a discriminator is shown for photos that were made in a step."""
        if self._size == 0:
            return made
        draw, out = generator_for(*self._stream, step), made.clone()
        for number, photo in enumerate(made):
            if len(self.photos) < self._size:
                self.photos = torch.cat([self.photos.to(made), photo[None]])
            elif torch.rand((), generator=draw) < 0.5:
                place = int(torch.randint(self._size, (), generator=draw))
                out[number] = self.photos[place]
                self.photos[place] = photo
        return out
