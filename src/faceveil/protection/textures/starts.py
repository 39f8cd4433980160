"""What textures begin with: plain grey, noise, or the lower face of somebody who does not exist."""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from threadpoolctl import threadpool_limits
from torch import Tensor

from faceveil.params.cloth_training import ClothTraining, Start
from faceveil.rendering.lower_face import drawn_lower_face
from faceveil.runtime.parallel import map_in_order
from faceveil.runtime.seeding import generator_for, stream_seed

FEW = 12
"""Starts that are drawn here: for fewer, more processes take longer to start than they save."""


def draw_starts(settings: ClothTraining, numbers: Sequence[int]) -> Tensor:
    """Draw starts by number, float32 ``[N, 3, H, W]`` in [0, 1]; each depends on its number alone.

    Faces are those of people rendered for this alone: their stream is no collection's, so that
    nobody who lends a face is ever enrolled. Processes share them.
    """
    return STARTS[settings.start](settings, numbers)


def _grey(settings: ClothTraining, numbers: Sequence[int]) -> Tensor:
    """All grey, with so little noise that two of them do not stay the same."""
    return 0.5 + 0.01 * (_noise(settings, numbers) - 0.5)


def _noise(settings: ClothTraining, numbers: Sequence[int]) -> Tensor:
    streams = [generator_for(settings.seed, "start", number) for number in numbers]
    size = (3, settings.height, settings.width)
    return torch.stack([torch.rand(size, generator=stream) for stream in streams])


def _lower_face(settings: ClothTraining, numbers: Sequence[int]) -> Tensor:
    seeds = [stream_seed(settings.seed, "lender", number) for number in numbers]
    draw = partial(drawn_lower_face, height=settings.height, width=settings.width)
    with threadpool_limits(1):  # as workers have: more add up in another order
        faces = list(map_in_order(draw, seeds, "starts", FEW))
    return torch.stack([torch.from_numpy(face) for face in faces])


STARTS: dict[Start, Callable[[ClothTraining, Sequence[int]], Tensor]] = {
    "grey": _grey,
    "noise": _noise,
    "lower_face": _lower_face,
}
"""What draws starts, by name."""
