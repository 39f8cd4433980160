"""Names of the stores of translated photos, beside those of protections that were taken off."""

PUT_ON, BACK = "put_on", "back"
"""Stores of faces with a mask put on, and of these with it taken off again."""

TAKE_OFF = "take_off"
"""What is said of photos whose masks were taken off; their stores have the protections' names."""
