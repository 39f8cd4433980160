"""One photo from disk: any PNG or JPEG becomes plain RGB; what cannot is refused, with a reason."""

import errno
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

Pixels = NDArray[np.uint8]
"""A photo ``[H, W, 3]``, RGB, or one channel of it ``[H, W]``."""

Scalar = TypeVar("Scalar", np.uint8, np.float32)

LEAST_SIDE = 32
"""Photos with a shorter side show no face that could be measured."""

MOST_PIXELS = 100_000_000
"""More are refused unread: a small file can claim a photo that fills the memory."""

FORMATS = ("PNG", "JPEG")

PNG_END, JPEG_END = b"IEND", b"\xff\xd9"
"""What stands near the end of a file that is all there."""

TAIL = 1024
"""Bytes at the end of a file in which that is looked for: some programs add a few of their own."""

SAME_SHAPE = 0.02
"""Relative difference of two aspect ratios that rounding may cause."""

ORIENTATION, ON_ITS_SIDE = 0x0112, (5, 6, 7, 8)
"""The EXIF tag that says how a photo is turned, and its values where the width is the height."""

MASK_LABEL = 2
"""Value of a label image where the mask is."""

LABEL_MODES = ("P", "L")
"""Colour modes whose pixels are labels."""

DAMAGE = (None, errno.EINVAL, errno.EISDIR)
"""Error numbers of what Pillow raises by itself, of a seek to where a damaged file points, and of a
folder with the name of an image."""

NOWHERE = (errno.ENOENT, errno.ELOOP, errno.ENOTDIR)
"""Error numbers of a link that leads to no file."""

SIXTEEN_BIT = ("I;16", "I;16B", "I;16L", "I;16N", "I")


class UnreadableImageError(Exception):
    """A file that gives no photo; the message is the reason, one word of a closed list."""


REASONS = (
    "missing_file", "empty_file", "not_an_image", "damaged_image", "too_small", "too_large",
    "not_labels", "no_mask_label", "not_a_cutout", "other_shape", "no_coordinates",
)  # fmt: skip
"""Why a file is of no use; ``other_shape``: labels or a cut-out that do not fit their photo."""


class Header(NamedTuple):
    """What an image file says about itself; its size is in pixels, of the photo upright."""

    width: int
    height: int
    mode: str  # Pillow's name of the colour mode, as RGB, L or RGBA
    transparent: bool  # whether any of it may be


def read_header(path: Path, whole: bool = False) -> Header:
    """Read what an image says about itself, decoding as little as will show that it can be read.

    A file that lacks its format's end is decoded to see whether it can be; others only if asked.
    """
    with _reasons(path), _opened(path) as image:
        # The method of a PNG would decode it first; this one knows orientations in XMP as well.
        turned = Image.Image.getexif(image).get(ORIENTATION, 1)
        width, height = image.size[::-1] if turned in ON_ITS_SIDE else image.size
        header = Header(width, height, image.mode, image.has_transparency_data)
        if whole or not _has_end(path, PNG_END if image.format == "PNG" else JPEG_END):
            image.load()
    return header


def same_shape(first: tuple[int, int], second: tuple[int, int]) -> bool:
    """Return whether two sizes, in pixels, differ by scale and rounding only."""
    return abs(first[0] * second[1] / (first[1] * second[0]) - 1) <= SAME_SHAPE


def read_image(path: Path) -> Pixels:
    """Read a photo, uint8 ``[H, W, 3]``, upright as its EXIF says; transparent parts are white."""
    image = _decoded(path)
    if image.mode in SIXTEEN_BIT:
        # Converting would clip at 255 instead of scaling.
        image = Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8))
    elif image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return np.asarray(image.convert("RGB"))


def read_alpha(path: Path) -> Pixels:
    """Read where a cut-out shows something, uint8 ``[H, W]``, 255 where it is opaque.

    One that is equally opaque everywhere, as an image without transparency is, is no cut-out.
    """
    alpha = read_cutout(path)[..., 3]
    if alpha.min() == alpha.max():
        raise UnreadableImageError("not_a_cutout")
    return alpha


def read_cutout(path: Path) -> Pixels:
    """Read a cut-out, uint8 ``[H, W, 4]``; alpha is 255 where it is opaque."""
    return np.asarray(_decoded(path).convert("RGBA"))


def read_labels(path: Path) -> Pixels:
    """Read the palette's index, or the grey value, of each pixel of a label image ``[H, W]``."""
    image = _decoded(path)
    if image.mode not in LABEL_MODES:
        raise UnreadableImageError("not_labels")
    labels = np.asarray(image)
    if not (labels == MASK_LABEL).any():
        raise UnreadableImageError("no_mask_label")
    return labels


def read_stacked(path: Path) -> NDArray[np.uint16]:
    """Read the mask coordinates of a photo, uint16 ``[3, H, W]``, stacked as 16 bits of grey."""
    image = _decoded(path)
    if image.mode not in SIXTEEN_BIT or image.height % 3:
        raise UnreadableImageError("no_coordinates")
    return np.asarray(image).astype(np.uint16).reshape(3, -1, image.width)


def resize(
    pixels: NDArray[Scalar],
    height: int,
    width: int,
    box: tuple[float, float, float, float] | None = None,
) -> NDArray[Scalar]:
    """Resize ``[H, W, 3]`` or ``[H, W]``, antialiased (Lanczos; triangle for one channel).

    The box is left, top, right and bottom of the part that is taken, in pixels inside the image, in
    fractions of one too; all of it if not said.
    """
    if box is None and pixels.shape[:2] == (height, width):
        return pixels
    photo = pixels.ndim == 3
    # One channel is a transparency: Lanczos would ring beside its edge.
    kernel = Image.Resampling.LANCZOS if photo else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(pixels).resize((width, height), kernel, box))


def fit(pixels: Pixels, longest: int) -> Pixels:
    """Shrink a photo, if it is larger, until its longest side is ``longest``; keep its shape."""
    height, width = pixels.shape[:2]
    scale = min(1.0, longest / max(height, width))
    return resize(pixels, max(1, round(height * scale)), max(1, round(width * scale)))


def _decoded(path: Path) -> Image.Image:
    with _reasons(path):
        image = _opened(path)
        image.load()
        return ImageOps.exif_transpose(image)


def _opened(path: Path) -> Image.Image:
    """Open a file that claims a sensible size; nothing is decoded."""
    if path.stat().st_size == 0:
        raise UnreadableImageError("empty_file")
    with warnings.catch_warnings():
        # Pillow warns below the limit that is enforced here, and over a table on the terminal.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        image = Image.open(path, formats=FORMATS)
    if image.width * image.height > MOST_PIXELS:
        raise UnreadableImageError("too_large")
    if min(image.size) < LEAST_SIDE:
        raise UnreadableImageError("too_small")
    return image


def _has_end(path: Path, end: bytes) -> bool:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL))
        return end in file.read()


@contextmanager
def _reasons(path: Path) -> Iterator[None]:
    """Turn whatever Pillow raises into a reason of the closed list."""
    try:
        yield
    except UnidentifiedImageError:
        raise UnreadableImageError("not_an_image") from None
    except Image.DecompressionBombError:
        raise UnreadableImageError("too_large") from None
    except OSError as error:
        if error.errno in NOWHERE:
            raise UnreadableImageError("missing_file") from None
        if error.errno not in DAMAGE:
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise UnreadableImageError("damaged_image") from None
    except (SyntaxError, ValueError, EOFError, struct.error):
        # What Pillow raises for a file that ends early or contradicts itself.
        raise UnreadableImageError("damaged_image") from None
