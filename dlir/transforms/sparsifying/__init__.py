"""The parts of `dl-sparsify`: encodings of a matrix, and what products with them cost."""
