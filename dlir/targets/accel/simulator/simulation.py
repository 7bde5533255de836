"""A timed program: its events, what they held, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from dlir.diagnostics import fail
from dlir.targets.accel.description import Machine
from dlir.targets.accel.program import Program
from dlir.targets.accel.simulator.channels import refuse_messages
from dlir.targets.accel.simulator.costs import lanes_of
from dlir.targets.accel.simulator.events import Events, events_of
from dlir.targets.accel.simulator.timing import Deadlock, Lane, Times, lane_bases, simulate


@dataclass(frozen=True, eq=False)
class Simulation:
    """One run of a program on a machine; the lists have one entry per stream, in one order."""

    machine: Machine
    streams: Sequence[Events]
    lanes: Sequence[Lane]
    times: Sequence[Times]
    origins: Mapping[int, str]
    """MARK tag -> the op in the model."""
    serial: bool = False
    chip: int = 0
    """Its number among the chips of a cluster."""

    @cached_property
    def cycles(self) -> int:
        """When everything has ended."""
        return max((int(t.retire[-1]) for t in self.times if len(t.retire)), default=0)

    @property
    def seconds(self) -> float:
        """The same as time."""
        return self.cycles / (self.machine.clock_mhz * 1e6)

    @property
    def names(self) -> list[str]:
        """The streams."""
        return [stream.name for stream in self.streams]

    @cached_property
    def bases(self) -> list[int]:
        """The number of each stream's first event over all streams."""
        return lane_bases(self.lanes)


def time_program(
    program: Program, machine: Machine | None = None, *, serial: bool = False
) -> Simulation:
    """Time a program on its machine, or on another one of the same shape.

    `serial`: nothing in the matrix stream overlaps. Raises CompileError for a deadlock.
    """
    machine = machine or program.machine
    return time_events(events_of(program), machine, program.debug, serial=serial)


def time_events(
    streams: Sequence[Events],
    machine: Machine,
    origins: Mapping[int, str],
    *,
    serial: bool = False,
) -> Simulation:
    """Time what a program executes, which is the same on all machines of its shape."""
    refuse_messages(streams)
    lanes = lanes_of(streams, machine, serial=serial)
    try:
        times = simulate(lanes, sem_latency=machine.sem_latency, serial=serial)
    except Deadlock as deadlock:
        blocked = [s.name for s, event in zip(streams, deadlock.waiting, strict=True) if event >= 0]
        fail(None, f"streams {', '.join(blocked)} wait for each other", rule="isa-v6-deadlock")
    return Simulation(machine, streams, lanes, times, origins, serial)
