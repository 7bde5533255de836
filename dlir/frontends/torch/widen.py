"""Sequences of operations that PyTorch does in f32 for f16 and bf16, rounding once at the end."""

from __future__ import annotations

from collections.abc import Callable

from xdsl.dialects.builtin import bf16, f16, f32
from xdsl.ir import Attribute

from dlir.frontends.builder.context import Context
from dlir.frontends.builder.values import Tensor

HALVES = (f16, bf16)


def wide(element: Attribute) -> Attribute:
    """The type to compute in."""
    return f32 if element in HALVES else element


def widened(context: Context, x: Tensor) -> Tensor:
    return context.cast(x, wide(x.element))


def in_wide(context: Context, step: Callable[..., Tensor], *xs: Tensor) -> Tensor:
    """`step(xs..)`, with operands and result of the element type of the first."""
    return context.cast(step(*(widened(context, x) for x in xs)), xs[0].element)
