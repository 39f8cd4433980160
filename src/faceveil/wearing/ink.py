"""Ink: how a printed colour differs from the one that was asked for.

Colours are float ``[B, 3, H, W]`` in [0, 1]; all is differentiable with respect to them.
"""

from collections.abc import Callable

from torch import Tensor

from faceveil.wearing.conditions import Conditions

Colours = Callable[[Tensor], Tensor]
"""A printer's colours: from wanted to printed ones, each ``[B, 3, H, W]`` in [0, 1]."""


def printed(wanted: Tensor, conditions: Conditions, colours: Colours | None = None) -> Tensor:
    """Return the printed colours: gain and offset of the ink, dot gain, then the gamut.

    Args:
        wanted: ``[B, 3, H, W]`` in [0, 1].
        conditions: of the B photos.
        colours: what a printer was measured to print, in place of dot gain and gamut.

    Returns:
        ``[B, 3, H, W]`` in [0, 1].
    """
    inked = mix_ink(wanted, conditions.ink_gain, conditions.ink_offset)
    if colours is not None:
        return colours(inked)
    return into_gamut(spread_dots(inked, conditions.dot_gain), conditions.gamut)


def mix_ink(wanted: Tensor, gain: Tensor, offset: Tensor) -> Tensor:
    """Return ``wanted * gain + offset``, both ``[B, 3]``, clipped to [0, 1]."""
    gains, offsets = (values.to(wanted)[:, :, None, None] for values in (gain, offset))
    return (wanted * gains + offsets).clamp(0, 1)


def spread_dots(inked: Tensor, dot_gain: Tensor) -> Tensor:
    """Darken mid-tones: dots of ink spread, and the share ``a`` that they cover grows.

    The growth is the parabola ``4 g a (1 - a)``, which is ``g`` where half is covered: the tone
    value increase of ISO 12647-1. White and full ink stay. ``dot_gain`` is ``[B]``, below 0.25, so
    that a darker colour is never printed lighter than a lighter one.
    """
    return inked - 4 * dot_gain.to(inked)[:, None, None, None] * inked * (1 - inked)


def into_gamut(inked: Tensor, gamut: Tensor) -> Tensor:
    """Clip to the darkest and the lightest printable value, ``[B, 2]``.

    A colour beyond has no gradient: keep designs within the gamut after each step of training.
    """
    darkest, lightest = gamut.to(inked)[:, :, None, None, None].unbind(1)
    return inked.clamp(darkest, lightest)
