"""Designs on paper and cloth: patterns in true millimetres, and what a print of them looks like."""
