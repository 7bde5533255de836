"""Loops of the host that machine code repeats: each round calls one segment, and carries what it
gives.

A carried value has two buffers, which change places; rows of a stack follow one another; the number
of the round grows. All of these are numbers in the slots of the call, or behind an address there,
to which something is added after each round (repeat.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, cast

import numpy as np
from xdsl.dialects import arith, func, scf, tensor
from xdsl.dialects.builtin import IndexType, IntegerAttr, TensorType, i64
from xdsl.ir import Attribute, Block, BlockArgument, OpResult, SSAValue

from dlir.addresses import address_of
from dlir.numpy_types import Array, Value
from dlir.targets.cpu.constants import contiguous
from dlir.targets.cpu.native_entry import NativeEntry
from dlir.targets.cpu.repeat import Change
from dlir.transforms.dl_stack_in_place import place_of_row

Frame: TypeAlias = Mapping[int, Value]
"""The host's values by the identity of their SSA value."""

NUMBERS = (arith.ConstantOp, arith.AddiOp, arith.SubiOp, arith.IndexCastOp, tensor.FromElementsOp)
"""Ops that make numbers that change by the same number in every round."""

PLAIN = (*NUMBERS, func.CallOp, tensor.InsertSliceOp, scf.YieldOp)


class Row(NamedTuple):
    """A result of the call that becomes a row of a carried stack, and the number of its place."""

    result: int
    place: SSAValue


@dataclass(frozen=True)
class NativeLoop:
    """A loop whose rounds are a call, and arithmetic on their number."""

    entry: NativeEntry
    block: Block
    call: func.CallOp
    ends: Sequence[int | Row]
    """What each carried value becomes: a result of the call, or the stack with a row more."""

    @staticmethod
    def of(op: scf.ForOp, functions: Mapping[str, NativeEntry]) -> NativeLoop | None:
        """None for a loop that does more."""
        block = op.body.block
        calls = [inner for inner in block.ops if isinstance(inner, func.CallOp)]
        entry = functions.get(calls[0].callee.string_value()) if len(calls) == 1 else None
        if entry is None or not entry.plans_by_sizes:
            return None
        if not all(isinstance(inner, PLAIN) for inner in block.ops):
            return None
        last = block.last_op
        assert last is not None, "the body of a loop yields"
        pairs = zip(block.args[1:], last.operands, strict=True)
        ends = [end for pair in pairs if (end := _end(calls[0], *pair)) is not None]
        used = [end.result if isinstance(end, Row) else end for end in ends]
        loop = NativeLoop(entry, block, calls[0], ends)
        whole = len(ends) == len(last.operands) and len({*used}) == len(used)
        return loop if whole and all(map(loop._is_known, calls[0].operands)) else None

    def _is_known(self, operand: SSAValue) -> bool:
        """Whether an operand of the call is from outside, carried, or a number."""
        if isinstance(operand, BlockArgument) and operand.block is self.block:
            return operand.index == 0 or not isinstance(self.ends[operand.index - 1], Row)
        return _is_outside(operand, self.block) or _is_number(operand, self.block)

    def run(
        self, frame: Frame, numbers: range, carried: Sequence[Value]
    ) -> tuple[Value, ...] | None:
        """The carried values after the last round; None where sizes or types do not stay."""
        state = _State(self, frame, numbers)
        buffers = [
            value if isinstance(end, Row) else np.array(value, order="C")
            for value, end in zip(carried, self.ends, strict=True)
        ]
        inputs = [state.operand(n, buffers) for n in range(len(self.call.operands))]
        results, room = self.entry.prepare(inputs)
        last: list[Value] = []
        for number, (end, buffer) in enumerate(zip(self.ends, buffers, strict=True)):
            value = np.asarray(buffer)
            if isinstance(end, Row):
                if not state.write_rows(end, value, results):
                    return None
                last.append(value)
                continue
            other = results[end]
            if (other.shape, other.dtype) != (value.shape, value.dtype):
                return None
            state.exchange(number, value, other)
            last.append(other if len(numbers) % 2 else value)
        self.entry.repeat(inputs, results, room, len(numbers), state.changes)
        return tuple(last)


