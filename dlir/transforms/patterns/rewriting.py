"""The right side of a pattern as steps, and the pattern as the driver applies it."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar, Protocol

from xdsl.dialects.builtin import LocationAttr, TensorType, i1
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import IRDLOperation
from xdsl.pattern_rewriter import PatternRewriter, RewritePattern
from xdsl.utils.exceptions import DiagnosticException

from dlir.diagnostics import CompileError, fail, from_exception, note, op_name
from dlir.dialects.dl.assembly import default_of
from dlir.dialects.dl.ops.base import DlOp
from dlir.rewrite import no_match
from dlir.transforms.patterns.matching import Bound, Check, OpPattern
from dlir.transforms.patterns.native import Native


class Step(Protocol):
    """One op of the right side; it may bind what it makes."""

    def run(self, bound: Bound, rewriter: PatternRewriter) -> None: ...


@dataclass(frozen=True)
class Given:
    """A type or an attribute that is written in the right side."""

    key: SSAValue
    constant: Attribute

    def run(self, bound: Bound, rewriter: PatternRewriter) -> None:
        bound[self.key] = self.constant


@dataclass(frozen=True)
class Computed:
    """What a native rewrite gives."""

    key: SSAValue
    native: Native
    arguments: Sequence[SSAValue]

    def run(self, bound: Bound, rewriter: PatternRewriter) -> None:
        bound[self.key] = self.native.call(*(bound[key] for key in self.arguments))


@dataclass(frozen=True)
class ResultOf:
    """A result of an op, matched or made."""

    key: SSAValue
    op: SSAValue
    index: int

    def run(self, bound: Bound, rewriter: PatternRewriter) -> None:
        op: Operation = bound[self.op]
        if self.index >= len(op.results):
            fail(None, f"'{op.name}' has {len(op.results)} results, none with number {self.index}")
        bound[self.key] = op.results[self.index]


@dataclass(frozen=True)
class Create:
    """A new op before the root. Without result types, a `dl` op infers them."""

    key: SSAValue
    kind: type[Operation]
    operands: Sequence[SSAValue]
    attributes: Mapping[str, SSAValue]
    results: Sequence[SSAValue]

    def run(self, bound: Bound, rewriter: PatternRewriter) -> None:
        operands = [bound[key] for key in self.operands]
        given = {name: bound[key] for name, key in self.attributes.items()}
        properties, attributes = _divided(self.kind, given)
        types = [bound[key] for key in self.results]

        def create(types: Sequence[Attribute]) -> Operation:
            return self.kind.create(
                operands=operands,
                result_types=types,
                properties=properties,
                attributes=attributes,
            )

        if not types and issubclass(self.kind, DlOp):
            types = _inferred(create([TensorType(i1, ())]))
        op = create(types)
        op.verify_()
        rewriter.insert(op)
        bound[self.key] = op


def _inferred(op: Operation) -> Sequence[Attribute]:
    """The result types of an op that was made only to ask for them."""
    assert isinstance(op, DlOp)
    op.get_irdl_definition().verify(op)
    types = op.infer()
    op.erase()
    return types


def _divided(
    kind: type[Operation], given: Mapping[str, Attribute]
) -> tuple[dict[str, Attribute], dict[str, Attribute]]:
    """Properties that say more than their default, and other attributes."""
    known = kind.get_irdl_definition().properties if issubclass(kind, IRDLOperation) else {}
    properties = {n: v for n, v in given.items() if n in known and v != default_of(known[n])}
    return properties, {name: value for name, value in given.items() if name not in known}


@dataclass(frozen=True)
class Replace:
    """The root's results become these values, or the results of this op."""

    root: SSAValue
    values: Sequence[SSAValue]
    op: SSAValue | None = None

    def run(self, bound: Bound, rewriter: PatternRewriter) -> None:
        root: Operation = bound[self.root]
        values = [*bound[self.op].results] if self.op else [bound[key] for key in self.values]
        before, after = [*root.result_types], [value.type for value in values]
        if before != after:
            fail(
                None,
                f"would put {_types(after)} in the place of {_types(before)}",
                help="give both the same pdl.type, or make a value of the root's type",
            )
        rewriter.replace(root, [], values)


def _types(types: Sequence[Attribute]) -> str:
    return " and ".join(map(str, types)) or "nothing"


@dataclass(frozen=True)
class Erase:
    """The root goes; nothing may read it."""

    root: SSAValue

    def run(self, bound: Bound, rewriter: PatternRewriter) -> None:
        root: Operation = bound[self.root]
        if any(result.first_use for result in root.results):
            fail(None, f"would erase '{root.name}', whose result is used")
        rewriter.erase(root)


@dataclass(frozen=True)
class Rule:
    """A pattern as it was read: its left side, conditions and right side."""

    name: str
    benefit: int
    location: LocationAttr
    root: OpPattern
    root_kind: type[Operation]
    constants: Bound
    checks: Sequence[Check]
    steps: Sequence[tuple[Step, LocationAttr]]


class ApplyRule(RewritePattern):
    """A rule as a pattern of the greedy driver; `pattern_of` makes a subclass of each."""

    rule: ClassVar[Rule]
    root_types: ClassVar[tuple[type[Operation], ...]]
    location: ClassVar[LocationAttr]

    def match_and_rewrite(self, op: Operation, rewriter: PatternRewriter) -> None:
        bound = dict(self.rule.constants)
        if not self.rule.root.matches(op, bound):
            return
        for check in self.rule.checks:
            with self._blamed_on(check.location, op):
                holds = check.holds(bound)
            if not holds:
                return no_match(op, f"the constraint '{check.name}' does not hold")
        for step, location in self.rule.steps:
            with self._blamed_on(location, op):
                step.run(bound, rewriter)

    @contextmanager
    def _blamed_on(self, location: LocationAttr, op: Operation) -> Generator[None, None, None]:
        """What goes wrong inside is told at the line of the pattern."""
        try:
            yield
        except (DiagnosticException, CompileError) as error:
            first = from_exception(error)[0]
            fail(
                location,
                f"pattern '{self.rule.name}' cannot be applied: {first.message}",
                rule=first.rule,
                help=first.help,
                notes=[note(op.location, f"it was applied to this '{op_name(op)}'")],
            )


def pattern_of(rule: Rule) -> RewritePattern:
    """The rule for the driver, which counts it under its name and finds it by its root."""
    members = {"rule": rule, "root_types": (rule.root_kind,), "location": rule.location}
    return type(rule.name, (ApplyRule,), members)()
