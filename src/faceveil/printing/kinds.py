"""The kinds of masks that can be printed, by name."""

from collections.abc import Callable
from dataclasses import dataclass

from faceveil.params.errors import FaceveilError
from faceveil.printing import gaiter, instructions, pleated, two_piece
from faceveil.printing.instructions import Wording
from faceveil.printing.pieces import Piece


@dataclass(frozen=True)
class Kind:
    """A kind of mask.

    Attributes:
        pieces: returns its pieces of cloth.
        wording: what its instructions say.
    """

    pieces: Callable[[], list[Piece]]
    wording: Wording


KINDS = {
    "pleated": Kind(pleated.pieces, instructions.PLEATED),
    "two_piece": Kind(two_piece.pieces, instructions.TWO_PIECE),
    "gaiter": Kind(gaiter.pieces, instructions.GAITER),
}


def kind_of(name: str) -> Kind:
    """Return a kind of mask."""
    if name not in KINDS:
        raise FaceveilError(f"--kind: unknown kind {name!r}; allowed are {', '.join(KINDS)}")
    return KINDS[name]
