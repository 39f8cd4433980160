"""The training loops, their seeding and their checkpoints."""
