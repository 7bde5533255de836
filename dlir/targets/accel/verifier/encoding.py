"""Checks 1 and 4: every word is an instruction of its stream; loops are closed and bounded."""

from __future__ import annotations

from dlir.diagnostics import CompileError, Diagnostic, Severity
from dlir.targets.accel.program import Program
from dlir.targets.accel.simulator.events import Events, events_of

MAX_EVENTS = 1 << 24
"""Executed instructions per stream that are looked at; a program with more is refused."""


def check_words(program: Program) -> list[Diagnostic]:
    """Check 1: fields in range, reserved bits zero, instructions in their streams, a HALT."""
    found: list[Diagnostic] = []
    for name, stream in program.streams.items():
        if name not in program.machine.streams:
            found.append(_error("v1-encoding", f"{program.machine.name} has no stream '{name}'"))
            continue
        illegal = stream.first_illegal()
        if illegal is not None:
            position, why = illegal
            found.append(_error("v1-encoding", f"{stream.place(position, program.debug)}: {why}"))
        halts = stream.where("halt")
        if len(halts) != 1 or halts[0] != len(stream) - 1:
            found.append(_error("v1-halt", _halt_text(program, name), HALT_HELP))
    return found


def _halt_text(program: Program, name: str) -> str:
    """Which halt is one too many, or behind which instruction one is missing."""
    stream = program.streams[name]
    message = f"stream '{name}' has to end with its only halt"
    halts = stream.where("halt")
    if len(halts):
        return f"{message}; the first is {stream.place(int(halts[0]), program.debug)}"
    last = f" behind {stream.place(len(stream) - 1, program.debug)}" if len(stream) else ""
    return f"{message}; there is none{last}"


HALT_HELP = "the machine ends when every stream has reached its halt"


def read_events(program: Program) -> tuple[list[Events], list[Diagnostic]]:
    """Check 4: loops match, nest at most 4 deep, and make at most MAX_EVENTS instructions."""
    try:
        return events_of(program, MAX_EVENTS), []
    except CompileError as error:
        return [], list(error.diagnostics)


def _error(rule: str, message: str, help: str | None = None) -> Diagnostic:
    return Diagnostic(Severity.ERROR, message, None, f"isa-{rule}", help)
