"""Products over heads: `width * h + d` in a dimension that holds the numbers of all heads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import Operation

from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import GenericOp, IndexOp
from dlir.dialects.structured.roles import is_multiply_add


@dataclass(frozen=True)
class Heads:
    """The iterators over heads and over the numbers of one."""

    h: int
    d: int
    width: int
    """Numbers of a head."""


def heads_in(form: Linear, extents: Sequence[int]) -> Heads | None:
    """The heads of `width * h + d`, next to whatever else there is in the form."""
    dims = [d for d in form.dims if extents[d] > 1]
    inner = [d for d in dims if form.coefficients[d] == 1]
    if len(inner) != 1:
        return None
    width = extents[inner[0]]
    outer = [d for d in dims if d != inner[0] and form.coefficients[d] == width]
    return Heads(outer[0], inner[0], width) if len(outer) == 1 else None


def others_in(form: Linear, heads: Heads, extents: Sequence[int]) -> list[int]:
    """The other iterators of the form that move."""
    return [d for d in form.dims if d not in (heads.h, heads.d) and extents[d] > 1]


def is_product_over_heads(op: GenericOp) -> bool:
    """A sum of products of known size without borders, whose bodies do not ask where they are."""
    blocks = [op.body.block, *([op.epilogue.block] if op.epilogue is not None else [])]
    inner: list[Operation] = [o for block in blocks for o in block.ops]
    return (
        len(op.inputs) == 2
        and op.padding is None
        and is_multiply_add(op.body.block)
        and all(n > 0 for n in op.static_extents())
        and all(op.input_forms)
        and bool(op.out_forms)
        and not any(isinstance(o, IndexOp) for o in inner)
    )