def _end(call: func.CallOp, argument: BlockArgument, value: SSAValue) -> int | Row | None:
    """What is yielded in the place of a carried value."""
    if isinstance(value, OpResult) and value.op is call:
        return value.index
    put = value.owner
    if not isinstance(put, tensor.InsertSliceOp) or put.dest is not argument:
        return None
    row, place = put.source, place_of_row(put)
    if place is None or not isinstance(row, OpResult) or row.op is not call:
        return None
    return Row(row.index, place) if _is_number(place, argument.block) else None


def _is_number(value: SSAValue, block: Block) -> bool:
    """Whether a value is a sum or difference of the round's number and of others from outside."""
    if value is block.args[0] or _is_outside(value, block):
        return not isinstance(value.type, TensorType)
    op = value.owner
    if isinstance(op, arith.ConstantOp):
        return isinstance(op.value, IntegerAttr)
    if isinstance(op, tensor.FromElementsOp) and (
        len(op.operands) > 1 or op.operands[0].type not in (i64, IndexType())
    ):
        return False
    return isinstance(op, NUMBERS) and all(_is_number(x, block) for x in op.operands)


def _is_outside(value: SSAValue, block: Block) -> bool:
    owner = value.owner
    return owner is not block if isinstance(owner, Block) else owner.parent is not block


class _State:
    """The numbers of one run of a loop, and how they change."""

    def __init__(self, loop: NativeLoop, frame: Frame, numbers: range) -> None:
        self._loop, self._frame, self._numbers = loop, frame, numbers
        self.changes: list[Change] = []

    def operand(self, number: int, carried: Sequence[Value]) -> Value:
        """What the first call gets; what changes in it is noted."""
        operand = self._loop.call.operands[number]
        if _is_outside(operand, self._loop.block):
            return contiguous(self._frame[id(operand)])
        if isinstance(operand, BlockArgument) and operand.index:
            return carried[operand.index - 1]
        start, delta = self._number(operand)
        type: Attribute = operand.type
        if not isinstance(type, TensorType):
            self.changes.append(Change(self._loop.entry.slots.input_address(number), delta))
            return np.int64(start)
        cell = np.full(cast(TensorType[Attribute], type).get_shape(), start, np.int64)
        self.changes.append(Change(address_of(cell), delta))
        return cell

    def _number(self, value: SSAValue) -> tuple[int, int]:
        """A number in the first round, and what is added to it in each."""
        first = self._at(value, self._numbers.start)
        return first, self._at(value, self._numbers.start + self._numbers.step) - first

    def _at(self, value: SSAValue, number: int) -> int:
        if value is self._loop.block.args[0]:
            return number
        if _is_outside(value, self._loop.block):
            return int(self._frame[id(value)])
        op = value.owner
        if isinstance(op, arith.ConstantOp):
            return cast(IntegerAttr, op.value).value.data
        assert not isinstance(op, Block), "other arguments are no numbers"
        terms = [self._at(operand, number) for operand in op.operands]
        if isinstance(op, arith.SubiOp):
            return terms[0] - terms[1]
        return sum(terms)

    def write_rows(self, end: Row, stack: Array, results: list[Array]) -> bool:
        """Let the call write its result into the stack; False where it does not fit there."""
        place, delta = self._number(end.place)
        ends = place, place + delta * (len(self._numbers) - 1)
        old = results[end.result]
        fits = stack.flags.c_contiguous and stack.dtype == old.dtype
        if not fits or min(ends) < 0 or max(ends) >= len(stack) or stack[:1].size != old.size:
            return False
        results[end.result] = stack[place : place + 1].reshape(old.shape)  # a view
        address = self._loop.entry.slots.result_address(end.result)
        self.changes.append(Change(address, delta * stack.strides[0]))
        return True

    def exchange(self, number: int, buffer: Array, other: Array) -> None:
        """A carried value is read from one buffer and written to the other, in turns."""
        slots, call = self._loop.entry.slots, self._loop.call
        first, second = map(address_of, (buffer, other))
        argument, result = self._loop.block.args[number + 1], self._loop.ends[number]
        assert isinstance(result, int), "a stack is written to in place"
        for place, operand in enumerate(call.operands):
            if operand is argument:
                change = Change(slots.input_address(place), second - first, -1)
                self.changes.append(change)
        self.changes.append(Change(slots.result_address(result), first - second, -1))
