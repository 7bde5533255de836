"""Attentions with every kind of size, mask and batch."""

from __future__ import annotations

from functools import partial

from numeric.cases import Case, Scaled

from dlir.dialects.dl.ops.attention import AdditiveAttentionOp, AttentionOp

OPERANDS = (
    "2?x3x5?x4 2?x3x7?x4 2?x3x7?x6",
    "5x4 17x4 17x3",
    "2x1x4 1x65x4 65x4",
    "3x4 1x4 1x1",
)
"""q, k and v."""
MASKS = ("2?x1x1x7?", "5x17", "65", "1x1")
EMPTY = ("0?x4 5x4 5x3", "3x0 5x0 5x2", "2x3x4 2x0?x4 2x0?x3")
"""No queries, rows of no numbers, no keys."""


def attention_cases(e: str) -> list[Case]:
    cases: list[Case] = []
    for shapes, mask in zip(OPERANDS, MASKS, strict=True):
        types = _types(shapes, e)
        weighted = f"{types} {shapes.split()[0].rpartition('x')[2]}x{e}"
        for name, operands, make in (
            ("attention", types, AttentionOp),
            ("additive_attention", weighted, AdditiveAttentionOp),
        ):
            cases.append(Case(name, operands, make, Scaled(65)))
            cases.append(Case(name, operands, make, Scaled(65), True))
            cases.append(Case(name, f"{operands} {mask}x{e}", _scaled(make), Scaled(65)))
            filled = partial(make, fill=-9.0)
            cases.append(Case(name, f"{operands} {mask}xi1", filled, Scaled(65)))
    for shapes in EMPTY:
        types = _types(shapes, e)
        cases.append(Case("attention", types, AttentionOp, Scaled(65)))
        width = shapes.split()[0].rpartition("x")[2]
        cases.append(
            Case("additive_attention", f"{types} {width}x{e}", AdditiveAttentionOp, Scaled(65))
        )
    return cases


def _types(shapes: str, e: str) -> str:
    return " ".join(f"{shape}x{e}" for shape in shapes.split())


def _scaled(make: type[AttentionOp] | type[AdditiveAttentionOp]):
    return partial(make, scale=0.5) if make is AttentionOp else make
