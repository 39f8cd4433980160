"""Designs as their generators draw them."""

from faceveil.protection.designs.drawn import DrawnDesigns


class Design(DrawnDesigns):
    """The designs that are judged."""
