"""A compiler toolkit for deep learning: MLIR text at every level, from the model to machine code."""
