"""`dl-loop-recurrent`: a recurrent layer over a sequence of any length becomes a loop of steps."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import arith, scf, tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX, IndexType, IntegerAttr, ModuleOp, TensorType, i64
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.passes import ModulePass

from dlir.dialects.dl.ops.base import shape_of
from dlir.dialects.dl.ops.movement import ConcatOp, GatherOp
from dlir.dialects.dl.ops.recurrent import RecurrentOp
from dlir.dialects.dl.ops.source import DimOp
from dlir.types import is_tensor


@dataclass(frozen=True)
class DlLoopRecurrent(ModulePass):
    """Make loops of recurrent layers whose number of steps is known at run time only.

    A round gathers one element of the sequence, gives it to a layer of one step, which
    `dl-decompose` can take apart, and puts the new state behind those before (with `reverse` in
    front of them). Layers of a known number of steps stay: `dl-decompose` unrolls them.

    Before:
    ```mlir
    %y, %h = dl.rnn %x, %w, %r, %b, %rb, %h0 : (tensor<?x2x4xf32>, ...) -> (tensor<?x2x3xf32>, ...)
    ```
    After:
    ```mlir
    %steps = dl.dim %x, 0 : tensor<?x2x4xf32>
    %none = tensor.empty(%c0) : tensor<?x2x3xf32>
    %h, %y = scf.for %i = %c0 to %steps step %c1 iter_args(%s = %h0, %all = %none) -> (...) {
      %place = arith.index_cast %i : index to i64
      %one = tensor.from_elements %place : tensor<1xi64>
      %now = dl.gather %x, %one {axis = 0} : ... -> tensor<1x2x4xf32>
      %state, %last = dl.rnn %now, %w, %r, %b, %rb, %s : ... -> (tensor<1x2x3xf32>, ...)
      %more = dl.concat %all, %state {axis = 0} : ... -> tensor<?x2x3xf32>
      scf.yield %last, %more : tensor<2x3xf32>, tensor<?x2x3xf32>
    }
    ```
    """

    name = "dl-loop-recurrent"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        loop_recurrent(op)


def loop_recurrent(module: ModuleOp) -> None:
    """The pass as a function."""
    for op in list(module.walk()):
        if isinstance(op, RecurrentOp) and op.on_host:
            _loop(op)


STATES = ("h0", "c0")
"""The operands that go from step to step, as far as a layer has them."""


def _loop(op: RecurrentOp) -> None:
    """Put the loop in the place of the op."""
    emit = _Emitter(op)
    zero, one = (emit(arith.ConstantOp(IntegerAttr(n, IndexType()))) for n in (0, 1))
    steps = emit(DimOp(op.x, 0))
    given = op.companions()
    states = [emit.cast(given[name], op.h.type) for name in STATES if name in given]
    batch = [emit(DimOp(op.x, 1))] if shape_of(op.y)[1] == DYNAMIC_INDEX else []
    none = emit(tensor.EmptyOp([zero, *batch], op.y.type))
    begin = [*states, none]
    block = Block(arg_types=[IndexType(), *(value.type for value in begin)])
    _round(op, block, steps, one)
    loop = scf.ForOp(zero, steps, one, begin, block)
    emit.insert(loop)
    *last, y = loop.results
    for old, new in zip(op.results, [y, *last], strict=True):
        new.name_hint = old.name_hint
        old.replace_all_uses_with(new)
    op.detach()
    op.erase()


def _round(op: RecurrentOp, block: Block, steps: SSAValue, one: SSAValue) -> None:
    """The body of the loop: a step, and its state beside those before."""
    emit = _Emitter(op, block)
    number, *states, before = block.args
    place = number
    if op.reverse is not None:
        place = emit(arith.SubiOp(emit(arith.SubiOp(steps, one)), number))
    index = emit(arith.IndexCastOp(place, i64))
    where = emit(tensor.FromElementsOp(index, result_type=TensorType(i64, [1])))
    now = {"x": emit(GatherOp(op.x, where, 0)), **dict(zip(STATES, states, strict=False))}
    step = type(op)(*(now.get(name, value) for name, value in op.companions().items()))
    step.properties.update({n: p for n, p in op.properties.items() if n not in _OWN})
    emit.insert(step)
    y, *last = step.results
    rows = [before, y] if op.reverse is None else [y, before]
    more = emit.cast(emit(ConcatOp(rows, 0)), op.y.type)
    kept = [emit.cast(state, op.h.type) for state in last]
    emit.insert(scf.YieldOp(*kept, more))


_OWN = ("reverse", "operandSegmentSizes")
"""Properties that a single step does not take over."""


class _Emitter:
    """Inserts before an op, or at the end of a block, with the op's location."""

    def __init__(self, op: Operation, block: Block | None = None) -> None:
        self._op, self._block = op, block

    def insert(self, op: Operation) -> None:
        op.location = self._op.location
        if self._block is not None:
            self._block.add_op(op)
            return
        around = self._op.parent
        assert around is not None
        around.insert_op_before(op, self._op)

    def __call__(self, op: Operation) -> SSAValue:
        self.insert(op)
        return op.results[0]

    def cast(self, value: SSAValue, type: Attribute) -> SSAValue:
        """The value under a type with more or fewer `?`."""
        if value.type == type:
            return value
        assert is_tensor(type)
        return self(tensor.CastOp(value, type))
