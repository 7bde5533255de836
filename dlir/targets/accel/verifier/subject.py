"""What the checks look at, and how they name a place in a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dlir.diagnostics import Diagnostic, Severity
from dlir.dialects.isa.fields import MEMORIES
from dlir.targets.accel.description import Machine
from dlir.targets.accel.simulator.events import Events
from dlir.targets.accel.stream import origin_text

MAX_FINDINGS = 20
"""A broken program is broken everywhere: more than this says nothing new."""


@dataclass(frozen=True)
class Range:
    """A symbol: bytes `address .. address + size` of DRAM; `writable` if the program may store.

    `packed` is the format of a packed weight.
    """

    name: str
    address: int
    size: int
    writable: bool
    packed: str = ""


@dataclass
class Subject:
    """A program's executed instructions on a machine, and what was found wrong with them."""

    machine: Machine
    streams: Sequence[Events]
    origins: Mapping[int, str] = field(default_factory=dict[int, str])
    """MARK tag -> the op in the model and its source location."""
    found: list[Diagnostic] = field(default_factory=list[Diagnostic])

    def report(self, rule: str, message: str, help: str | None = None) -> None:
        """Add an error, unless there are enough."""
        if len(self.found) < MAX_FINDINGS:
            self.found.append(Diagnostic(Severity.ERROR, message, None, f"isa-{rule}", help))

    def place(self, k: int, event: int) -> str:
        """`mx instruction 12 (mm), from conv2d@resnet.py:41`."""
        stream = self.streams[k]
        number, name = int(stream.instruction[event]), stream.mnemonic(event)
        origin = origin_text(int(stream.tag[event]), self.origins)
        return f"{stream.name} instruction {number} ({name}){origin}"


def lines_text(memory: int, first: int, last: int) -> str:
    """`spm lines 12..15`, `acc row 3`."""
    unit = "row" if MEMORIES[memory] == "acc" else "line"
    if first == last:
        return f"{MEMORIES[memory]} {unit} {first}"
    return f"{MEMORIES[memory]} {unit}s {first}..{last}"
