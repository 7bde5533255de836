"""python -m bench.accel.packed [--machine NAME ...] [MODEL]: what packed weights save.

The same program with weights of which some part is zero: cycles, bytes of DRAM, energy. What the
other numbers are does not matter, so they are drawn at random, in the machine's layout.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from bench.accel.measure import programs_of, run_passes
from bench.accel.models import models
from dlir import api
from dlir.targets.accel.description import Machine, load_machine
from dlir.targets.accel.packing import Bytes, pack
from dlir.targets.accel.pipeline import PHASES, phase_text
from dlir.targets.accel.program import Program, Symbol, SymbolKind
from dlir.targets.accel.simulator.energy import energy_of
from dlir.targets.accel.simulator.simulation import time_program
from dlir.targets.accel.simulator.traffic import traffic_of

HEADER = f"{'weights':16} {'machine':8} {'format':8} {'cycles':>11} {'DRAM MB':>8} {'mJ':>7}"


def at_random(share: float) -> Callable[[Any, Any], Any]:
    """A share of all weights is zero."""
    return lambda rng, shape: rng.random(shape) < share


def two_of_four(rng: Any, shape: tuple[int, int]) -> Any:
    """Of every four rows two are zero in each lane."""
    rows, lanes = shape
    order = np.argsort(rng.random((-(-rows // 4), 4, lanes)), axis=1)
    return (order < 2).reshape(-1, lanes)[:rows]


CASES: tuple[tuple[str, str, Callable[[Any, Any], Any]], ...] = (
    ("dense", "none", at_random(0)),
    ("50 % zero", "bitmask", at_random(0.5)),
    ("80 % zero", "bitmask", at_random(0.8)),
    ("two of four", "2:4", two_of_four),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.accel.packed", description=__doc__)
    parser.add_argument("model", nargs="?", default="int8/resnet50")
    parser.add_argument("--machine", action="append")
    options = parser.parse_args()
    print(HEADER, flush=True)
    for name in options.machine or ["gemmini", "edge16"]:
        programs = compiled(models(name)[options.model](), name)
        for title, format, zeros in CASES:
            machine = load_machine(name, {"dma.compression": f'"{format}"'})
            made = [with_weights(p, machine, format, zeros) for p in programs]
            runs = [time_program(p) for p in made]
            moved = sum(traffic_of(run)["dram"].total for run in runs) / 1e6
            energy = sum(energy_of(run)["total_pj"] for run in runs) / 1e9
            cycles = sum(run.cycles for run in runs)
            print(f"{title:16} {name:8} {format:8} {cycles:11,} {moved:8.2f} {energy:7.2f}")
    return 0


def compiled(text: str, machine: str) -> list[Program]:
    """The programs of a model, without contents."""
    module = api.load(text).module
    for phase in PHASES:
        run_passes(phase_text(phase, "" if phase == "structured" else machine), module)
    return list(programs_of(module).values())


def with_weights(
    program: Program, machine: Machine, format: str, zeros: Callable[[Any, Any], Any]
) -> Program:
    """The program with int8 weights that have such zeros, packed where that is less."""
    rng = np.random.default_rng(0)
    symbols, data = dict(program.symbols), dict[str, Bytes]()
    for symbol in program.symbols.values():
        if symbol.kind is SymbolKind.WEIGHT and symbol.type.endswith("xi8>"):
            data[symbol.name] = drawn(rng, symbol, machine.array.cols, zeros)
            if format != "none":
                packed = pack(data[symbol.name], format, 1, machine.array.cols)
                if packed is not None:
                    data[symbol.name] = packed
                    symbols[symbol.name] = replace(symbol, kind=SymbolKind.PACKED)
    return Program(machine, program.streams, symbols, data, program.debug)


def drawn(rng: Any, symbol: Symbol, lanes: int, zeros: Callable[[Any, Any], Any]) -> Bytes:
    """The rows of a weight."""
    rows = rng.integers(1, 256, (symbol.size // lanes, lanes)).astype(np.uint8)
    rows[zeros(rng, rows.shape)] = 0
    return rows.reshape(-1)


if __name__ == "__main__":
    sys.exit(main())
