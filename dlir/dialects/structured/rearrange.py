"""Copies that lay the elements of a tensor out in another order, as two ops."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Operation, SSAValue

from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import (
    GenericOp,
    IndexOp,
    YieldOp,
    body_region,
    element_type_of,
)
from dlir.types import number


def form(count: int, factors: dict[int, int], constant: int = 0) -> Linear:
    """A form over `count` iterators: iterator -> factor."""
    return Linear(tuple(factors.get(d, 0) for d in range(count)), constant)


def rearranged(
    value: SSAValue,
    source: Sequence[Linear],
    target: Sequence[Linear],
    domain: Sequence[int],
    diagonal: tuple[int, int] | None = None,
) -> tuple[Operation, GenericOp]:
    """`out[target(i)] = x[source(i)]` for every point i of the domain, and 0 outside of x.

    With `diagonal`, points at which two iterators differ give 0.
    """
    element = element_type_of(value)
    shape = [
        1 + sum(c * (n - 1) for c, n in zip(f.coefficients, domain, strict=True)) for f in target
    ]
    empty = tensor.EmptyOp([], TensorType(element, shape))
    region, block = body_region([element])
    result: SSAValue = block.args[0]
    if diagonal is not None:
        row, column = (IndexOp(d) for d in diagonal)
        same = arith.CmpiOp(row.result, column.result, "eq")
        zero = arith.ConstantOp(number(0, element))
        chosen = arith.SelectOp(same, result, zero)
        block.add_ops([row, column, same, zero, chosen])
        result = chosen.result
    block.add_op(YieldOp(result))
    copy = GenericOp(
        [value],
        empty.tensor,
        [map_of(source, len(domain)), map_of(target, len(domain))],
        [Iterator.PARALLEL] * len(domain),
        region,
        padding=[number(0, element)],
        domain=domain,
    )
    return empty, copy
