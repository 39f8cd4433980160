"""What a picture is made of before light falls on it: stacked layers with colour and shape."""

from dataclasses import dataclass

import numpy as np

from faceveil.data.rendered.noise import Array


@dataclass(frozen=True)
class Layer:
    """One thing in the picture.

    Attributes:
        albedo: Linear RGB [S, S, 3].
        cover: Opacity [S, S], 0..1.
        depth: Toward the camera [S, S], millimetres.
        normal: Unit normal [3, S, S] (x right, y down, z to the camera).
        gloss: Strength of a skin-like highlight [S, S].
        silk: Strength of a strand highlight [S, S].
    """

    albedo: Array
    cover: Array
    depth: Array
    normal: Array
    gloss: Array
    silk: Array


@dataclass(frozen=True)
class Scene:
    """The layers laid so far: the same arrays; `cover` is what hides the backdrop."""

    albedo: Array
    cover: Array
    depth: Array
    normal: Array
    gloss: Array
    silk: Array

    def lay(self, layer: Layer) -> None:
        """Put a layer on top."""
        cover = layer.cover
        self.cover[...] += cover * (1 - self.cover)
        self.albedo[...] += cover[..., None] * (layer.albedo - self.albedo)
        self.normal[...] += cover * (layer.normal - self.normal)
        self.depth[...] += cover * (layer.depth - self.depth)
        self.gloss[...] += cover * (layer.gloss - self.gloss)
        self.silk[...] += cover * (layer.silk - self.silk)


def empty(size: int) -> Scene:
    """A scene [size, size] with nothing in it."""
    flat = np.zeros((size, size), np.float32)
    facing = np.zeros((3, size, size), np.float32)
    facing[2] = 1
    black = np.zeros((size, size, 3), np.float32)
    return Scene(black, flat.copy(), flat - 150, facing, flat.copy(), flat.copy())
