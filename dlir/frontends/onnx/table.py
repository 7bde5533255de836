"""All ONNX operators that dlir imports, by name, and those it takes apart first."""

from __future__ import annotations

from .operator import Build
from .ops import (
    contraction,
    einsum,
    elementwise,
    movement,
    normalization,
    pooling,
    recurrent,
    reduction,
    slicing,
    source,
    transposed,
)

OPERATORS: dict[str, Build] = {
    **contraction.OPERATORS,
    **einsum.OPERATORS,
    **elementwise.OPERATORS,
    **movement.OPERATORS,
    **normalization.OPERATORS,
    **pooling.OPERATORS,
    **recurrent.OPERATORS,
    **reduction.OPERATORS,
    **slicing.OPERATORS,
    **source.OPERATORS,
    **transposed.OPERATORS,
}

EXPANDED: frozenset[str] = frozenset(
    {
        "Attention",
        "CausalConvWithState",
        "Celu",
        "CenterCropPad",
        "MeanVarianceNormalization",
        "RotaryEmbedding",
        "SwiGLU",
        "ThresholdedRelu",
    }
)
"""Operators that are replaced by the definition the ONNX standard gives for them."""
