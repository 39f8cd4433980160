"""Photos that a page carries inside itself."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from faceveil.params.errors import FaceveilError

QUALITY = 82
"""Of JPEG; a design of pure noise, the dearest thing to store, is told from the original by few."""

MOST_BYTES = 100_000
"""What one photo of the page may weigh."""


def jpeg_uri(photo: NDArray[np.float32], side: int = 160) -> str:
    """Return a photo as a ``data:`` address, made smaller to ``side`` pixels where it is larger.

    Args:
        photo: ``[S, S, 3]`` in [0, 1], RGB.
        side: largest height and width, in pixels.

    Raises:
        FaceveilError: if the JPEG is heavier than a page can bear.
    """
    levels = np.rint(np.clip(photo, 0, 1) * 255).astype(np.uint8)
    image = Image.fromarray(levels)
    if image.width > side:
        image = image.resize((side, side), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    # Full colour resolution: the colours of a design change from pixel to pixel.
    image.save(file, format="JPEG", quality=QUALITY, subsampling=0, optimize=True)
    if file.tell() > MOST_BYTES:
        raise FaceveilError(f"a photo of {side} px weighs {file.tell()} bytes; show it smaller")
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")
