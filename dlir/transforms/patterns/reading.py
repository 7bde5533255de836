"""From PDL text to rules. What a pattern cannot mean is refused here, at its line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn, cast

from xdsl.context import Context
from xdsl.dialects import pdl
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute, Operation, OpResult, SSAValue

from dlir.diagnostics import fail, place_of
from dlir.dialects.dl.ops.base import DlOp
from dlir.files import read_text
from dlir.parser import parse_module
from dlir.registry import did_you_mean
from dlir.transforms.patterns import native
from dlir.transforms.patterns.matching import (
    AttributePattern,
    Check,
    OperandPattern,
    OpPattern,
    ResultPattern,
    TypePattern,
)
from dlir.transforms.patterns.rewriting import (
    Computed,
    Create,
    Erase,
    Given,
    Replace,
    ResultOf,
    Rule,
    Step,
)
from dlir.verifier import verify

FORM = (
    "a pattern file holds `pdl.pattern` ops, each with one `pdl.rewrite %root { ... }` at its end"
)


def read_rules(path: str, ctx: Context) -> list[Rule]:
    """The rules of a file, those of greater benefit first. Raises CompileError."""
    return rules_of(parse_module(read_text(path), ctx, path), ctx)


def rules_of(module: ModuleOp, ctx: Context) -> list[Rule]:
    """The rules of a parsed file."""
    verify(module)
    rules: list[Rule] = []
    for op in module.body.block.ops:
        if not isinstance(op, pdl.PatternOp):
            fail(op, "is no pattern", help=FORM)
        rules.append(_Reader(op, ctx).rule())
    return sorted(rules, key=lambda rule: -rule.benefit)


class _Reader:
    """One pattern on its way to a rule."""

    def __init__(self, pattern: pdl.PatternOp, ctx: Context) -> None:
        self.pattern = pattern
        self.ctx = ctx
        self.ops: dict[SSAValue, OpPattern] = {}
        self.known: set[SSAValue] = set()
        """What is bound: by the left side, then by one step of the right side after the other."""

    def rule(self) -> Rule:
        rewriting = self.pattern.body.block.last_op
        if not isinstance(rewriting, pdl.RewriteOp) or rewriting.root is None:
            fail(self.pattern, "does not end in a `pdl.rewrite` of a root", help=FORM)
        if rewriting.name_ is not None:
            fail(rewriting, "calls a function", help="write a body; pdl.apply_native_rewrite calls")
        root = self.op(rewriting.root)
        inside = [op for op in self.pattern.body.block.ops if op is not rewriting]
        constants = self.constants(inside)
        checks = [self.check(op) for op in inside if isinstance(op, pdl.ApplyNativeConstraintOp)]
        self.all_reached(inside)
        steps = [(self.step(op, rewriting.root), op.location) for op in rewriting.body.block.ops]
        if not steps or not isinstance(steps[-1][0], Replace | Erase):
            fail(rewriting, "does not end in `pdl.replace` or `pdl.erase` of its root")
        place, symbol = place_of(self.pattern.location), self.pattern.sym_name
        name = symbol.data if symbol else f"pattern_{place.line if place else 0}"
        benefit = self.pattern.benefit.value.data
        kind = self.kind(cast(OpResult, rewriting.root).op)
        return Rule(name, benefit, self.pattern.location, root, kind, constants, checks, steps)

    # The left side

    def op(self, key: SSAValue) -> OpPattern:
        if key in self.ops:
            return self.ops[key]
        op = key.owner
        assert isinstance(op, pdl.OperationOp)
        self.known.add(key)
        name = self.kind(op).name
        operands = [self.value(value) for value in op.operand_values]
        names = [attribute.data for attribute in op.attributeValueNames]
        attributes = [self.attribute(value) for value in op.attribute_values]
        results = [self.type(value) for value in op.type_values]
        named = list(zip(names, attributes, strict=True))
        self.ops[key] = OpPattern(key, name, operands, named, results)
        return self.ops[key]

    def kind(self, op: Operation) -> type[Operation]:
        """The class of the op that is described. It must be known, and so must its attributes."""
        assert isinstance(op, pdl.OperationOp)
        if op.opName is None:
            fail(op, "names no op", help="patterns are found by the names of ops")
        name = op.opName.data
        kind = self.ctx.get_optional_op(name)
        if kind is None:
            dialect = self.ctx.get_optional_dialect(name.partition(".")[0])
            near = [one.name for one in dialect.operations] if dialect else []
            fail(op, f"describes the unknown op '{name}'{did_you_mean(name, near)}")
        if issubclass(kind, DlOp):
            known = kind.get_irdl_definition().properties
            for attribute in op.attributeValueNames:
                if attribute.data not in known:
                    near = did_you_mean(attribute.data, known)
                    fail(op, f"gives '{name}' the unknown attribute '{attribute.data}'{near}")
        return kind

    def value(self, key: SSAValue) -> OperandPattern | ResultPattern:
        self.known.add(key)
        match key.owner:
            case pdl.OperandOp() as op:
                return OperandPattern(key, self.type(op.value_type) if op.value_type else None)
            case pdl.ResultOp() as op:
                return ResultPattern(key, self.op(op.parent_), op.index.value.data)
            case owner:
                self.refuse(owner)

    def type(self, key: SSAValue) -> TypePattern:
        self.known.add(key)
        op = key.owner
        return TypePattern(key, op.constantType) if isinstance(op, pdl.TypeOp) else self.refuse(op)

    def attribute(self, key: SSAValue) -> AttributePattern:
        self.known.add(key)
        op = key.owner
        if not isinstance(op, pdl.AttributeOp):
            self.refuse(op)
        return AttributePattern(key, op.value, self.type(op.value_type) if op.value_type else None)

    def check(self, op: pdl.ApplyNativeConstraintOp) -> Check:
        name = op.constraint_name.data
        found = self.native(op, name, native.CONSTRAINTS, "constraint", op.args)
        if op.res:
            fail(op, "has results", help="constraints answer yes or no")
        return Check(name, found, tuple(op.args), bool(op.is_negated.value.data), op.location)

    def constants(self, inside: Sequence[Operation]) -> dict[SSAValue, Attribute]:
        """What is written on the left side for constraints and for the right side alone."""
        found: dict[SSAValue, Attribute] = {}
        for op in inside:
            constant: Attribute | None = None
            if isinstance(op, pdl.AttributeOp):
                constant = op.value
            elif isinstance(op, pdl.TypeOp):
                constant = op.constantType
            if constant is not None and op.results[0] not in self.known:
                found[op.results[0]] = constant
        self.known.update(found)
        return found

    def all_reached(self, inside: Sequence[Operation]) -> None:
        for op in inside:
            if any(result not in self.known for result in op.results):
                fail(op, "is not reached from the root", help="one root finds all of a pattern")

    # The right side

    def step(self, op: Operation, root: SSAValue) -> Step:
        for operand in op.operands:
            if operand not in self.known:
                fail(op, "reads a value that nothing has bound")
        self.known.update(op.results)
        match op:
            case pdl.TypeOp(constantType=constant) | pdl.AttributeOp(value=constant) if (
                constant is not None
            ):
                return Given(op.results[0], constant)
            case pdl.ResultOp():
                return ResultOf(op.val, op.parent_, op.index.value.data)
            case pdl.OperationOp():
                return self.create(op)
            case pdl.ApplyNativeRewriteOp():
                return self.computed(op)
            case pdl.ReplaceOp() | pdl.EraseOp() if op.op_value is not root:
                fail(op, "is about another op than the root", help="unused ops go by themselves")
            case pdl.ReplaceOp():
                return Replace(root, tuple(op.repl_values), op.repl_operation)
            case pdl.EraseOp():
                return Erase(root)
            case _:
                self.refuse(op)

    def create(self, op: pdl.OperationOp) -> Create:
        names = [attribute.data for attribute in op.attributeValueNames]
        attributes = dict(zip(names, op.attribute_values, strict=True))
        kind, operands, types = self.kind(op), [*op.operand_values], [*op.type_values]
        return Create(op.op, kind, operands, attributes, types)

    def computed(self, op: pdl.ApplyNativeRewriteOp) -> Computed:
        name = op.constraint_name.data
        found = self.native(op, name, native.REWRITES, "rewrite", op.args)
        if [type(result.type) for result in op.res] != [found.result]:
            fail(op, f"expected one result of type {_text(found.result)}")
        return Computed(op.res[0], found, tuple(op.args))

    # Both sides

    def native(
        self,
        op: Operation,
        name: str,
        table: dict[str, native.Native],
        what: str,
        arguments: Sequence[SSAValue],
    ) -> native.Native:
        """The function of that name, if these are arguments for it."""
        if (found := table.get(name)) is None:
            known = f"known: {', '.join(sorted(table))}"
            fail(op, f"names the unknown {what} '{name}'{did_you_mean(name, table)}", help=known)
        got = [type(argument.type) for argument in arguments]
        if got != [*found.arguments]:
            wanted = ", ".join(map(_text, found.arguments))
            fail(op, f"'{name}' takes ({wanted}), got ({', '.join(map(_text, got))})")
        for argument in arguments:
            if argument not in self.known:
                fail(op, f"gives '{name}' something that is not reached from the root")
        return found

    def refuse(self, op: object) -> NoReturn:
        assert isinstance(op, Operation)
        fail(op, "is not supported in pattern files", help="ranges of values or types are not")


def _text(kind: type[Attribute] | None) -> str:
    return "nothing" if kind is None else f"!{kind.name}"
