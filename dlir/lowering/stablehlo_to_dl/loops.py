"""Loops that a rule makes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects import arith, scf, tensor
from xdsl.dialects.builtin import IndexType, TensorType, i64
from xdsl.ir import Block, Operation, SSAValue

from dlir.lowering.stablehlo_to_dl.emitter import Emitter, Size

Body = Callable[[SSAValue, Sequence[SSAValue]], Sequence[SSAValue]]
"""What a round makes of its number, a tensor of rank 0, and of what is carried; its types stay."""


def repeated(
    e: Emitter, op: Operation, count: Size, carried: Sequence[SSAValue], body: Body
) -> Sequence[SSAValue]:
    """What is carried after so many rounds; the loop stands before `op`."""
    block = Block(arg_types=[IndexType(), *(value.type for value in carried)])
    end = scf.YieldOp()
    end.location = op.location
    block.add_op(end)
    e.move_to(end)
    index = e.emit(arith.IndexCastOp(block.args[0], i64))
    number = e.emit(tensor.FromElementsOp(index, result_type=TensorType(i64, [])))
    values = body(number, block.args[1:])
    e.insert(scf.YieldOp(*values))
    end.detach()
    end.erase()
    e.move_to(op)
    begin, last, step = (e.index(size) for size in (0, count, 1))
    return e.insert(scf.ForOp(begin, last, step, carried, block)).results
