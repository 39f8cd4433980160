"""Pure functions on arrays: identification, verification, segmentation, intervals."""
