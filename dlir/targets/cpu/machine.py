"""The speed of a CPU: a hardware file as Python values.

Code is generated for a `CpuDescription`, which knows instructions; analyses ask how fast a machine
is, which is what this file describes. It is TOML; its tables and keys are the classes and fields
here. The presets are the files of `machines/`, and `native` is the machine that this runs on,
measured when it is first asked for.

    cpu = load_cpu("xeon-8280", {"machine.cores": "14"})
    cpu.peak("f32", threads=1), cpu.l1.sets         # 172.8e9, 64
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dlir import formulas
from dlir.files import read_text
from dlir.hardware import quantity, read_machine, words, write

NATIVE = "native"
"""The name of the machine that this process runs on."""


@dataclass(frozen=True)
class General:
    """`[machine]`: what concerns the whole."""

    name: str = words("a name")
    clock_mhz: float = quantity("MHz of the cores", above=True)
    cores: int = quantity("cores", least=1, default=1)


@dataclass(frozen=True)
class Core:
    """`[core]`: one core.

    `ops_per_cycle` has the operations per cycle by element type, a multiply-add as two. A type that
    is not there counts as f32.
    """

    ops_per_cycle: Mapping[str, int] = words("operations per cycle, for each element type")
    vector_bits: int | None = quantity("bits of a vector register", least=32, optional=True)


@dataclass(frozen=True)
class Memory:
    """`[memory]`: main memory, by its bandwidth or by what it is made of.

    `core_gb_per_s` is what one core can draw alone, where that is less than all of it.
    """

    gb_per_s: float | None = quantity("10^9 bytes per second", above=True, optional=True)
    core_gb_per_s: float | None = quantity("10^9 bytes per second", above=True, optional=True)
    clock_mhz: float | None = quantity("MHz", above=True, optional=True)
    interfaces: int = quantity("channels, or stacks", least=1, default=1)
    transfers_per_clock: int = quantity("transfers per clock", least=1, default=2)
    bus_bits: int = quantity("bits of an interface", least=8, default=64)

    @property
    def made_of(self) -> float | None:
        """Bytes per second by the formula; None without a clock."""
        if self.clock_mhz is None:
            return None
        clock, width = self.clock_mhz * 1e6, self.bus_bits / 8
        return formulas.bandwidth(clock, self.interfaces, self.transfers_per_clock, width)

    @property
    def bytes_per_s(self) -> float:
        """Bytes per second that all cores together can move."""
        return self.gb_per_s * 1e9 if self.gb_per_s is not None else self.made_of or 0.0


@dataclass(frozen=True)
class Cache:
    """`[l1]`, `[l2]`, `[l3]`: a set-associative cache for data."""

    bytes: int = quantity("bytes", least=1)
    ways: int = quantity("lines of a set", least=1)
    line: int = quantity("bytes of a line", least=1, default=64)
    shared_by: int = quantity("cores that share it", least=1, default=1)

    @property
    def sets(self) -> int:
        return formulas.cache_sets(self.bytes, self.ways, self.line)

    @property
    def alias_interval(self) -> int:
        """Bytes between addresses that fall into the same set."""
        return formulas.alias_interval(self.bytes, self.ways)


@dataclass(frozen=True)
class Cpu:
    """A CPU."""

    general: General
    core: Core
    memory: Memory
    l1: Cache | None = None
    l2: Cache | None = None
    l3: Cache | None = None

    @property
    def name(self) -> str:
        return self.general.name

    @property
    def caches(self) -> dict[str, Cache]:
        """Level -> cache, from the nearest on."""
        levels = {"l1": self.l1, "l2": self.l2, "l3": self.l3}
        return {name: cache for name, cache in levels.items() if cache is not None}

    def peak(self, type: str, threads: int) -> float:
        """Operations per second in an element type on as many cores as there are threads."""
        per_cycle = self.core.ops_per_cycle
        rate = per_cycle.get(type, per_cycle["f32"])
        return rate * self.general.clock_mhz * 1e6 * min(threads, self.general.cores)

    def bandwidth(self, threads: int) -> float:
        """Bytes per second between memory and as many cores as there are threads."""
        whole, one = self.memory.bytes_per_s, self.memory.core_gb_per_s
        return whole if one is None else min(whole, threads * one * 1e9)

    @property
    def text(self) -> str:
        """The canonical hardware file: every key, in a fixed order."""
        return write(self)


MACHINES = Path(__file__).parent / "machines"
"""The folder of the presets."""


def cpu_names() -> list[str]:
    """The CPUs that are known by name."""
    return sorted([NATIVE, *(path.stem for path in MACHINES.glob("*.toml"))])


def load_cpu(name_or_path: str, overrides: Mapping[str, str] | None = None) -> Cpu:
    """A preset, `native` or a hardware file, with single keys replaced.

    `overrides` maps `table.key` to a value as TOML spells it. Raises CompileError that names file,
    line, reason and numbers.
    """
    return _load(name_or_path, tuple((overrides or {}).items()))


@lru_cache(maxsize=64)
def _load(name_or_path: str, overrides: tuple[tuple[str, str], ...]) -> Cpu:
    if name_or_path == NATIVE:
        from dlir.targets.cpu.native import native_cpu

        return cpu_from_text(native_cpu().text, f"<{NATIVE}>", dict(overrides))
    if name_or_path in cpu_names():
        text = (MACHINES / f"{name_or_path}.toml").read_text(encoding="utf-8")
        return cpu_from_text(text, f"{name_or_path}.toml", dict(overrides))
    return cpu_from_text(read_text(name_or_path), name_or_path, dict(overrides))


def cpu_from_text(
    text: str, name: str = "<machine>", overrides: Mapping[str, str] | None = None
) -> Cpu:
    """The CPU of a hardware file's text. Raises CompileError."""
    from dlir.targets.cpu.machine_checks import CHECKS

    return read_machine(Cpu, CHECKS, text, name, overrides or {})
