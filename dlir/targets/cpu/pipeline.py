"""`cpu-pipeline`: from `dl` to the llvm dialect, in phases that can be stopped and resumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from dlir.pipeline import PipelinePass
from dlir.pipeline_text import pass_text
from dlir.targets.phases import INTEGERIZE, in_nhwc, levels_until

if TYPE_CHECKING:  # known models do without the passes
    from dlir.transforms.apply_schedule import ApplySchedule
    from dlir.transforms.dump_schedule import DumpSchedule

KEEP = " keep-lone=true"  # an option of dl-assign-layout
PHASES: Mapping[str, str] = MappingProxyType(
    {
        "structured": (
            "convert-linalg-to-structured,convert-quant-to-dl,"
            f"%(integerize)sdl-raise-composites,dl-sink-dequantize,dl-fold-scale,dl-sink-transpose,"
            f"dl-sink-reshape,{in_nhwc(KEEP)},"
            "dl-convolution-algorithm{winograd=%(winograd)s},convert-dl-to-structured,cse,"
            "structured-insert-checks,structured-sink-widening,structured-fuse,structured-fuse-weights,cse"
        ),
        "buffers": (
            "structured-drop-saturation,structured-narrow-requantize,"
            "structured-turn-products{vector-bits=%(vector_bits)d},"
            "%(apply)sstructured-schedule"
            "{vector-bits=%(vector_bits)d registers=%(registers)d%(dots)s},"
            "structured-parallelize{threads=%(threads)d},%(dump)s"
            "structured-prepare-dots,structured-merge-window,structured-pack,"
            "structured-pack-weights,cse,"
            "structured-hoist-constants,structured-group-rows,structured-fuse-siblings,"
            "structured-parallelize{threads=%(threads)d},"
            "structured-bufferize,structured-view-parts,structured-parallelize{threads=%(threads)d},"
            "structured-stream-stores,"
            "structured-walk-rows,structured-outline,cse,structured-skip-hidden,cse"
        ),
        "loops": "structured-tile,convert-structured-to-loops,cse,scf-fuse-siblings",
        "llvm": (
            "vector-expand-math{ldexp=%(ldexp)s},cse,convert-parallel-to-omp,"
            "convert-loops-to-llvm{vector-bits=%(vector_bits)d%(dots)s}"
        ),
    }
)
"""Level -> the passes that lead to it from the level before."""


@dataclass(frozen=True)
class CpuPipeline(PipelinePass):
    """All of the way from tensors to the llvm dialect of the CPU target.

    `vector-bits`, `registers` and `dots`, its kinds of `vector.dot`, describe the vector unit that
    contractions are scheduled for; the CPU target fills in the host's. Kernels are divided among
    `threads` threads. With `winograd=false` no convolution gets the rounding of Winograd's
    algorithm unless its own `algorithm` asks for it; with `integerize=false` what a model quantises
    is computed on floats, as it is written. `schedule` is the file of schedules for
    `apply-schedule`, `dump` the one for `dump-schedule`. `to` is the level to stop at: structured,
    buffers, loops, llvm.

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
    dots: tuple[str, ...] = ()
    threads: int = 1
    winograd: bool = True
    integerize: bool = True
    schedule: str = ""
    dump: str = ""
    to: str = "llvm"

    def pipeline(self) -> str:
        from dlir.transforms.apply_schedule import ApplySchedule
        from dlir.transforms.dump_schedule import DumpSchedule

        wanted = levels_until(self.to, PHASES, self.name)
        apply = ApplySchedule(self.schedule, threads=self.threads) if self.schedule else None
        phase = partial(
            phase_text,
            vector_bits=self.vector_bits,
            registers=self.registers,
            dots=self.dots,
            threads=self.threads,
            winograd=self.winograd,
            integerize=self.integerize,
            apply=apply,
            dump=DumpSchedule(self.dump) if self.dump else None,
        )
        return ",".join(map(phase, wanted))


def phase_text(
    level: str,
    *,
    vector_bits: int,
    registers: int,
    dots: Sequence[str] = (),
    threads: int,
    winograd: bool = True,
    integerize: bool = True,
    apply: ApplySchedule | None = None,
    dump: DumpSchedule | None = None,
) -> str:
    """The passes of one phase for a machine with these vector registers and threads.

    `apply` and `dump` stand before and behind the choice of schedules.
    """
    values = {
        "vector_bits": vector_bits,
        "registers": registers,
        "dots": f" dots={','.join(dots)}" if dots else "",
        "threads": threads,
        "ldexp": str(vector_bits >= 512).lower(),
        "winograd": str(winograd).lower(),
        "integerize": INTEGERIZE if integerize else "",
        "apply": f"{pass_text(apply)}," if apply is not None else "",
        "dump": f"{pass_text(dump)}," if dump is not None else "",
    }
    return PHASES[level] % values
