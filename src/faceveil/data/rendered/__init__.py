"""Rendered people: faces that nobody owns, drawn from numbers, in the real data sets' layouts."""
