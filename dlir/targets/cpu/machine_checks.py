"""What contradicts itself in a CPU's hardware file: one function per subject, each with numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TypeAlias

from dlir.dialects.dl.attrs import WIDTHS
from dlir.hardware import Problem
from dlir.registry import did_you_mean
from dlir.targets.cpu.machine import Cpu

Check: TypeAlias = Callable[[Cpu], Iterator[Problem]]

BITS = {str(element): bits for element, bits in WIDTHS.items()}
"""Element type -> its bits."""
TOLERANCE = 0.01
"""The share by which a bandwidth may differ from that of the memory's parts: rounded figures."""


def check_name(cpu: Cpu) -> Iterator[Problem]:
    """There is one."""
    if not cpu.name:
        yield Problem("machine.name", "the name is empty")


def check_core(cpu: Cpu) -> Iterator[Problem]:
    """Rates of types that exist, in whole vectors."""
    key, bits = "core.ops_per_cycle", cpu.core.vector_bits
    if "f32" not in cpu.core.ops_per_cycle:
        yield Problem(key, "no rate is given for 'f32'", "other types count as f32 without one")
    for name, rate in cpu.core.ops_per_cycle.items():
        if name not in BITS:
            hint = did_you_mean(name, BITS)
            yield Problem(key, f"'{name}' is no element type{hint}", f"types: {', '.join(BITS)}")
        elif rate < 1:
            yield Problem(key, f"{name} has {rate} operations per cycle; at least 1")
        elif bits is not None and rate % max(1, bits // BITS[name]):
            lanes = f"vectors of {bits} / {BITS[name]} = {bits // BITS[name]} lanes"
            yield Problem(key, f"{rate} operations per cycle of {name} are no whole {lanes}")


def check_caches(cpu: Cpu) -> Iterator[Problem]:
    """Whole sets, and every level at least as large as the one before."""
    for name, cache in cpu.caches.items():
        if cache.line & (cache.line - 1):
            yield Problem(f"{name}.line", f"a line of {cache.line} bytes is no power of two")
        if cache.bytes % (cache.ways * cache.line):
            per_set = f"{cache.ways} ways x {cache.line} bytes"
            yield Problem(f"{name}.bytes", f"{cache.bytes} bytes are no whole sets of {per_set}")
        if cache.shared_by > (cores := cpu.general.cores):
            yield Problem(f"{name}.shared_by", f"shared by {cache.shared_by} of {cores} cores")
    for (name, near), (other, far) in pairwise(cpu.caches.items()):
        if far.bytes < near.bytes:
            sizes = f"{other} has {far.bytes} bytes, {name} has {near.bytes}"
            yield Problem(f"{other}.bytes", f"{sizes}: a level cannot be smaller than the nearer")
    expected = ["l1", "l2", "l3"][: len(cpu.caches)]
    if (given := list(cpu.caches)) != expected:
        missing = next(name for name in expected if name not in given)
        yield Problem(given[-1], f"[{given[-1]}] is given, but [{missing}] is not")


def check_memory(cpu: Cpu) -> Iterator[Problem]:
    """One bandwidth: given, or by the formula, or both and equal."""
    memory, made_of = cpu.memory, cpu.memory.made_of
    if memory.gb_per_s is None and made_of is None:
        help = "write gb_per_s, or clock_mhz, interfaces, transfers_per_clock and bus_bits"
        yield Problem("memory", "[memory] says nothing of its bandwidth", help)
    elif memory.gb_per_s is not None and made_of is not None:
        if abs(made_of / (memory.gb_per_s * 1e9) - 1) > TOLERANCE:
            parts = (
                f"{memory.clock_mhz:g} MHz x {memory.interfaces} interfaces x "
                f"{memory.transfers_per_clock} transfers x {memory.bus_bits} bits"
            )
            message = f"{memory.gb_per_s:g} GB/s, but {parts} = {made_of / 1e9:g} GB/s"
            yield Problem("memory.gb_per_s", message, "leave one of them out")
    elif memory.core_gb_per_s is not None and memory.core_gb_per_s * 1e9 > memory.bytes_per_s:
        message = f"one core draws {memory.core_gb_per_s:g} GB/s"
        whole = f"all of them {memory.bytes_per_s / 1e9:g} GB/s"
        yield Problem("memory.core_gb_per_s", f"{message}, {whole}")


CHECKS: tuple[Check, ...] = (check_name, check_core, check_caches, check_memory)
