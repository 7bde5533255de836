"""Control flow: `scf` with the same regions, its conditions taken out of their tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import IntegerAttr, IntegerType
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from dlir.dialects.dl.ops.base import element_of
from dlir.lowering.stablehlo_to_dl.elementwise import Rule
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, plain


def while_(e: Emitter, op: Operation) -> Sequence[SSAValue]:
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
    """One `if` in the other; the last branch is also for numbers that no branch has."""
    types = [plain(type) for type in op.result_types]
    branches = [_branch(region, types, e) for region in op.regions]
    e.move_to(op)
    number = e.scalar(op.operands[0])
    element = cast(IntegerType, element_of(op.operands[0]))
    return _choose(e, number, element, 0, branches, types, op)


def _choose(
    e: Emitter,
    number: SSAValue,
    element: IntegerType,
    first: int,
    branches: Sequence[Region],
    types: Sequence[Attribute],
    op: Operation,
) -> Sequence[SSAValue]:
    """The results of the branch with that number, inserted before `op`."""
    if len(branches) == 1:
        block = branches[0].block
        last = block.last_op
        assert last is not None and op.parent is not None
        for inner in [*block.ops]:
            inner.detach()
            if inner is not last:
                op.parent.insert_op_before(inner, op)
        return [*last.operands]
    constant = e.emit(arith.ConstantOp(IntegerAttr(first, element)))
    chosen = e.emit(arith.CmpiOp(number, constant, "eq"))
    rest = Block()
    end = scf.YieldOp()
    rest.add_op(end)
    e.move_to(end)
    values = _choose(e, number, element, first + 1, branches[1:], types, end)
    e.move_to(end)
    e.insert(scf.YieldOp(*values))
    end.detach()
    end.erase()
    e.move_to(op)
    return e.insert(scf.IfOp(chosen, types, branches[0], Region(rest))).results


RULES: dict[str, Rule] = {
    "stablehlo.case": case,
    "stablehlo.if": if_,
    "stablehlo.while": while_,
}
