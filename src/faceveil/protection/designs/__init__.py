"""Mask designs: generators, and their training against a recognizer."""
