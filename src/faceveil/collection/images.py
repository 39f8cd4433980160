"""One photo from disk: PNG, JPEG or WebP becomes plain RGB; what cannot is refused and says why."""

import errno
import struct
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin, UnidentifiedImageError

Pixels = NDArray[np.uint8]
"""A photo ``[H, W, 3]``, RGB, or one channel of it ``[H, W]``."""

Scalar = TypeVar("Scalar", np.uint8, np.float32)
Answer = TypeVar("Answer")

LEAST_SIDE = 32
"""Photos with a shorter side show no face that could be measured."""

MOST_PIXELS = 100_000_000
"""More are refused unread: a small file can claim a photo that fills the memory."""

LARGEST = 1024
"""Longest side, in pixels, of what any later stage needs of a whole photo: the most that
``curate.image_size`` may be."""

FORMATS = ("PNG", "JPEG", "WEBP")

OTHER_FORMATS = {
    b"GIF8": "GIF", b"BM": "BMP", b"II*\0": "TIFF", b"MM\0*": "TIFF", b"\xff\x0a": "JPEG XL",
    b"ftypavif": "AVIF", b"ftypavis": "AVIF", b"ftyphe": "HEIC", b"ftypmif1": "HEIC",
    b"ftypmsf1": "HEIC", b"ftypcr": "CR3",
}  # fmt: skip
"""Formats that are not read, by how their files begin; ``ftyp`` comes after four bytes."""

PNG_START = b"\x89PNG\r\n\x1a\n"

PNG_END, JPEG_END = b"IEND", b"\xff\xd9"
"""What stands near the end of a file that is all there; WebP says its length at its start."""

TAIL = 1024
"""Bytes at the end of a file in which that is looked for: some programs add a few of their own."""

MOST_TEXT = 64_000_000
"""Bytes of text that Pillow unpacks of a PNG; one with more is read without its texts."""

PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY = MOST_TEXT

METADATA = (b"tEXt", b"zTXt", b"iTXt", b"iCCP")
"""Parts of a PNG that hold texts and the colour profile."""

DRAFTED = 2048
"""A JPEG that is shrunk is decoded at no less than so many pixels a side: small ones in full."""

BAND = 512
"""Rows that are brought to RGB at a time."""

SAME_SHAPE = 0.02
"""Relative difference of two aspect ratios that rounding may cause."""

ORIENTATION, ON_ITS_SIDE = 0x0112, (5, 6, 7, 8)
"""The EXIF tag that says how a photo is turned, and its values where the width is the height."""

UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_90,
}  # fmt: skip
"""What turns a photo upright, by that tag's value."""

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
    "missing_file", "empty_file", "not_an_image", "other_format", "damaged_image", "too_small",
    "too_large",
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

    def read(image: Image.Image) -> Header:
        width, height = image.size[::-1] if _turned(image) in ON_ITS_SIDE else image.size
        header = Header(width, height, image.mode, image.has_transparency_data)
        if whole or not _has_end(path, str(image.format)):
            image.load()
        return header

    return _with_image(path, read)


def same_shape(first: tuple[int, int], second: tuple[int, int]) -> bool:
    """Return whether two sizes, in pixels, differ by scale and rounding only."""
    return abs(first[0] * second[1] / (first[1] * second[0]) - 1) <= SAME_SHAPE


def read_image(path: Path, longest: int | None = None) -> Pixels:
    """Read a photo, uint8 ``[H, W, 3]``, upright as its EXIF says; transparent parts are white.

    Args:
        path: a PNG, JPEG or WebP file.
        longest: a photo whose longer side has more pixels is shrunk to it; see :func:`fit`.

    Raises:
        UnreadableImageError: with one of :data:`REASONS`.
    """
    pixels = _in_colour(_decoded(path, longest))
    return pixels if longest is None else fit(pixels, longest)


