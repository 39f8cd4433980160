"""How different the designs of a generator are: as pictures, and to a recognizer."""

from dataclasses import dataclass

import numpy as np
import torch

from faceveil.evaluation.trials import See
from faceveil.metrics.diversity import mean_pairwise_cosine_distance, mean_pairwise_rms


@dataclass(frozen=True)
class Diversity:
    """Mean distance over all pairs of designs.

    Attributes:
        designs: whose designs: ``generated`` or ``untrained``.
        generator: architecture.
        pixels: root mean square difference of pixels, in [0, 1].
        trunk: one minus the cosine of trunk features, in [0, 2].
        pairs: pairs of designs.
    """

    designs: str
    generator: str
    pixels: float
    trunk: float
    pairs: int


def diversity_of(
    name: str, generator: str, designs: torch.Tensor, see: See, batch_size: int
) -> Diversity | None:
    """Measure designs ``[K, 3, S, S]``, seen as whole pictures; None if there is only one."""
    count = len(designs)
    if count < 2:
        return None
    rows = np.arange(count).astype(np.int64)
    parts = [see(part, rows[:0]).cpu() for part in torch.split(designs, batch_size)]
    return Diversity(
        designs=name,
        generator=generator,
        pixels=_two_digits(mean_pairwise_rms(designs.flatten(1).numpy())),
        trunk=_two_digits(mean_pairwise_cosine_distance(torch.cat(parts).numpy())),
        pairs=count * (count - 1) // 2,
    )


def _two_digits(value: float) -> float:
    """Round to two significant digits: distances of designs that are alike are tiny."""
    return float(f"{value:.2g}")
