"""The pass `structured-report-fusion`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from dlir.diagnostics import fail
from dlir.dialects.structured.cost import Work, work_of
from dlir.dialects.structured.ops import GenericOp
from dlir.files import write_text
from dlir.hardware import parse_settings
from dlir.targets.roofline.fusion import FusionReport
from dlir.targets.roofline.fusion_text import to_html, to_json, to_text
from dlir.targets.roofline.machine import CpuMachine, find_machine
from dlir.transforms.fusion.decisions import collect_decisions
from dlir.transforms.structured_fuse import StructuredFuse

WRITERS: dict[str, Callable[[FusionReport], str]] = {
    "text": to_text,
    "json": to_json,
    "html": to_html,
}


@dataclass(frozen=True)
class StructuredReportFusion(ModulePass):
    """Fuse as `structured-fuse` does, and report each decision and what it means on a machine.

    Per tensor between two ops: whether they were fused, the bytes that this saves, the operations
    that it repeats, why, and for each kernel before and after the least time and what binds it:
    arithmetic (`compute`), a level of memory (`l1`, ..., `memory`) or the call itself (`latency`).
    Decisions are the same on all machines. A size that is known at run time only counts as a
    typical one.

    - `machine`, `threads` and `set` are those of `dl-roofline`; the machine is a CPU.
    - `format`: `text`, `json` or `html`; by the ending of `output`, else text.
    - `output`: a file; without it the report goes to stderr.

    Before:
    ```mlir
    %t = structured.generic {maps = [(d0) -> (d0), (d0) -> (d0)], iterators = [parallel]}
        ins(%x : tensor<1000000xf32>) outs(%e : tensor<1000000xf32>) { ... math.absf ... }
    %y = structured.generic {maps = [(d0) -> (d0), (d0) -> (d0)], iterators = [parallel]}
        ins(%t : tensor<1000000xf32>) outs(%e : tensor<1000000xf32>) { ... math.sqrt ... }
    ```
    After:
    ```mlir
    %y = structured.generic {maps = [(d0) -> (d0), (d0) -> (d0)], iterators = [parallel]}
        ins(%x : tensor<1000000xf32>) outs(%e : tensor<1000000xf32>) {
      ... math.absf ... math.sqrt ...
    }
    ```
    Report, with `machine=epyc-7742`:

        tensor  from      to        fused  saves  repeats  before                   after
        %t      m.mlir:2  m.mlir:3  yes     8 MB        0  74 us l3 + 74 us l3      74 us l3
    """

    name = "structured-report-fusion"

    machine: str = "native"
    format: Literal["text", "json", "html"] | None = None
    output: str = ""
    threads: int | None = None
    set: str = ""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        machine = find_machine(self.machine, parse_settings(self.set), self.threads, ideal=True)
        if not isinstance(machine, CpuMachine):
            fail(None, f"machine '{self.machine}' is an accelerator", rule=self.name,
                 help="name a CPU: its kernels are what is fused here")  # fmt: skip
        before = _kernels(op)
        with collect_decisions() as decisions:
            StructuredFuse().apply(ctx, op)
        report = FusionReport(machine.cpu, machine.threads, decisions, before, _kernels(op))
        ending = Path(self.output).suffix.removeprefix(".")
        format = self.format or (ending if ending in WRITERS else "text")
        text = WRITERS[format](report)
        if self.output:
            write_text(self.output, text)
        else:
            sys.stderr.write(text)


def _kernels(module: ModuleOp) -> list[Work]:
    """The work of all ops with a body that run at every call."""
    works = (work_of(op) for op in module.walk() if isinstance(op, GenericOp))
    return [work for work in works if work.kind != "load"]
