"""IR as text, as the tools print it: xDSL's printer with MLIR's flags."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from io import StringIO
from typing import Any, cast

from xdsl.dialects.builtin import DenseIntOrFPElementsAttr
from xdsl.ir import Attribute, Dialect, Operation
from xdsl.printer import Printer


@dataclass(frozen=True)
class PrintOptions:
    """How to print."""

    generic: bool = False
    """Every op in the generic form."""
    debuginfo: bool = False
    """With locations."""
    elide_larger: int | None = None
    """Leave out the values of dense constants with more elements than this that differ."""


def print_ir(
    op: Operation, options: PrintOptions | None = None, dialects: Iterable[Dialect] = ()
) -> str:
    """The text of an op, ending in a newline.

    `dialects` are those whose external resources (`dense_resource`) are printed after it.
    """
    options = options or PrintOptions()
    stream = StringIO()
    printer = _Printer(
        stream=stream,
        print_generic_format=options.generic,
        print_debuginfo=options.debuginfo,
    )
    printer.elide_larger = options.elide_larger
    printer.print_op(op)
    printer.print_metadata(dialects)
    stream.write("\n")
    return stream.getvalue()


class _Printer(Printer):
    """xDSL's printer, which cannot leave values out."""

    elide_larger: int | None = None

    def print_attribute(self, attribute: Attribute) -> None:
        if isinstance(attribute, DenseIntOrFPElementsAttr) and self.elide_larger is not None:
            constant = cast("DenseIntOrFPElementsAttr[Any]", attribute)
            if _differing_elements(constant) > self.elide_larger:
                self.print_string("dense_resource<__elided__> : ")
                attribute = constant.get_type()
        super().print_attribute(attribute)


def _differing_elements(constant: DenseIntOrFPElementsAttr[Any]) -> int:
    """The number of elements, or 1 when all are equal."""
    count, data = math.prod(constant.get_shape()), constant.data.data
    size = len(data) // max(count, 1)
    # All elements are equal when the data equals itself moved on by one element.
    return 1 if count and data[size:] == data[:-size] else count
