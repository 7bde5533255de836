"""Several chips at once: what their programs compute, and how long that takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dlir.diagnostics import fail
from dlir.dialects.accel.arithmetic import Array
from dlir.targets.accel.cluster import Cluster
from dlir.targets.accel.simulator.channels import Chips, Post, check_peers, joint_deps, network_of
from dlir.targets.accel.simulator.costs import lanes_of, message_bytes
from dlir.targets.accel.simulator.events import events_of
from dlir.targets.accel.simulator.functional import (
    Core,
    execute_on,
    execution_errors,
    memories_of,
    outputs_of,
)
from dlir.targets.accel.simulator.network import Links, route
from dlir.targets.accel.simulator.simulation import Simulation
from dlir.targets.accel.simulator.timing import (
    Deadlock,
    Lane,
    Starter,
    Times,
    Unit,
    lane_bases,
    simulate,
)
from dlir.targets.accel.simulator.tokens import Run, execution_order

BUSES = 2
"""DRAM and host memory: each chip has its own."""


def chips_of(cluster: Cluster) -> Chips:
    """The events of every chip. Raises CompileError for bad loops and peers."""
    chips = [events_of(program) for program in cluster.programs]
    check_peers(chips)
    return chips


def run_cluster(
    cluster: Cluster, inputs: Sequence[Mapping[str, Array]], order: Iterable[Run] | None = None
) -> list[dict[str, Array]]:
    """Execute all programs on the bytes of their inputs; gives the output bytes of every chip.

    `order` counts the streams over all chips. Raises CompileError as `functional.run` does.
    """
    if len(inputs) != len(cluster.programs):
        fail(None, f"{len(cluster.programs)} chips, but inputs for {len(inputs)}")
    chips, post = chips_of(cluster), Post()
    pairs = zip(cluster.programs, inputs, strict=True)
    cores = [Core(memories_of(*pair), chip, post) for chip, pair in enumerate(pairs)]
    streams = [stream for chip in chips for stream in chip]
    with execution_errors():
        order = execution_order(joint_deps(chips)) if order is None else order
        execute_on([core for core in cores for _ in chips[0]], streams, order)
    both = zip(cluster.programs, cores, strict=True)
    return [outputs_of(program, core.memories) for program, core in both]


@dataclass(frozen=True, eq=False)
class ClusterSimulation:
    """One timed run: every chip as if it were alone, and when its messages were there."""

    chips: Sequence[Simulation]
    buffered: Sequence[int]
    """The most bytes that wait at each chip for their RECV."""

    @property
    def cycles(self) -> int:
        """When everything has ended on every chip."""
        return max(chip.cycles for chip in self.chips)


def time_cluster(cluster: Cluster, *, serial: bool = False) -> ClusterSimulation:
    """Time all programs together. Raises CompileError for a deadlock."""
    machine, chips = cluster.machine, chips_of(cluster)
    own = [_chip_lanes(chips, c, cluster, serial) for c in range(len(chips))]
    lanes = _joint_lanes(chips, own)
    links = Links(machine.net.latency)
    network: dict[int, Starter] = {}
    for c, streams in enumerate(chips):
        for k, stream in enumerate(streams, c * len(streams)):
            if stream.name == "nt":
                network[k] = links.starter(lanes[k], _routes(chips, c))
    try:
        times = simulate(lanes, sem_latency=machine.sem_latency, serial=serial, network=network)
    except Deadlock as deadlock:
        blocked = {k // len(chips[0]) for k, event in enumerate(deadlock.waiting) if event >= 0}
        names = ", ".join(map(str, sorted(blocked)))
        fail(None, f"streams of chips {names} wait for each other", rule="isa-v6-deadlock")
    parts = [times[c * len(own[c]) : (c + 1) * len(own[c])] for c in range(len(chips))]
    simulations = [
        Simulation(machine, chips[c], own[c], parts[c], program.debug, serial, c)
        for c, program in enumerate(cluster.programs)
    ]
    return ClusterSimulation(simulations, _buffered(cluster, chips, lanes, times, links))


def _chip_lanes(chips: Chips, chip: int, cluster: Cluster, serial: bool) -> list[Lane]:
    """The lanes of a chip with its own numbering; a SEND takes as many latencies as links."""
    machine = cluster.machine
    lanes = lanes_of(chips[chip], machine, serial=serial)
    hops = np.array([max(0, len(links) - 1) for links in _routes(chips, chip)], np.int64)
    return [
        replace(lane, lag=lane.lag + hops * machine.net.latency) if stream.name == "nt" else lane
        for stream, lane in zip(chips[chip], lanes, strict=True)
    ]


def _routes(chips: Chips, chip: int) -> list[list[int]]:
    """The links of every event of a chip's stream of messages; none but for SENDs."""
    stream = network_of(chips[chip])
    if stream is None:
        return []
    peers = np.where(stream.is_op("send"), stream["peer"], chip)
    return [route(chip, peer, len(chips)) for peer in peers.tolist()]


def _joint_lanes(chips: Chips, own: Sequence[Sequence[Lane]]) -> list[Lane]:
    """All lanes, with events and buses numbered over all chips and RECVs waiting for SENDs."""
    deps, lanes = joint_deps(chips), list[Lane]()
    bases = lane_bases(deps)
    for c, parts in enumerate(own):
        first = bases[c * len(parts)]
        for lane in parts:
            after = np.where(lane.after >= 0, lane.after + first, -1)
            dep, bus = deps[len(lanes)], lane.bus + BUSES * c
            lanes.append(replace(lane, dep=dep, after=after, bus=bus))
    return lanes


def _buffered(
    cluster: Cluster, chips: Chips, lanes: Sequence[Lane], times: Sequence[Times], links: Links
) -> list[int]:
    """The most bytes waiting at each chip: there, but not received yet."""
    cols = cluster.machine.array.cols
    most: list[int] = []
    for c, streams in enumerate(chips):
        changes = [(0, 0)]
        for k, stream in enumerate(streams, c * len(streams)):
            receives = np.flatnonzero(lanes[k].unit == Unit.RECEIVE)
            columns = (lanes[k].dep, times[k].start, message_bytes(stream, cols))
            for send, start, size in zip(*(col[receives].tolist() for col in columns), strict=True):
                if links.arrivals[send] < start:
                    changes += [(links.arrivals[send], size), (start, -size)]
        most.append(int(np.cumsum([change for _, change in sorted(changes)]).max()))
    return most