def _in_colour(image: Image.Image) -> Pixels:
    """Return an image as RGB, made in bands: each step of the way is a copy."""
    pixels = np.empty((image.height, image.width, 3), dtype=np.uint8)
    for top in range(0, image.height, BAND):
        bottom = min(top + BAND, image.height)
        pixels[top:bottom] = _band(image.crop((0, top, image.width, bottom)))
    return pixels


def _band(image: Image.Image) -> Pixels:
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


def format_of(path: Path) -> str:
    """Return which format of :data:`OTHER_FORMATS` a file has; empty if none or not readable."""
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError:
        return ""
    known = (name for begin, name in OTHER_FORMATS.items() if _begins(start, begin))
    return next(known, "")


def _begins(start: bytes, begin: bytes) -> bool:
    return start[4 if begin.startswith(b"ftyp") else 0 :].startswith(begin)


def _decoded(path: Path, longest: int | None = None) -> Image.Image:
    def read(image: Image.Image) -> Image.Image:
        if longest is not None:
            # Does something to JPEG alone: it is decoded at 1/2, 1/4 or 1/8 of its size.
            image.draft(None, (max(longest, DRAFTED), max(longest, DRAFTED)))
        image.load()
        turn = UPRIGHT.get(_turned(image))
        return image if turn is None else image.transpose(turn)

    return _with_image(path, read)


def _turned(image: Image.Image) -> int:
    """Return how a photo is turned, as EXIF counts it; upright, where EXIF is damaged."""
    try:
        # The method of a PNG would decode it first; this one knows orientations in XMP as well.
        turned = Image.Image.getexif(image).get(ORIENTATION, 1)
    except (SyntaxError, ValueError, TypeError, struct.error, OSError, EOFError, KeyError):
        return 1
    return turned if isinstance(turned, int) else 1


def _with_image(path: Path, read: Callable[[Image.Image], Answer]) -> Answer:
    """Open an image and read it; what a PNG says besides its pixels decides nothing."""
    with _reasons(path):
        try:
            with _opened(path, path) as image:
                return read(image)
        except (UnidentifiedImageError, SyntaxError, ValueError):
            bare = _without_metadata(path)
            if bare is None:
                raise
        with _opened(path, bare) as image:
            return read(image)


def _without_metadata(path: Path) -> BytesIO | None:
    """Return a PNG without texts and profile, which may be damaged or too long; None if no PNG."""
    bare = BytesIO(PNG_START)
    with path.open("rb") as file:
        if file.read(len(PNG_START)) != PNG_START:
            return None
        bare.seek(0, 2)
        while len(head := file.read(8)) == 8:
            length = int.from_bytes(head[:4], "big") + 4  # and its check sum
            if head[4:] in METADATA:
                file.seek(length, 1)
            else:
                bare.write(head + file.read(length))
    bare.seek(0)
    return bare


def _opened(path: Path, source: Path | IO[bytes]) -> Image.Image:
    """Open a file that claims a sensible size; nothing is decoded."""
    if path.stat().st_size == 0:
        raise UnreadableImageError("empty_file")
    with warnings.catch_warnings():
        # Pillow warns below the limit that is enforced here, and over a table on the terminal.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        image = Image.open(source, formats=FORMATS)
    if image.width * image.height > MOST_PIXELS:
        raise UnreadableImageError("too_large")
    if min(image.size) < LEAST_SIDE:
        raise UnreadableImageError("too_small")
    return image


def _has_end(path: Path, kind: str) -> bool:
    """Return whether a file reaches to its end."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if kind == "WEBP":
            return size >= 8 + int.from_bytes(file.read(8)[4:], "little")
        file.seek(max(0, size - TAIL))
        return (PNG_END if kind == "PNG" else JPEG_END) in file.read()


@contextmanager
def _reasons(path: Path) -> Iterator[None]:
    """Turn whatever Pillow raises into a reason of the closed list."""
    try:
        yield
    except UnidentifiedImageError:
        raise UnreadableImageError("other_format" if format_of(path) else "not_an_image") from None
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
