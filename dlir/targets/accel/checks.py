"""What contradicts itself in a hardware file: one function per subject, each with numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from dlir.dialects.isa.fields import (
    INSTRUCTIONS,
    LINE_BITS,
    MATRIX_TYPES,
    ROW_BITS,
    STREAMS,
    VECTOR,
)
from dlir.hardware import Problem
from dlir.registry import did_you_mean
from dlir.targets.accel.description import NODES, Machine
from dlir.targets.accel.packing import FORMATS

REQUIRED_STREAMS = STREAMS[:4]
TOPOLOGIES = ("ring",)


Check: TypeAlias = Callable[[Machine], Iterator[Problem]]


def check_streams(machine: Machine) -> Iterator[Problem]:
    """Each engine once, and the network's when there is more than one chip."""
    streams = machine.streams
    for name in streams:
        if name not in STREAMS:
            hint = did_you_mean(name, STREAMS)
            yield Problem("machine.streams", f"there is no stream '{name}'{hint}")
    if missing := [name for name in REQUIRED_STREAMS if name not in streams]:
        yield Problem("machine.streams", f"stream '{missing[0]}' is missing")
    if len(set(streams)) != len(streams):
        yield Problem("machine.streams", f"a stream is named twice in {', '.join(streams)}")
    if not machine.name:
        yield Problem("machine.name", "the name is empty")


def check_array(machine: Machine) -> Iterator[Problem]:
    """What the fields k, n and dt of the instructions can say."""
    array, fields = machine.array, {f.name: f for f in INSTRUCTIONS["mm"].fields}
    for key, name in (("rows", "k"), ("cols", "n")):
        size, most = getattr(array, key), fields[name].maximum
        if size > most:
            yield Problem(
                f"array.{key}", f"{size} {key}, but field '{name}' of mm counts to {most}"
            )
    if array.cols % 4:
        yield Problem("array.cols", f"a line of {array.cols} bytes holds no whole 32-bit numbers")
    if array.planes != 2:
        yield Problem(
            "array.planes", f"{array.planes} planes: the instructions know two, active and shadow"
        )
    if array.load_rows_per_cycle > array.rows:
        rate = array.load_rows_per_cycle
        yield Problem("array.load_rows_per_cycle", f"{rate} rows per cycle, of {array.rows} rows")


def check_types(machine: Machine) -> Iterator[Problem]:
    """Every type has a rate, and every rate a type."""
    types, rate = machine.array.types, machine.array.rate
    if not types:
        yield Problem("array.types", "the array multiplies no type")
    for name in types:
        if name not in MATRIX_TYPES:
            known = ", ".join(MATRIX_TYPES)
            yield Problem("array.types", f"type '{name}' is none of {known}")
        elif name not in rate:
            yield Problem("array.rate", f"type '{name}' has no rate", f"write rate.{name} = 1")
    for name, cycles in rate.items():
        if name not in types:
            yield Problem("array.rate", f"a rate is given for '{name}', which is not in types")
        elif cycles < 1:
            yield Problem("array.rate", f"rate of {name} is {cycles} cycles per row; at least 1")


def check_memories(machine: Machine) -> Iterator[Problem]:
    """Whole lines and tiles, within the reach of the address fields."""
    line, rows = machine.line_bytes, machine.array.rows
    for key, size in (("spm", machine.spm.bytes), ("wbuf", machine.wbuf.bytes)):
        if size % line:
            yield Problem(f"{key}.bytes", f"{size} bytes are no whole lines of {line} bytes")
        if size // line > 1 << LINE_BITS:
            most = line << LINE_BITS
            yield Problem(f"{key}.bytes", f"{size} bytes; {LINE_BITS}-bit lines reach {most}")
    if machine.wbuf.bytes % (tile := line * rows):
        yield Problem(
            "wbuf.bytes",
            f"{machine.wbuf.bytes} bytes are no whole weight tiles of {rows} x {line} = {tile}",
        )
    if machine.acc.rows > 1 << ROW_BITS:
        yield Problem("acc.rows", f"{machine.acc.rows} rows; {ROW_BITS}-bit rows reach 16384")


def check_dma(machine: Machine) -> Iterator[Problem]:
    """Formats that there are, on the channel by which weights come."""
    name = machine.dma.compression
    known = ("none", *FORMATS)
    if name not in known:
        hint = did_you_mean(name, known)
        yield Problem(
            "dma.compression", f"there is no format '{name}'{hint}", f"formats: {', '.join(known)}"
        )
    if machine.host is not None and machine.host.compression != "none":
        yield Problem("host.compression", "weights do not come from the host's memory")


def check_vector(machine: Machine) -> Iterator[Problem]:
    """Costs of functions that exist."""
    known = ("default", *(name for functions in VECTOR.values() for name in functions))
    for name, cycles in machine.vector.cost.items():
        if name not in known:
            hint = did_you_mean(name, known)
            yield Problem("vector.cost", f"a cost is given for '{name}', no function{hint}")
        elif cycles < 1:
            yield Problem("vector.cost", f"'{name}' costs {cycles} cycles; at least 1")


def check_network(machine: Machine) -> Iterator[Problem]:
    """Several chips need a stream and a link."""
    net = machine.net
    if net.topology not in TOPOLOGIES:
        yield Problem("net.topology", f"topology '{net.topology}' is none of ring")
    if net.chips > 256:
        yield Problem("net.chips", f"{net.chips} chips, but field 'peer' tells 256 apart")
    if net.chips > 1 and "nt" not in machine.streams:
        yield Problem("net.chips", f"{net.chips} chips without the stream 'nt'")
    if net.chips > 1 and net.bytes_per_cycle <= 0:
        yield Problem("net.bytes_per_cycle", f"{net.chips} chips over links of 0 bytes per cycle")


def check_energy(machine: Machine) -> Iterator[Problem]:
    """A process that has a table."""
    node = machine.energy.node
    if node not in NODES:
        hint = did_you_mean(node, NODES)
        yield Problem(
            "energy.node", f"no prices for node '{node}'{hint}", f"nodes: {', '.join(NODES)}"
        )


CHECKS: tuple[Check, ...] = (
    check_streams,
    check_array,
    check_types,
    check_memories,
    check_dma,
    check_vector,
    check_network,
    check_energy,
)
