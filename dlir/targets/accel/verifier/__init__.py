"""Proofs about programs: what is shown here holds for every timing and every input.

| check | shows | file |
|---|---|---|
| 1, 4 | words are instructions of their streams; loops are closed and bounded | encoding |
| 2, 10 | addresses inside memories and symbols; every MM has its own weights | memory |
| 3, 11 | types, tile sizes, functions; accumulators cannot overflow | numeric |
| 5 to 9 | semaphores, no deadlock, tokens balanced, no race, nothing unwritten read | concurrency |

From 5 to 8 follows that results do not depend on timing (12). Later checks presuppose earlier ones,
so a group is run only when those before it found nothing.
"""

from __future__ import annotations

from dlir.diagnostics import CompileError, Diagnostic
from dlir.targets.accel.program import Program, SymbolKind
from dlir.targets.accel.verifier.concurrency import check_concurrency, check_semaphores
from dlir.targets.accel.verifier.encoding import check_words, read_events
from dlir.targets.accel.verifier.memory import Range, check_lines, check_planes, check_symbols
from dlir.targets.accel.verifier.numeric import (
    check_accumulators,
    check_functions,
    check_size,
    check_tiles,
)
from dlir.targets.accel.verifier.subject import Subject

__all__ = ["diagnose_program", "verify_program"]

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
    subject = Subject(program.machine, streams, program.debug)
    check_size(subject)
    if not subject.found:
        check_tiles(subject)
        check_functions(subject)
        check_lines(subject)
        check_symbols(subject, _ranges(program))
        check_planes(subject)
    if not subject.found:
        check_semaphores(subject)
    if not subject.found:
        segments = check_concurrency(subject)
        if segments is not None:
            check_accumulators(subject, segments)
    return subject.found


def _ranges(program: Program) -> list[Range]:
    return [
        Range(one.name, one.address, one.size, one.kind in STORABLE)
        for one in program.symbols.values()
    ]
