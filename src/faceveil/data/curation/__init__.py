"""From a collection of photos to those that are kept: what is measured, and the verdicts."""
