"""One photo from disk: any PNG or JPEG becomes plain RGB; what cannot is refused, with a reason."""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

LEAST_SIDE = 32
"""Photos with a shorter side show no face that could be measured."""

MOST_PIXELS = 100_000_000
"""More are refused unread: a small file can claim a photo that fills the memory."""

FORMATS = ("PNG", "JPEG")
SIXTEEN_BIT = ("I;16", "I;16B", "I;16L", "I;16N", "I")


class UnreadableImageError(Exception):
    """A file that gives no photo; the message is the reason, one word of a closed list."""


REASONS = (
    "missing_file",
    "empty_file",
    "not_an_image",
    "damaged_image",
    "too_small",
    "too_large",
    "not_labels",
)
"""Every reason that reading may give."""


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read a photo as RGB, upright as its EXIF says; transparent parts become white.

    Returns:
        uint8 ``[H, W, 3]``.

    Raises:
        UnreadableImageError: with one of :data:`REASONS`.
    """
    return np.asarray(_plain(_decoded(path)))


def read_alpha(path: Path) -> NDArray[np.uint8]:
    """Read the transparency of a cut-out: where it shows something.

    Returns:
        uint8 ``[H, W]``, 255 where the cut-out is opaque.

    Raises:
        UnreadableImageError: with one of :data:`REASONS`.
    """
    return np.asarray(_decoded(path).convert("RGBA"))[..., 3]


def read_labels(path: Path) -> NDArray[np.uint8]:
    """Read a label image: the palette's index, or the grey value, of each pixel.

    Returns:
        uint8 ``[H, W]``.

    Raises:
        UnreadableImageError: with one of :data:`REASONS`.
    """
    image = _decoded(path)
    if image.mode not in ("P", "L"):
        raise UnreadableImageError("not_labels")
    return np.asarray(image)


def resize(pixels: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Resize uint8 ``[H, W, 3]`` or ``[H, W]``, antialiased (Lanczos; triangle for one channel)."""
    if pixels.shape[:2] == (height, width):
        return pixels
    photo = pixels.ndim == 3
    # One channel is a transparency: Lanczos would ring beside its edge.
    kernel = Image.Resampling.LANCZOS if photo else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(pixels).resize((width, height), kernel))


def fit(pixels: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """Shrink a photo, if it is larger, until its longest side is ``longest``; keep its shape."""
    height, width = pixels.shape[:2]
    scale = min(1.0, longest / max(height, width))
    return resize(pixels, max(1, round(height * scale)), max(1, round(width * scale)))


def _decoded(path: Path) -> Image.Image:
    """Open a file, decode all of it and turn it upright."""
    try:
        if path.stat().st_size == 0:
            raise UnreadableImageError("empty_file")
        image = Image.open(path, formats=FORMATS)
        _check_size(image)
        image.load()
        return ImageOps.exif_transpose(image)
    except FileNotFoundError:
        raise UnreadableImageError("missing_file") from None
    except UnidentifiedImageError:
        raise UnreadableImageError("not_an_image") from None
    except Image.DecompressionBombError:
        raise UnreadableImageError("too_large") from None
    except (OSError, SyntaxError, ValueError, EOFError, struct.error):
        # What Pillow raises for a file that ends early or contradicts itself.
        raise UnreadableImageError("damaged_image") from None


def _check_size(image: Image.Image) -> None:
    if image.width * image.height > MOST_PIXELS:
        raise UnreadableImageError("too_large")
    if min(image.size) < LEAST_SIDE:
        raise UnreadableImageError("too_small")


def _plain(image: Image.Image) -> Image.Image:
    """Turn any colour mode into RGB."""
    if image.mode in SIXTEEN_BIT:
        # Converting would clip at 255 instead of scaling.
        grey = np.asarray(image).astype(np.uint32) >> 8
        return Image.fromarray(grey.astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        colour = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, colour).convert("RGB")
    return image.convert("RGB")
