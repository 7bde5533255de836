"""Rewriting a contraction's operands: copies with borders, and putting a new op in place."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.builder import Builder
from xdsl.ir import Attribute, SSAValue
from xdsl.ir.affine import AffineMap
from xdsl.rewriter import InsertPoint

from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import GenericOp, YieldOp, body_region, element_type_of
from dlir.dialects.structured.roles import Operand, operands_of
from dlir.dialects.structured.shapes import Size, Sizes
from dlir.types import number


def copy_op(
    sizes: Sizes,
    source: SSAValue,
    forms: Sequence[Linear],
    result_sizes: list[Size],
    padding: Attribute | None,
    inner: Sequence[int] = (),
) -> GenericOp:
    """`out[d...] = source[forms(d)]`, the padding scalar outside.

    `inner` are the extents of iterators behind these, which share one more dimension of the result.
    """
    region, block = body_region([element_type_of(source)])
    block.add_op(YieldOp(block.args[0]))
    rank = len(result_sizes) + len(inner)
    out = [Linear(tuple(int(d == e) for e in range(rank)), 0) for d in range(len(result_sizes))]
    if inner:
        out.append(row_major(rank, inner))
    return GenericOp(
        [source],
        sizes.empty([*result_sizes, prod(inner)] if inner else result_sizes, source),
        [map_of(forms, rank), map_of(out, rank)],
        [Iterator.PARALLEL] * rank,
        region,
        padding=[padding],
        domain=[*[-1] * len(result_sizes), *inner] if len(inner) > 1 else None,
    )


def row_major(rank: int, extents: Sequence[int]) -> Linear:
    """The number of a place among the last of `rank` iterators, whose extents these are."""
    strides = [prod(extents[i + 1 :]) for i in range(len(extents))]
    return Linear((*[0] * (rank - len(extents)), *strides), 0)


def zero_of(operand: Operand) -> Attribute:
    """The scalar zero of an operand's element type."""
    return number(0, operand.element)


def add_borders(op: GenericOp) -> GenericOp:
    """Replace padded inputs by copies that hold all that the maps reach."""
    inputs, _, _ = operands_of(op)
    extents = op.static_extents()
    if not any(x.escapes(extents) for x in inputs):
        return op
    sizes = Sizes(Builder(InsertPoint.before(op)))
    values: list[SSAValue] = []
    maps = list(op.map_list)
    for index, operand in enumerate(inputs):
        if operand.padding is None:
            values.append(operand.value)
            continue
        bordered, forms = _bordered(sizes, op, operand)
        values.append(bordered)
        maps[index] = map_of(forms, len(op.kinds))
    return with_inputs(op, values, maps)


def _bordered(sizes: Sizes, op: GenericOp, operand: Operand) -> tuple[SSAValue, tuple[Linear, ...]]:
    """The box of the operand that is read, from each form's first to its last index."""
    rank = len(operand.forms)
    new_sizes: list[Size] = []
    reads: list[Linear] = []
    forms: list[Linear] = []
    for position, form in enumerate(operand.forms):
        first = form.constant
        last = sizes.last_index(op, form)
        new_sizes.append(sizes.add(last, 1 - first))
        unit = tuple(int(p == position) for p in range(rank))
        reads.append(Linear(unit, first))
        forms.append(Linear(form.coefficients, 0))
    copy = copy_op(sizes, operand.value, reads, new_sizes, operand.padding)
    copy.location = op.location
    sizes.builder.insert(copy)
    assert copy.result is not None
    return copy.result, tuple(forms)


def with_inputs(op: GenericOp, values: Sequence[SSAValue], maps: Sequence[AffineMap]) -> GenericOp:
    """Replace an op's inputs, which are never read outside any more, and all of its maps."""
    new = GenericOp(
        values,
        op.outs,
        maps,
        op.kinds,
        op.body.clone(),
        init=op.init,
        domain=[e if e >= 0 else -1 for e in op.static_extents()],
        schedule=op.schedule,
        epilogue_inputs=list(op.epilogue_inputs),
        epilogue_maps=[m.data for m in op.epilogue_maps.data] if op.epilogue_maps else [],
        epilogue=op.epilogue.clone() if op.epilogue is not None else None,
    )
    return substitute(op, new)


def substitute(op: GenericOp, new: GenericOp) -> GenericOp:
    """Put `new` in the place of `op`."""
    new.location = op.location
    block = op.parent
    assert block is not None and op.result is not None and new.result is not None
    block.insert_op_before(new, op)
    new.result.name_hint = op.result.name_hint
    op.result.replace_all_uses_with(new.result)
    op.detach()
    op.erase()
    return new
