"""`scf-fuse-siblings`: loops of one kernel that count alike become one loop."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import arith, func, memref, scf, vector
from xdsl.dialects.builtin import MemRefType, ModuleOp
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter
from xdsl.traits import Pure

Loop = scf.ForOp | scf.ParallelOp
_LOADS = (vector.LoadOp, vector.MaskedLoadOp, memref.LoadOp)
_ALWAYS_EQUAL = (arith.ConstantOp, vector.CreateMaskOp, vector.BroadcastOp)
"""Without effects, though xDSL does not say so."""
_VIEWS = (memref.SubviewOp, memref.CastOp, memref.ReinterpretCastOp)


@dataclass(frozen=True)
class ScfFuseSiblings(ModulePass):
    """Fuse loops with the same bounds and steps in kernels of siblings, from the outside to the
    inside, and read what both read once.

    `structured-outline` makes such kernels and says so with `dlir.siblings`: two arguments of which
    one is written are different memory, so loops are independent if none writes what the other
    touches.

    Before:
    ```mlir
    func.func private @siblings_0(%x: memref<64xf32>, %a: memref<f32>, %b: memref<f32>)
        attributes {dlir.siblings} {
      %s = scf.for %i = %c0 to %c64 step %c16 iter_args(%u = %zero) -> (vector<16xf32>) {
        %v = vector.load %x[%i] : memref<64xf32>, vector<16xf32>
        ...
      %m = scf.for %i = %c0 to %c64 step %c16 iter_args(%u = %least) -> (vector<16xf32>) {
        %v = vector.load %x[%i] : memref<64xf32>, vector<16xf32>
        ...
    ```
    After:
    ```mlir
    func.func private @siblings_0(%x: memref<64xf32>, %a: memref<f32>, %b: memref<f32>)
        attributes {dlir.siblings} {
      %s, %m = scf.for %i = %c0 to %c64 step %c16 iter_args(%u = %zero, %w = %least) -> (...) {
        %v = vector.load %x[%i] : memref<64xf32>, vector<16xf32>
        ...
    ```
    """

    name = "scf-fuse-siblings"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in op.body.block.ops:
            if isinstance(function, func.FuncOp) and "dlir.siblings" in function.attributes:
                _fuse_in(function.body.block)


def _fuse_in(block: Block) -> None:
    """Fuse what can be fused of a block, then of the loops' bodies."""
    merged = False
    loops = [op for op in block.ops if isinstance(op, Loop)]
    while loops:
        first, loops = loops[0], loops[1:]
        for other in list(loops):
            if _counts_alike(first, other) and _may_move(first, other):
                first = _merge(first, other)
                loops.remove(other)
                merged = True
        _fuse_in(first.body.block)
    if merged or isinstance(block.parent_op(), Loop):
        _read_once(block)


def _counts_alike(a: Loop, b: Loop) -> bool:
    if isinstance(a, scf.ForOp) and isinstance(b, scf.ForOp):
        return (a.lb, a.ub, a.step) == (b.lb, b.ub, b.step)
    if isinstance(a, scf.ParallelOp) and isinstance(b, scf.ParallelOp):
        return _bounds(a) == _bounds(b) and not a.initVals and not b.initVals
    return False


def _bounds(loop: scf.ParallelOp) -> tuple[SSAValue, ...]:
    return (*loop.lowerBound, *loop.upperBound, *loop.step)


# --- dependences ----------------------------------------------------------------------------------


def _may_move(first: Loop, other: Loop) -> bool:
    """Whether a later loop can run where the first one does; what it needs is moved there."""
    between = list(_between(first, other))
    needed = _needed(between, other)
    if not all(
        op.has_trait(Pure) or isinstance(op, _ALWAYS_EQUAL) for op in needed
    ) or _uses_results(first, [*needed, other]):
        return False
    passed = [first, *(op for op in between if op not in needed)]
    if _conflict(passed, [other]):
        return False
    for op in between:
        if op in needed:
            op.detach()
            Rewriter.insert_op(op, InsertPoint.before(first))
    return True


def _is_pure(op: Operation) -> bool:
    return op.has_trait(Pure) or isinstance(op, _ALWAYS_EQUAL)


