"""The machine that a program is for: a hardware file as Python values.

A hardware file is TOML; its tables and keys are the classes and fields here. The presets are the
files of `machines/`. Everything the compiler, the verifier and the simulator know about a machine
comes from this description, so a change in the file changes everything that follows from it.

    machine = load_machine("gemmini", {"spm.bytes": "131072"})
    machine.spm.bytes, machine.spm_lines        # 131072, 8192
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from dlir.hardware import quantity, words, write

ACC_BYTES = 4
"""Bytes of a number in the accumulators, int32 or float32."""


@dataclass(frozen=True)
class General:
    """`[machine]`: what concerns the whole."""

    name: str = words("a name")
    clock_mhz: float = quantity("MHz", above=True)
    streams: tuple[str, ...] = words("instruction streams", ("ld", "mx", "vx", "st"))
    sem_latency: int = quantity("cycles from a signal to the end of the wait for it", default=2)


@dataclass(frozen=True)
class ArrayUnit:
    """`[array]`: the systolic matrix unit, weight stationary, with an active and a shadow plane."""

    rows: int = quantity("rows: the K of a weight tile", least=1)
    cols: int = quantity("columns: the N of a weight tile; bytes of a line", least=1)
    types: tuple[str, ...] = words("operand types, of i8 and bf16")
    rate: Mapping[str, int] = words("cycles per activation row, for each type")
    load_rows_per_cycle: int = quantity("weight rows per cycle", least=1, default=1)
    planes: int = quantity("weight planes", least=2, default=2)


@dataclass(frozen=True)
class Scratchpad:
    """`[spm]`: the memory of activations and weights, in lines of `cols` bytes."""

    bytes: int = quantity("bytes", least=1)


@dataclass(frozen=True)
class Accumulators:
    """`[acc]`: rows of `cols` 32-bit numbers."""

    rows: int = quantity("rows of cols 32-bit numbers", least=1)


@dataclass(frozen=True)
class WeightBuffer:
    """`[wbuf]`: weight tiles beside the scratchpad; 0 bytes when there is none."""

    bytes: int = quantity("bytes", default=0)


@dataclass(frozen=True)
class Dma:
    """`[dma]` and `[host]`: a channel to memory."""

    bytes_per_cycle: float = quantity("bytes per cycle", above=True)
    latency: int = quantity("cycles")
    outstanding: int = quantity("copies in flight per stream", least=1, default=16)
    burst: int = quantity("bytes; every row is rounded up to it", least=1, default=64)
    row_cycles: int = quantity("least cycles per row", default=1)
    compression: str = words("how weights may be packed: none, bitmask or 2:4", "none")
    expand_bytes_per_cycle: float = quantity(
        "bytes per cycle that packed weights become at most", above=True, default=64.0
    )


@dataclass(frozen=True)
class VectorUnit:
    """`[vector]`: elementwise functions and reductions."""

    lanes: int = quantity("elements per cycle", least=1)
    depth: int = quantity("cycles of the pipeline", default=8)
    cost: Mapping[str, int] = words("cycles per function, `default` for the others", {"default": 1})

    def cost_of(self, function: str) -> int:
        """Cycles per `lanes` elements."""
        return self.cost.get(function, self.cost.get("default", 1))


@dataclass(frozen=True)
class Network:
    """`[net]`: the links between chips."""

    chips: int = quantity("chips", least=1, default=1)
    topology: str = words("ring", "ring")
    bytes_per_cycle: float = quantity("bytes per cycle of a link", default=0)
    latency: int = quantity("cycles", default=0)


@dataclass(frozen=True)
class Energy:
    """`[energy]`: picojoules per event. What the file leaves out comes from `NODES[node]`.

    A byte of an on-chip memory costs `sram_pj * (KiB / 8) ** sram_exponent`.
    """

    node: str = words("a key of NODES", "45nm")
    static_w: float = quantity("watts, always", default=0)
    mac_i8_pj: float | None = quantity("pJ per int8 multiply-accumulate", optional=True)
    mac_bf16_pj: float | None = quantity("pJ per bf16 multiply-accumulate", optional=True)
    vector_i32_pj: float | None = quantity("pJ per int32 operation", optional=True)
    vector_f32_pj: float | None = quantity("pJ per float32 addition", optional=True)
    vector_f32_mul_pj: float | None = quantity("pJ per float32 product", optional=True)
    sram_pj: float | None = quantity("pJ per byte of an 8 KiB memory", optional=True)
    sram_exponent: float | None = quantity("growth with the memory's size", optional=True)
    dram_pj: float | None = quantity("pJ per byte", optional=True)
    net_pj: float | None = quantity("pJ per byte and link between chips", optional=True)

    def price(self, key: str) -> float:
        """A `..._pj` or `sram_exponent`: from the file, else from the node's table."""
        given = getattr(self, key)
        return NODES[self.node][key] if given is None else given

    def sram_byte_pj(self, size: int) -> float:
        """pJ per byte moved to or from an on-chip memory of `size` bytes."""
        return self.price("sram_pj") * (size / 8192) ** self.price("sram_exponent")


