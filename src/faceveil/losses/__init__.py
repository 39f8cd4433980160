"""Recognition objectives and penalties."""
