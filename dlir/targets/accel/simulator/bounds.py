"""How fast the work can be at best: the roofs, and the one that binds.

Every roof is a number of cycles that no schedule of this work on this machine can beat:

| roof | cycles |
|---|---|
| `compute` | multiply-accumulates asked for / those of the full array per cycle |
| `dram`, `host` | different bytes read + different bytes written / bytes per cycle |
| `array_load` | rows of weight tiles / `load_rows_per_cycle` |
| `array` | layer by layer, the larger of its products and of its rows of weights |
| `vector` | cycles of the vector unit |
| `net` | bytes sent over the busier link that leaves the chip / its bytes per cycle |
| `reuse` | bytes that are moved because the chip holds no more / bytes per cycle of all channels |

`dram` counts each byte once however often the program moves it: a program is not excused for its
own extra traffic. `array_load` and `vector` are those of the program's tiles and functions. Whoever
knows the problem itself (see `dlir.targets.accel.work`) may give the `Work` of that, which is less,
but knows of `reuse` and `array`; and as such a program begins with inputs and ends with outputs,
`ends_of` the machine come on top.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dlir.dialects.isa.fields import MATRIX_TYPES
from dlir.targets.accel.description import Dma, Machine
from dlir.targets.accel.simulator.costs import vector_cycles
from dlir.targets.accel.simulator.simulation import Simulation
from dlir.targets.accel.simulator.traffic import distinct_bytes, messages_of


@dataclass(frozen=True)
class Work:
    """What has to be done, however it is scheduled."""

    macs: dict[str, int]
    """By type."""
    dram_bytes: int
    host_bytes: int
    load_rows: int
    vector_cycles: int
    link_bytes: int = 0
    """Sent over the busier of the two links that leave the chip."""
    reuse_bytes: int = 0
    """Moved between the chip and any memory outside, whatever is kept on the chip how long."""
    array_cycles: int = 0
    """Of the array, with both its ports; see `dlir.targets.accel.work.count.array_cycles`."""


@dataclass(frozen=True)
class Bound:
    """The roofs in cycles, and the highest of them."""

    roofs: dict[str, float]

    @property
    def name(self) -> str:
        """The roof that binds."""
        return max(self.roofs, key=lambda name: self.roofs[name])

    @property
    def cycles(self) -> float:
        """The least cycles possible."""
        return self.roofs[self.name]


def macs_of(simulation: Simulation) -> dict[str, int]:
    """Useful multiply-accumulates by type: rows x k x n of every MM."""
    macs: dict[str, int] = {name: 0 for name in MATRIX_TYPES}
    for stream in simulation.streams:
        matrix = stream.is_op("mm")
        done = stream["nx"] * stream["ny"] * stream["k"] * stream["n"]
        for number, name in enumerate(MATRIX_TYPES):
            macs[name] += int(done[matrix & (stream["dt"] == number)].sum())
    return macs


def work_of(simulation: Simulation) -> Work:
    """The work of a program."""
    streams = simulation.streams
    return Work(
        macs=macs_of(simulation),
        dram_bytes=distinct_bytes(streams, host=False),
        host_bytes=distinct_bytes(streams, host=True),
        load_rows=sum(int(s["k"][s.is_op("lw")].sum()) for s in streams),
        vector_cycles=sum(int(np.sum(vector_cycles(s, simulation.machine))) for s in streams),
        link_bytes=_link_bytes(simulation),
    )


def _link_bytes(simulation: Simulation) -> int:
    """Bytes that the chip sends, over the busier of its two links."""
    sent: dict[int, int] = {}
    for links, size in messages_of(simulation):
        sent[links[0]] = sent.get(links[0], 0) + size
    return max(sent.values(), default=0)


def bound_of(work: Work, machine: Machine, ends: Mapping[str, int] | None = None) -> Bound:
    """The roofs of `work` on `machine`; where there is something to do, with its `ends`."""
    compute = sum(count / machine.peak_macs_per_cycle(t) for t, count in work.macs.items() if count)
    roofs = {
        "compute": compute,
        "dram": work.dram_bytes / machine.dma.bytes_per_cycle,
        "array_load": work.load_rows / machine.array.load_rows_per_cycle,
        "vector": float(work.vector_cycles),
    }
    if work.array_cycles:
        roofs["array"] = float(work.array_cycles)
    if work.link_bytes:
        roofs["net"] = work.link_bytes / machine.net.bytes_per_cycle
    if machine.host is None:
        roofs["dram"] += work.host_bytes / machine.dma.bytes_per_cycle
    else:
        roofs["host"] = work.host_bytes / machine.host.bytes_per_cycle
    if work.reuse_bytes:
        roofs["reuse"] = work.reuse_bytes / sum(c.bytes_per_cycle for c in channels_of(machine))
    return Bound({name: n and n + (ends or {}).get(name, 0) for name, n in roofs.items()})


def channels_of(machine: Machine) -> list[Dma]:
    """The channels between the chip and memory."""
    return [machine.dma] if machine.host is None else [machine.dma, machine.host]


def ends_of(machine: Machine) -> dict[str, int]:
    """Roof -> cycles before the first and behind the last thing that it counts.

    What a unit works on has been loaded, and what comes of it is stored: a latency before, another
    behind, and a semaphore between any two units. Behind the last row of the array come its
    pipeline and that of the vector unit. Of the channels, only the last copy is known to end late.
    """
    latency, token = min(c.latency for c in channels_of(machine)), machine.sem_latency
    vector = 2 * latency + machine.vector.depth + 2 * token
    array = vector + machine.array.rows + machine.array.cols - 2 + token
    ends = dict.fromkeys(("compute", "array_load", "array"), array)
    ends |= {"vector": vector, "reuse": latency}
    ends["dram"] = machine.dma.latency
    if machine.host is not None:
        ends["host"] = machine.host.latency
    return ends
