"""Changing ops by patterns and by tables, with locations kept and reasons told.

Three ways, from the most to the least general:

- `rewrite`: patterns, again and again until none applies (greedy).
- `walk_and_replace`: one walk with a table from op type to function; what lowerings use.
- `legalize`: `walk_and_replace`, then an error for each op that may not stay.

In all of them a new op inherits the location of the op it was made from, applied patterns are
counted (`current_statistics`), and a pattern that declines says why with `no_match`.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import UnionType
from typing import Any, NamedTuple, TypeAlias, Union, cast, get_args, get_origin

from xdsl.context import Context
from xdsl.dialects.builtin import UNKNOWN_LOC, LocationAttr
from xdsl.folder import Folder
from xdsl.ir import Operation
from xdsl.pattern_rewriter import PatternRewriter, RewritePattern
from xdsl.rewriter import InsertPoint
from xdsl.traits import ConstantLike, HasFolder
from xdsl.transforms.dead_code_elimination import is_trivially_dead
from xdsl.utils.exceptions import DiagnosticException
from xdsl.utils.worklist import Worklist

from dlir.debug import debug
from dlir.diagnostics import (
    CompileError,
    Diagnostic,
    Severity,
    diagnose,
    fail,
    from_exception,
    note,
    op_name,
)
from dlir.verifier import walk

Rewriter: TypeAlias = PatternRewriter
"""What patterns and lowerings change the IR with: `insert`, `replace`, `erase`, ..."""

Lowering: TypeAlias = Callable[[Any, Rewriter], object]
"""Replaces one op, `f(op, rewriter)`, or declines with `no_match`; the result is ignored."""

MAX_ITERATIONS = 10
"""How many walks over all ops `rewrite` makes, and how many rewrites per op it allows."""

_FREE_REWRITES = 1000
"""Rewrites allowed beyond `max_iterations` per op, so that small inputs may grow."""


# Statistics and reasons -----------------------------------------------------------------------

_statistics: ContextVar[Counter[str] | None] = ContextVar("dlir_statistics", default=None)


def current_statistics() -> Counter[str]:
    """How often each pattern was applied; lost unless somebody collects (`collect_statistics`).

    A pass may count things of its own, under names of several words.
    """
    counter = _statistics.get()
    return Counter() if counter is None else counter


@contextmanager
def collect_statistics() -> Generator[Counter[str], None, None]:
    """Count the patterns applied inside. The pass manager does so around each pass."""
    counter: Counter[str] = Counter()
    token = _statistics.set(counter)
    try:
        yield counter
    finally:
        _statistics.reset(token)


class Declined(NamedTuple):
    """A pattern was tried on an op and did not apply, for this reason."""

    pattern: str
    reason: str


class _Attempt:
    """What a running driver knows about the pattern being tried, for `no_match`."""

    def __init__(self) -> None:
        self.pattern = ""
        self.declined: dict[Operation, dict[str, str]] = {}

    def reasons(self, op: Operation) -> tuple[Declined, ...]:
        """Why the patterns tried on `op` did not apply."""
        return tuple(Declined(*item) for item in self.declined.get(op, {}).items())


_attempt: ContextVar[_Attempt | None] = ContextVar("dlir_attempt", default=None)


def no_match(op: Operation, reason: str) -> None:
    """Say why the running pattern does not apply to `op`: `return no_match(op, "...")`."""
    attempt = _attempt.get()
    if attempt is not None:
        debug("rewrite", lambda: f"'{attempt.pattern}' on '{op_name(op)}': {reason}")
        attempt.declined.setdefault(op, {})[attempt.pattern] = reason


@contextmanager
def _attempting() -> Generator[_Attempt, None, None]:
    attempt = _Attempt()
    token = _attempt.set(attempt)
    try:
        yield attempt
    finally:
        _attempt.reset(token)


# Locations ------------------------------------------------------------------------------------


def inherit_location(op: Operation, location: LocationAttr) -> None:
    """Give `location` to `op`, and to all it contains, where there is none yet."""
    if location is UNKNOWN_LOC:
        return
    for new in walk(op):
        if new.location is UNKNOWN_LOC:
            new.location = location
        for region in new.regions:
            for block in region.blocks:
                for argument in block.args:
                    if argument.location is UNKNOWN_LOC:
                        argument.location = location


# The greedy driver ----------------------------------------------------------------------------


@dataclass(frozen=True)
class RewriteResult:
    """What `rewrite` did: `matches` counts rewrites by pattern, `declined` tells why not."""

    changed: bool
    iterations: int
    matches: Counter[str]
    declined: Mapping[Operation, tuple[Declined, ...]]


def rewrite(
    op: Operation,
    patterns: Sequence[RewritePattern],
    *,
    max_iterations: int = MAX_ITERATIONS,
    fold: Context | None = None,
    erase_dead: bool = True,
) -> RewriteResult:
    """Apply patterns to the ops inside `op` until none applies.

    With a context as `fold`, ops are folded first. Unused ops without effect are erased unless
    `erase_dead` is False. The first pattern that applies wins. Patterns that do not come to an end
    (`max_iterations` walks, or as many rewrites per op) end in a `CompileError` that names the
    last one, and its `location` if it has one; so does an error for users raised by a pattern.
    """
    with _attempting() as attempt:
        driver = _Driver(op, patterns, attempt, max_iterations, fold, erase_dead)
        iterations = 0
        while driver.sweep():
            iterations += 1
            if iterations >= max_iterations:
                driver.give_up()
    matches = driver.matches
    current_statistics().update(matches)
    declined = {o: attempt.reasons(o) for o in attempt.declined if o.parent is not None}
    return RewriteResult(driver.rewrites > 0, iterations, matches, declined)


def root_types(pattern: RewritePattern) -> tuple[type[Operation], ...] | None:
    """The op types a pattern can match, or None for any.

    Read from the `root_types` attribute of the pattern's class, or from what
    `@op_type_rewrite_pattern` was told by the annotation.
    """
    declared: Any = getattr(pattern, "root_types", None)
    if declared is None:
        method = type(pattern).match_and_rewrite
        declared = inspect.getclosurevars(method).nonlocals.get("expected_type")
    if declared is None:
        return None
    if get_origin(declared) in (Union, UnionType):
        return get_args(declared)
    if isinstance(declared, tuple):
        return cast(tuple[type[Operation], ...], declared)
    return (declared,)


def _reset(rewriter: Rewriter, op: Operation) -> None:
    """Point a rewriter at the next op."""
    rewriter.has_done_action = False
    rewriter.current_operation = op
    rewriter.insertion_point = InsertPoint.before(op)
    rewriter.name_hint = None


class _Driver:
    """The state of one `rewrite`: patterns by op type, the ops still to visit, and the counts."""

    def __init__(
        self,
        root: Operation,
        patterns: Sequence[RewritePattern],
        attempt: _Attempt,
        max_iterations: int,
        fold: Context | None,
        erase_dead: bool,
    ) -> None:
        self._root = root
        self._patterns = [(root_types(p), type(p).__name__, p) for p in patterns]
        self._by_type: dict[type[Operation], list[tuple[str, RewritePattern]]] = {}
        self._attempt = attempt
        self._folder = None if fold is None else Folder(fold)
        self._erase_dead = erase_dead
        self._worklist: Worklist[Operation] = Worklist()
        self._max_iterations = max_iterations
        self._location: LocationAttr = UNKNOWN_LOC
        self._last: tuple[RewritePattern | None, str, Operation, LocationAttr]
        self._last = (None, "", root, root.location)
        self.rewrites = 0
        self.matches: Counter[str] = Counter()

    def sweep(self) -> bool:
        """Visit every op, and every op touched on the way; True when something changed."""
        ops = [op for op in walk(self._root) if op is not self._root]
        before = self.rewrites
        budget = before + self._max_iterations * len(ops) + _FREE_REWRITES
        for op in reversed(ops):
            self._worklist.push(op)
        rewriter: Rewriter | None = None
        while self._worklist:
            op = self._worklist.pop()
            rewriter = self._rewriter(op) if rewriter is None else rewriter
            self._visit(op, rewriter)
            if self.rewrites > budget:
                self.give_up()
        return self.rewrites > before

    def give_up(self) -> None:
        """Report the last pattern that was applied as one that does not come to an end."""
        pattern, name, op, location = self._last
        often = ", ".join(f"{name} {n} times" for name, n in self.matches.most_common(3))
        notes = [note(None, f"applied so far: {often}")]
        if (place := getattr(pattern, "location", None)) is not None:
            notes.append(note(place, "the pattern is written here"))
        fail(
            location,
            f"pattern '{name}' does not come to an end at '{op_name(op)}'",
            notes=notes,
            help="a pattern must bring the IR nearer to a form to which no pattern applies",
        )

    def _rewriter(self, op: Operation) -> Rewriter:
        rewriter = Rewriter(op)
        rewriter.operation_insertion_handler.append(self._inserted)
        rewriter.operation_removal_handler.append(self._removed)
        rewriter.operation_modification_handler.append(self._worklist.push)
        return rewriter

    def _visit(self, op: Operation, rewriter: Rewriter) -> None:
        if op.parent is None:
            return  # detached behind the rewriter's back
        if self._erase_dead and is_trivially_dead(op):
            self._applied(None, "(erase dead)", op)
            rewriter.erase(op)
            return
        self._location = op.location
        _reset(rewriter, op)
        if self._folder is not None and self._fold(op, rewriter, self._folder):
            return
        for name, pattern in self._patterns_for(type(op)):
            self._attempt.pattern = name
            try:
                pattern.match_and_rewrite(op, rewriter)
            except DiagnosticException as error:
                raise CompileError(from_exception(error, op)) from error
            if rewriter.has_done_action:
                self._applied(pattern, name, op)
                return

    def _fold(self, op: Operation, rewriter: Rewriter, folder: Folder) -> bool:
        # Constants fold to themselves, for ever.
        foldable = op.has_trait(HasFolder, value_if_unregistered=False)
        if not foldable or op.has_trait(ConstantLike, value_if_unregistered=True):
            return False
        folded = folder.try_fold(op)
        if folded is None:
            return False
        values, constants = folded
        self._applied(None, "(fold)", op)
        rewriter.replace(op, constants, values)
        return True

    def _applied(self, pattern: RewritePattern | None, name: str, op: Operation) -> None:
        self.rewrites += 1
        self.matches[name] += 1
        self._last = (pattern, name, op, op.location)

    def _patterns_for(self, op_type: type[Operation]) -> list[tuple[str, RewritePattern]]:
        found = self._by_type.get(op_type)
        if found is None:
            found = self._by_type[op_type] = [
                (name, pattern)
                for roots, name, pattern in self._patterns
                if roots is None or issubclass(op_type, roots)
            ]
        return found

    def _inserted(self, op: Operation) -> None:
        inherit_location(op, self._location)
        self._worklist.push(op)

    def _removed(self, op: Operation) -> None:
        for operand in op.operands:
            if isinstance(operand.owner, Operation):
                self._worklist.push(operand.owner)
        for inner in walk(op):
            self._worklist.remove(inner)


# Tables ---------------------------------------------------------------------------------------


def walk_and_replace(op: Operation, table: Mapping[type[Operation], Lowering]) -> Counter[str]:
    """Walk once over the ops inside `op`, outer ones first, and call the function of their type.

    Ops that a function makes are not visited, nor are ops inside one that it erased. Types are
    looked up exactly. Returns how often each function changed something.
    """
    with _attempting() as attempt:
        return _replace_all(op, table, attempt)


class _Tracker:
    """Gives new ops the location of the op being replaced, and remembers what was erased."""

    def __init__(self) -> None:
        self.location: LocationAttr = UNKNOWN_LOC
        self.erased: set[Operation] = set()

    def attach(self, rewriter: Rewriter) -> Rewriter:
        rewriter.operation_insertion_handler.append(lambda op: inherit_location(op, self.location))
        rewriter.operation_removal_handler.append(lambda op: self.erased.update(walk(op)))
        return rewriter


def _replace_all(
    root: Operation, table: Mapping[type[Operation], Lowering], attempt: _Attempt
) -> Counter[str]:
    matches: Counter[str] = Counter()
    tracker = _Tracker()
    rewriter: Rewriter | None = None
    for op in list(walk(root)):
        lowering = table.get(type(op))
        if lowering is None or op is root or op in tracker.erased:
            continue
        rewriter = tracker.attach(Rewriter(op)) if rewriter is None else rewriter
        tracker.location = op.location
        attempt.pattern = getattr(lowering, "__name__", type(lowering).__name__)
        _reset(rewriter, op)
        try:
            lowering(op, rewriter)
        except DiagnosticException as error:
            raise CompileError(from_exception(error, op)) from error
        if rewriter.has_done_action:
            matches[attempt.pattern] += 1
    current_statistics().update(matches)
    return matches


def legalize(
    op: Operation,
    table: Mapping[type[Operation], Lowering],
    is_legal: Callable[[Operation], bool],
    *,
    conversion: str = "this conversion",
) -> Counter[str]:
    """`walk_and_replace`, after which every op inside `op` must be legal.

    Raises `CompileError` with one error per op that is not, and a note per function that was tried
    on it with its reason. `conversion` is the name of the pass, for the message.
    """
    with _attempting() as attempt:
        matches = _replace_all(op, table, attempt)
    left = [inner for inner in walk(op) if inner is not op and not is_legal(inner)]
    if left:
        raise CompileError(_left_over(inner, table, attempt, conversion) for inner in left)
    return matches


def no_op_of(*dialects: str) -> Callable[[Operation], bool]:
    """For `legalize`: ops of these dialects may not stay."""
    return lambda op: op.dialect_name() not in dialects


def _left_over(
    op: Operation, table: Mapping[type[Operation], Lowering], attempt: _Attempt, conversion: str
) -> Diagnostic:
    notes = [note(None, f"tried '{name}': {reason}") for name, reason in attempt.reasons(op)]
    if not notes:
        known = "its lowering changed nothing and gave no reason"
        notes = [note(None, known if type(op) in table else "no lowering is known for it")]
    return diagnose(Severity.ERROR, op, f"is not supported by {conversion}", notes=notes)
