"""All ONNX operators that dlir imports, by name, and those it takes apart first."""

from __future__ import annotations

from .operator import Build, BuildStructure
from .ops import (
    bits,
    contraction,
    control,
    einsum,
    elementwise,
    flex_attention,
    losses,
    machine_learning,
    microsoft,
    movement,
    ngrams,
    normalization,
    ordering,
    pooling,
    quantization,
    random,
    recurrent,
    reduction,
    resize,
    sampling,
    scatter,
    selection,
    sequence,
    signal,
    slicing,
    source,
    transposed,
    unpooling,
    vision,
)

STANDARD_DOMAINS = ("", "ai.onnx")

OPERATORS: dict[str, Build] = {
    **bits.OPERATORS,
    **contraction.OPERATORS,
    **einsum.OPERATORS,
    **elementwise.OPERATORS,
    **losses.OPERATORS,
    **movement.OPERATORS,
    **ngrams.OPERATORS,
    **normalization.OPERATORS,
    **ordering.OPERATORS,
    **pooling.OPERATORS,
    **quantization.OPERATORS,
    **random.OPERATORS,
    **recurrent.OPERATORS,
    **reduction.OPERATORS,
    **resize.OPERATORS,
    **sampling.OPERATORS,
    **signal.OPERATORS,
    **scatter.OPERATORS,
    **selection.OPERATORS,
    **slicing.OPERATORS,
    **source.OPERATORS,
    **transposed.OPERATORS,
    **unpooling.OPERATORS,
    **vision.OPERATORS,
}

DOMAINS: dict[str, dict[str, Build]] = {
    **dict.fromkeys(STANDARD_DOMAINS, OPERATORS),
    "ai.onnx.ml": machine_learning.OPERATORS,
    "ai.onnx.preview": {},
    "com.microsoft": microsoft.OPERATORS,
}
"""The operators of each domain that dlir knows."""

STRUCTURES: dict[str, BuildStructure] = {
    **control.OPERATORS,
    **flex_attention.OPERATORS,
    **sequence.OPERATORS,
}
"""Operators with subgraphs, or on more than tensors; `OPERATORS` has some for tensors, too."""

SIZED: frozenset[str] = frozenset(
    {"ConstantOfShape", "Expand", "Range", "Reshape", "Slice", "Tile"}
)
"""Operators whose shape operands may be computed while the program runs."""

EXPANDED: frozenset[str] = frozenset(
    {
        "Attention",
        "LinearAttention",
        "MeanVarianceNormalization",
        "RotaryEmbedding",
        "SwiGLU",
    }
)
"""Operators that are replaced by the definition the ONNX standard gives for them."""
