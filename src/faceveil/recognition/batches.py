"""What a recognizer learns from: batches with a fixed share of masks, warped and lit anew."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from faceveil.params.errors import FaceveilError
from faceveil.params.recognizers import RecognizerSettings
from faceveil.store.faces import PackedFaces

TURN, ZOOM, SHIFT = 0.06, 0.04, 0.02
"""Largest in-plane turn in radians, change of size, and shift as a share of the photo."""

CONTRAST, BRIGHTNESS, TINT = 0.2, 0.1, 0.05
"""Largest change of contrast, of brightness and of a colour channel, as shares of full range."""

NOISE = 0.04
"""Largest deviation of a photo's noise, as a share of full range: what a nearly grey design has.

Without it, the recognizer loses people to noise that nobody would see, and any design defeats it.
"""

COVERED = 0.25
"""Share of the photos whose lower face is hidden behind a rectangle of any colour.

Without it a plain black mask already defeats the recognizer, and a design has nothing to add.
"""

COVER_TOP, COVER_BOTTOM = (0.48, 0.58), (0.78, 0.90)
COVER_LEFT, COVER_RIGHT = (0.18, 0.32), (0.68, 0.82)
"""Ranges of the rectangle's sides, as shares of the photo: about where a mask is worn."""

SMALL_SIZE, SMALL_SHARE = 0.75, 0.75
"""Size of the small photos as a share of the full one, and share of the steps that see them."""

SMALLEST = 80
"""Least height and width, in pixels, that photos are made small to."""


def background_rows(faces: PackedFaces, skip: int, people: int, keys: str) -> slice:
    """Return the rows of ``people`` background people, after the first ``skip`` of them.

    Args:
        faces: background photos; a packed store has those of a person side by side, by id.
        skip: people to leave out, the first by id.
        people: people to take, the next ones.
        keys: where the numbers come from, for the message.

    Raises:
        FaceveilError: if there are not as many people.
    """
    subjects = faces.rows["subject_id"].to_numpy(dtype=np.str_)
    there = np.unique(subjects)
    if len(there) < skip + people:
        raise FaceveilError(
            f"{keys} ask for {skip + people} background people, but "
            f"{len(there)} are curated; ask for fewer, or raise synthesize.background_people"
        )
    if (subjects[:-1] > subjects[1:]).any():
        raise FaceveilError("background photos are not sorted by person; run `dvc repro curate`")
    chosen = there[skip : skip + people]
    start = np.searchsorted(subjects, chosen[0], side="left")
    return slice(int(start), int(np.searchsorted(subjects, chosen[-1], side="right")))


def take_rows(faces: PackedFaces, rows: slice) -> PackedFaces:
    """Return consecutive photos, still memory-mapped."""
    kept = faces.rows.iloc[rows].reset_index(drop=True)
    return replace(faces, pixels=faces.pixels[rows], rows=kept, transparency=None)


def wearing_masks(faces: PackedFaces) -> NDArray[np.bool_]:
    """Return which background photos wear masks, ``[N]``: their image_id ends in ``_Mask``."""
    return faces.rows["image_id"].str.endswith("_Mask").to_numpy(dtype=np.bool_)


class Batches:
    """Endless batches of rows, each with the same share of masks.

    Photos with and without masks are drawn apart. Each of the two is shuffled anew when all its
    photos were drawn, so that they are seen equally often.
    """

    def __init__(
        self, worn: NDArray[np.bool_], settings: RecognizerSettings, generator: torch.Generator
    ) -> None:
        """Tell photos with masks from those without.

        Raises:
            FaceveilError: if the share asks for photos that there are none of.
        """
        masked = round(settings.masked_share * settings.batch_size)
        self._sizes = (settings.batch_size - masked, masked)
        self._rows = (
            torch.from_numpy(np.flatnonzero(~worn)),
            torch.from_numpy(np.flatnonzero(worn)),
        )
        for size, rows, what in zip(self._sizes, self._rows, ("without", "with"), strict=True):
            if size and not len(rows):
                raise FaceveilError(
                    f"masked_share: {settings.masked_share}, but no background photo is {what} a "
                    "mask; 0 learns from bare faces alone, 1 from masks alone"
                )
        self._generator = generator
        self.per_epoch = max(1, round(len(worn) / settings.batch_size))

    def __iter__(self) -> Iterator[NDArray[np.int64]]:
        """Yield rows ``[B]`` for ever, those without masks first."""
        drawn = [self._draw(r, s) for r, s in zip(self._rows, self._sizes, strict=True) if s]
        for parts in zip(*drawn, strict=True):
            yield torch.cat(parts).numpy()

    def _draw(self, rows: torch.Tensor, size: int) -> Iterator[torch.Tensor]:
        """Yield ``size`` rows at a time, shuffled whenever they are used up."""
        left = rows[:0]
        while True:
            while len(left) < size:
                left = torch.cat([left, rows[torch.randperm(len(rows), generator=self._generator)]])
            yield left[:size]
            left = left[size:]


