"""What one layer costs on one machine: compiled, then executed by the timing simulator."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

import dlir
from dlir.pipeline import collection_paused
from dlir.targets.accel.description import Machine
from dlir.targets.accel.explore.compiling import compiled
from dlir.targets.accel.program import Program
from dlir.targets.accel.simulator.bounds import macs_of
from dlir.targets.accel.simulator.energy import energy_of
from dlir.targets.accel.simulator.simulation import Simulation, time_program


@dataclass(frozen=True)
class Measures:
    """What executing something once took; measures of different layers may be added."""

    cycles: int
    seconds: float
    energy_pj: float
    macs: int


Evaluator: TypeAlias = Callable[[Machine, str], Measures]
"""From a machine and the text of a layer; a function of a module, as other processes import it.

Raises CompileError for what the machine cannot do.
"""


def evaluate(machine: Machine, layer: str) -> Measures:
    """Compile and execute; the evaluator of every exploration that does not bring its own."""
    with collection_paused():
        return _total(compiled(layer, machine).simulations(machine))


def measure(programs: Iterable[Program]) -> Measures:
    """Execute programs one after the other."""
    return _total(map(time_program, programs))


def _total(simulations: Iterable[Simulation]) -> Measures:
    cycles, seconds, energy, macs = 0, 0.0, 0.0, 0
    for simulation in simulations:
        cycles += simulation.cycles
        seconds += simulation.seconds
        energy += energy_of(simulation)["total_pj"]
        macs += sum(macs_of(simulation).values())
    return Measures(cycles, seconds, energy, macs)


@cache
def code_version() -> str:
    """A hash of dlir's own source: what was measured by other code is measured again."""
    digest = hashlib.sha256(dlir.__name__.encode())
    root = Path(dlir.__file__).parent
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
