"""Ops over other iterators, and copies that lay the elements of a tensor out in another order."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TypeAlias

from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX, TensorType
from xdsl.ir import Operation, SSAValue
from xdsl.ir.affine import AffineMap

from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import (
    GenericOp,
    IndexOp,
    ReshapeOp,
    YieldOp,
    body_region,
    element_type_of,
    shape_of,
)
from dlir.dialects.structured.roles import is_copy, operands_of, spread
from dlir.types import number


def form(count: int, factors: dict[int, int], constant: int = 0) -> Linear:
    """A form over `count` iterators: iterator -> factor."""
    return Linear(tuple(factors.get(d, 0) for d in range(count)), constant)


def reading_order(op: Operation) -> tuple[list[int], list[int], int] | None:
    """Shape, strides and offset, in elements, with which a row-major operand becomes the result.

    None for an op that does more than read its one operand in some order, or whose sizes are not
    known.
    """
    if isinstance(op, ReshapeOp):
        shape = list(shape_of(op.result))
        return None if DYNAMIC_INDEX in shape else (shape, strides_of(shape), 0)
    if not (isinstance(op, GenericOp) and is_copy(op)) or op.epilogue is not None:
        return None
    (x,), out, _ = operands_of(op)
    extents = list(op.static_extents())
    in_order = [form.plain_dim for form in out.forms] == [*range(len(extents))]
    sizes = shape_of(x.value)
    if not in_order or DYNAMIC_INDEX in (*extents, *sizes) or 0 in (*extents, *sizes):
        return None
    if extents != list(shape_of(out.value)):
        return None
    if not all(x.fits(position, extents) for position in range(len(x.forms))):
        return None
    widths = strides_of(sizes)
    terms = [*zip(x.forms, widths, strict=True)]
    strides = [sum(f.coefficients[d] * n for f, n in terms) for d in range(len(extents))]
    return extents, strides, sum(f.constant * n for f, n in terms)


def strides_of(shape: Sequence[int]) -> list[int]:
    """Elements from one index to the next, in row-major order."""
    return [prod(shape[axis + 1 :]) for axis in range(len(shape))]


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


Extra: TypeAlias = tuple[SSAValue, Sequence[Linear]]
"""An epilogue's input, with its forms over all iterators."""


def extras_of(op: GenericOp) -> list[Extra]:
    """The epilogue's inputs."""
    forms = ([spread(op, one) for one in of] for of in op.epilogue_forms)
    return list(zip(op.epilogue_inputs, forms, strict=True))


def rebuilt(
    op: GenericOp,
    inputs: Sequence[SSAValue],
    outs: SSAValue,
    forms: Sequence[Sequence[Linear]],
    kinds: Sequence[Iterator],
    domain: Sequence[int],
    extras: Sequence[Extra],
) -> GenericOp:
    """The same body and epilogue on other operands, over other iterators; nothing is padded."""
    parallel = [i for i, kind in enumerate(kinds) if kind is Iterator.PARALLEL]

    def over_parallel(of: Sequence[Linear]) -> AffineMap:
        cut = (Linear(tuple(o.coefficients[p] for p in parallel), o.constant) for o in of)
        return map_of(cut, len(parallel))

    new = GenericOp(
        inputs,
        outs,
        [map_of(of, len(kinds)) for of in forms],
        kinds,
        op.body.clone(),
        init=op.init,
        domain=domain,
        schedule=op.schedule,
        epilogue_inputs=[value for value, _ in extras],
        epilogue_maps=[over_parallel(of) for _, of in extras],
        epilogue=op.epilogue.clone() if op.epilogue is not None else None,
    )
    new.location = op.location
    return new
