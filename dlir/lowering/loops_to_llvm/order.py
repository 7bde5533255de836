"""Puts the scalars of a register tile next to where they are used.

`vector.load` of a tile's 6x1 column makes all six loads before the first multiplication.  LLVM's
scheduler mostly keeps that order, so six registers hold broadcasts instead of one, and tiles that
use nearly all registers spill.  Here every load, address and splat with a single use in its block
moves down to that use, as long as no write to memory lies between.
"""

from __future__ import annotations

from xdsl.dialects import llvm
from xdsl.dialects.builtin import VectorType
from xdsl.ir import Operation

from dlir.dialects.llvm import intrinsics

_MOVABLE = (llvm.GEPOp, llvm.InsertElementOp, llvm.ShuffleVectorOp)
_WRITES = (llvm.StoreOp, llvm.CallOp, intrinsics.MaskedStoreOp, intrinsics.MemcpyOp)


def sink_scalars(ops: list[Operation]) -> list[Operation]:
    """A new order for the operations of a block; the old one if it has no scalar loads."""
    if not any(_is_scalar_load(op) for op in ops):
        return ops
    deferred = _deferred(ops)
    order: list[Operation] = []
    for op in ops:
        if op not in deferred:
            _place(op, deferred, order)
    return order


def _is_scalar_load(op: Operation) -> bool:
    return isinstance(op, llvm.LoadOp) and not isinstance(op.results[0].type, VectorType)


def _deferred(ops: list[Operation]) -> set[Operation]:
    """The operations that move to their only user."""
    place = {op: i for i, op in enumerate(ops)}
    writes = [0]
    for op in ops:
        writes.append(writes[-1] + isinstance(op, _WRITES))
    deferred: set[Operation] = set()
    target: dict[Operation, int] = {}
    for i in reversed(range(len(ops))):
        op = ops[i]
        if not isinstance(op, _MOVABLE) and not _is_scalar_load(op):
            continue
        use = op.results[0].get_user_of_unique_use()
        if use is None or use not in place:
            continue
        end = target.get(use, place[use])
        if isinstance(op, llvm.LoadOp) and writes[end] != writes[i]:
            continue
        deferred.add(op)
        target[op] = end
    return deferred


def _place(op: Operation, deferred: set[Operation], order: list[Operation]) -> None:
    """Append an operation after the deferred ones it uses."""
    for operand in op.operands:
        owner = operand.owner
        if isinstance(owner, Operation) and owner in deferred:
            _place(owner, deferred, order)
    order.append(op)
