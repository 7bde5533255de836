"""A compiler toolkit for deep learning: MLIR text at every level, from model to machine code."""
