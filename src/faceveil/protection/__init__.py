"""What turns photos into protected photos."""
