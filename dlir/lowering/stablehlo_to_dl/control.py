"""Control flow: `scf` with the same regions, its conditions taken out of their tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import IntegerAttr, IntegerType
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from dlir.lowering.stablehlo_to_dl.counting import counted, counter_of
from dlir.lowering.stablehlo_to_dl.elementwise import Rule
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, plain


def while_(e: Emitter, op: Operation) -> Sequence[SSAValue]:
    if (counter := counter_of(op)) is not None:
        return counted(e, op, counter)
    condition, body = (region.detach_block(region.block) for region in op.regions)
    types = [argument.type for argument in body.args]
    (holds,) = _end(condition, e)
    e.insert(scf.ConditionOp(e.scalar(holds), *condition.args))
    _finish(condition)
    _yield(body, types, e)
    e.move_to(op)
    carried = _typed(e, op.operands, types)
    return e.insert(scf.WhileOp(carried, types, Region(condition), Region(body))).results


def _typed(e: Emitter, values: Sequence[SSAValue], types: Sequence[Attribute]) -> list[SSAValue]:
    return [e.as_type(value, type) for value, type in zip(values, types, strict=True)]


def _yield(block: Block, types: Sequence[Attribute], e: Emitter) -> None:
    """End a block with `scf.yield`."""
    values = _end(block, e)
    e.insert(scf.YieldOp(*_typed(e, values, types)))
    _finish(block)


def _end(block: Block, e: Emitter) -> list[SSAValue]:
    """What a region returns; new ops go to its end."""
    last = block.last_op
    assert last is not None, "verified regions end in stablehlo.return"
    e.move_to(last)
    return [*last.operands]


def _finish(block: Block) -> None:
    """Drop the old end of a block, which has a new one before it."""
    last = block.last_op
    assert last is not None
    last.detach()
    last.erase()


def _branch(region: Region, types: Sequence[Attribute], e: Emitter) -> Region:
    block = region.detach_block(region.block)
    _yield(block, types, e)
    return Region(block)


def if_(e: Emitter, op: Operation) -> Sequence[SSAValue]:
    types = [plain(type) for type in op.result_types]
    branches = [_branch(region, types, e) for region in op.regions]
    e.move_to(op)
    return e.insert(scf.IfOp(e.scalar(op.operands[0]), types, branches[0], branches[1])).results


def case(e: Emitter, op: Operation) -> Sequence[SSAValue]:
    """Ifs in one another, halving the branches; numbers that no branch has mean the last one."""
    types = [plain(type) for type in op.result_types]
    branches = [_branch(region, types, e) for region in op.regions]
    e.move_to(op)
    if len(branches) == 1:
        return _moved_out(branches[0], op)
    number = e.scalar(op.operands[0])
    last = e.emit(arith.ConstantOp(IntegerAttr(len(branches) - 1, _integer(number))))
    known = e.emit(arith.CmpiOp(number, last, "ule"))
    chosen = e.emit(arith.SelectOp(known, number, last))
    limit, below = _is_below(chosen, len(branches) // 2)
    e.insert(limit)
    return e.insert(_choice(e.insert(below).results[0], chosen, 0, branches, types)).results


def _integer(number: SSAValue) -> IntegerType:
    return cast(IntegerType, number.type)


def _is_below(number: SSAValue, limit: int) -> tuple[Operation, Operation]:
    """The ops that compare a number with a limit."""
    constant = arith.ConstantOp(IntegerAttr(limit, _integer(number)))
    return constant, arith.CmpiOp(number, constant, "slt")


def _choice(
    below: SSAValue,
    number: SSAValue,
    first: int,
    branches: Sequence[Region],
    types: Sequence[Attribute],
) -> scf.IfOp:
    """One half of the branches, which begin with that number, or the other."""
    half = len(branches) // 2
    sides = (_choosing(number, first, branches[:half], types),
             _choosing(number, first + half, branches[half:], types))  # fmt: skip
    return scf.IfOp(below, types, *sides)


def _choosing(
    number: SSAValue, first: int, branches: Sequence[Region], types: Sequence[Attribute]
) -> Region:
    """A region that gives the results of the branch with the number."""
    if len(branches) == 1:
        return branches[0]
    limit, below = _is_below(number, first + len(branches) // 2)
    choice = _choice(below.results[0], number, first, branches, types)
    return Region(Block([limit, below, choice, scf.YieldOp(*choice.results)]))


def _moved_out(region: Region, op: Operation) -> Sequence[SSAValue]:
    """Put the ops of a region before an op; what the region yields."""
    block = region.block
    last = block.last_op
    assert last is not None and op.parent is not None, "the region was given an end"
    values = [*last.operands]
    for inner in [*block.ops]:
        inner.detach()
        if inner is not last:
            op.parent.insert_op_before(inner, op)
    last.erase()
    return values


RULES: dict[str, Rule] = {
    "stablehlo.case": case,
    "stablehlo.if": if_,
    "stablehlo.while": while_,
}
