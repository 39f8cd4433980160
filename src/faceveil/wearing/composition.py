"""Wearing a design: the photo everywhere but where the mask is, the design there."""

from torch import Tensor


def wear(faces: Tensor, transparency: Tensor, designs: Tensor) -> Tensor:
    """Return ``face * (1 - a) + design * a``, float ``[B, 3, S, S]`` in [0, 1].

    Args:
        faces: photos of people who wear a mask, ``[B, 3, S, S]`` in [0, 1].
        transparency: ``a``, 1 where the mask covers all, ``[B, 1, S, S]`` in [0, 1].
        designs: one design per face, ``[B, 3, S, S]`` in [0, 1].

    Raises:
        ValueError: if the shapes do not fit; nothing is ever broadcast over faces.
    """
    count, _, height, width = faces.shape
    if faces.shape[1] != 3 or designs.shape != faces.shape:
        raise ValueError(f"faces {tuple(faces.shape)} cannot wear designs {tuple(designs.shape)}")
    if transparency.shape != (count, 1, height, width):
        raise ValueError(
            f"transparency must be {(count, 1, height, width)}, not {tuple(transparency.shape)}"
        )
    return faces + transparency * (designs - faces)


def deal(designs: Tensor, count: int) -> Tensor:
    """Hand ``K`` designs out to ``count`` faces in turn: face ``i`` wears design ``i mod K``.

    Args:
        designs: ``[K, 3, S, S]``.
        count: number of faces.
    """
    rounds = -(-count // len(designs))
    return designs.repeat(rounds, 1, 1, 1)[:count] if rounds > 1 else designs[:count]
