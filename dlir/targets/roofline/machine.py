"""What the roofline asks of a machine, and the machines' answers.

| machine | roofs, in seconds |
|---|---|
| a CPU | `compute`: operations / peak of their type; `memory`: bytes / bandwidth |
| an accelerator | those of `dlir.targets.accel.simulator.bounds`, for the op by itself |

An accelerator stores f32 as bf16, sums in its accumulators (so results move once), and does all but
products on its vector unit, one result per lane and cycle at best.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from xdsl.dialects.builtin import IndexType
from xdsl.ir import Attribute, SSAValue

from dlir import formulas
from dlir.diagnostics import fail
from dlir.dialects.dl.ops.base import DlOp, element_of, rank_of
from dlir.dialects.dl.ops.binary import CastOp
from dlir.dialects.dl.ops.pooling import AvgPool2dOp
from dlir.dialects.dl.ops.reduction import ReduceMeanOp, ReduceSumOp
from dlir.drawing import short
from dlir.files import read_text
from dlir.hardware import parse_toml
from dlir.registry import did_you_mean
from dlir.targets.accel.description import Machine as Accelerator
from dlir.targets.accel.description import load_machine, preset_names
from dlir.targets.cpu.machine import Cpu, cpu_names, load_cpu
from dlir.targets.roofline.work import Work, elements


@dataclass(frozen=True)
class Task:
    """An op with its work, and the bytes that it moves, by where they come from or go to."""

    op: DlOp
    work: Work
    weights: Mapping[SSAValue, int]
    """Tensors that depend on weights alone."""
    edges: Mapping[SSAValue, int]
    """Arguments and results of the function."""
    between: Mapping[SSAValue, int]
    """What one op leaves for another."""

    @property
    def bytes(self) -> int:
        """All of them."""
        return sum(sum(part.values()) for part in (self.weights, self.edges, self.between))


class Machine(Protocol):
    """A machine with roofs."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def summary(self) -> str:
        """One line for people."""
        ...

    @property
    def sums_in_memory(self) -> bool:
        """Whether a sum that grows is read and written, as the chapter has it."""
        ...

    @property
    def levels(self) -> dict[str, int]:
        """Memories on the chip -> bytes, from the nearest on."""
        ...

    @property
    def memories(self) -> dict[str, float]:
        """Memories outside -> bytes per second."""
        ...

    def size_of(self, element: Attribute) -> int:
        """Bytes of an element."""
        ...

    def peaks(self, types: set[str]) -> dict[str, float]:
        """Operations per second, by what is done: the level roofs for element types."""
        ...

    def roofs(self, task: Task) -> dict[str, float]:
        """Roof -> seconds that the task takes at least. Raises CompileError at the op."""
        ...


