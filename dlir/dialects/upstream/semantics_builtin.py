"""Semantics of `builtin`: a conversion cast that changes only the type passes its values on."""

from __future__ import annotations

from typing import Any

from xdsl.dialects.builtin import UnrealizedConversionCastOp

from dlir.interpreter import Interpreter
from dlir.numpy_types import Value


def unrealized_conversion_cast(
    interp: Interpreter, op: UnrealizedConversionCastOp, *values: Value
) -> tuple[Value, ...]:
    """One value for one value (`index` to `i64` and back, a tensor's `?` made static)."""
    if len(values) != len(op.results):
        raise ValueError("changes the number of values: nothing says how")
    return values


SEMANTICS: dict[type[Any], Any] = {UnrealizedConversionCastOp: unrealized_conversion_cast}
