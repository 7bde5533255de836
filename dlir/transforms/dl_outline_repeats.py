"""`dl-outline-repeats`: the layers of a model become one function that is called for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import CallOp, FuncOp, ReturnOp
from xdsl.ir import Block, Operation, OpResult, Region, SSAValue
from xdsl.passes import ModulePass

from dlir.dialects.dl.ops.base import DlOp
from dlir.dialects.dl.ops.source import ConstantOp, ParamOp
from dlir.rewrite import current_statistics
from dlir.transforms.functions import functions_of

GRAM = 4
"""So many ops in a row must look alike for their distance to count as a period."""
PERIODS = 16
"""How many periods are tried, the most frequent ones."""


@dataclass(frozen=True)
class DlOutlineRepeats(ModulePass):
    """Find what a function repeats, such as the layers of a transformer, and make it a function.

    Repeats stand one right after the other, have at least `min-ops` ops, and compute the same: the
    same ops with the same properties and types, connected in the same way. Weights, constants that
    differ, and what else they read from outside become arguments. The best repeat of each function
    is outlined, the one that leaves the fewest ops. `inline` is the inverse.

    Before:
    ```mlir
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %w0 = dl.param "w0" : tensor<4xf32>
      %w1 = dl.param "w1" : tensor<4xf32>
      %0 = dl.mul %x, %w0 : tensor<4xf32>
      %1 = dl.exp %0 : tensor<4xf32>
      %2 = dl.mul %1, %w1 : tensor<4xf32>
      %3 = dl.exp %2 : tensor<4xf32>
      func.return %3 : tensor<4xf32>
    }
    ```
    After, with `min-ops=2`:
    ```mlir
    func.func private @main_repeat(%x: tensor<4xf32>, %w: tensor<4xf32>) -> tensor<4xf32> {
      %0 = dl.mul %x, %w : tensor<4xf32>
      %1 = dl.exp %0 : tensor<4xf32>
      func.return %1 : tensor<4xf32>
    }
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %w0 = dl.param "w0" : tensor<4xf32>
      %w1 = dl.param "w1" : tensor<4xf32>
      %0 = func.call @main_repeat(%x, %w0) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
      %1 = func.call @main_repeat(%0, %w1) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
      func.return %1 : tensor<4xf32>
    }
    ```
    """

    name = "dl-outline-repeats"

    min_ops: int = 8

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for name, function in functions_of(op).items():
            if len(function.body.blocks) != 1:
                continue
            block = function.body.block
            ops = [one for one in block.ops if not _is_source(one)]
            repeat = _best(ops, self.min_ops)
            if repeat is not None:
                _outline(op, function, _free_name(op, f"{name}_repeat"), repeat)
                current_statistics()["repeats outlined"] += len(repeat.windows)


class Repeat(NamedTuple):
    """Ops that compute the same, several times over, and what each time reads from outside."""

    windows: list[list[Operation]]
    inputs: list[list[SSAValue]]
    """Per window, in the same order."""
    outputs: list[tuple[int, int]]
    """(op of a window, number of its result) of what is read outside of some window."""

    @property
    def saved(self) -> int:
        """The ops that are written once less often, less a call for each window."""
        return (len(self.windows) - 1) * len(self.windows[0]) - len(self.windows)


def _is_source(op: Operation) -> bool:
    """Constants and weights may stand anywhere, and are not part of what repeats."""
    return isinstance(op, ConstantOp | ParamOp)


# Finding


def _best(ops: Sequence[Operation], min_ops: int) -> Repeat | None:
    """The repeat that saves most; of those that save as much, the one with the fewest borders."""
    looks = [_look(op) for op in ops]
    place = {op: at for at, op in enumerate(ops)}
    found: list[tuple[int, int, Repeat]] = []
    for period in _periods(looks, max(min_ops, 1)):
        for start, end in _runs(looks, period):
            shift = _quietest(ops, place, start, period, end)
            repeat = _repeat(ops, start + shift, end, period)
            if repeat is not None and repeat.saved > 0:
                found.append((repeat.saved, -len(repeat.inputs[0]), repeat))
    return max(found, key=lambda one: one[:2], default=(0, 0, None))[2]


def _look(op: Operation) -> object:
    """What equal ops share, whatever they are connected to; None for what cannot be outlined."""
    if not isinstance(op, DlOp) or op.regions:
        return None
    operands, results = tuple(o.type for o in op.operands), tuple(op.result_types)
    properties = tuple(sorted(op.properties.items(), key=lambda item: item[0]))
    return op.name, properties, operands, results


def _periods(looks: Sequence[object], least: int) -> list[int]:
    """The most frequent distances between ops, some in a row, that look alike."""
    length = min(GRAM, least)
    last: dict[tuple[object, ...], int] = {}
    distances: Counter[int] = Counter()
    for at in range(len(looks) - length + 1):
        gram = tuple(looks[at : at + length])
        if gram in last:
            distances[at - last[gram]] += 1
        last[gram] = at
    periods = [distance for distance, _ in distances.most_common() if distance >= least]
    return periods[:PERIODS]


def _runs(looks: Sequence[object], period: int) -> Iterator[tuple[int, int]]:
    """Where ops look as those one period further: from `start` to `end`, at least two periods."""
    start = 0
    for at in range(len(looks) - period + 1):
        alike = at + period < len(looks) and looks[at] is not None
        if alike and looks[at] == looks[at + period]:
            continue
        if at - start >= period:
            yield start, at + period
        start = at + 1


def _quietest(
    ops: Sequence[Operation], place: dict[Operation, int], start: int, period: int, end: int
) -> int:
    """How far behind the start windows best begin: where fewest values cross their borders.

    Ops that look like the end of a layer may stand before the first one. There are as many windows
    whichever of these places is taken.
    """

    def crossing(border: int) -> int:
        return sum(
            any(place.get(use.operation, len(ops)) >= border for use in result.uses)
            for op in ops[border - period : border]
            for result in op.results
        )

    room = (end - start) % period
    return min(range(room + 1), key=lambda shift: (crossing(start + period + shift), shift))


def _repeat(ops: Sequence[Operation], start: int, end: int, period: int) -> Repeat | None:
    """The windows from `start` on that are connected as the first one is."""
    windows = [list(ops[at : at + period]) for at in range(start, end - period + 1, period)]
    inputs: list[list[SSAValue]] = []
    for window in windows:
        read = _connected(windows[0], window)
        if read is None:
            break
        inputs.append(read)
    windows = windows[: len(inputs)]
    if len(windows) < 2:
        return None
    known = _constant_inputs(inputs)
    inputs = [[v for v, same in zip(read, known, strict=True) if not same] for read in inputs]
    return Repeat(windows, inputs, _outputs(windows))


def _connected(first: Sequence[Operation], window: Sequence[Operation]) -> list[SSAValue] | None:
    """What a window reads from outside, in order; None if it is connected in another way.

    The order is that of the first window: the n-th different value from outside there stands for
    the n-th here, every time.
    """
    there = {op: at for at, op in enumerate(first)}
    here = {op: at for at, op in enumerate(window)}
    outside: dict[SSAValue, SSAValue] = {}
    for one, other in zip(first, window, strict=True):
        for a, b in zip(one.operands, other.operands, strict=True):
            inside = _place(a, there), _place(b, here)
            if inside[0] != inside[1]:
                return None
            if inside[0] is None and outside.setdefault(a, b) is not b:
                return None
    return list(outside.values())


def _place(value: SSAValue, ops: dict[Operation, int]) -> tuple[int, int] | None:
    """Which result of which op of a window a value is; None from outside."""
    at = ops.get(value.op) if isinstance(value, OpResult) else None
    return None if at is None or not isinstance(value, OpResult) else (at, value.index)


def _constant_inputs(inputs: Sequence[Sequence[SSAValue]]) -> list[bool]:
    """Which inputs are the same constant in all windows: these go into the function."""
    return [
        isinstance(first.owner, ConstantOp)
        and all(
            isinstance(value.owner, ConstantOp) and value.owner.value == first.owner.value
            for value in values
        )
        for first, *values in zip(*inputs, strict=True)
    ]


def _outputs(windows: Sequence[Sequence[Operation]]) -> list[tuple[int, int]]:
    """The results that are read outside of their window, in some window."""
    found: set[tuple[int, int]] = set()
    for window in windows:
        inside = set(window)
        for at, op in enumerate(window):
            for result in op.results:
                if any(use.operation not in inside for use in result.uses):
                    found.add((at, result.index))
    return sorted(found)


# Writing


def _outline(module: ModuleOp, function: FuncOp, name: str, repeat: Repeat) -> None:
    """A function of the first window, and a call of it in the place of every window."""
    first, read = repeat.windows[0], repeat.inputs[0]
    block = Block(arg_types=[value.type for value in read])
    known: dict[SSAValue, SSAValue] = dict(zip(read, block.args, strict=True))
    for value, argument in zip(read, block.args, strict=True):
        argument.name_hint = value.name_hint
    for op in first:
        for operand in op.operands:
            if operand not in known and isinstance(operand.owner, ConstantOp):
                block.add_op(operand.owner.clone(known))
        block.add_op(op.clone(known))
    results = [known[first[at].results[index]] for at, index in repeat.outputs]
    block.add_op(ReturnOp(*results))
    types = [value.type for value in read], [value.type for value in results]
    outlined = FuncOp(name, types, Region(block), visibility="private")
    outlined.location = first[0].location
    assert module.body.first_block is not None
    module.body.block.insert_op_before(outlined, function)
    # All calls are made before a window goes: a call reads what the window before it made.
    calls = [CallOp(name, inputs, types[1]) for inputs in repeat.inputs]
    for window, call in zip(repeat.windows, calls, strict=True):
        _replace(window, call, repeat.outputs)


def _replace(window: Sequence[Operation], call: CallOp, outputs: list[tuple[int, int]]) -> None:
    last = window[-1]
    assert last.parent is not None
    call.location = last.location
    last.parent.insert_op_before(call, last)
    for (at, index), result in zip(outputs, call.results, strict=True):
        old = window[at].results[index]
        result.name_hint = old.name_hint
        old.replace_all_uses_with(result)
    for op in reversed(window):
        op.detach()
        op.erase()


def _free_name(module: ModuleOp, wanted: str) -> str:
    names = {getattr(op.get_attr_or_prop("sym_name"), "data", "") for op in module.body.block.ops}
    name, number = wanted, 1
    while name in names:
        number += 1
        name = f"{wanted}_{number}"
    return name
