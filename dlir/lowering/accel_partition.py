"""`accel-partition`: which ops stay on the host, and why."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from dlir.hardware import parse_settings
from dlir.lowering.structured_to_accel.section import divided, functions_of
from dlir.targets.accel.description import load_machine


@dataclass(frozen=True)
class AccelPartition(ModulePass):
    """Say of every op that the machine cannot compute why it stays on the host.

    An op that has `accel.host` already stays there for the reason that it gives, so a person can
    move work to the host. `machine` and `set` are those of `convert-structured-to-accel`.

    Before:
    ```mlir
    %1 = structured.generic {...} ins(%x : tensor<8x16xf32>) ... { ... math.sin ... }
    ```
    After:
    ```mlir
    %1 = structured.generic {...} ins(%x : tensor<8x16xf32>) ... { ... math.sin ... }
        attributes {accel.host = "the machine has no function for math.sin"}
    ```
    """

    name = "accel-partition"

    machine: str = "gemmini"
    set: str = ""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        machine = load_machine(self.machine, parse_settings(self.set))
        for function in functions_of(op):
            divided(function, machine)
