"""`cpu-pipeline`: from `dl` to the llvm dialect, in phases that can be stopped and resumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dlir.pipeline import PipelinePass
from dlir.targets.phases import IN_NHWC, levels_until

PHASES: Mapping[str, str] = MappingProxyType(
    {
        "structured": (
            f"dl-raise-composites,dl-fold-scale,dl-sink-reshape,{IN_NHWC},"
            "dl-convolution-algorithm{winograd=%(winograd)s},convert-dl-to-structured,cse,"
            "structured-insert-checks,structured-fuse,cse"
        ),
        "buffers": (
            "structured-schedule{vector-bits=%(vector_bits)d registers=%(registers)d},"
            "structured-pack,cse,structured-hoist-constants,structured-bufferize,"
            "structured-view-parts,structured-parallelize{threads=%(threads)d},"
            "structured-outline,cse"
        ),
        "loops": "convert-structured-to-loops,cse",
        "llvm": "vector-expand-math,cse,convert-parallel-to-omp,convert-loops-to-llvm",
    }
)
"""Level -> the passes that lead to it from the level before."""


@dataclass(frozen=True)
class CpuPipeline(PipelinePass):
    """All of the way from tensors to the llvm dialect of the CPU target.

    `vector-bits` and `registers` describe the vector unit that contractions are scheduled for; the
    CPU target fills in the host's. Kernels are divided among `threads` threads. With
    `winograd=false` no convolution gets the rounding of Winograd's algorithm unless its own
    `algorithm` asks for it. `to` is the level to stop at: structured, buffers, loops, llvm.

    Before:
    ```mlir
    func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {
      %y = dl.relu %x : tensor<8xf32>
      func.return %y : tensor<8xf32>
    }
    ```
    After:
    ```mlir
    llvm.func @f(%x: !llvm.ptr, %y: !llvm.ptr, %arena: !llvm.ptr, %arena_size: i64) {
      llvm.call @map_0(%x, %y) : (!llvm.ptr, !llvm.ptr) -> ()
      llvm.return
    }
    ```
    """

    name = "cpu-pipeline"

    vector_bits: int = 512
    registers: int = 32
    threads: int = 1
    winograd: bool = True
    to: str = "llvm"

    def pipeline(self) -> str:
        wanted = levels_until(self.to, PHASES, self.name)
        unit = (self.vector_bits, self.registers, self.threads, self.winograd)
        return ",".join(phase_text(level, *unit) for level in wanted)


def phase_text(
    level: str, vector_bits: int, registers: int, threads: int, winograd: bool = True
) -> str:
    """The passes of one phase for a machine with these vector registers and threads."""
    values = {
        "vector_bits": vector_bits,
        "registers": registers,
        "threads": threads,
        "winograd": str(winograd).lower(),
    }
    return PHASES[level] % values
