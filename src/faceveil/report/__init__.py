"""One page and the design cards, from what all stages measured."""
