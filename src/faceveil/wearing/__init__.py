"""Putting a design on a photo: transparency and composition."""