NODES: dict[str, dict[str, float]] = {
    "45nm": {
        "mac_i8_pj": 0.3, "mac_bf16_pj": 2.0,
        "vector_i32_pj": 0.1, "vector_f32_pj": 0.9, "vector_f32_mul_pj": 3.7,
        "sram_pj": 1.25, "sram_exponent": 0.5, "dram_pj": 162.0, "net_pj": 80.0,
    },
    "7nm": {
        "mac_i8_pj": 0.10, "mac_bf16_pj": 0.59,
        "vector_i32_pj": 0.03, "vector_f32_pj": 0.38, "vector_f32_mul_pj": 1.31,
        "sram_pj": 0.94, "sram_exponent": 0.129, "dram_pj": 44.0, "net_pj": 16.0,
    },
}  # fmt: skip
"""Process -> prices. 45nm: Horowitz, ISSCC 2014 (multiplier plus adder; cache reads of 8, 32 and
1024 KiB cost 10, 20 and 100 pJ per 8 bytes; DRAM 1.3 nJ per 8 bytes, DDR3). 7nm: the table of the
TPUv4i paper, ISCA 2021, with HBM2 at 350 pJ per 8 bytes: quoted from memory, not confirmed.
`net_pj` is an assumption: serial links at 10 pJ per bit (45nm) and 2 pJ per bit (7nm)."""


@dataclass(frozen=True)
class Area:
    """`[area]`: read off the TPUv1 floor plan, 28 nm."""

    mm2_per_mac: float = quantity("mm2 per multiply-accumulate unit", default=0.0013)
    mm2_per_mib: float = quantity("mm2 per MiB of on-chip memory", default=4.6)


@dataclass(frozen=True)
class Machine:
    """A machine. Sizes derived from several tables are properties."""

    general: General
    array: ArrayUnit
    spm: Scratchpad
    acc: Accumulators
    dma: Dma
    vector: VectorUnit
    wbuf: WeightBuffer = field(default_factory=WeightBuffer)
    host: Dma | None = None
    net: Network = field(default_factory=Network)
    energy: Energy = field(default_factory=Energy)
    area: Area = field(default_factory=Area)

    @property
    def name(self) -> str:
        return self.general.name

    @property
    def clock_mhz(self) -> float:
        return self.general.clock_mhz

    @property
    def sem_latency(self) -> int:
        return self.general.sem_latency

    @property
    def streams(self) -> tuple[str, ...]:
        return self.general.streams

    @property
    def line_bytes(self) -> int:
        """Bytes of a line of the scratchpad and the weight buffer."""
        return self.array.cols

    @property
    def acc_row_bytes(self) -> int:
        """Bytes of an accumulator row."""
        return ACC_BYTES * self.array.cols

    @property
    def spm_lines(self) -> int:
        return self.spm.bytes // self.line_bytes

    @property
    def wbuf_lines(self) -> int:
        return self.wbuf.bytes // self.line_bytes

    @property
    def fast_vector(self) -> frozenset[str]:
        """The types of which the vector unit takes a row in fewer cycles than the array."""
        cols, lanes, rate = self.array.cols, self.vector.lanes, self.array.rate
        return frozenset(t for t in self.array.types if cols < lanes * rate[t])

    @property
    def sizes(self) -> dict[str, int]:
        """Memory -> how many lines (accumulators: rows) it has."""
        return {"spm": self.spm_lines, "acc": self.acc.rows, "wbuf": self.wbuf_lines}

    def peak_macs_per_cycle(self, type: str) -> float:
        """Multiply-accumulates per cycle when the array never waits."""
        return self.array.rows * self.array.cols / self.array.rate[type]

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the canonical text, in hexadecimal: the same for the same machine."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def text(self) -> str:
        """The canonical hardware file: every key, in a fixed order."""
        return write(self)

    def __hash__(self) -> int:
        return int(self.hash[:15], 16)


MACHINES = Path(__file__).parent / "machines"
"""The folder of the presets."""


def preset_names() -> list[str]:
    """The machines that are known by name."""
    return sorted(path.stem for path in MACHINES.glob("*.toml"))


def load_machine(name_or_path: str, overrides: Mapping[str, str] | None = None) -> Machine:
    """The machine of a preset or of a hardware file, with single keys replaced.

    `overrides` maps `table.key` (or `array.rate.i8`) to a value as TOML spells it. An empty name
    is a machine made of overrides alone. Raises CompileError that names file, line, reason and
    numbers.
    """
    from dlir.targets.accel.hardware_file import load

    return load(name_or_path, overrides or {})


def settings_text(settings: Mapping[str, str]) -> str:
    """Overrides as one option of a pass: `spm.bytes=131072;dma.latency=200`."""
    return ";".join(f"{key}={value}" for key, value in settings.items())


def machine_from_text(text: str, name: str = "<machine>") -> Machine:
    """The machine of a hardware file's text. Raises CompileError."""
    from dlir.targets.accel.hardware_file import read

    return read(text, name, {})
