"""The facemask itself: average head, pose, templates, and putting masks on photos."""
