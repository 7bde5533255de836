"""The report of several chips: one per chip, and what only all of them together have."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from dlir.targets.accel.cluster import Cluster
from dlir.targets.accel.simulator.cluster import ClusterSimulation, time_cluster
from dlir.targets.accel.simulator.report import AccelReport, report_of


@dataclass(frozen=True)
class ClusterReport:
    """Cycles unless a name says otherwise. A chip that ends early is idle until the last has."""

    machine: str
    cycles: int
    microseconds: float
    per_second: float
    tops: float
    macs: int
    traffic: dict[str, int]
    """Bytes over all chips; `net` counts each byte where it is sent and where it is received."""
    energy: dict[str, float]
    """Picojoules over all chips; `static` until the last chip has ended."""
    tops_per_watt: float
    area_mm2: float
    buffered: list[int]
    """Per chip, the most bytes that wait for their RECV: the buffer that the program needs."""
    idle: list[int]
    """Per chip, the cycles after its own end."""
    chips: list[AccelReport]

    def to_json(self) -> str:
        """One JSON object with the fields of this class."""
        return json.dumps(asdict(self), indent=2) + "\n"


def report_cluster(cluster: Cluster, *, serial: bool = False) -> ClusterReport:
    """Time all programs together and report. Raises CompileError for a deadlock."""
    return cluster_report_of(time_cluster(cluster, serial=serial))


def cluster_report_of(simulation: ClusterSimulation) -> ClusterReport:
    """The report of a timed cluster."""
    machine = simulation.chips[0].machine
    chips = [report_of(chip) for chip in simulation.chips]
    seconds = max(simulation.cycles / (machine.clock_mhz * 1e6), 1e-30)
    energy = _sums([chip.energy for chip in chips])
    static = machine.energy.static_w * seconds * 1e12 * len(chips)
    energy["total_pj"] += static - energy["static"]
    energy["static"] = static
    macs = sum(chip.macs for chip in chips)
    return ClusterReport(
        machine=machine.name,
        cycles=simulation.cycles,
        microseconds=seconds * 1e6,
        per_second=1 / seconds,
        tops=2 * macs / seconds / 1e12,
        macs=macs,
        traffic=_sums([chip.traffic for chip in chips]),
        energy=energy,
        tops_per_watt=2 * macs / max(energy["total_pj"], 1e-18),
        area_mm2=sum(chip.area_mm2 for chip in chips),
        buffered=list(simulation.buffered),
        idle=[simulation.cycles - chip.cycles for chip in chips],
        chips=chips,
    )


def _sums(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The sums of equal keys."""
    return {name: sum(row[name] for row in rows) for name in rows[0]}
