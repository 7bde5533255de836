"""Sizes that become known: what `dl-specialize` and `dl-infer-shapes` share."""
