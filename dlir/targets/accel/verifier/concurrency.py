"""Checks 5 to 8: semaphores, deadlock, token balance, races.

One untimed run decides all of them for every timing: streams are in order, meet only in counting
semaphores with one producer and one consumer, and do not branch on data.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlir.targets.accel.simulator.accesses import Accesses, accesses_of, concatenate
from dlir.targets.accel.simulator.timing import Deadlock, Ints, lane_bases
from dlir.targets.accel.simulator.tokens import (
    SEMAPHORES,
    Run,
    Uses,
    execution_order,
    match_tokens,
    signals_of,
    wait_cycle,
    waits_of,
)
from dlir.targets.accel.verifier.clocks import Clocks, vector_clocks
from dlir.targets.accel.verifier.gathers import check_gathers
from dlir.targets.accel.verifier.lines import (
    LineTable,
    dram_table,
    dram_touches_of,
    stored_accesses,
)
from dlir.targets.accel.verifier.segments import Segments, segments_of
from dlir.targets.accel.verifier.subject import Range, Subject, lines_text
from dlir.targets.accel.verifier.sweep import in_order
from dlir.targets.accel.verifier.touches import on_chip_touches

MAX_TOKENS = 65_535
"""What a semaphore counts to."""


def check_semaphores(subject: Subject) -> None:
    """Check 5: each semaphore has one producing and one consuming stream."""
    for semaphore in SEMAPHORES:
        for verb, uses in (
            ("signalled", signals_of(subject.streams, semaphore)),
            ("awaited", waits_of(subject.streams, semaphore)),
        ):
            if len(uses) > 1:
                places = ", ".join(subject.place(use.stream, int(use.events[0])) for use in uses)
                subject.report(
                    "v5-semaphore",
                    f"semaphore s{semaphore} is {verb} by {len(uses)} streams: {places}",
                    "use one semaphore per pair of streams and purpose",
                )


def check_deadlock(subject: Subject) -> tuple[list[Ints], list[Run]] | None:
    """Check 6: the untimed run ends. Returns the matching and the run, or None."""
    deps = match_tokens(subject.streams)
    try:
        return deps, execution_order(deps)
    except Deadlock as deadlock:
        report_deadlock(subject, deps, deadlock)
        return None


def report_deadlock(subject: Subject, deps: Sequence[Ints], deadlock: Deadlock) -> None:
    """Which streams wait for each other, or what is never given."""
    bases = lane_bases(deps)
    parts: list[str] = []
    for k in wait_cycle(deadlock.waiting, bases):
        awaited = deadlock.waiting[k]
        event = int(np.flatnonzero(deps[k] == awaited)[0])
        what, verb = _awaited(subject, k, event)
        if awaited >= bases[-1]:
            giver = f"which nobody {verb}s again"
        else:
            producer = int(np.searchsorted(bases, awaited, "right")) - 1
            giver = f"which {subject.place(producer, awaited - bases[producer])} {verb}s"
        parts.append(f"{subject.place(k, event)} waits for {what}, {giver}")
    subject.report("v6-deadlock", "the streams wait for each other: " + "; ".join(parts))


def _awaited(subject: Subject, k: int, event: int) -> tuple[str, str]:
    """What an event waits for, and what the giver does with it."""
    stream = subject.streams[k]
    if stream.is_op("recv")[event]:
        peer, tag = int(stream["peer"][event]), int(stream["tag"][event])
        return f"a message of chip {peer} with tag {tag}", "send"
    return f"s{int(stream.wait[event]) or int(stream['sem'][event])}", "signal"


def check_tokens(subject: Subject, clocks: Clocks) -> None:
    """Check 7: as many tokens are taken as given, and never more than MAX_TOKENS are there."""
    for semaphore in SEMAPHORES:
        signals = signals_of(subject.streams, semaphore)
        if not signals:
            continue
        given = signals[0]
        waits = waits_of(subject.streams, semaphore)
        taken = int(waits[0].total[-1]) if waits else 0
        left = int(given.total[-1]) - taken
        place = subject.place(given.stream, int(given.events[-1]))
        if left:
            subject.report(
                "v7-tokens",
                f"semaphore s{semaphore} is signalled {int(given.total[-1])} times and awaited "
                f"{taken} times; the last signal is {place}",
                "at the end every semaphore must be 0 again",
            )
        most = int(_most_tokens(given, waits[0] if waits else None, clocks).max())
        if most > MAX_TOKENS:
            subject.report(
                "v7-tokens", f"semaphore s{semaphore} can reach {most}; it counts to {MAX_TOKENS}"
            )


def _most_tokens(given: Uses, waits: Uses | None, clocks: Clocks) -> Ints:
    """After each signal, the most tokens any timing can leave unspent."""
    if waits is None:
        return given.total
    checkpoint = np.searchsorted(clocks.starts[given.stream], given.events, "right") - 1
    ended = clocks.known[given.stream][checkpoint, waits.stream]
    spent = np.append(0, waits.total)[np.searchsorted(waits.events, ended, "left")]
    return given.total - spent


def check_races(subject: Subject, segments: Segments) -> None:
    """Check 8 on chip and in DRAM, and check 9 on chip (reads of what was never written).

    `sweep` finds out for all of a memory at once whether there is anything; DRAM it sees coarsely.
    Memories that do not pass are walked instruction by instruction, which is exact and slow.
    """
    count = len(subject.streams)
    on_chip = [accesses_of(stream, subject.machine.array.cols) for stream in subject.streams]
    tables: dict[int, LineTable] = {}
    walked: list[list[Accesses]] = [[] for _ in on_chip]
    for number, (name, size) in enumerate(subject.machine.sizes.items()):
        if not in_order(on_chip_touches(on_chip, number, segments), size, segments):
            tables[number] = LineTable(name, size, count)
            for parts, accesses in zip(walked, on_chip, strict=True):
                parts.append(accesses.part(np.flatnonzero(accesses.memory == number)))
    for number, host in enumerate((False, True), len(subject.machine.sizes)):
        columns = stored_accesses(subject.streams, host)
        if columns and not in_order(*dram_touches_of(columns, segments), segments, filled=True):
            tables[number], accesses = dram_table(columns, number)
            for parts, part in zip(walked, accesses, strict=True):
                parts.append(part)
    if tables:
        _walk(subject, tables, [concatenate(parts) for parts in walked], segments)


def _walk(
    subject: Subject,
    tables: dict[int, LineTable],
    accesses: list[Accesses],
    segments: Segments,
) -> None:
    """Go through the untimed run and keep, per line and stream, the last event that wrote and the
    last that read it. A conflicting access must be known to have ended; since streams are in order,
    the last one decides for all before it."""
    for i in range(len(segments.stream)):
        k = int(segments.stream[i])
        low, high = np.searchsorted(accesses[k].event, (segments.first[i], segments.stop[i]))
        chosen = range(int(low), int(high))
        _check_segment(subject, tables, accesses[k], k, chosen, segments.known[i].tolist())


def _check_segment(
    subject: Subject,
    tables: dict[int, LineTable],
    accesses: Accesses,
    k: int,
    chosen: range,
    clock: Sequence[int],
) -> None:
    """The accesses of a segment, which all have the same clock."""
    for i in chosen:
        event, write = int(accesses.event[i]), bool(accesses.write[i])
        table = tables[int(accesses.memory[i])]
        lines = table.lines(accesses, i)
        for other, line in table.conflicts(k, clock, lines, write):
            _report_race(subject, table, (k, event, write), other, line)
        missing = None if write else table.unwritten(lines)
        if missing is not None:
            what = lines_text(int(accesses.memory[i]), *missing)
            subject.report(
                "v9-unwritten",
                f"{subject.place(k, event)} reads {what}, which nothing has written",
            )
        table.record(k, event, lines, write)


def _report_race(
    subject: Subject, table: LineTable, here: tuple[int, int, bool], other: int, line: int
) -> None:
    k, event, write = here
    wrote = int(table.writes[other, line]) > int(table.reads[other, line])
    before = max(int(table.writes[other, line]), int(table.reads[other, line])) - 1
    if (other, before) in table.raced:
        return
    table.raced.add((other, before))
    first, second = subject.place(other, before), subject.place(k, event)
    giver, taker = subject.streams[other].name, subject.streams[k].name
    subject.report(
        "v8-race",
        f"{second} {'writes' if write else 'reads'} {table.name_of(line)}, which {first} "
        f"{'writes' if wrote else 'reads'}; no semaphore orders them",
        f"let {giver} signal {taker} after that instruction",
    )


def check_concurrency(subject: Subject, symbols: Sequence[Range]) -> Segments | None:
    """Checks 6 to 9 of a program whose semaphores are in order; gives its untimed run."""
    run = check_deadlock(subject)
    if run is None:
        return None
    deps, order = run
    return check_run(subject, symbols, deps, order, vector_clocks(deps, order))


def check_run(
    subject: Subject,
    symbols: Sequence[Range],
    deps: Sequence[Ints],
    order: list[Run],
    clocks: Clocks,
) -> Segments:
    """Checks 7 to 9, given the untimed run and what is known in it; gives the run."""
    check_tokens(subject, clocks)
    segments = segments_of(deps, order, clocks)
    check_races(subject, segments)
    check_gathers(subject, symbols, clocks)
    return segments
