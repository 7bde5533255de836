"""Where the time of one call goes: kernels run as machine code, what calls them is interpreted.

Compiled code has no clocks in it. So the entry is taken as it is before its kernels become loops,
and interpreted; each kernel that it calls is timed around its machine code.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import CallOp, FuncOp

from dlir.diagnostics import name_of
from dlir.executable import Event
from dlir.interpreter import Interpreter
from dlir.numpy_types import Value
from dlir.targets.cpu.execute import NativeModule


def is_kernel(function: FuncOp) -> bool:
    """Whether `structured-outline` made it."""
    return function.sym_visibility is not None and function.sym_visibility.data == "private"


def with_public_kernels(module: ModuleOp) -> ModuleOp:
    """A copy whose kernels can be called from outside."""
    result = module.clone()
    for op in result.ops:
        if isinstance(op, FuncOp):
            op.properties.pop("sym_visibility", None)
    return result


class KernelTracer(Interpreter):
    """Interprets a module of the level `buffers` and reports each call of a kernel.

    `native` is the same module's machine code, with public kernels. An event is named by the
    kernel and by where the op that it computes comes from.
    """

    def __init__(self, module: ModuleOp, native: NativeModule) -> None:
        super().__init__(module)
        self.native = native
        self.on_event: Event | None = None
        self._calls: Iterator[CallOp] = iter(())

    def run_function(self, op: FuncOp, *args: Value) -> tuple[Value, ...]:
        if not is_kernel(op):  # it calls its kernels one after the other, without loops
            self._calls = (inner for inner in op.walk() if isinstance(inner, CallOp))
            return super().run_function(op, *args)
        name = f"{op.sym_name.data} {name_of(next(self._calls))}"
        start = time.perf_counter()
        results = self.native.call(op.sym_name.data, *args)
        if self.on_event is not None:
            self.on_event(name, start, time.perf_counter())
        return results
