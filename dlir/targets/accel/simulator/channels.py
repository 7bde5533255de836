"""Messages between chips: which SEND every RECV takes its bytes from.

A channel has one sending stream (the `nt` of the sender) and one receiving stream, both in order,
so the k-th message taken is the k-th sent, whatever the timing: as for semaphores (tokens.py).
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np

from dlir.diagnostics import fail
from dlir.dialects.accel.arithmetic import Array
from dlir.targets.accel.simulator.events import Events
from dlir.targets.accel.simulator.memories import OutOfMemory
from dlir.targets.accel.simulator.timing import Ints, lane_bases
from dlir.targets.accel.simulator.tokens import match_tokens

Chips: TypeAlias = Sequence[Sequence[Events]]
"""The streams of every chip; all chips have the same ones in the same order."""


class Channel(NamedTuple):
    """Messages with one tag from one chip to another."""

    sender: int
    receiver: int
    tag: int

    def __str__(self) -> str:
        return f"from chip {self.sender} to chip {self.receiver} with tag {self.tag}"


@dataclass(frozen=True)
class Ends:
    """The SENDs and RECVs of a channel: numbers of events in the `nt` streams, in order."""

    sends: Ints
    receives: Ints


@dataclass
class Post:
    """Messages that were sent and not received yet."""

    waiting: dict[Channel, deque[Array]] = field(default_factory=lambda: defaultdict(deque))

    def send(self, channel: Channel, data: Array) -> None:
        """Put bytes at the end of a channel."""
        self.waiting[channel].append(data)

    def receive(self, channel: Channel, size: int) -> Array:
        """The first bytes of a channel. A verified program asks for what is there."""
        if not self.waiting[channel]:
            raise OutOfMemory(f"there is no message {channel}")
        data = self.waiting[channel].popleft()
        if len(data) != size:
            raise OutOfMemory(f"a message of {len(data)} bytes {channel} is received as {size}")
        return data


def network_of(streams: Sequence[Events]) -> Events | None:
    """The stream of messages, where the machine has one."""
    return next((stream for stream in streams if stream.name == "nt"), None)


def refuse_messages(streams: Sequence[Events]) -> None:
    """A program that runs alone has nobody to talk to. Raises CompileError."""
    stream = network_of(streams)
    if stream is not None and (talks := np.flatnonzero(stream.is_op("send", "recv"))).size:
        event = int(talks[0])
        fail(
            None,
            f"nt instruction {int(stream.instruction[event])} ({stream.mnemonic(event)}) talks to "
            f"chip {int(stream['peer'][event])}, but the program runs alone",
            rule="isa-cluster",
            help="put the programs of all chips into a Cluster",
        )


def check_peers(chips: Chips) -> None:
    """Every peer is another chip that exists. Raises CompileError."""
    for chip, streams in enumerate(chips):
        if bad := strange_peers(streams, chip, len(chips)):
            fail(None, f"chip {chip} talks to chip {bad[0][1]} of {len(chips)}", rule="isa-v2-peer")


def strange_peers(streams: Sequence[Events], chip: int, chips: int) -> list[tuple[int, int]]:
    """(event, peer) of messages to or from a chip that does not exist or is the chip itself."""
    stream = network_of(streams)
    if stream is None:
        return []
    peer = stream["peer"]
    wrong = stream.is_op("send", "recv") & ((peer >= chips) | (peer == chip))
    return [(event, int(peer[event])) for event in np.flatnonzero(wrong).tolist()]


def channels_of(chips: Chips) -> dict[Channel, Ends]:
    """All channels that somebody sends to or receives from."""
    sends: dict[Channel, Ints] = {}
    receives: dict[Channel, Ints] = {}
    for chip, streams in enumerate(chips):
        stream = network_of(streams)
        if stream is None:
            continue
        for mnemonic, found in (("send", sends), ("recv", receives)):
            events = np.flatnonzero(stream.is_op(mnemonic))
            keys = np.stack([stream["peer"][events], stream["tag"][events]], 1)
            for peer, tag in np.unique(keys, axis=0).tolist():
                ends = (chip, peer) if mnemonic == "send" else (peer, chip)
                found[Channel(*ends, tag)] = events[(keys == (peer, tag)).all(1)]
    none = np.zeros(0, np.int64)
    names = sorted({*sends, *receives})
    return {name: Ends(sends.get(name, none), receives.get(name, none)) for name in names}


def joint_deps(chips: Chips) -> list[Ints]:
    """Per stream of all chips, chip after chip, and event: whose signal or message it waits for.

    Events are numbered over all streams; -1 where nothing is waited for, the number of all events
    where it never comes. The peers of all messages exist.
    """
    bases = lane_bases([stream for streams in chips for stream in streams])
    never = bases[-1]
    deps: list[Ints] = []
    for chip, streams in enumerate(chips):
        first, behind = bases[chip * len(streams)], bases[(chip + 1) * len(streams)]
        for dep in match_tokens(streams):
            shifted = np.where(dep == behind - first, never, dep + first)
            deps.append(np.where(dep < 0, -1, shifted))
    for channel, ends in channels_of(chips).items():
        numbers = np.append(ends.sends + bases[_lane(chips, channel.sender)], never)
        order = np.minimum(np.arange(len(ends.receives)), len(ends.sends))
        deps[_lane(chips, channel.receiver)][ends.receives] = numbers[order]
    return deps


def _lane(chips: Chips, chip: int) -> int:
    """The place of a chip's stream of messages among all streams."""
    own = [stream.name for stream in chips[chip]].index("nt")
    return chip * len(chips[chip]) + own
