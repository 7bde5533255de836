"""The CPU that this process runs on: what the system says of it, and what is measured.

Sizes come from Linux's /sys; elsewhere the machine has no caches in its description. Rates are
measured with three loops, which together take about a second: one core's multiply-adds, its
clock by a chain of dependent additions, and reading from memory with all cores. On a machine that
does other work besides, measured rates are those that are left.
"""

from __future__ import annotations

import ctypes
import os
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np

from dlir.targets.cpu.compiling import compile_llvm
from dlir.targets.cpu.description import CpuDescription, host
from dlir.targets.cpu.machine import NATIVE, Cache, Core, Cpu, General, Memory
from dlir.targets.cpu.native_loops import CHAIN, CHAINS, FMAS, loops
from dlir.targets.cpu.object_loader import Library

SYSTEM = Path("/sys/devices/system/cpu")
UNITS = {"K": 1 << 10, "M": 1 << 20}
ROUNDS = 15
BURST = 0.004
"""Seconds of one measurement; the best of `ROUNDS` counts."""
LEAST_ARRAY, MOST_ARRAY = 64 << 20, 512 << 20
"""Bytes that are read to measure the memory: four times the last cache, within these."""

MULTIPLY_ADDS = ("fma", "fma4", "neon", "fp-armv8")
"""Features that bring fused multiply-adds; without them they are calls of a library."""

FASTER: dict[str, tuple[tuple[str, ...], int]] = {
    "i8": (("avx512vnni", "avxvnni", "dotprod"), 4),
    "bf16": (("avx512bf16", "bf16"), 2),
    "f16": (("avx512fp16", "fullfp16"), 2),
}
"""Type -> the features of which one makes it faster than f32, and how much."""


@cache
def native_cpu() -> Cpu:
    """The description of this machine; measured once per process."""
    description, code = host(), _Code(host())
    caches, cores = data_caches(), _cores()
    rate = _rate(description, code)
    clock = code.fma_rate() / rate / 1e6
    largest = max((c.bytes for c in caches.values()), default=0)
    size = min(max(4 * largest, LEAST_ARRAY), MOST_ARRAY)
    one, whole = (code.read_rate(size, threads) / 1e9 for threads in (1, cores))
    return Cpu(
        General(NATIVE, round(clock, 1), cores),
        Core(_rates(description, rate), description.vector_bits),
        Memory(round(max(one, whole), 2), round(min(one, max(one, whole)), 2)),
        **caches,
    )


def _rates(description: CpuDescription, f32: int) -> dict[str, int]:
    """Operations per cycle by type, of that many in f32; no type is faster than its rate here."""
    enabled = _features(description)
    rates = {"f64": f32 // 2, "f32": f32, "i16": 2 * f32, "i8": 2 * f32}
    for name, (features, times) in FASTER.items():
        if enabled & {*features}:
            rates[name] = times * f32
    return rates


def _features(description: CpuDescription) -> set[str]:
    return {word[1:] for word in description.features.split(",") if word.startswith("+")}


def _rate(description: CpuDescription, code: _Code) -> int:
    """Operations per cycle in f32: those of one or more whole units, nearest to the measured."""
    unit = 2 * description.lanes(32)
    return unit * max(1, round(code.fma_rate() / code.clock() / unit))


# --- measuring ------------------------------------------------------------------------------------


class _Code:
    """The loops, compiled for this machine."""

    def __init__(self, description: CpuDescription):
        self.lanes = description.lanes(32)
        fused = bool(_features(description) & {*MULTIPLY_ADDS})
        image = compile_llvm(loops(self.lanes, fused), description)
        names = ("dlir_fma", "dlir_chain", "dlir_read")
        self.library = Library([image], names)
        kind = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_void_p)
        self.fma, self.chain, self.read = (kind(self.library.address(n)) for n in names)

    @cache  # noqa: B019 (one instance, which lives as long as the process asks for it)
    def fma_rate(self) -> float:
        """Operations per second of one core: multiply-adds in f32."""
        buffer = np.ones(4 * self.lanes, np.float32)
        return 2 * self.lanes * FMAS * _rate_of(self.fma, buffer.ctypes.data)

    def clock(self) -> float:
        """Cycles per second, of additions that each take one."""
        buffer = np.ones(1, np.int64)
        return CHAIN * CHAINS * _rate_of(self.chain, buffer.ctypes.data)

    def read_rate(self, size: int, threads: int) -> float:
        """Bytes per second that as many threads read of an array."""
        array = np.ones(size // 4, np.float32)
        step = 8 * self.lanes
        steps = len(array) // step // threads
        places = [array.ctypes.data + 4 * step * steps * i for i in range(threads)]
        best = 0.0
        with ThreadPoolExecutor(threads) as pool:
            for _ in range(ROUNDS):
                start = time.perf_counter()
                list(pool.map(self.read, [steps] * threads, places))
                best = max(best, 4 * step * steps * threads / (time.perf_counter() - start))
        return best


def _rate_of(loop: Callable[[int, int], None], place: int) -> float:
    """Iterations per second, the best of some runs of about `BURST` seconds."""
    count, best = 1000, 0.0
    for _ in range(ROUNDS):
        start = time.perf_counter()
        loop(count, place)
        best = max(best, count / (time.perf_counter() - start))
        count = max(1000, int(best * BURST))
    return best


# --- asking the system ----------------------------------------------------------------------------


def _cpus() -> list[int]:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _cores() -> int:
    """Cores among them: threads that share one count once."""
    siblings = {_read(SYSTEM / f"cpu{n}/topology/thread_siblings_list") or str(n) for n in _cpus()}
    return len(siblings)


def data_caches() -> dict[str, Cache]:
    """`l1`, `l2`, `l3` of the first processor, as far as the system knows them."""
    found: dict[str, Cache] = {}
    for folder in sorted((SYSTEM / f"cpu{_cpus()[0]}/cache").glob("index*")):
        level, kind = _read(folder / "level"), _read(folder / "type")
        size = re.fullmatch(r"(\d+)([KM])", _read(folder / "size"))
        ways, line = (_read(folder / n) for n in ("ways_of_associativity", "coherency_line_size"))
        if kind == "Instruction" or size is None or not (ways.isdecimal() and line.isdecimal()):
            continue
        shared = _count(_read(folder / "shared_cpu_list"))
        bytes = int(size[1]) * UNITS[size[2]]
        cores = min(max(1, shared * _cores() // len(_cpus())), _cores())
        found[f"l{level}"] = Cache(bytes, int(ways), int(line), cores)
    return _levels(found)


def _levels(found: dict[str, Cache]) -> dict[str, Cache]:
    """The levels up to the first that is missing, or cannot be: virtual machines tell anything."""
    known: dict[str, Cache] = {}
    least = 1
    for name in ("l1", "l2", "l3"):
        cache = found.get(name)
        if cache is None or not _is_possible(cache, least):
            break
        known[name], least = cache, cache.bytes
    return known


def _is_possible(cache: Cache, least: int) -> bool:
    """Whole sets of lines of a power of two, and no smaller than the nearer level."""
    size = cache.ways * cache.line
    return (
        size > 0
        and cache.bytes % size == 0
        and not cache.line & (cache.line - 1)
        and (cache.bytes >= least)
    )


def _read(path: Path) -> str:
    """The line of a file of the system; empty where there is none."""
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _count(ranges: str) -> int:
    """How many numbers `0-3,8` are."""
    total = 0
    for part in filter(None, ranges.split(",")):
        first, _, last = part.partition("-")
        total += int(last or first) - int(first) + 1
    return max(1, total)
