"""TVM as a peer: imported by relax and compiled by LLVM, without tuning."""

from __future__ import annotations

from typing import Any

import tvm
from tvm import relax
from tvm.relax.frontend.onnx import from_onnx

from bench.harness import Call
from bench.program import Program


def make(program: Program, threads: int) -> Call:
    """As many threads as TVM_NUM_THREADS said when it was loaded."""
    module = from_onnx(program.proto(), keep_params_in_input=False)
    machine = relax.VirtualMachine(tvm.compile(module, target=_target()), tvm.cpu())
    inputs = [tvm.runtime.tensor(array) for array in program.inputs.values()]
    function = machine["main"]

    def call() -> list[Any]:
        result = function(*inputs)
        parts = [result] if isinstance(result, tvm.runtime.Tensor) else list(result)
        return [_Tensor(part) for part in parts]

    return call


class _Tensor:
    """Becomes an array of numpy only when someone looks at it."""

    def __init__(self, tensor: Any) -> None:
        self.tensor = tensor

    def __array__(self, *_: Any, **__: Any) -> Any:
        return self.tensor.numpy()


def _target() -> Any:
    from tvm.target.codegen import llvm_get_system_cpu

    return tvm.target.Target({"kind": "llvm", "mcpu": llvm_get_system_cpu()})
