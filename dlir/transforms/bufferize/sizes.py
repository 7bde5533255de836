"""The arithmetic on sizes that bufferized functions begin with."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith, cf, memref, tensor
from xdsl.dialects.builtin import FloatAttr, f64, i64
from xdsl.ir import Block, Operation, SSAValue

from dlir.dialects.structured.arena import RegionPlan
from dlir.dialects.structured.shapes import Size, Sizes
from dlir.transforms.bufferize.memory import is_tensor_value

MOST_BYTES = 1 << 47  # the memory that one process can address on today's machines


def is_size_op(op: Operation) -> bool:
    """Arithmetic on sizes: no tensor in or out but for asking its size."""
    if isinstance(op, tensor.DimOp):
        return True
    return bool(op.results) and not any(map(is_tensor_value, (*op.operands, *op.results)))


def clone_size_op(op: Operation, block: Block, known: dict[SSAValue, SSAValue]) -> None:
    if isinstance(op, tensor.DimOp):
        new = memref.DimOp(known[op.source], known[op.index])
        new.location = op.location
        block.add_op(new)
        known[op.result] = new.result
    else:
        block.add_op(op.clone(known))


def check_total(
    sizes: Sizes, regions: Sequence[RegionPlan[SSAValue]], known: dict[SSAValue, SSAValue]
) -> None:
    """Assert that the arena's size, computed in f64 where nothing wraps, is one that exists."""
    builder = sizes.builder

    def as_float(size: SSAValue) -> SSAValue:
        whole = builder.insert(arith.IndexCastOp(size, i64))
        return builder.insert(arith.SIToFPOp(whole.result, f64)).result

    total: SSAValue | None = None
    for region in regions:
        if not region.symbols:
            continue
        size = builder.insert(arith.ConstantOp(FloatAttr(float(region.size), f64))).result
        for symbol in region.symbols:
            size = builder.insert(arith.MulfOp(size, as_float(known[symbol]))).result
        total = size if total is None else builder.insert(arith.AddfOp(total, size)).result
    if total is not None:
        most = builder.insert(arith.ConstantOp(FloatAttr(float(MOST_BYTES), f64)))
        test = builder.insert(arith.CmpfOp(total, most.result, "olt"))
        builder.insert(cf.AssertOp(test.result, "tensors of these sizes need too much memory"))


def arena_total(
    sizes: Sizes, regions: Sequence[RegionPlan[SSAValue]], known: dict[SSAValue, SSAValue]
) -> list[Size]:
    """Where each region starts, and behind the last one the arena's size."""
    starts: list[Size] = [0]
    for region in regions:
        starts.append(sizes.add(starts[-1], sizes.mul(product(sizes, region, known), region.size)))
    return starts


def product(sizes: Sizes, region: RegionPlan[SSAValue], known: dict[SSAValue, SSAValue]) -> Size:
    total: Size = 1
    for symbol in region.symbols:
        total = sizes.mul(total, known[symbol])
    return total
