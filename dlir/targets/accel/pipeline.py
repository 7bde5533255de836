"""`accel-pipeline`: from `dl` to programs of a machine, in phases to be stopped and resumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dlir.options import print_value
from dlir.pipeline import PipelinePass
from dlir.targets.phases import INTEGERIZE, TO_STRUCTURED, levels_until

PHASES: Mapping[str, str] = MappingProxyType(
    {
        "structured": (
            "convert-linalg-to-structured,convert-quant-to-dl,dl-shift-unsigned,"
            f"%(integerize)s{TO_STRUCTURED},structured-fuse{{by-cost=false}},cse"
        ),
        "accel": (
            "structured-share-terms,structured-narrow-results,structured-fold-reshape,cse,"
            "accel-count-work{%(machine)s},"
            "structured-fold-windows{%(machine)s},structured-align-heads{%(machine)s},"
            "structured-mask-lanes{%(machine)s},structured-split-copies{%(machine)s},"
            "structured-move-lanes{%(machine)s},structured-merge-groups{%(machine)s},"
            "structured-pack-pixels{%(machine)s},cse,"
            "accel-partition{%(machine)s},accel-fuse{%(machine)s},accel-choose-tiles{%(machine)s},"
            "convert-structured-to-accel{%(machine)s}"
        ),
        "scheduled": "accel-interleave,accel-prefetch,accel-allocate,accel-place-tokens",
    }
)
"""Level -> the passes that lead to it from the level before."""


@dataclass(frozen=True)
class AccelPipeline(PipelinePass):
    """All of the way from tensors to placed and synchronised programs of a machine.

    `machine` is a preset or a hardware file; `set` replaces keys of it, as in
    `set="spm.bytes=131072;dma.latency=200"`. `to` is the level to stop at: structured, accel,
    scheduled. With `integerize=false` what a model quantises is computed on floats. Sizes must be
    known: see `dl-specialize`.

    Before:
    ```mlir
    func.func @main(%x: tensor<16x16xf32>) -> tensor<16x16xf32> {
      %y = dl.relu %x : tensor<16x16xf32>
      func.return %y : tensor<16x16xf32>
    }
    ```
    After:
    ```mlir
    accel.program @p machine <"gemmini"> (%x: ... input "x", %y: ... output "y") { ... }
    func.func @main(%x: tensor<16x16xf32>) -> tensor<16x16xf32> {
      ...
      %y = accel.launch @p(%rows) : ...
      ...
    }
    ```
    """

    name = "accel-pipeline"

    machine: str = "gemmini"
    to: str = "scheduled"
    set: str = ""
    integerize: bool = True

    def pipeline(self) -> str:
        wanted = levels_until(self.to, PHASES, self.name)
        phases = [phase_text(level, self.machine, self.set, self.integerize) for level in wanted]
        return ",".join(phases)


def phase_text(level: str, machine: str, settings: str = "", integerize: bool = True) -> str:
    """The passes of one phase for a machine with these settings."""
    options = f"machine={print_value(machine, str)}"
    if settings:
        options += f" set={print_value(settings, str)}"
    return PHASES[level] % {"machine": options, "integerize": INTEGERIZE if integerize else ""}
