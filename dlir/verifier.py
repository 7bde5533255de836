"""Whether a module is well formed: every op's own verifier, structure and dominance.

xDSL's `op.verify()` stops at the first error, does not say where it is, prints the whole module
each time, and does not check that values are defined before they are used. `verify` reports every
error of a module, each at its op.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from xdsl.ir import Attribute, Block, ErasedSSAValue, Operation, OpResult, Region, SSAValue
from xdsl.traits import IsolatedFromAbove, IsTerminator, NoTerminator
from xdsl.utils.exceptions import DiagnosticException, VerifyException

from dlir.diagnostics import CompileError, Diagnostic, Severity, diagnose, from_exception, note

_ISOLATION = "Operation using value defined out of its IsolatedFromAbove parent"


def verify(module: Operation) -> None:
    """Check a module (or any op with all it contains).

    Raises `CompileError` with every error of every op, in the order of the text.
    """
    ops = list(walk(module))
    diagnostics: list[Diagnostic] = []
    cause: Exception | None = None
    broken: set[Operation] = set()
    # Inner ops before outer ones: an outer verifier may rely on what it contains.
    for op in reversed(ops):
        try:
            _verify_structure(op)
            op.verify_()
        except DiagnosticException as error:
            # The dominance check says this again, at the op that uses the value.
            if not str(error).startswith(_ISOLATION):
                diagnostics += reversed(from_exception(error, op))
        except Exception as error:
            # A verifier that stumbles over a broken op inside has nothing to add.
            if op in broken:
                continue
            diagnostics.append(
                diagnose(Severity.ERROR, op, f"cannot be verified: {type(error).__name__}: {error}")
            )
            cause = error
        else:
            continue
        broken.update(_ancestors(op))
    diagnostics.reverse()
    diagnostics += _dominance_errors(ops)
    if diagnostics:
        raise CompileError(diagnostics) from cause


def walk(root: Operation) -> Iterator[Operation]:
    """Every op in the order of the text, the root first, without recursion."""
    stack = [root]
    while stack:
        op = stack.pop()
        yield op
        for region in reversed(op.regions):
            for block in reversed(region.blocks):
                stack.extend(reversed(block.ops))


def _ancestors(op: Operation) -> Iterator[Operation]:
    parent = op.parent_op()
    while parent is not None:
        yield parent
        parent = parent.parent_op()


# Structure ------------------------------------------------------------------------------------


def _verify_structure(op: Operation) -> None:
    """What MLIR asks of any op: live operands, terminated blocks, branches inside the region."""
    for index, operand in enumerate(op.operands):
        if isinstance(operand, ErasedSSAValue):
            raise VerifyException(f"operand #{index} is a value that was erased")
    if op.successors:
        _verify_successors(op)
    block = op.parent
    if block is not None and block.last_op is op:
        _verify_end_of_block(op, block)
    for region in op.regions:
        _verify_region(op, region)
    wanted = _handed_on(op)
    if wanted is not None:
        first = int(op.name == "scf.condition")
        _verify_types([value.type for value in op.operands[first:]], wanted)


def _handed_on(op: Operation) -> Sequence[Attribute] | None:
    """The types that the last operands of a terminator must have, where xDSL does not ask it."""
    around = op.parent_op()
    if around is None or around.name not in ("scf.if", "scf.while"):
        return None
    if op.name == "scf.yield" and around.name == "scf.while":
        block = around.regions[0].first_block
        return [] if block is None else [argument.type for argument in block.args]
    if op.name in ("scf.condition", "scf.yield"):
        return [result.type for result in around.results]
    return None


def _verify_types(given: Sequence[Attribute], wanted: Sequence[Attribute]) -> None:
    if len(given) != len(wanted):
        raise VerifyException(f"expected {len(wanted)} values, got {len(given)}")
    for number, (one, other) in enumerate(zip(given, wanted, strict=True)):
        if one != other:
            raise VerifyException(f"expected value #{number} of type {other}, got {one}")


def _verify_successors(op: Operation) -> None:
    block = op.parent
    if block is None or block.last_op is not op:
        raise VerifyException("has successors, so it must be the last op of a block")
    if any(successor.parent is not block.parent for successor in op.successors):
        raise VerifyException("branches to a block of another region")


def _verify_end_of_block(op: Operation, block: Block) -> None:
    region = block.parent
    parent = None if region is None else region.parent
    if region is None or parent is None or op.has_trait(IsTerminator):
        return
    alone = region.first_block is region.last_block
    if not alone or not parent.has_trait(NoTerminator):
        raise VerifyException("is the last op of its block but not a terminator")


def _verify_region(op: Operation, region: Region) -> None:
    if region.first_block is None:
        return
    if region.first_block is region.last_block and op.has_trait(NoTerminator):
        return
    for block in region.blocks:
        if block.last_op is None:
            raise VerifyException("has an empty block, which needs a terminator")


# Dominance ------------------------------------------------------------------------------------


class _Dominance:
    """The dominator tree of the blocks of one region, by Cooper, Harvey and Kennedy's iteration.

    Source: "A Simple, Fast Dominance Algorithm", Software Practice and Experience 4 (2001).
    """

    def __init__(self, region: Region) -> None:
        order = _postorder(region)
        self._number = {block: number for number, block in enumerate(order)}
        self._parent: dict[Block, Block] = {}
        entry = order[-1]
        self._parent[entry] = entry
        predecessors: dict[Block, list[Block]] = {block: [] for block in order}
        for block in order:
            for successor in _successors(block):
                predecessors[successor].append(block)
        changed = True
        while changed:
            changed = False
            for block in reversed(order[:-1]):
                found = self._common(b for b in predecessors[block] if b in self._parent)
                if self._parent.get(block) is not found:
                    self._parent[block] = found
                    changed = True

    def _common(self, blocks: Iterator[Block]) -> Block:
        """The nearest common dominator."""
        left = next(blocks)
        for block in blocks:
            right = block
            while left is not right:
                if self._number[left] < self._number[right]:
                    left = self._parent[left]
                else:
                    right = self._parent[right]
        return left

    def dominates(self, above: Block, below: Block) -> bool:
        """Whether every path to `below` passes `above`; anything is true of unreachable code."""
        if below not in self._number:
            return True
        if above not in self._number:
            return False
        while self._number[below] < self._number[above]:
            below = self._parent[below]
        return below is above


def _successors(block: Block) -> Iterable[Block]:
    last = block.last_op
    return () if last is None else (b for b in last.successors if b.parent is block.parent)


def _postorder(region: Region) -> list[Block]:
    """The reachable blocks of a region, successors first, the entry last."""
    entry = region.blocks[0]
    seen = {entry}
    order: list[Block] = []
    stack = [(entry, iter(_successors(entry)))]
    while stack:
        block, successors = stack[-1]
        following = next((b for b in successors if b not in seen), None)
        if following is None:
            order.append(block)
            stack.pop()
        else:
            seen.add(following)
            stack.append((following, iter(_successors(following))))
    return order


_Path: TypeAlias = tuple[Block, Operation | None]
"""The block around a use in the region of a definition, and the op of it that encloses the use."""


class _Scopes:
    """Answers whether a value is visible at an op; remembers what it computed about regions."""

    def __init__(self, ops: list[Operation]) -> None:
        self._position = {op: position for position, op in enumerate(ops)}
        self._dominance: dict[Region, _Dominance] = {}
        self._paths: dict[tuple[Block, Block], _Path | str] = {}

    def problem(self, value: SSAValue, user: Operation) -> str | None:
        """Why `value` must not be used by `user`, or None when it may."""
        owner = value.owner
        block = owner if isinstance(owner, Block) else owner.parent
        here = user.parent
        inner = user
        if block is not here:
            if block is None or here is None:
                return "is defined outside of the module"
            path = self._path(here, block)
            if isinstance(path, str):
                return path
            around, enclosing = path
            if around is not block:
                return None if self._dominates(block, around) else "does not dominate this use"
            inner = enclosing or user
        if isinstance(owner, Block) or self._at(owner) < max(self._at(inner), 0):
            return None
        return "is used inside the op that defines it" if owner is inner else _USED_BEFORE

    def _at(self, op: Operation) -> int:
        # Below an op that is verified alone, what stands around it has no position: it is fine.
        return self._position.get(op, -1)

    def _path(self, here: Block, block: Block) -> _Path | str:
        path = self._paths.get((here, block))
        if path is None:
            path = self._paths[here, block] = _find_path(here, block)
        return path

    def _dominates(self, above: Block, below: Block) -> bool:
        region = below.parent
        if region is None:
            return False
        if region not in self._dominance:
            self._dominance[region] = _Dominance(region)
        return self._dominance[region].dominates(above, below)


_USED_BEFORE = "is used before it is defined"


def _find_path(here: Block, block: Block) -> _Path | str:
    """The way from `here` outwards to the region of `block`, or why there is none."""
    wall: Operation | None = None
    enclosing: Operation | None = None
    while here.parent is not block.parent:
        enclosing = here.parent_op()
        if enclosing is None or enclosing.parent is None:
            return "is defined in a region that does not enclose this use"
        if wall is None and enclosing.has_trait(IsolatedFromAbove, value_if_unregistered=False):
            wall = enclosing
        here = enclosing.parent
    if wall is not None:
        return f"is defined outside of '{wall.name}', which is isolated from above"
    return here, enclosing


def _dominance_errors(ops: list[Operation]) -> Iterator[Diagnostic]:
    scopes = _Scopes(ops)
    for op in ops:
        for index, value in enumerate(op.operands):
            if isinstance(value, ErasedSSAValue):
                continue
            problem = scopes.problem(value, op)
            if problem is not None:
                name = f"%{value.name_hint}" if value.name_hint else f"operand #{index}"
                yield diagnose(
                    Severity.ERROR, op, f"{name} {problem}", notes=[_definition(value, name)]
                )


def _definition(value: SSAValue, name: str) -> Diagnostic:
    location = (
        value.op.location if isinstance(value, OpResult) else getattr(value, "location", None)
    )
    return note(location, f"{name} is defined here")
