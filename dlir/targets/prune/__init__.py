"""Pruning a model as a command: what goes, what that costs, and how small the weights become."""
