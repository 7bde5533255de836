"""Energy of a run in picojoules by component, and the machine's area.

Prices are per event and come from the hardware file (`[energy]`, see `Energy` in description.py for
the sources). A memory has one bank per column of the array, and a byte costs what a bank of that
size costs: with the price of the whole memory in one bank, the TPUv1's 4 MiB of accumulators alone
would take 40 W, more than the chip's busy power minus its idle power (12 W).
What is not modelled: instruction fetch, clock tree, wires; so read sums as +-2x.
"""

from __future__ import annotations

import numpy as np

from dlir.dialects.accel.arithmetic import FLOAT_UNARY
from dlir.dialects.isa.fields import TYPES, VECTOR
from dlir.targets.accel.description import Machine
from dlir.targets.accel.simulator.bounds import macs_of
from dlir.targets.accel.simulator.costs import vector_rows
from dlir.targets.accel.simulator.events import Events
from dlir.targets.accel.simulator.simulation import Simulation
from dlir.targets.accel.simulator.traffic import messages_of, traffic_of

MULTIPLYING = frozenset({"mul", "mulacc", "requant", "quant", "div", *FLOAT_UNARY})
"""Functions priced as products; those that cost more once per cycle they take."""


def energy_of(simulation: Simulation) -> dict[str, float]:
    """Picojoules per component; `total_pj` is their sum.

    `array`, `vector`, `spm`, `acc`, `wbuf`, `dram` (with the host's memory), `net` (every link that
    a message of this chip takes) and `static`.
    """
    machine = simulation.machine
    price, moved = machine.energy.price, traffic_of(simulation)
    macs = macs_of(simulation)
    sizes = memory_bytes(machine)
    parts = {
        "array": macs["i8"] * price("mac_i8_pj") + macs["bf16"] * price("mac_bf16_pj"),
        "vector": sum(_vector(stream, machine) for stream in simulation.streams),
        **{
            name: moved[name].total * machine.energy.sram_byte_pj(size // machine.array.cols)
            for name, size in sizes.items()
        },
        "dram": (moved["dram"].total + moved["host"].total) * price("dram_pj"),
        "net": sum(size * len(links) for links, size in messages_of(simulation)) * price("net_pj"),
        "static": machine.energy.static_w * simulation.seconds * 1e12,
    }
    return {"total_pj": sum(parts.values()), **parts}


def _vector(stream: Events, machine: Machine) -> float:
    """Every lane of every row does one operation, times the function's cost in cycles."""
    price = machine.energy.price
    elements = vector_rows(stream) * machine.array.cols
    total = 0.0
    for mnemonic, functions in VECTOR.items():
        chosen = np.flatnonzero(stream.is_op(mnemonic))
        groups = stream["fn"][chosen] * len(TYPES) + stream["dt_s"][chosen]
        counts = np.bincount(groups, elements[chosen], len(functions) * len(TYPES))
        for group in np.flatnonzero(counts).tolist():
            name, kind = functions[group // len(TYPES)], TYPES[group % len(TYPES)]
            multiply = "vector_f32_mul_pj" if name in MULTIPLYING else "vector_f32_pj"
            key = multiply if kind in ("bf16", "f32") else "vector_i32_pj"
            total += int(counts[group]) * price(key) * machine.vector.cost_of(name)
    return total


def memory_bytes(machine: Machine) -> dict[str, int]:
    """The size of every on-chip memory."""
    return {
        "spm": machine.spm.bytes,
        "acc": machine.acc.rows * machine.acc_row_bytes,
        "wbuf": machine.wbuf.bytes,
    }


def area_mm2(machine: Machine) -> float:
    """The array and the on-chip memories."""
    cells = machine.array.rows * machine.array.cols
    memory = sum(memory_bytes(machine).values()) / 2**20
    return cells * machine.area.mm2_per_mac + memory * machine.area.mm2_per_mib
