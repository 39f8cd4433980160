"""Figures: charts and contact sheets of what stages made and measured."""
