"""`scf` and `cf`: structured control flow becomes blocks, branches and block arguments.

Loops are emitted rotated (test at the end, a guard before the first round unless the bounds are
known), because the code generator runs without LLVM's loop passes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects import cf, llvm, scf
from xdsl.dialects.builtin import IndexType, IntegerAttr, i32, i64
from xdsl.ir import Block, Operation, Region, SSAValue

from dlir.dialects.llvm.ops import SwitchOp
from dlir.lowering.loops_to_llvm.rounding import select
from dlir.lowering.loops_to_llvm.state import NSW, POINTER, Lowering

ConvertBlock = Callable[[Lowering, Block], None]
"""Lowers every operation of a block but its terminator's jump; passed in by the pass."""

STATUS = "dlir.status"
"""The `i32` global that a failing assertion sets."""


def counted_loop(low: Lowering, count: SSAValue, body: Callable[[SSAValue], None]) -> None:
    """Run `body(i)` for i in 0..count."""
    head, last = low.new_block([i64]), low.new_block()
    first = low.integer(0)
    low.branch_if(low.compare(2, first, count), head, [first], last, ())
    low.block = head
    body(head.args[0])
    after = low.emit(llvm.AddOp, (head.args[0], low.integer(1)), i64, {"overflowFlags": NSW})
    low.branch_if(low.compare(2, after, count), head, [after], last, ())
    low.block = last


def convert_for(low: Lowering, op: Operation, convert: ConvertBlock) -> None:
    """A rotated loop; its state travels in block arguments."""
    assert isinstance(op, scf.ForOp)
    lower, upper, step = low.scalar(op.lb), low.scalar(op.ub), low.scalar(op.step)
    start = low.rows_of(op.iter_args, op)
    types = low.block_types(op.iter_args, op)
    body, last = low.new_block([lower.type, *types]), low.new_block(types)
    if _surely_runs(low, op):
        low.branch(body, [lower, *start])
    else:
        low.branch_if(low.compare(2, lower, upper), body, [lower, *start], last, start)
    counter, *state = op.body.block.args
    low.block = body
    low.bind(counter, (body.args[0],))
    low.bind_rows(state, body.args[1:])
    convert(low, op.body.block)
    results = low.rows_of(_terminator(op.body.block).operands, op)
    after = low.emit(llvm.AddOp, (body.args[0], step), lower.type, {"overflowFlags": NSW})
    low.branch_if(low.compare(2, after, upper), body, [after, *results], last, results)
    low.block = last
    low.bind_rows(op.results, last.args)


def _surely_runs(low: Lowering, op: scf.ForOp) -> bool:
    if not isinstance(op.lb.type, IndexType):
        return False
    lower, upper = low.index(op.lb), low.index(op.ub)
    return isinstance(lower, int) and isinstance(upper, int) and lower < upper


def convert_if(low: Lowering, op: Operation, convert: ConvertBlock) -> None:
    """Two blocks and one where they meet."""
    assert isinstance(op, scf.IfOp)
    condition = low.scalar(op.cond)
    merge_types = low.block_types(op.results, op)
    then, merge = low.new_block(), low.new_block(merge_types)
    otherwise = low.new_block() if op.false_region.blocks else merge
    low.branch_if(condition, then, (), otherwise, ())
    _convert_arm(low, op.true_region, then, merge, convert)
    if op.false_region.blocks:
        _convert_arm(low, op.false_region, otherwise, merge, convert)
    low.block = merge
    low.bind_rows(op.results, merge.args)


def _convert_arm(
    low: Lowering, region: Region, block: Block, merge: Block, convert: ConvertBlock
) -> None:
    """Lower a region that ends in `scf.yield` into `block`, then go to `merge`."""
    low.block = block
    convert(low, region.block)
    yielded = _terminator(region.block)
    low.branch(merge, low.rows_of(yielded.operands, yielded))


def _terminator(block: Block) -> Operation:
    assert block.last_op is not None
    return block.last_op


