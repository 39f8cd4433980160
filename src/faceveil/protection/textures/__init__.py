"""Designs as textures in mask coordinates, and how they are found."""
