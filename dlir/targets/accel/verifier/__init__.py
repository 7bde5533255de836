"""Proofs about programs: what is shown here holds for every timing and every input.

| check | shows | file |
|---|---|---|
| 1, 4 | words are instructions of their streams; loops are closed and bounded | encoding |
| 2, 10 | addresses inside memories and symbols; every MM has its own weights | memory |
| 3, 11 | types, tile sizes, functions; accumulators cannot overflow | numeric |
| 5 to 9 | semaphores, no deadlock, tokens balanced, no race, nothing unwritten read | concurrency |
| 8 | no race with a gather, whose rows are data | gathers |

From 5 to 8 follows that results do not depend on timing (12). Later checks presuppose earlier ones,
so a group is run only when those before it found nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlir.diagnostics import CompileError, Diagnostic
from dlir.targets.accel.packing import layout_of
from dlir.targets.accel.program import Program, Symbol, SymbolKind
from dlir.targets.accel.verifier.concurrency import check_concurrency, check_semaphores
from dlir.targets.accel.verifier.encoding import check_words, read_events
from dlir.targets.accel.verifier.memory import (
    check_lines,
    check_packed,
    check_planes,
    check_symbols,
)
from dlir.targets.accel.verifier.numeric import (
    check_accumulators,
    check_functions,
    check_size,
    check_tiles,
)
from dlir.targets.accel.verifier.subject import Range, Subject

__all__ = ["check_alone", "diagnose_program", "symbol_ranges", "verify_program"]

STORABLE = (SymbolKind.OUTPUT, SymbolKind.TEMP)
"""Symbols that a program may store to."""


def verify_program(program: Program) -> None:
    """Prove a program. Raises CompileError with everything that was found wrong."""
    found = diagnose_program(program)
    if found:
        raise CompileError(found)


def diagnose_program(program: Program) -> list[Diagnostic]:
    """What is wrong with a program, of the first group of checks that finds anything."""
    found = check_words(program)
    if found:
        return found
    streams, found = read_events(program)
    if found:
        return found
    subject, ranges = Subject(program.machine, streams, program.debug), symbol_ranges(program)
    check_alone(subject, ranges)
    if not subject.found:
        check_no_messages(subject)
    if not subject.found:
        segments = check_concurrency(subject, ranges)
        if segments is not None:
            check_accumulators(subject, segments)
    return subject.found


def check_alone(subject: Subject, symbols: Sequence[Range]) -> None:
    """Checks 2, 3, 5, 10 and 11 of single instructions: what needs no run of the program."""
    check_size(subject)
    if not subject.found:
        check_tiles(subject)
        check_functions(subject)
        check_lines(subject)
        check_symbols(subject, symbols)
        check_packed(subject, symbols)
        check_planes(subject)
    if not subject.found:
        check_semaphores(subject)


def check_no_messages(subject: Subject) -> None:
    """A program that is verified alone has no peers; verifier/cluster.py is for several."""
    for k, stream in enumerate(subject.streams):
        for event in np.flatnonzero(stream.is_op("send", "recv")).tolist():
            subject.report(
                "v2-peer",
                f"{subject.place(k, event)} talks to chip {int(stream['peer'][event])}, but the "
                "program is verified alone",
                "verify the programs of all chips as a Cluster",
            )


def symbol_ranges(program: Program) -> list[Range]:
    """The symbols, and which of them the program may store to."""
    return [
        Range(one.name, one.address, one.size, one.kind in STORABLE, _format_of(one, program))
        for one in program.symbols.values()
    ]


def _format_of(symbol: Symbol, program: Program) -> str:
    if symbol.kind is not SymbolKind.PACKED:
        return ""
    return layout_of(program.data[symbol.name], symbol.size).format
