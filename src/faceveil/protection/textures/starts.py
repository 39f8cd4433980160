"""What textures begin with: plain grey, noise, or the lower face of somebody who does not exist."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from faceveil.params.cloth_training import ClothTraining, Start
from faceveil.rendering.lower_face import lower_face
from faceveil.rendering.person import draw_person
from faceveil.runtime.seeding import generator_for, stream_seed


def draw_starts(settings: ClothTraining, count: int) -> Tensor:
    """Draw starts, float32 ``[count, 3, H, W]`` in [0, 1]; each depends on its number alone.

    Faces are those of people rendered for this alone: their stream is no collection's, so that
    nobody who lends a face is ever enrolled.
    """
    draw = STARTS[settings.start]
    return torch.stack([draw(settings, number) for number in range(count)])


def _grey(settings: ClothTraining, number: int) -> Tensor:
    """All grey, with so little noise that two of them do not stay the same."""
    return 0.5 + 0.01 * (_noise(settings, number) - 0.5)


def _noise(settings: ClothTraining, number: int) -> Tensor:
    stream = generator_for(settings.seed, "start", number)
    return torch.rand(3, settings.height, settings.width, generator=stream)


def _lower_face(settings: ClothTraining, number: int) -> Tensor:
    seed = stream_seed(settings.seed, "lender", number)
    person = draw_person(np.random.default_rng(seed))
    return torch.from_numpy(lower_face(person, settings.height, settings.width, seed))


STARTS: dict[Start, Callable[[ClothTraining, int], Tensor]] = {
    "grey": _grey,
    "noise": _noise,
    "lower_face": _lower_face,
}
"""What draws a start, by name."""
