"""The companions of `structured.generic`: fill, gather, reshape."""

from __future__ import annotations

from collections.abc import Callable

from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX, IndexType, IntegerAttr
from xdsl.ir import Block, Operation, Region, SSAValue

from dlir.dialects.linalg import IndexOp, YieldOp
from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import FillOp, GatherOp, ReshapeOp
from dlir.dialects.structured.shapes import Size
from dlir.lowering.structured_to_linalg.emitter import Access, Emitter
from dlir.lowering.structured_to_linalg.views import reshaped
from dlir.types import element_of, is_tensor, shape_of


def fill(emitter: Emitter, op: FillOp) -> SSAValue:
    return emitter.filled(op.value, op.outs)


def reshape(emitter: Emitter, op: ReshapeOp) -> SSAValue:
    dynamic = iter(op.sizes)
    sizes: list[Size] = [
        next(dynamic) if n == DYNAMIC_INDEX else n for n in shape_of(op.result.type)
    ]
    assert is_tensor(op.result.type)
    return reshaped(emitter, op.input, sizes, op.result.type)


def gather(emitter: Emitter, op: GatherOp) -> SSAValue:
    """`tensor.extract` in a body. A negative index counts from the end; one that is outside of the
    input, an error here, has no meaning upstream."""
    axis, rank = op.axis_number, len(shape_of(op.outs.type))
    places = [*range(axis, axis + len(shape_of(op.indices.type)))]
    size = emitter.sizes.value(emitter.sizes.of(op.input, axis))
    forms = [Linear(tuple(int(e == d) for e in range(rank)), 0) for d in range(rank)]
    block = Block(arg_types=[element_of(op.indices.type), element_of(op.outs.type)])

    def add(new: Operation) -> SSAValue:
        new.location = op.location
        block.add_op(new)
        return new.results[0]

    row = _from_start(add, block.args[0], size)
    others = [add(IndexOp(d)) for d in range(rank) if d not in places]
    where = [*others[:axis], row, *others[axis:]]
    block.add_op(YieldOp(add(tensor.ExtractOp(op.input, where, element_of(op.input.type)))))
    return emitter.generic(
        [Access(op.indices, [forms[d] for d in places])],
        Access(op.outs, forms),
        [Iterator.PARALLEL] * rank,
        Region(block),
    )


def _from_start(add: Callable[[Operation], SSAValue], index: SSAValue, size: SSAValue) -> SSAValue:
    """The index, with the size added if it is negative."""
    given = add(arith.IndexCastOp(index, IndexType()))
    zero = add(arith.ConstantOp(IntegerAttr(0, IndexType())))
    negative = add(arith.CmpiOp(given, zero, "slt"))
    return add(arith.SelectOp(negative, add(arith.AddiOp(given, size)), given))