def photo_sizes(full: int, steps: int) -> list[int]:
    """Return the height and width of the photos of each step: first small ones, then ``full``.

    Small photos cost about half, so that the same time has more steps; the last steps settle the
    weights and the batch-norm statistics for the size that is used afterwards (M. Tan, Q. Le,
    "EfficientNetV2", 2021, section 4, progressive learning).
    """
    small = max(SMALLEST, round(full * SMALL_SIZE))
    return [min(small, full) if step < int(steps * SMALL_SHARE) else full for step in range(steps)]


def augment(images: torch.Tensor, size: int, generator: torch.Generator) -> torch.Tensor:
    """Mirror, warp, resize and light each photo anew, add noise, and cover some lower faces.

    Arguments and result are those of :func:`distort`.
    """
    return cover(distort(images, size, generator), generator)


def distort(images: torch.Tensor, size: int, generator: torch.Generator) -> torch.Tensor:
    """Mirror, warp, resize and light each photo anew, and add noise.

    Args:
        images: float32 ``[B, 3, H, W]`` in [0, 1].
        size: height and width of the result, in pixels.
        generator: the random numbers, on the CPU, so that every device draws the same.

    Returns:
        float32 ``[B, 3, size, size]`` in [0, 1].
    """
    warps = _warps(len(images), generator).to(images)
    grid = functional.affine_grid(warps, [len(images), 3, size, size], align_corners=False)
    warped = functional.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
    gain = 1 + _uniform((len(images), 1, 1, 1), CONTRAST, generator)
    gains = gain + _uniform((len(images), 3, 1, 1), TINT, generator)
    shift = _uniform((len(images), 1, 1, 1), BRIGHTNESS, generator)
    lit = (warped - 0.5) * gains.to(images) + 0.5 + shift.to(images)
    deviation = NOISE * torch.rand((len(images), 1, 1, 1), generator=generator)
    noise = deviation * torch.randn(lit.shape, generator=generator)
    return (lit + noise.to(images)).clamp(0, 1)


def cover(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Hide the lower face of some photos behind a rectangle of one colour.

    After Z. Zhong et al., "Random Erasing Data Augmentation" (2020), where masks are worn in a
    whole photo, float32 ``[B, 3, S, S]``.
    """
    count, size = len(images), images.shape[2]
    chosen = torch.rand(count, generator=generator) < COVERED
    colours = torch.rand((count, 3, 1, 1), generator=generator)
    rows = _between(COVER_TOP, COVER_BOTTOM, count, size, generator)
    columns = _between(COVER_LEFT, COVER_RIGHT, count, size, generator)
    covered = rows[:, None, :, None] & columns[:, None, None, :] & chosen[:, None, None, None]
    return torch.where(covered.to(images.device), colours.to(images), images)


def _between(
    first: tuple[float, float],
    last: tuple[float, float],
    count: int,
    size: int,
    generator: torch.Generator,
) -> torch.Tensor:
    """Return which of ``size`` pixels lie between two sides drawn from ranges, bool ``[B, S]``."""
    centres = (torch.arange(size) + 0.5) / size
    low, high = (
        least + (most - least) * torch.rand((count, 1), generator=generator)
        for least, most in (first, last)
    )
    return (centres > low) & (centres < high)


def _warps(count: int, generator: torch.Generator) -> torch.Tensor:
    """Return affine maps ``[B, 2, 3]`` that mirror half of the photos, turn, zoom and shift."""
    mirror = 1 - 2 * torch.randint(2, (count,), generator=generator).float()
    turn = _uniform((count,), TURN, generator)
    zoom = 1 + _uniform((count,), ZOOM, generator)
    shift = _uniform((2, count), 2 * SHIFT, generator)  # the grid is two units wide
    cosine, sine = zoom * turn.cos(), zoom * turn.sin()
    first = torch.stack([mirror * cosine, -sine, shift[0]], dim=1)
    second = torch.stack([mirror * sine, cosine, shift[1]], dim=1)
    return torch.stack([first, second], dim=1)


def _uniform(shape: tuple[int, ...], bound: float, generator: torch.Generator) -> torch.Tensor:
    """Draw numbers in [-bound, bound)."""
    return (2 * torch.rand(shape, generator=generator) - 1) * bound
