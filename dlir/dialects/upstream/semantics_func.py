"""Semantics of `func`: calls. (`func.return` hands its operands on, as every plain terminator.)"""

from __future__ import annotations

from typing import Any

from xdsl.dialects.func import CallOp

from dlir.interpreter import Interpreter
from dlir.numpy_types import Value


def call(interp: Interpreter, op: CallOp, *args: Value) -> tuple[Value, ...]:
    """Run the callee in a frame of its own; memrefs are passed by reference."""
    return interp.run_function(interp.function(op.callee.string_value()), *args)


SEMANTICS: dict[type[Any], Any] = {CallOp: call}
