"""A chart page as a printer, a cloth and a camera would show it, with the truth about each step."""

from dataclasses import dataclass, field
from functools import cache
from io import BytesIO

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, map_coordinates

from faceveil.printing.pages import PAPERS, PrintedDesign, chart_origin, chart_page

DPI = 130
PIXEL = 25.4 / DPI
INKS = np.array([(0.86, 0.09, 0.05), (0.06, 0.84, 0.10), (0.04, 0.12, 0.84)])
PAPER = np.array([0.96, 0.94, 0.90])


def a_texture(seed: int = 0, height: int = 126, width: int = 144) -> np.ndarray:
    """A colourful texture without any symmetry, float32 ``[3, H, W]``."""
    noise = np.random.default_rng(seed).standard_normal((3, height, width))
    smooth = gaussian_filter(noise, (0, 4, 4), mode="nearest")
    return np.clip(0.5 + 0.25 * smooth / smooth.std(), 0.05, 0.93).astype(np.float32)


def page_pixels(texture: np.ndarray, paper: str = "a4") -> np.ndarray:
    """The chart page as it is sent to the printer, float64 ``[H, W, 3]`` in [0, 1]."""
    figure = chart_page(PrintedDesign("a-design", texture), PAPERS[paper]).figure
    content = BytesIO()
    figure.savefig(content, format="png", dpi=DPI)
    return np.asarray(Image.open(content).convert("RGB")) / 255.0


def inked(srgb: np.ndarray) -> np.ndarray:
    """What a printer and a cloth make of colours ``[..., 3]``: dot gain, mixing, tint, black."""
    ink = 1 - srgb
    gained = ink + 0.18 * 4 * ink * (1 - ink) * 0.5
    mixed = 1 - (1 - gained) @ INKS.T
    return PAPER * (1 - 0.84 * np.clip(mixed, 0, 1)) ** 1.08


@dataclass(frozen=True)
class Camera:
    """How the page is photographed: a turn in quarters, perspective, waves in the cloth, light."""

    quarters: int = 0
    tilt: float = 0.08  # how much smaller the far edge is
    roll: float = 0.03  # radians
    wave_mm: float = 0.8
    shade: float = 0.2  # how much darker one side is
    blur: float = 0.8  # pixels
    noise: float = 0.015
    quality: int = 85
    paper: str = "a4"
    seed: int = 0
    size: tuple[int, int] = field(default=(1700, 1300))

    def page_mm(self, at: np.ndarray) -> np.ndarray:
        """Where on the page pixels ``[..., 2]`` of the unturned photo look: the truth."""
        height, width = self.size
        sheet = np.array(PAPERS[self.paper])
        x, y = (at[..., 0] + 0.5) / width - 0.5, (at[..., 1] + 0.5) / height - 0.5
        c, s = np.cos(self.roll), np.sin(self.roll)
        x, y = (c * x * width + s * y * height) / width, (c * y * height - s * x * width) / height
        far = 1 + self.tilt * (y + 0.4 * x)
        page = np.stack([x, y], axis=-1) / far[..., None] * sheet * 1.12 + sheet / 2
        ripple = np.sin(page[..., ::-1] / (sheet[::-1] / 5) + 1.0)
        return page + self.wave_mm * ripple


@cache
def sample_page(paper: str) -> np.ndarray:
    """The page of the texture that stands for any."""
    return page_pixels(a_texture(), paper)


def photograph(camera: Camera, texture: np.ndarray | None = None) -> np.ndarray:
    """The printed page in a photo, float32 ``[H, W, 3]``; around it lies a dark table."""
    sent = sample_page(camera.paper) if texture is None else page_pixels(texture, camera.paper)
    page = gaussian_filter(inked(sent), (0.7, 0.7, 0))
    height, width = camera.size
    pixels = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(float)
    at = np.moveaxis(camera.page_mm(pixels) / PIXEL - 0.5, -1, 0)[::-1]
    layers = [map_coordinates(page[..., i], at, order=1, cval=0.25) for i in range(3)]
    seen = gaussian_filter(np.stack(layers, axis=-1), (camera.blur, camera.blur, 0))
    seen *= (1 - camera.shade * pixels[..., :1] / width) * np.array([1.0, 0.97, 0.93])
    rng = np.random.default_rng(camera.seed)
    noisy = np.clip(seen + camera.noise * rng.standard_normal(seen.shape), 0, 1)
    content = BytesIO()
    Image.fromarray(np.round(255 * noisy).astype(np.uint8)).save(
        content, format="JPEG", quality=camera.quality
    )
    shown = np.asarray(Image.open(content)).astype(np.float32) / 255
    return np.ascontiguousarray(np.rot90(shown, camera.quarters))


def unturned(at: np.ndarray, camera: Camera) -> np.ndarray:
    """Pixels ``[..., 2]`` of a turned photo as pixels of the unturned one."""
    height, width = camera.size
    x, y = at[..., 0], at[..., 1]
    places = {
        0: (x, y),
        1: (width - 1 - y, x),
        2: (width - 1 - x, height - 1 - y),
        3: (y, height - 1 - x),
    }
    return np.stack(places[camera.quarters], axis=-1)


def chart_mm(at: np.ndarray, camera: Camera) -> np.ndarray:
    """Where on the chart pixels of a photo look: the truth."""
    return camera.page_mm(unturned(at, camera)) - np.array(chart_origin(PAPERS[camera.paper]))
