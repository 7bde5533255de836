"""`dl-stack-in-place`: a loop that makes a row a round writes it into a tensor for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from xdsl.context import Context
from xdsl.dialects import arith, scf, tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX, IndexType, IntegerAttr, ModuleOp, TensorType
from xdsl.ir import Attribute, Block, BlockArgument, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.transforms.dead_code_elimination import is_trivially_dead

from dlir.dialects.dl.ops.base import element_of, shape_of
from dlir.dialects.dl.ops.movement import ConcatOp
from dlir.types import is_tensor


@dataclass(frozen=True)
class DlStackInPlace(ModulePass):
    """Make room for all rows that a loop puts behind one another, before it begins.

    A loop that joins a row to those before copies them every round. Where it counts from 0 by 1,
    and begins without a row, the number of rows is that of its rounds. So each goes to its place in
    a tensor of all, the first one to the end where rows are put in front. A host that runs the loop
    may write them in place: nothing else uses the tensor in between.

    Before:
    ```mlir
    %ys = scf.for %i = %c0 to %n step %c1 iter_args(%all = %none) -> (tensor<?x4xf32>) {
      ...
      %more = dl.concat %all, %row {axis = 0}
          : (tensor<?x4xf32>, tensor<1x4xf32>) -> tensor<?x4xf32>
      scf.yield %more : tensor<?x4xf32>
    }
    ```
    After:
    ```mlir
    %room = tensor.empty(%n) : tensor<?x4xf32>
    %ys = scf.for %i = %c0 to %n step %c1 iter_args(%all = %room) -> (tensor<?x4xf32>) {
      ...
      %more = tensor.insert_slice %row into %all[%i, 0] [1, 4] [1, 1]
          : tensor<1x4xf32> into tensor<?x4xf32>
      scf.yield %more : tensor<?x4xf32>
    }
    ```
    """

    name = "dl-stack-in-place"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        stack_in_place(op)


def stack_in_place(module: ModuleOp) -> None:
    """The pass as a function."""
    for op in list(module.walk()):
        if isinstance(op, scf.ForOp):
            _separate(op)
        if isinstance(op, scf.ForOp) and _counts_rounds(op):
            for number in range(len(op.iter_args)):
                stack = _stack(op, number)
                if stack is not None:
                    _make_room(op, number, stack)


def _separate(op: scf.ForOp) -> None:
    """Begin each carried value with an empty tensor of its own: equal ones may have been merged."""
    for number, value in enumerate(op.iter_args, 3):
        if isinstance(value.owner, tensor.EmptyOp) and not _is_used_once(value):
            copy = value.owner.clone()
            _Emitter(op)(copy)
            op.operands[number] = copy.results[0]


class Stack(NamedTuple):
    """A carried tensor that grows by a row a round."""

    join: ConcatOp
    row: SSAValue
    last_first: bool
    sizes: Sequence[SSAValue]
    """Those of a row that are known at run time only."""


def _counts_rounds(op: scf.ForOp) -> bool:
    return _constant(op.lb) == 0 and _constant(op.step) == 1


def _constant(value: SSAValue) -> int | None:
    owner = value.owner
    if isinstance(owner, arith.ConstantOp) and isinstance(owner.value, IntegerAttr):
        return owner.value.value.data
    return None


def _stack(op: scf.ForOp, number: int) -> Stack | None:
    block = op.body.block
    argument, last = block.args[number + 1], block.last_op
    assert isinstance(last, scf.YieldOp), "the body of a loop ends so"
    join = _peeled(last.operands[number]).owner
    if not isinstance(join, ConcatOp) or join.axis.value.data != 0 or len(join.inputs) != 2:
        return None
    if argument not in join.inputs or not _is_used_once(argument, join.result):
        return None
    last_first = join.inputs[1] is argument
    row = join.inputs[0 if last_first else 1]
    sizes = _open_sizes(op.iter_args[number])
    fits = row is not argument and shape_of(row)[0] == 1 and shape_of(argument)[0] == DYNAMIC_INDEX
    if sizes is None or not fits or shape_of(row)[1:].count(DYNAMIC_INDEX) != len(sizes):
        return None
    return Stack(join, row, last_first, sizes)


def _peeled(value: SSAValue) -> SSAValue:
    """A value under its own type."""
    owner = value.owner
    return _peeled(owner.source) if isinstance(owner, tensor.CastOp) else value


def _is_used_once(*values: SSAValue) -> bool:
    return all(len([*value.uses]) == 1 for value in values)


def _open_sizes(start: SSAValue) -> Sequence[SSAValue] | None:
    """The sizes of a row, of a stack that begins without one; None if it may begin with some."""
    source = _peeled(start)
    shape = shape_of(source)
    if isinstance(source.owner, tensor.EmptyOp):
        sizes = [*source.owner.dynamic_sizes]
        if shape[0] == DYNAMIC_INDEX and _constant(sizes.pop(0)) != 0:
            return None
        return None if shape[0] > 0 else sizes
    return [] if shape[0] == 0 and DYNAMIC_INDEX not in shape else None


def _make_room(op: scf.ForOp, number: int, stack: Stack) -> None:
    """Begin with a tensor for all rows, and put each in its place."""
    argument = op.body.block.args[number + 1]
    before = _Emitter(op)
    count = before(arith.MaxSIOp(op.ub, before.index(0)))
    shape = shape_of(stack.row)
    type = TensorType(element_of(argument), [DYNAMIC_INDEX, *shape[1:]])
    room = before(tensor.EmptyOp([count, *stack.sizes], type))
    none = op.operands[3 + number]
    op.operands[3 + number] = before.cast(room, argument.type)
    _erase_unused(none)
    inside = _Emitter(stack.join)
    place = op.body.block.args[0]
    if stack.last_first:
        last = inside(arith.SubiOp(count, inside.index(1)))
        place = inside(arith.SubiOp(last, place))
    put = _put(stack, argument, place)
    inside(put)
    made = inside.cast(put.results[0], stack.join.result.type)
    made.name_hint = stack.join.result.name_hint
    stack.join.result.replace_all_uses_with(made)
    stack.join.detach()
    stack.join.erase()


def _erase_unused(value: SSAValue) -> None:
    """Erase what made a value that nothing uses, and what made that."""
    op = value.owner
    if isinstance(op, Operation) and is_trivially_dead(op):
        operands = [*op.operands]
        op.detach()
        op.erase()
        for operand in operands:
            _erase_unused(operand)


def place_of_row(op: tensor.InsertSliceOp) -> SSAValue | None:
    """The number of the row that is written, if it is one row and nothing else sees the tensor: it
    is carried by a loop that begins with an empty one, and used here alone."""
    offsets, sizes, strides = (
        list(x.get_values()) for x in (op.static_offsets, op.static_sizes, op.static_strides)
    )
    is_row = len(op.offsets) == 1 and offsets[0] == DYNAMIC_INDEX and sizes[0] == 1
    if not is_row or any(offsets[1:]) or any(n != 1 for n in strides):
        return None
    if sizes[1:] != [*shape_of(op.dest)[1:]] or not _is_carried_alone(op.dest):
        return None
    return op.offsets[0]


def _is_carried_alone(argument: SSAValue) -> bool:
    loop = argument.owner.parent_op() if isinstance(argument.owner, Block) else None
    if not isinstance(loop, scf.ForOp) or not isinstance(argument, BlockArgument):
        return False
    value = loop.operands[2 + argument.index]
    used = [argument, value]
    while isinstance(value.owner, tensor.CastOp):
        value = value.owner.source
        used.append(value)
    return isinstance(value.owner, tensor.EmptyOp) and _is_used_once(*used)


def _put(stack: Stack, into: SSAValue, place: SSAValue) -> Operation:
    shape = shape_of(stack.row)
    return tensor.InsertSliceOp.get(
        source=stack.row,
        dest=into,
        static_offsets=[DYNAMIC_INDEX, *[0] * (len(shape) - 1)],
        static_sizes=[*shape],
        static_strides=[1] * len(shape),
        offsets=[place],
        sizes=[*stack.sizes],
        result_type=into.type,
    )


class _Emitter:
    """Inserts before an op, with its location."""

    def __init__(self, before: Operation) -> None:
        self._before = before

    def __call__(self, op: Operation) -> SSAValue:
        op.location = self._before.location
        around = self._before.parent
        assert around is not None
        around.insert_op_before(op, self._before)
        return op.results[0]

    def index(self, number: int) -> SSAValue:
        return self(arith.ConstantOp(IntegerAttr(number, IndexType())))

    def cast(self, value: SSAValue, type: Attribute) -> SSAValue:
        """The value under a type with more or fewer `?`."""
        if value.type == type:
            return value
        assert is_tensor(type)
        return self(tensor.CastOp(value, type))
