"""Rewrites given as IR: PDL patterns read from a file; what `apply-patterns` is made of."""
