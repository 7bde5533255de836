"""Loops that count: exporters write them as `while`, with a counter among what is carried.

`scf.for` says how many rounds there are. Values that all rounds leave as they are need not be
carried: exporters hand in so what a round reads from outside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from xdsl.dialects import arith, scf, tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX, IndexType, TensorType, i32, i64
from xdsl.ir import Attribute, Block, BlockArgument, Operation, Region, SSAValue

from dlir.dialects.dl.attrs import Predicate
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops.base import element_of, shape_of
from dlir.dialects.dl.ops.source import ConstantOp
from dlir.dialects.dl.rules import definer
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, known_number


class Counter(NamedTuple):
    """Which carried value counts by 1, and what it stays below: known outside of the loop."""

    number: int
    bound: SSAValue


def counter_of(op: Operation) -> Counter | None:
    """The counter of a `while` whose regions are converted; None for loops that go on otherwise."""
    condition, body = (region.block for region in op.regions)
    test = definer(_returned(condition)[0], b.CompareOp)
    if test is None or test.predicate.data is not Predicate.LT:
        return None
    argument: SSAValue = test.lhs
    if not isinstance(argument, BlockArgument) or argument.block is not condition:
        return None
    if shape_of(argument) or element_of(argument) not in (i32, i64):
        return None
    number = argument.index
    bound = _bound(op, test.rhs)
    return Counter(number, bound) if bound and _counts(body, number) else None


def _returned(block: Block) -> Sequence[SSAValue]:
    last = block.last_op
    assert last is not None, "verified regions end in stablehlo.return"
    return last.operands


def _bound(op: Operation, value: SSAValue) -> SSAValue | None:
    """A bound as it is known outside: a constant, or what no round changes."""
    condition, body = (region.block for region in op.regions)
    if isinstance(value, BlockArgument) and value.block is condition:
        stays = _returned(body)[value.index] is body.args[value.index]
        return op.operands[value.index] if stays else None
    owner = value.owner
    is_inside = isinstance(owner, Operation) and owner.parent is condition
    return None if is_inside and not isinstance(owner, ConstantOp) else value


def _counts(body: Block, number: int) -> bool:
    add = definer(_returned(body)[number], b.AddOp)
    if add is None:
        return False
    own = body.args[number]
    return any(
        x is own and known_number(one) == 1 for x, one in ((add.lhs, add.rhs), (add.rhs, add.lhs))
    )


def counted(e: Emitter, op: Operation, counter: Counter) -> Sequence[SSAValue]:
    """The loop as `scf.for`; the counter ends at the bound, or where it began."""
    body = op.regions[1].detach_block(op.regions[1].block)
    results = [*op.operands]
    bound = _outside(e, op, counter.bound)
    carried = [
        n
        for n, value in enumerate(_returned(body))
        if n != counter.number and value is not body.args[n]
    ]
    types = [body.args[n].type for n in carried]
    rows = _stacked(e, op, body, counter.number, bound)
    _take_number(e, body, counter.number)
    for n in reversed(range(len(results))):
        if n not in carried:
            # One more argument stands in front.
            body.args[n + 1].replace_all_uses_with(op.operands[n])
            body.erase_arg(body.args[n + 1])
    _yield(e, body, carried, types, rows)
    e.move_to(op)
    first, last = (
        e.emit(arith.IndexCastOp(e.scalar(x), IndexType()))
        for x in (op.operands[counter.number], bound)
    )
    begin = [
        e.emit(tensor.EmptyOp([], t)) if n in rows else e.as_type(op.operands[n], t)
        for n, t in zip(carried, types, strict=True)
    ]
    loop = e.insert(scf.ForOp(first, last, e.index(1), begin, Region(body)))
    for n, value in zip(carried, loop.results, strict=True):
        results[n] = value
    results[counter.number] = e.emit(b.MaxOp(results[counter.number], bound))
    return results


def _outside(e: Emitter, op: Operation, bound: SSAValue) -> SSAValue:
    owner = bound.owner
    if isinstance(owner, ConstantOp) and owner.parent is op.regions[0].block:
        e.move_to(op)
        return e.emit(ConstantOp(owner.value))
    return bound


def _take_number(e: Emitter, body: Block, number: int) -> None:
    """The number of the round in the place of the counter."""
    first = body.first_op
    assert first is not None, "verified regions end in stablehlo.return"
    index = body.insert_arg(IndexType(), 0)
    counter = body.args[number + 1]
    e.move_to(first)
    wide = e.emit(arith.IndexCastOp(index, i64))
    cell = e.emit(tensor.FromElementsOp(wide, result_type=TensorType(i64, ())))
    counter.replace_all_uses_with(e.cast(cell, element_of(counter)))


def _stacked(
    e: Emitter, op: Operation, body: Block, number: int, bound: SSAValue
) -> dict[int, SSAValue]:
    """Carried values of which each round replaces the row of its number, until all are; the rows.

    What such a loop begins with does not matter.
    """
    if known_number(op.operands[number]) != 0:
        return {}
    count, rows = known_number(bound), dict[int, SSAValue]()
    for n, value in enumerate(_returned(body)):
        written, argument = e.rows.get(value), body.args[n]
        if written is None or written.x is not argument or len([*argument.uses]) != 1:
            continue
        if written.place is body.args[number] and shape_of(argument)[0] == count:
            rows[n] = written.row
    return rows


def _yield(
    e: Emitter,
    body: Block,
    carried: Sequence[int],
    types: Sequence[Attribute],
    rows: Mapping[int, SSAValue],
) -> None:
    last = body.last_op
    assert last is not None, "verified regions end in stablehlo.return"
    e.move_to(last)
    values = [
        _put(e, rows[n], argument, body.args[0]) if n in rows else e.as_type(last.operands[n], type)
        for n, argument, type in zip(carried, body.args[1:], types, strict=True)
    ]
    e.insert(scf.YieldOp(*values))
    last.detach()
    last.erase()


def _put(e: Emitter, row: SSAValue, into: SSAValue, place: SSAValue) -> SSAValue:
    shape = shape_of(row)
    return e.emit(
        tensor.InsertSliceOp.get(
            row,
            into,
            static_offsets=[DYNAMIC_INDEX, *[0] * (len(shape) - 1)],
            static_sizes=shape,
            static_strides=[1] * len(shape),
            offsets=[place],
            result_type=into.type,
        )
    )