@dataclass(frozen=True)
class CpuMachine:
    """Some of the cores of a CPU."""

    cpu: Cpu
    threads: int
    in_memory: bool
    """Whether sums grow in memory."""

    @property
    def name(self) -> str:
        return self.cpu.name

    @property
    def summary(self) -> str:
        peak, bandwidth = self.cpu.peak("f32", self.threads), self.cpu.bandwidth(self.threads)
        cores = f"{self.threads} of {self.cpu.general.cores} cores"
        rates = f"f32 {short(peak, 4, 'op/s')}, memory {short(bandwidth, 4, 'B/s')}"
        ridge = f"ridge {formulas.ridge(peak, bandwidth):.4g} op/B"
        return f"{cores} at {self.cpu.general.clock_mhz:g} MHz, {rates}, {ridge}"

    @property
    def sums_in_memory(self) -> bool:
        return self.in_memory

    @property
    def levels(self) -> dict[str, int]:
        """What the used cores have of each cache."""
        return {
            name: cache.bytes * -(-self.threads // cache.shared_by)
            for name, cache in self.cpu.caches.items()
        }

    @property
    def memories(self) -> dict[str, float]:
        return {"memory": self.cpu.bandwidth(self.threads)}

    def size_of(self, element: Attribute) -> int:
        """As in memory: whole bytes."""
        bits = 64 if isinstance(element, IndexType) else getattr(element, "bitwidth", None)
        if bits is None:
            fail(None, f"the size of {element} is unknown", rule="dl-roofline")
        return -(-bits // 8)

    def peaks(self, types: set[str]) -> dict[str, float]:
        return {name: self.cpu.peak(name, self.threads) for name in sorted(types)}

    def roofs(self, task: Task) -> dict[str, float]:
        ops = task.work.ops
        return {
            "compute": sum(n / self.cpu.peak(name, self.threads) for name, n in ops.items()),
            "memory": task.bytes / self.cpu.bandwidth(self.threads),
        }


OFF_VECTOR_UNIT = (ReduceSumOp, ReduceMeanOp, AvgPool2dOp, CastOp)
"""What an accelerator may do elsewhere: the array sums, a copy converts."""


@dataclass(frozen=True)
class AccelMachine:
    """One chip of an accelerator."""

    accel: Accelerator

    @property
    def name(self) -> str:
        return self.accel.name

    @property
    def summary(self) -> str:
        array, lanes = self.accel.array, self.accel.vector.lanes
        rates = (f"{n} {short(rate, 4, 'B/s')}" for n, rate in self.memories.items())
        return (
            f"array {array.rows}x{array.cols} at {self.accel.clock_mhz:g} MHz, {lanes} vector "
            f"lanes, {', '.join(rates)}"
        )

    @property
    def hertz(self) -> float:
        return self.accel.clock_mhz * 1e6

    @property
    def sums_in_memory(self) -> bool:
        return False

    @property
    def levels(self) -> dict[str, int]:
        return {"spm": self.accel.spm.bytes}

    @property
    def memories(self) -> dict[str, float]:
        channels = {"dram": self.accel.dma, "host": self.accel.host}
        return {n: c.bytes_per_cycle * self.hertz for n, c in channels.items() if c is not None}

    def size_of(self, element: Attribute) -> int:
        from dlir.targets.accel.work.count import STORED_BYTES

        return STORED_BYTES.get(str(element), 4)

    def peaks(self, types: set[str]) -> dict[str, float]:
        products = {_array_type(name) for name in types} & {*self.accel.array.types}
        rates = {
            f"array, {name}": 2 * self.accel.peak_macs_per_cycle(name) * self.hertz
            for name in sorted(products)
        }
        return {**rates, "vector unit": self.accel.vector.lanes * self.hertz}

    def roofs(self, task: Task) -> dict[str, float]:
        from dlir.targets.accel.simulator.bounds import Work as Cycles
        from dlir.targets.accel.simulator.bounds import bound_of

        on_host = sum(task.edges.values()) if self.accel.host is not None else 0
        work = Cycles(
            macs=self._macs(task),
            dram_bytes=task.bytes - on_host,
            host_bytes=on_host,
            load_rows=self._weight_rows(task),
            vector_cycles=self._vector_cycles(task),
        )
        return {name: n / self.hertz for name, n in bound_of(work, self.accel).roofs.items()}

    def _macs(self, task: Task) -> dict[str, int]:
        if not task.work.macs:
            return {}
        name = _array_type(str(element_of(task.op.operands[0])))
        if name not in self.accel.array.types:
            known = ", ".join(self.accel.array.types)
            fail(
                task.op,
                f"needs products of {name}; the array of machine '{self.name}' multiplies {known}",
                rule="dl-roofline",
                help="choose another machine, or another element type",
            )
        return {name: task.work.macs}

    def _weight_rows(self, task: Task) -> int:
        """Rows of the constant factors, which are the stationary operands."""
        if not task.work.macs:
            return 0
        factors = [value for value in task.weights if rank_of(value) > 1]
        return sum(-(-elements(value) // self.accel.array.cols) for value in factors)

    def _vector_cycles(self, task: Task) -> int:
        """Each result that is more than a sum of products, once."""
        if task.work.flops <= 2 * task.work.macs or isinstance(task.op, OFF_VECTOR_UNIT):
            return 0
        cols, lanes = self.accel.array.cols, self.accel.vector.lanes
        results = max(elements(value) for value in task.op.results)
        return -(-results // cols) * -(-cols // lanes)


def _array_type(element: str) -> str:
    """The type in which the array multiplies an element type."""
    return "i8" if element == "i8" else "bf16"


# --- by name --------------------------------------------------------------------------------------


def find_machine(
    name_or_path: str, settings: Mapping[str, str], threads: int | None, ideal: bool
) -> Machine:
    """The machine of a name or of a hardware file, with single keys replaced.

    `threads` are the cores that work, all without it; with `ideal`, sums do not grow in memory.
    Raises CompileError.
    """
    accelerators = preset_names()
    if not name_or_path.endswith(".toml") and name_or_path not in (*accelerators, *cpu_names()):
        known = [*cpu_names(), *accelerators]
        fail(
            None,
            f"unknown machine '{name_or_path}'{did_you_mean(name_or_path, known)}",
            rule="machine",
            help=f"machines: {', '.join(known)}; or the path of a .toml file",
        )
    if name_or_path in accelerators or not (name_or_path in cpu_names() or _is_cpu(name_or_path)):
        if threads is not None:
            fail(None, f"machine '{name_or_path}' has no threads", rule="machine",
                 help="leave out `threads`, or choose a CPU")  # fmt: skip
        return AccelMachine(load_machine(name_or_path, settings))
    cpu = load_cpu(name_or_path, settings)
    cores = cpu.general.cores
    if threads is not None and not 1 <= threads <= cores:
        fail(None, f"expected threads in 1..{cores}, the cores of '{cpu.name}', got {threads}",
             rule="machine", help="more threads than cores do no more work")  # fmt: skip
    return CpuMachine(cpu, threads or cores, not ideal)


def _is_cpu(path: str) -> bool:
    """Whether a hardware file describes a CPU: it then says what a core does."""
    return "core" in parse_toml(read_text(path), Path(path).as_posix())
