"""All ONNX operators that dlir imports, by name, and those it takes apart first."""

from __future__ import annotations

from .operator import Build
from .ops import (
    bits,
    contraction,
    einsum,
    elementwise,
    movement,
    normalization,
    pooling,
    quantization,
    recurrent,
    reduction,
    resize,
    slicing,
    source,
    transposed,
)

OPERATORS: dict[str, Build] = {
    **bits.OPERATORS,
    **contraction.OPERATORS,
    **einsum.OPERATORS,
    **elementwise.OPERATORS,
    **movement.OPERATORS,
    **normalization.OPERATORS,
    **pooling.OPERATORS,
    **quantization.OPERATORS,
    **recurrent.OPERATORS,
    **reduction.OPERATORS,
    **resize.OPERATORS,
    **slicing.OPERATORS,
    **source.OPERATORS,
    **transposed.OPERATORS,
}

EXPANDED: frozenset[str] = frozenset(
    {
        "Attention",
        "CausalConvWithState",
        "CenterCropPad",
        "MeanVarianceNormalization",
        "RotaryEmbedding",
        "SwiGLU",
    }
)
"""Operators that are replaced by the definition the ONNX standard gives for them."""
