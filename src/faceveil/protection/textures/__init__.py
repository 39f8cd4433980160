"""Designs as textures in mask coordinates: where they start, what they minimise, how they are found."""
