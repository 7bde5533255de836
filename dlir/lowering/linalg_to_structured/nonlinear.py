"""Inputs that are indexed by quotients and remainders: read element by element in the body."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import IndexType, IntegerAttr
from xdsl.ir import Block, Operation, SSAValue
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
    AffineMap,
)

from dlir.dialects.linalg import GenericOp, IndexOp
from dlir.dialects.linalg.ops import Structured
from dlir.dialects.structured.maps import linear_map
from dlir.lowering.linalg_to_structured.emitter import Add
from dlir.types import element_of, is_tensor


def with_linear_maps(op: Structured) -> Structured:
    """The op, or a new one in front of it that reads some inputs by `tensor.extract`."""
    maps = [m.data for m in op.get_indexing_maps()]
    read = [
        number
        for number, value in enumerate(op.inputs)
        if is_tensor(value.type) and not _is_linear(maps[number])
    ]
    kept = [number for number in range(len(maps)) if number not in read]
    if not read or not _tells_all([maps[number] for number in kept]):
        return op
    body = op.body.clone()
    for number in read:
        _read(body.block, number, op.operands[number], maps[number])
    for number in reversed(read):
        body.block.erase_arg(body.block.args[number])
    inputs = [op.operands[n] for n in kept if n < len(op.inputs)]
    iterators = [*op.get_iterator_types()]
    new = GenericOp(inputs, [*op.outputs], [maps[n] for n in kept], iterators, body)
    new.location = op.location
    assert op.parent is not None
    op.parent.insert_op_before(new, op)
    return new


def _is_linear(m: AffineMap) -> bool:
    try:
        linear_map(m)
    except ValueError:
        return False
    return True


def _tells_all(maps: Sequence[AffineMap]) -> bool:
    """Whether each iterator's extent is told by a dimension that it indexes plainly."""
    told = {e.position for m in maps for e in m.results if isinstance(e, AffineDimExpr)}
    return len(told) == maps[0].num_dims


def _read(block: Block, number: int, value: SSAValue, m: AffineMap) -> None:
    """The element of an input at the place of its map, instead of the input."""
    first = block.first_op
    assert first is not None

    def add(op: Operation) -> SSAValue:
        block.insert_op_before(op, first)
        return op.results[0]

    places = [_index(add, expr) for expr in m.results]
    element = add(tensor.ExtractOp(value, places, element_of(value.type)))
    block.args[number].replace_all_uses_with(element)


def _index(add: Add, expr: AffineExpr) -> SSAValue:
    """An affine expression as arithmetic on the positions of iterators."""
    match expr:
        case AffineDimExpr():
            return add(IndexOp(expr.position))
        case AffineConstantExpr():
            return add(arith.ConstantOp(IntegerAttr(expr.value, IndexType())))
        case AffineBinaryOpExpr():
            a, b = _index(add, expr.lhs), _index(add, expr.rhs)
            if expr.kind is AffineBinaryOpKind.Mod:  # never negative
                whole = add(arith.MuliOp(add(arith.FloorDivSIOp(a, b)), b))
                return add(arith.SubiOp(a, whole))
            return add(_KINDS[expr.kind](a, b))
        case _:
            raise ValueError(f"maps of linalg ops have no symbols: {expr}")


_KINDS = {
    AffineBinaryOpKind.Add: arith.AddiOp,
    AffineBinaryOpKind.Mul: arith.MuliOp,
    AffineBinaryOpKind.FloorDiv: arith.FloorDivSIOp,
    AffineBinaryOpKind.CeilDiv: arith.CeilDivSIOp,
}
