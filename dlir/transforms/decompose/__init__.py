"""Longer formulas of the pass `dl-decompose`."""
