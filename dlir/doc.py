"""What the definitions say about themselves: ops, passes and targets as data.

The docstring of an op holds, in this order, a summary (one paragraph), further text, the rules
`C1: ...`, `C2: ...`, and examples in fences marked `mlir`. The headings `Constraints:` and
`Example:` may stand before the last two. Everything else (operands, results, properties, regions,
traits) is read from the IRDL definition.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from xdsl.ir import Operation
from xdsl.irdl import (
    AllOf,
    AnyAttr,
    AnyOf,
    AttrConstraint,
    BaseAttr,
    EqAttrConstraint,
    IRDLOperation,
    MessageConstraint,
    OptionalDef,
    ParamAttrConstraint,
    RangeConstraint,
    RangeLengthConstraint,
    RangeOf,
    RangeVarConstraint,
    VarConstraint,
    VariadicDef,
)
from xdsl.irdl.constraints import AttrSetConstraint
from xdsl.passes import ModulePass

from dlir.options import OptionField, describe_type, options_of, print_value
from dlir.registry import REPLACES, Kind, Registry

_FENCE = re.compile(r"^ *```mlir\n(?P<text>.*?)^ *```$\n?", re.MULTILINE | re.DOTALL)
_RULE = re.compile(r"^\s*C(?P<number>\d+): ")
_HEADING = re.compile(r"^(Constraints|Rules|Examples?):\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Rule:
    """One rule of an op. `id` is what a diagnostic shows: `dl-conv2d-c3`."""

    id: str
    text: str


@dataclass(frozen=True)
class FieldDoc:
    """An operand, result, property or region of an op."""

    name: str
    constraint: str
    count: str
    """`one`, `optional` or `any number`."""
    default: str | None = None


@dataclass(frozen=True)
class OpDoc:
    """An op, as its class describes it."""

    name: str
    class_name: str
    summary: str
    text: str
    rules: tuple[Rule, ...]
    examples: tuple[str, ...]
    operands: tuple[FieldDoc, ...]
    results: tuple[FieldDoc, ...]
    properties: tuple[FieldDoc, ...]
    regions: tuple[FieldDoc, ...]
    traits: tuple[str, ...]


@dataclass(frozen=True)
class DialectDoc:
    """A dialect: the docstring of its package, and its ops."""

    name: str
    text: str
    ops: tuple[OpDoc, ...]


@dataclass(frozen=True)
class OptionDoc:
    """An option of a pass, spelt as in a pipeline. No default: it must be given."""

    name: str
    type: str
    default: str | None


@dataclass(frozen=True)
class PassDoc:
    """A pass or pipeline."""

    name: str
    class_name: str
    summary: str
    text: str
    options: tuple[OptionDoc, ...]


@dataclass(frozen=True)
class TargetDoc:
    """A target."""

    name: str
    text: str


@dataclass(frozen=True)
class Reference:
    """All that one registry documents."""

    dialects: tuple[DialectDoc, ...]
    passes: tuple[PassDoc, ...]
    targets: tuple[TargetDoc, ...]


def reference(registry: Registry, owner: str = "dlir") -> Reference:
    """The documentation of everything that `owner` registered.

    Of a dialect that stands in for xDSL's, only the ops that xDSL lacks are documented.
    """

    def owned(kind: Kind) -> list[str]:
        return [name for name in registry.names(kind) if registry.owner(kind, name) == owner]

    return Reference(
        dialects=tuple(
            document_dialect(registry, name, owner if name in REPLACES else "")
            for name in owned("dialect")
        ),
        passes=tuple(document_pass(registry.find_pass(name)) for name in owned("pass")),
        targets=tuple(document_target(registry, name) for name in owned("target")),
    )


def document_dialect(registry: Registry, name: str, package: str = "") -> DialectDoc:
    """A dialect and its ops, in order of definition; only those that `package` defines, if any.

    Raises UsageError when the registry has no such dialect.
    """
    dialect = registry.find_dialect(name)
    ops = tuple(document_op(op) for op in dialect.operations if op.__module__.startswith(package))
    return DialectDoc(name, _module_doc(registry.owner("dialect", name), dialect.operations), ops)


def _module_doc(owner: str, ops: Iterable[type[Operation]]) -> str:
    """The docstring of the package that holds the ops (`dlir.dialects.dl`)."""
    module = next((op.__module__ for op in ops if op.__module__.startswith(owner)), None)
    if module is None:
        return ""
    package = ".".join(module.split(".")[:3])
    return inspect.getdoc(importlib.import_module(package)) or ""


def document_op(op: type[Operation]) -> OpDoc:
    """What the class of an op says."""
    doc = inspect.cleandoc(op.__doc__ or "")
    examples = tuple(_outdent(match["text"]) for match in _FENCE.finditer(doc))
    prose, rules = _split_rules(_HEADING.sub("", _FENCE.sub("", doc)), op.name)
    summary, _, text = prose.partition("\n\n")
    fields = _fields(op) if issubclass(op, IRDLOperation) else ((), (), (), ())
    return OpDoc(
        name=op.name,
        class_name=op.__name__,
        summary=" ".join(summary.split()),
        text=text.strip(),
        rules=rules,
        examples=examples,
        operands=fields[0],
        results=fields[1],
        properties=fields[2],
        regions=fields[3],
        traits=_traits(op),
    )


def _traits(op: type[Operation]) -> tuple[str, ...]:
    """The names of the traits; xDSL's helpers behind its interfaces begin with `_`."""
    names = (type(trait).__name__ for trait in op.traits.traits)
    return tuple(sorted(name for name in names if not name.startswith("_")))


