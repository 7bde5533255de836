"""Sorting."""

RULES = {}
