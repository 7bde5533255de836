"""Pattern trees, made from PDL once, and matching them: no search, every part is met once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from xdsl.dialects.builtin import LocationAttr
from xdsl.ir import Attribute, Operation, OpResult, SSAValue
from xdsl.irdl import IRDLOperation

from dlir.dialects.dl.assembly import default_of
from dlir.transforms.patterns.native import Native
from dlir.types import is_number

Bound: TypeAlias = dict[SSAValue, Any]
"""Value of the pattern -> the op, value, type or attribute that it stands for."""


def bind(bound: Bound, key: SSAValue, thing: Any) -> bool:
    """Let the key stand for the thing; False if it stands for another already."""
    known = bound.setdefault(key, thing)
    return known is thing or (isinstance(thing, Attribute) and known == thing)


@dataclass(frozen=True)
class TypePattern:
    """A type, or one in particular."""

    key: SSAValue
    constant: Attribute | None = None

    def matches(self, type: Attribute, bound: Bound) -> bool:
        return self.constant in (None, type) and bind(bound, self.key, type)


@dataclass(frozen=True)
class AttributePattern:
    """An attribute, one in particular, or one of a type."""

    key: SSAValue
    constant: Attribute | None = None
    type: TypePattern | None = None

    def matches(self, attribute: Attribute | None, bound: Bound) -> bool:
        if attribute is None or self.constant not in (None, attribute):
            return False
        typed = self.type is None or (
            is_number(attribute) and self.type.matches(attribute.type, bound)
        )
        return typed and bind(bound, self.key, attribute)


@dataclass(frozen=True)
class OperandPattern:
    """Any value, perhaps of a type."""

    key: SSAValue
    type: TypePattern | None = None

    def matches(self, value: SSAValue, bound: Bound) -> bool:
        typed = self.type is None or self.type.matches(value.type, bound)
        return typed and bind(bound, self.key, value)


@dataclass(frozen=True)
class ResultPattern:
    """A certain result of an op that matches."""

    key: SSAValue
    op: OpPattern
    index: int

    def matches(self, value: SSAValue, bound: Bound) -> bool:
        if not isinstance(value, OpResult) or value.index != self.index:
            return False
        return self.op.matches(value.op, bound) and bind(bound, self.key, value)


@dataclass(frozen=True)
class OpPattern:
    """An op of a name with such operands, attributes and result types, no more and no fewer."""

    key: SSAValue
    name: str
    operands: Sequence[OperandPattern | ResultPattern]
    attributes: Sequence[tuple[str, AttributePattern]]
    results: Sequence[TypePattern]

    def matches(self, op: Operation, bound: Bound) -> bool:
        same_size = len(op.operands) == len(self.operands) and len(op.results) == len(self.results)
        return (
            op.name == self.name
            and same_size
            and bind(bound, self.key, op)
            and all(p.matches(attribute_of(op, name), bound) for name, p in self.attributes)
            and all(p.matches(v, bound) for p, v in zip(self.operands, op.operands, strict=True))
            and all(p.matches(r.type, bound) for p, r in zip(self.results, op.results, strict=True))
        )


def attribute_of(op: Operation, name: str) -> Attribute | None:
    """The attribute, or the default of a property that is not written."""
    found = op.get_attr_or_prop(name)
    if found is None and isinstance(op, IRDLOperation):
        definition = op.get_irdl_definition().properties.get(name)
        found = None if definition is None else default_of(definition)
    return found


@dataclass(frozen=True)
class Check:
    """A native constraint on what was bound."""

    name: str
    native: Native
    arguments: Sequence[SSAValue]
    negated: bool
    location: LocationAttr

    def holds(self, bound: Bound) -> bool:
        return bool(self.native.call(*(bound[key] for key in self.arguments))) != self.negated