def _outdent(text: str) -> str:
    return inspect.cleandoc("\n" + text).rstrip() + "\n"


def _split_rules(text: str, op_name: str) -> tuple[str, tuple[Rule, ...]]:
    """Take the `C<n>:` paragraphs out of a docstring; a rule ends at an empty line or the next."""
    prose: list[str] = []
    rules: list[tuple[str, list[str]]] = []
    inside = False
    for line in text.splitlines():
        if match := _RULE.match(line):
            rules.append((match["number"], [line[match.end() :]]))
            inside = True
        elif inside and line.strip():
            rules[-1][1].append(line)
        else:
            inside = False
            prose.append(line)
    prefix = op_name.replace(".", "-")
    found = (Rule(f"{prefix}-c{n}", " ".join(" ".join(lines).split())) for n, lines in rules)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(prose)).strip(), tuple(found)


def document_pass(pass_type: type[ModulePass]) -> PassDoc:
    """What the class of a pass says."""
    summary, _, text = inspect.cleandoc(pass_type.__doc__ or "").partition("\n\n")
    options = tuple(_option(option) for option in options_of(pass_type).values())
    name = pass_type.name
    return PassDoc(name, pass_type.__name__, " ".join(summary.split()), text.strip(), options)


def _option(option: OptionField) -> OptionDoc:
    default = None if option.required else print_value(option.default, option.type)
    return OptionDoc(option.name, describe_type(option.type), default)


def document_target(registry: Registry, name: str) -> TargetDoc:
    """The docstring of a target's description, or of its class."""
    return TargetDoc(name, inspect.getdoc(registry.find("target", name)) or "")


def to_json(reference: Reference) -> dict[str, Any]:
    """The same as plain data, for `json.dumps`."""
    return dataclasses.asdict(reference)


# --- constraints ----------------------------------------------------------------------------


def _fields(op: type[IRDLOperation]) -> tuple[tuple[FieldDoc, ...], ...]:
    """Operands, results, properties and regions."""
    definition = op.get_irdl_definition()
    return (
        tuple(_field(name, d, readable(d.constr)) for name, d in definition.operands),
        tuple(_field(name, d, readable(d.constr)) for name, d in definition.results),
        tuple(
            dataclasses.replace(
                _field(name, d, readable(d.constr)),
                default=None if d.default_value is None else str(d.default_value),
            )
            for name, d in definition.properties.items()
        ),
        tuple(_field(name, d, "region") for name, d in definition.regions),
    )


def _field(name: str, definition: object, constraint: str) -> FieldDoc:
    count = "one"
    if isinstance(definition, OptionalDef):
        count = "optional"
    elif isinstance(definition, VariadicDef):
        count = "any number"
    return FieldDoc(name, constraint, count)


def readable(constraint: AttrConstraint | RangeConstraint) -> str:
    """A constraint in words: `tensor`, `f32 or f64`, `i64 attribute`."""
    match constraint:
        case AnyAttr():
            return "any"
        case BaseAttr():
            return attribute_name(constraint.attr)
        case EqAttrConstraint():
            return str(constraint.attr)
        case AttrSetConstraint():
            return _either(sorted(str(value) for value in constraint.values))
        case AnyOf() | AllOf():
            parts = [readable(part) for part in constraint.attr_constrs]
            return _either(parts) if isinstance(constraint, AnyOf) else " and ".join(parts)
        case ParamAttrConstraint():
            return _parametrised(constraint)
        case VarConstraint() | RangeVarConstraint():
            return f"{readable(constraint.constraint)} ({constraint.name})"
        case MessageConstraint() | RangeOf():
            return readable(constraint.constr)
        case RangeLengthConstraint():
            return readable(constraint.constraint)
        case _:
            return "any"


def _either(parts: Sequence[str]) -> str:
    return " or ".join(dict.fromkeys(parts))


def attribute_name(attribute: type[Any]) -> str:
    """`builtin.tensor` -> `tensor`; a class without a name of its own by its class name."""
    name = getattr(attribute, "name", None)
    return name.removeprefix("builtin.") if isinstance(name, str) else attribute.__name__


def _parametrised(constraint: ParamAttrConstraint[Any]) -> str:
    names = [readable(part) for part in constraint.param_constrs]
    known = [name for name in names if name not in ("any", "none")]
    base = attribute_name(constraint.base_attr)
    return f"{base} of {', '.join(known)}" if known else base
