"""What all `stablehlo` and `chlo` ops share, and how a line of a table becomes an op class.

The specification has over a hundred ops, most of which differ in nothing but their name. So an op
is a line: its summary, an example, its operands, results, properties and regions, its form of text
(syntax.py) and the function that checks its shapes (shapes.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self, cast

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import (
    AnyAttr,
    IRDLOperation,
    SameVariadicOperandSize,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    region_def,
    result_def,
    traits_def,
    var_operand_def,
    var_region_def,
    var_result_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import IsTerminator, Pure

from dlir.diagnostics import RuleViolation
from dlir.dialects.stablehlo import syntax
from dlir.dialects.stablehlo.attrs import kind_of, kinds_text
from dlir.dialects.stablehlo.syntax import Form

Tensor = TensorType[Attribute]


def tensor(value: SSAValue) -> Tensor:
    """The type of a value that must be a ranked tensor."""
    type: Attribute = value.type
    if not isinstance(type, TensorType):
        raise RuleViolation("stablehlo-tensor", f"expected a ranked tensor, got {type}")
    return cast(Tensor, type)


class HloOp(IRDLOperation):
    """An op that the tables of this package define."""

    FORM: ClassVar[Form] = Form()
    CHECK: ClassVar[Callable[[Any], None] | None] = None
    """Checks what the op's types and properties must agree in; raises RuleViolation."""
    ELEMENTS: ClassVar[str] = ""
    """The kinds of element types that the tensors may have (attrs.KINDS); "" for any."""
    COMMUTATIVE: ClassVar[bool] = False

    def verify_(self) -> None:
        if self.ELEMENTS:
            for value in self.operands:
                element = tensor(value).element_type
                if kind_of(element) not in self.ELEMENTS:
                    expected = kinds_text(self.ELEMENTS)
                    message = f"expected elements of type {expected}, got {element}"
                    raise RuleViolation("stablehlo-element-type", message)
        if (check := type(self).CHECK) is not None:
            check(self)

    @classmethod
    def from_text(cls, properties: dict[str, Attribute]) -> dict[str, Attribute]:
        """The properties of the op, from those that its text names."""
        return properties

    def to_text(self) -> dict[str, Attribute]:
        """The inverse of `from_text`."""
        return self.properties


class FormOp(HloOp):
    """An op that is written in a form; the others are written generically."""

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        return cast(Self, syntax.parse_op(cls, parser))

    def print(self, printer: Printer) -> None:
        syntax.print_op(printer, self)


def _fields(names: str, one: Callable[..., Any], many: Callable[..., Any]) -> dict[str, Any]:
    """`"x *ys"`: an operand x and any number of operands ys."""
    return {
        name.removeprefix("*"): (many if name.startswith("*") else one)(AnyAttr())
        for name in names.split()
    }


def _regions(names: str) -> dict[str, Any]:
    return {
        name.removeprefix("*"): var_region_def() if name.startswith("*") else region_def()
        for name in names.split()
    }


def _properties(constraints: Mapping[str, Any]) -> dict[str, Any]:
    """Names that end in `?` are of optional properties."""
    fields: dict[str, Any] = {}
    for name, constraint in constraints.items():
        short = name.removesuffix("?")
        make = opt_prop_def if name.endswith("?") else prop_def
        # An op class has a `name` of its own.
        fields[f"{short}_" if short == "name" else short] = make(constraint, prop_name=short)
    return fields


def op_table(dialect: str, module: str) -> Callable[..., type[HloOp]]:
    """The function that defines the ops of one table: they belong to that dialect and module."""

    def define(
        short: str,
        summary: str,
        example: str,
        *,
        operands: str = "operand",
        results: str = "result",
        properties: Mapping[str, Any] | None = None,
        regions: str = "",
        form: Form | None = None,
        base: type[HloOp] = HloOp,
        check: Callable[[Any], None] | None = None,
        elements: str = "",
        commutative: bool = False,
        pure: bool = True,
        terminator: bool = False,
    ) -> type[HloOp]:
        fields = {
            **_fields(operands, operand_def, var_operand_def),
            **_fields(results, result_def, var_result_def),
            **_properties(properties or {}),
            **_regions(regions),
        }
        traits = [Pure()] if pure and not regions else []
        body: dict[str, Any] = {
            "__module__": module,
            "__doc__": f"{summary}\n\n```mlir\n{example.strip()}\n```\n",
            "name": f"{dialect}.{short}",
            "traits": traits_def(*traits, *([IsTerminator()] if terminator else [])),
            **fields,
        }
        if operands.count("*") > 1:
            body["irdl_options"] = (SameVariadicOperandSize(),)
        name = "".join(part.capitalize() for part in re.split("[_-]", short)) + "Op"
        kind = FormOp if form is not None and base is HloOp else base
        made = irdl_op_definition(cast(type[HloOp], type(name, (kind,), body)))
        made.FORM, made.ELEMENTS, made.COMMUTATIVE = form or Form(), elements, commutative
        made.CHECK = check
        return made

    return define


def ops_of(module_names: Mapping[str, Any]) -> list[type[Operation]]:
    """The op classes among a module's names, in the order of their definition."""
    return [
        value
        for value in module_names.values()
        if isinstance(value, type) and issubclass(value, HloOp) and hasattr(value, "name")
    ]


def same_sizes(sizes: Sequence[int], others: Sequence[int]) -> bool:
    """Whether two shapes may be the same: a `?` may be any size."""
    return len(sizes) == len(others) and all(
        a == b or min(a, b) < 0 for a, b in zip(sizes, others, strict=True)
    )
