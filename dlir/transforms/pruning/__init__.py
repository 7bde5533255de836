"""The parts of `dl-prune`: which weights there are, what goes, and what is told about it."""