def _between(first: Operation, last: Operation) -> Iterator[Operation]:
    op = first.next_op
    while op is not None and op is not last:
        yield op
        op = op.next_op


def _needed(between: Sequence[Operation], loop: Loop) -> set[Operation]:
    """What the loop depends on of the ops in front of it."""
    wanted = {value for op in loop.walk() for value in op.operands}
    needed: set[Operation] = set()
    for op in reversed(between):
        if any(result in wanted for result in op.results):
            needed.add(op)
            wanted.update(v for inner in op.walk() for v in inner.operands)
    return needed


def _uses_results(first: Loop, ops: Sequence[Operation]) -> bool:
    results = {*first.results}
    return any(v in results for op in ops for inner in op.walk() for v in inner.operands)


def _conflict(earlier: Sequence[Operation], later: Sequence[Operation]) -> bool:
    """Whether one writes memory that the other touches."""
    touched, written = _memory(earlier)
    other_touched, other_written = _memory(later)
    return bool(written & other_touched or touched & other_written)


def _memory(ops: Sequence[Operation]) -> tuple[set[SSAValue], set[SSAValue]]:
    """The memory that ops touch, and what of it they may write."""
    touched: set[SSAValue] = set()
    written: set[SSAValue] = set()
    for inner in (inner for op in ops for inner in op.walk()):
        roots = {_root(v) for v in inner.operands if isinstance(v.type, MemRefType)}
        touched |= roots
        if not isinstance(inner, (*_LOADS, *_VIEWS, memref.DimOp)):
            written |= roots
    return touched, written


def _root(value: SSAValue) -> SSAValue:
    """The memory that a view is of."""
    while isinstance(owner := value.owner, _VIEWS):
        value = owner.operands[0]
    return value


# --- merging --------------------------------------------------------------------------------------


def _merge(first: Loop, other: Loop) -> Loop:
    """One loop with both bodies, in the place of the first."""
    body, tail = first.body.block, other.body.block
    mine, theirs = body.last_op, tail.last_op
    assert mine is not None and theirs is not None
    indices = len(tail.args) - len(theirs.operands)
    for old, new in zip(tail.args[:indices], body.args[:indices], strict=True):
        old.replace_all_uses_with(new)
    for old in tail.args[indices:]:
        new = body.insert_arg(old.type, len(body.args))
        old.replace_all_uses_with(new)
    carried = [*mine.operands, *theirs.operands]  # an argument may be handed on as it is
    _erase(mine)
    _erase(theirs)
    for op in list(tail.ops):
        op.detach()
        body.add_op(op)
    body.add_op(scf.YieldOp(*carried) if isinstance(first, scf.ForOp) else scf.ReduceOp())
    return _with_results(first, other)


def _with_results(first: Loop, other: Loop) -> Loop:
    """The first loop, with the other's initial values and results beside its own."""
    if not other.results:
        _erase(other)
        return first
    assert isinstance(first, scf.ForOp) and isinstance(other, scf.ForOp)
    initial = [*first.iter_args, *other.iter_args]
    region = Region(first.body.detach_block(0))
    new = scf.ForOp(first.lb, first.ub, first.step, initial, region)
    new.location = first.location
    Rewriter.insert_op(new, InsertPoint.before(first))
    for old, result in zip([*first.results, *other.results], new.results, strict=True):
        old.replace_all_uses_with(result)
    _erase(first)
    _erase(other)
    return new


def _erase(op: Operation) -> None:
    op.detach()
    op.erase()


# --- reading once ---------------------------------------------------------------------------------


def _read_once(block: Block) -> None:
    """Equal loads of memory that the block does not write, and equal pure ops, are one."""
    _, written = _memory(list(block.ops))
    known: dict[Hashable, Operation] = {}
    for op in list(block.ops):
        loads = isinstance(op, _LOADS) and _root(op.operands[0]) not in written
        if op.regions or not (loads or _is_pure(op)):
            continue
        types = tuple(r.type for r in op.results)
        key = (op.name, tuple(op.operands), frozenset(op.properties.items()), types)
        same = known.setdefault(key, op)
        if same is not op:
            for old, new in zip(op.results, same.results, strict=True):
                old.replace_all_uses_with(new)
            _erase(op)
