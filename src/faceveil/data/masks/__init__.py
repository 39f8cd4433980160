"""Masks put on photos of people who wear none: templates, the head they lie on, collections."""