def convert_while(low: Lowering, op: Operation, convert: ConvertBlock) -> None:
    """The `before` region decides, the `after` region goes back to it."""
    assert isinstance(op, scf.WhileOp)
    before, after = op.before_region.block, op.after_region.block
    head = low.new_block(low.block_types(before.args, op))
    body = low.new_block(low.block_types(after.args, op))
    last = low.new_block(low.block_types(op.results, op))
    low.branch(head, low.rows_of(op.arguments, op))
    low.block = head
    low.bind_rows(before.args, head.args)
    convert(low, before)
    decision = _terminator(before)
    state = low.rows_of(decision.operands[1:], op)
    low.branch_if(low.scalar(decision.operands[0]), body, state, last, state)
    low.block = body
    low.bind_rows(after.args, body.args)
    convert(low, after)
    low.branch(head, low.rows_of(_terminator(after).operands, op))
    low.block = last
    low.bind_rows(op.results, last.args)


def convert_index_switch(low: Lowering, op: Operation, convert: ConvertBlock) -> None:
    """`llvm.switch` to one block per case."""
    assert isinstance(op, scf.IndexSwitchOp)
    merge = low.new_block(low.block_types(op.results, op))
    default = low.new_block()
    numbers = [int(number) for number in op.cases.iter_values()]
    blocks = [low.new_block() for _ in numbers]
    cases = [(number, block, ()) for number, block in zip(numbers, blocks, strict=True)]
    low.add(SwitchOp(low.scalar(op.arg), (default, ()), cases))
    _convert_arm(low, op.default_region, default, merge, convert)
    for region, block in zip(op.case_regions, blocks, strict=True):
        _convert_arm(low, region, block, merge, convert)
    low.block = merge
    low.bind_rows(op.results, merge.args)


def convert_assert(low: Lowering, op: Operation) -> None:
    """Records a failure in the status word and goes on."""
    assert isinstance(op, cf.AssertOp)
    report(low, low.scalar(op.arg), op.msg.data)


def report(low: Lowering, condition: SSAValue, text: str) -> None:
    """Unless `condition`, put the message's code into `@dlir.status` if that is still 0."""
    code = low.integer(low.module.message(text), i32)
    failed, go_on = low.new_block(), low.new_block()
    low.branch_if(condition, go_on, (), failed, ())
    low.block = failed
    pointer = low.add(llvm.AddressOfOp(STATUS, POINTER)).results[0]
    properties = {"ordering": IntegerAttr(0, i64), "alignment": IntegerAttr(4, i64)}
    old = low.emit(llvm.LoadOp, (pointer,), i32, properties)
    first = low.compare(0, old, low.integer(0, i32))
    new = select(low, first, code, old)
    low.add(llvm.StoreOp.create(operands=(new, pointer), properties=properties))
    low.branch(go_on)
    low.block = go_on


def convert_branch(low: Lowering, op: Operation, blocks: dict[Block, Block]) -> None:
    """`cf.br` and `cf.cond_br`."""
    if isinstance(op, cf.BranchOp):
        low.branch(blocks[op.successor], low.rows_of(op.arguments, op))
        return
    assert isinstance(op, cf.ConditionalBranchOp)
    low.branch_if(
        low.scalar(op.cond),
        blocks[op.then_block],
        low.rows_of(op.then_arguments, op),
        blocks[op.else_block],
        low.rows_of(op.else_arguments, op),
    )


def reachable_order(region: Region) -> Sequence[Block]:
    """The reachable blocks, each after one that dominates it (reverse post-order)."""
    done: list[Block] = []
    seen: set[Block] = {region.blocks[0]}
    stack = [(region.blocks[0], iter(_terminator(region.blocks[0]).successors))]
    while stack:
        block, successors = stack[-1]
        for successor in successors:
            if successor not in seen:
                seen.add(successor)
                stack.append((successor, iter(_terminator(successor).successors)))
                break
        else:
            done.append(block)
            stack.pop()
    return done[::-1]
