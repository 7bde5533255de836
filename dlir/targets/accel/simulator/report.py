"""Everything a run says about itself: the numbers of NAMES, as Python, JSON and HTML."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from dlir.targets.accel.description import Machine
from dlir.targets.accel.program import Program
from dlir.targets.accel.simulator import bounds
from dlir.targets.accel.simulator.accounts import Account, accounts_of, gaps_of, tpu_rows
from dlir.targets.accel.simulator.bounds import Bound, Work
from dlir.targets.accel.simulator.critical_path import Segment, critical_path
from dlir.targets.accel.simulator.energy import area_mm2, energy_of
from dlir.targets.accel.simulator.occupancy import occupancy_of
from dlir.targets.accel.simulator.op_rows import op_rows
from dlir.targets.accel.simulator.simulation import Simulation, time_program
from dlir.targets.accel.simulator.traffic import traffic_of

MAX_SEGMENTS = 200
"""Segments of the critical path in the JSON: the longest, in order."""


@dataclass(frozen=True)
class AccelReport:
    """The report of one timed program; cycles unless a name says otherwise."""

    machine: str
    cycles: int
    microseconds: float
    per_second: float
    """Runs per second."""
    tops: float
    """10^12 operations per second, two per multiply-accumulate."""
    bound: dict[str, Any]
    """`cycles`, `name`, and all `roofs`."""
    percent_of_bound: float
    macs: int
    traffic: dict[str, int]
    reuse: dict[str, float]
    """Multiply-accumulates per byte."""
    engines: dict[str, dict[str, Any]]
    tpu_rows: dict[str, float]
    """Percent, as in Table 3 of the TPUv1 paper."""
    energy: dict[str, float]
    tops_per_watt: float
    area_mm2: float
    peak: dict[str, int]
    """Most live lines (accumulators: rows) of each memory."""
    capacity: dict[str, int]
    occupancy: dict[str, list[int]]
    """The same over time, in equal parts."""
    ops: list[dict[str, Any]]
    critical_path: list[dict[str, Any]]
    utilization: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    """Engine -> share of each equal part of the time in which it is busy."""
    hardware: str = ""
    """The machine in a few words."""

    def to_json(self) -> str:
        """One JSON object with the fields of this class."""
        return json.dumps(asdict(self), indent=2) + "\n"

    def to_html(self) -> str:
        """One page that needs nothing else: tables and drawings, no scripts."""
        from dlir.targets.accel.simulator.page import page

        return page(self)


def report_program(program: Program, *, serial: bool = False) -> AccelReport:
    """Time a program and report."""
    return report_of(time_program(program, serial=serial))


def report_of(simulation: Simulation, work: Work | None = None) -> AccelReport:
    """The report of a timed program; `work` is what the bound is of, by default the program's."""
    machine = simulation.machine
    work = work or bounds.work_of(simulation)
    bound = bounds.bound_of(work, machine)
    macs = sum(bounds.macs_of(simulation).values())
    traffic = {name: moved.total for name, moved in traffic_of(simulation).items()}
    energy, seconds = energy_of(simulation), max(simulation.seconds, 1e-30)
    occupancy = occupancy_of(simulation)
    accounts = accounts_of(simulation)
    path = critical_path(simulation)
    joules = max(energy["total_pj"] * 1e-12, 1e-30)
    return AccelReport(
        machine=machine.name,
        cycles=simulation.cycles,
        microseconds=simulation.seconds * 1e6,
        per_second=1 / seconds,
        tops=2 * macs / seconds / 1e12,
        bound=bound_row(bound, work),
        percent_of_bound=100 * bound.cycles / max(1, simulation.cycles),
        macs=macs,
        traffic=traffic,
        reuse={name: macs / size for name, size in traffic.items() if size},
        engines={name: engine_row(account) for name, account in accounts.items()},
        tpu_rows=tpu_rows(simulation),
        energy=energy,
        tops_per_watt=2 * macs / 1e12 / joules,
        area_mm2=area_mm2(machine),
        peak={name: int(live.max(initial=0)) for name, live in occupancy.items()},
        capacity={name: machine.sizes[name] for name in occupancy},
        occupancy={name: live.tolist() for name, live in occupancy.items()},
        ops=[asdict(row) for row in op_rows(simulation, path)],
        critical_path=[asdict(s) for s in _longest(path)],
        utilization=utilization_of(simulation),
        hardware=hardware_text(machine),
    )


def hardware_text(machine: Machine) -> str:
    """`array 16x16, 1000 MHz, ...`: what of a machine decides most about speed."""
    array, lanes = machine.array, machine.vector.lanes
    parts = (
        f"array {array.rows}x{array.cols}",
        f"{machine.clock_mhz:g} MHz",
        f"{lanes} vector lanes",
        f"scratchpad {machine.spm.bytes / 1024:g} KiB",
        f"{machine.acc.rows} accumulator rows",
        f"DRAM {machine.dma.bytes_per_cycle:g} bytes per cycle, latency {machine.dma.latency}",
    )
    return ", ".join(parts)


def bound_row(bound: Bound, work: Work) -> dict[str, Any]:
    """A bound under the report's names."""
    return {
        "cycles": bound.cycles,
        "name": bound.name,
        "roofs": bound.roofs,
        "distinct_bytes": work.dram_bytes + work.host_bytes,
    }


def engine_row(account: Account) -> dict[str, Any]:
    """An account under the report's names; busy + wait + wait_unit + idle are all cycles."""
    return {
        "busy": account.busy,
        "wait": account.wait,
        "wait_unit": account.wait_unit,
        "idle": account.idle,
        "wait_for": account.wait_for,
    }


def _longest(segments: list[Segment]) -> list[Segment]:
    """The MAX_SEGMENTS longest segments in their order."""
    if len(segments) <= MAX_SEGMENTS:
        return segments
    least = sorted((s.end - s.start for s in segments), reverse=True)[MAX_SEGMENTS - 1]
    return [s for s in segments if s.end - s.start >= least][:MAX_SEGMENTS]


def utilization_of(simulation: Simulation, bins: int = 200) -> dict[str, list[float]]:
    """Engine -> share of each of `bins` equal parts of the time in which it is busy."""
    edges = np.linspace(0, max(1, simulation.cycles), bins + 1)
    result: dict[str, list[float]] = {}
    for k, name in enumerate(simulation.names):
        busy, times = gaps_of(simulation, k).busy, simulation.times[k]
        chosen = busy > 0
        release = (times.start + simulation.lanes[k].occupancy)[chosen]
        total = np.append(0, np.cumsum(busy[chosen]))
        # Busy time until t: all that was released, and the part that is running at t.
        points = np.ravel(np.stack([release - busy[chosen], release], 1))
        values = np.ravel(np.stack([total[:-1], total[1:]], 1))
        done = np.interp(edges, points, values) if len(points) else np.zeros(bins + 1)
        result[name] = np.round(np.diff(done) / np.diff(edges), 4).tolist()
    return result
