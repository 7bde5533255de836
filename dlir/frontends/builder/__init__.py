"""What frontends build `dl` functions with: ops in order, sizes known in part, weights by name."""
