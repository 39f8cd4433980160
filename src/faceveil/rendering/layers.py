"""What a picture is made of before light falls on it: stacked layers with colour and shape."""

from dataclasses import dataclass

import numpy as np

from faceveil.rendering.noise import Array
from faceveil.rendering.surface import View


@dataclass(frozen=True)
class Layer:
    """One thing in the picture, on the rays of its own view.

    Attributes:
        view: The part [H, W] of the picture that it may cover.
        albedo: Linear RGB [3, H, W].
        cover: Opacity [H, W], 0..1.
        depth: Toward the camera [H, W], millimetres.
        normal: Unit normal [3, H, W] (x right, y down, z to the camera).
        gloss: Strength of a skin-like highlight, [H, W] or one number.
        silk: Strength of a strand highlight, [H, W] or one number.
    """

    view: View
    albedo: Array
    cover: Array
    depth: Array
    normal: Array
    gloss: Array | float = 0.0
    silk: Array | float = 0.0


class Scene:
    """The layers laid so far, from back to front, on all rays of a view [S, S].

    Its planes are those of a :class:`Layer`; `cover` is the opacity of everything together.
    """

    def __init__(self, view: View) -> None:
        shape = view.x.shape
        self.view = view
        self.albedo: Array = np.zeros((3, *shape), np.float32)
        self.cover: Array = np.zeros(shape, np.float32)
        self.depth: Array = np.full(shape, -150, np.float32)
        self.normal: Array = np.zeros((3, *shape), np.float32)
        self.normal[2] = 1
        self.gloss: Array = np.zeros(shape, np.float32)
        self.silk: Array = np.zeros(shape, np.float32)

    def lay(self, layer: Layer) -> None:
        """Put a layer on top."""
        rows, columns = layer.view.part_of(self.view)
        self.cover[rows, columns] += layer.cover * (1 - self.cover[rows, columns])
        for below, value in (
            (self.albedo, layer.albedo),
            (self.normal, layer.normal),
            (self.depth, layer.depth),
            (self.gloss, layer.gloss),
            (self.silk, layer.silk),
        ):
            part = below[..., rows, columns]
            part += layer.cover * (value - part)
