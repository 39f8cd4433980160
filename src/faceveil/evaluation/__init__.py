"""Protocols, controls and the accuracy table."""
