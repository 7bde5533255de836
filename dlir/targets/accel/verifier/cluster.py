"""Proofs about the programs of several chips.

Each chip is checked as one alone is. Then the streams of all chips make one untimed run, in which a
RECV takes a message as a wait takes a token: it decides about deadlock, and what every stream knows
of the others. With that, memories and semaphores, which belong to one chip each, are checked chip
by chip.

| check | for several chips |
|---|---|
| 2 | the peer of a message is another chip that exists |
| 6 | no deadlock among all streams of all chips |
| 7 | as many messages are received as sent, each with its own number of bytes |
| 8, 9 | SEND reads and RECV writes lines; a message orders what was before its SEND |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dlir.diagnostics import CompileError, Diagnostic
from dlir.targets.accel.cluster import Cluster
from dlir.targets.accel.simulator.channels import (
    Channel,
    Chips,
    Ends,
    channels_of,
    joint_deps,
    network_of,
    strange_peers,
)
from dlir.targets.accel.simulator.costs import message_bytes
from dlir.targets.accel.simulator.events import Events
from dlir.targets.accel.simulator.timing import Deadlock, Ints
from dlir.targets.accel.simulator.tokens import Run, execution_order, match_tokens
from dlir.targets.accel.verifier import check_alone, symbol_ranges
from dlir.targets.accel.verifier.clocks import Clocks, vector_clocks
from dlir.targets.accel.verifier.concurrency import check_run, report_deadlock
from dlir.targets.accel.verifier.encoding import check_words, read_events
from dlir.targets.accel.verifier.numeric import check_accumulators
from dlir.targets.accel.verifier.subject import Subject


@dataclass
class ChipSubject(Subject):
    """A chip's program."""

    chip: int = 0

    def place(self, k: int, event: int) -> str:
        """`chip 1 nt instruction 12 (send), from ...`."""
        return f"chip {self.chip} {super().place(k, event)}"


@dataclass
class JointSubject(Subject):
    """All programs: streams are numbered over all chips."""

    chips: Sequence[ChipSubject] = ()

    def place(self, k: int, event: int) -> str:
        """As the chip of stream `k` says it."""
        chip, own = divmod(k, len(self.chips[0].streams))
        return self.chips[chip].place(own, event)


def verify_cluster(cluster: Cluster) -> None:
    """Prove the programs of all chips. Raises CompileError with everything that was found wrong."""
    if found := diagnose_cluster(cluster):
        raise CompileError(found)


def diagnose_cluster(cluster: Cluster) -> list[Diagnostic]:
    """What is wrong with the programs, of the first group of checks that finds anything."""
    found: list[Diagnostic] = []
    subjects: list[ChipSubject] = []
    for chip, program in enumerate(cluster.programs):
        wrong = check_words(program)
        streams: list[Events] = []
        if not wrong:
            streams, wrong = read_events(program)
        found += [_of_chip(chip, one) for one in wrong]
        subjects.append(ChipSubject(program.machine, streams, program.debug, found, chip))
    if found:
        return found
    for subject, program in zip(subjects, cluster.programs, strict=True):
        check_alone(subject, symbol_ranges(program))
        _check_peers(subject, len(subjects))
    if not found:
        _check_joint(cluster, subjects)
    return found


def _of_chip(chip: int, one: Diagnostic) -> Diagnostic:
    """A diagnostic that says which chip it is about."""
    message = f"chip {chip}: {one.message}"
    return Diagnostic(one.severity, message, one.location, one.rule, one.help)


def _check_peers(subject: ChipSubject, chips: int) -> None:
    """Check 2 for messages."""
    k = next((k for k, stream in enumerate(subject.streams) if stream.name == "nt"), -1)
    for event, peer in strange_peers(subject.streams, subject.chip, chips):
        subject.report(
            "v2-peer",
            f"{subject.place(k, event)} talks to chip {peer}; the others are "
            f"{', '.join(str(c) for c in range(chips) if c != subject.chip) or 'none'}",
        )


def _check_joint(cluster: Cluster, subjects: Sequence[ChipSubject]) -> None:
    """Checks 6 to 9 and 11."""
    chips = [subject.streams for subject in subjects]
    streams = [stream for chip in chips for stream in chip]
    joint = JointSubject(cluster.machine, streams, {}, subjects[0].found, subjects)
    deps = joint_deps(chips)
    try:
        order = execution_order(deps)
    except Deadlock as deadlock:
        report_deadlock(joint, deps, deadlock)
        return
    _check_messages(joint, chips)
    clocks = vector_clocks(deps, order)
    for subject, program in zip(subjects, cluster.programs, strict=True):
        first = subject.chip * len(subject.streams)
        own = _own_order(subject, order, first)
        known = _own_clocks(clocks, first, len(subject.streams))
        run = check_run(subject, symbol_ranges(program), match_tokens(subject.streams), own, known)
        check_accumulators(subject, run)


def _check_messages(joint: JointSubject, chips: Chips) -> None:
    """Check 7 for channels: sizes agree and nothing is left."""
    names = [stream.name for stream in chips[0]]
    nt = names.index("nt") if "nt" in names else 0
    for channel, ends in channels_of(chips).items():
        sender, receiver = (c * len(names) + nt for c in (channel.sender, channel.receiver))
        sent, taken = _sizes(joint, chips, channel, ends)
        for i in np.flatnonzero(sent[: len(taken)] != taken).tolist():
            joint.report(
                "v7-message",
                f"{joint.place(receiver, int(ends.receives[i]))} receives {int(taken[i])} bytes, "
                f"but {joint.place(sender, int(ends.sends[i]))} sends {int(sent[i])}",
            )
        if len(sent) > len(taken):
            place = joint.place(sender, int(ends.sends[len(taken)]))
            joint.report("v7-message", f"the message of {place} is never received")


def _sizes(joint: JointSubject, chips: Chips, channel: Channel, ends: Ends) -> tuple[Ints, Ints]:
    """The bytes of every SEND and of every RECV of a channel."""
    cols = joint.machine.array.cols
    sender, receiver = (network_of(chips[c]) for c in (channel.sender, channel.receiver))
    assert sender is not None and receiver is not None, "a channel is between streams of messages"
    sent, taken = message_bytes(sender, cols), message_bytes(receiver, cols)
    return sent[ends.sends], taken[ends.receives]


def _own_order(subject: ChipSubject, order: Sequence[Run], first: int) -> list[Run]:
    """The runs of a chip's streams; a run ends at a SEND, which other chips may learn of."""
    own: list[Run] = []
    ends = [(np.flatnonzero(stream.is_op("send")) + 1) for stream in subject.streams]
    for k, begin, stop in order:
        if 0 <= k - first < len(subject.streams):
            cuts = ends[k - first]
            cuts = cuts[np.searchsorted(cuts, begin, "right") : np.searchsorted(cuts, stop)]
            edges = [begin, *cuts.tolist(), stop]
            own += [Run(k - first, a, b) for a, b in pairwise(edges)]
    return own


def _own_clocks(clocks: Clocks, first: int, count: int) -> Clocks:
    """What the streams of one chip know of each other, also by way of other chips."""
    own = slice(first, first + count)
    return Clocks(clocks.starts[own], [known[:, own] for known in clocks.known[own]])
