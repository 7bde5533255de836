"""Rotary position embedding, of halves and of neighbours."""

from __future__ import annotations

from numeric.cases import Case, Scaled

from dlir.dialects.dl.ops.rotary import RotaryEmbeddingOp

SHAPES = (
    ("2?x3x5?x8", "5?x8"),
    ("1x2x3x6", "1x1x3x6"),
    ("3x2", "3x2"),
    ("4x34", "34"),
    ("0?x4", "4"),
)
"""Of x, and of cos and sin."""


def rotary_cases(element: str) -> list[Case]:
    return [
        Case(
            f"rotary_embedding {'interleaved' if interleaved else 'halves'}",
            f"{x}x{element} {angle}x{element} {angle}x{element}",
            lambda *xs, i=interleaved: RotaryEmbeddingOp(*xs, interleaved=i),
            Scaled(2),
        )
        for x, angle in SHAPES
        for interleaved in (False, True)
    ]
