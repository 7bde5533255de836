"""Checks 3 and 11: what the machine can compute, and accumulators that cannot overflow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlir.dialects.accel.arithmetic import FLOAT_UNARY
from dlir.dialects.isa.fields import BINARY, MATRIX_TYPES, TYPES, UNARY, Y_MODES
from dlir.targets.accel.simulator.accesses import ACC, accesses_of
from dlir.targets.accel.simulator.timing import Ints
from dlir.targets.accel.verifier.pieces import chunks
from dlir.targets.accel.verifier.segments import Segments
from dlir.targets.accel.verifier.subject import Subject

MAX_DEPTH = (2**31 - 1) // 2**14
"""Products of two int8 numbers (at most 2**14 each) that an int32 holds in any case: 131 071."""


MAX_LINES = 1 << 32
"""Lines that all events of a program may touch together, so that checking them ends."""


def check_size(subject: Subject) -> None:
    """The work of checking is bounded, whatever a hostile program asks for."""
    cols = subject.machine.array.cols
    tables = [accesses_of(stream, cols) for stream in subject.streams]
    touched = [float(table.lines.sum(dtype=float)) for table in tables]
    if sum(touched) > MAX_LINES:
        k = touched.index(max(touched))
        most = subject.place(k, int(tables[k].event[tables[k].lines.argmax()]))
        subject.report(
            "v4-size",
            f"the program touches {sum(touched):.3g} lines, most of them in {most}; "
            f"at most {MAX_LINES} are checked",
        )


def check_tiles(subject: Subject) -> None:
    """Check 3: the array has the type, and is as large as the tile."""
    array = subject.machine.array
    for k, stream in enumerate(subject.streams):
        matrix = stream.is_op("lw", "mm")
        legal = np.array([name in array.types for name in MATRIX_TYPES])
        for event in np.flatnonzero(matrix & ~legal[stream["dt"] % len(legal)]).tolist():
            name = MATRIX_TYPES[int(stream["dt"][event])]
            subject.report(
                "v3-type",
                f"{subject.place(k, event)} computes in {name}; {subject.machine.name} has "
                f"{', '.join(array.types)}",
            )
        large = (stream["k"] > array.rows) | (stream["n"] > array.cols)
        for event in np.flatnonzero(matrix & large).tolist():
            subject.report(
                "v3-tile",
                f"{subject.place(k, event)} has a tile of {int(stream['k'][event])} x "
                f"{int(stream['n'][event])}; the array has {array.rows} x {array.cols}",
            )


def check_functions(subject: Subject) -> None:
    """Check 3 and 11 for the vector unit: types a function is defined for, legal immediates."""
    floats = np.array([name in ("bf16", "f32") for name in TYPES])
    for k, stream in enumerate(subject.streams):
        is_float = floats[stream["dt_s"]]
        binary, unary = stream.is_op("vv"), stream.is_op("vs")
        shr = binary & (stream["fn"] == BINARY.index("shr"))
        requant = binary & (stream["fn"] == BINARY.index("requant"))
        quant = binary & (stream["fn"] == BINARY.index("quant"))
        div = binary & (stream["fn"] == BINARY.index("div"))
        smooth = unary & np.isin(stream["fn"], [UNARY.index(name) for name in FLOAT_UNARY])
        wide = stream["dt_s"] == TYPES.index("i32")
        by_row = stream["ymode"] == Y_MODES.index("all")
        zero = np.where(quant, _as_bf16(stream["imm"]), stream["imm"])
        small = (np.abs(2 * zero + 1) < 256) & (zero == np.rint(zero))
        lanes = unary & (stream["n"] > subject.machine.array.cols)
        for bad, what in (
            ((shr | requant) & is_float, "is defined for integers only"),
            ((smooth | quant | div) & ~is_float, "is defined for floats only"),
            (requant & ~wide, "requantises i32 only"),
            (requant & ~by_row, "takes multipliers and shifts from two rows (ymode=all)"),
            (
                quant & (stream["ymode"] == Y_MODES.index("imm")),
                "has no scale: imm is its zero point",
            ),
            ((requant | quant) & ~small, "has a zero point outside -128..127"),
            (shr & (stream["ymode"] == 3) & ~_between(stream["imm"], 0, 31), "shifts beyond 0..31"),
            (lanes, f"counts more than {subject.machine.array.cols} lanes"),
        ):
            for event in np.flatnonzero(bad).tolist():
                subject.report("v11-function", f"{subject.place(k, event)} {what}")


def _as_bf16(bits: np.ndarray) -> np.ndarray:
    """The floats of 16 bits each."""
    return (bits.astype(np.int32) << 16).view(np.float32)


def _between(values: np.ndarray, low: int, high: int) -> np.ndarray:
    return (low <= values) & (values <= high)


@dataclass(frozen=True)
class _Sums:
    """What is written to the accumulators, in the order of the untimed run."""

    stream: Ints
    event: Ints
    low: Ints
    high: Ints
    adds: Ints
    """Products of int8 that are added to each row; 0 for everything but an MM of int8."""
    resets: NDArray[np.bool_]
    """Whether the rows are set rather than added to."""


def _sums(subject: Subject, segments: Segments) -> _Sums:
    parts: list[tuple[Ints, ...]] = []
    for k, stream in enumerate(subject.streams):
        table = accesses_of(stream, subject.machine.array.cols)
        table = table.part(np.flatnonzero((table.memory == ACC) & table.write))
        event = table.event
        matrix = stream.is_op("mm")[event] & (stream["dt"][event] == MATRIX_TYPES.index("i8"))
        adds = np.where(matrix, stream["k"][event], 0)
        resets = ~matrix | (stream["acc"][event] == 0)
        place, number = segments.of(k, event), np.full_like(event, k)
        parts.append((place, number, event, table.low, table.high, adds, resets))
    place, stream, event, *rest = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((event, place))
    return _Sums(stream[order], event[order], *(column[order] for column in rest))


def check_accumulators(subject: Subject, segments: Segments) -> None:
    """Check 11: no accumulator row sums more than MAX_DEPTH products of int8.

    A row that something else wrote (a bias) starts at 0: its value is data and is not bounded here.
    """
    sums = _sums(subject, segments)
    if int(sums.adds.sum()) > MAX_DEPTH and not _shallow(sums, subject.machine.acc.rows):
        _report_deep(subject, sums)


def _shallow(sums: _Sums, rows: int) -> bool:
    """Whether no row sums too much, for many instructions at once.

    Rows that are written together count as the deepest of them.
    """
    depth = np.zeros(rows, np.int64)
    for first, stop, pieces in chunks(sums.low, sums.high):
        piece, index = pieces.by_place()
        adds, resets = sums.adds[first:stop][index], sums.resets[first:stop][index]
        begins = np.append(True, piece[1:] != piece[:-1])
        total = np.cumsum(adds)
        start = np.maximum.accumulate(np.where(resets | begins, total - adds, 0))
        places = np.arange(len(piece))
        last_reset = np.maximum.accumulate(np.where(resets, places, -1))
        kept = last_reset < np.maximum.accumulate(np.where(begins, places, 0))
        now = total - start + np.where(kept, pieces.combine(np.maximum, depth)[piece], 0)
        if int(now.max()) > MAX_DEPTH:
            return False
        ends = np.flatnonzero(np.append(begins[1:], True))
        final = np.full(len(pieces), -1)
        final[piece[ends]] = now[ends]
        spread = pieces.spread(final)
        depth[pieces.span] = np.where(spread < 0, depth[pieces.span], spread)
    return True


def _report_deep(subject: Subject, sums: _Sums) -> None:
    """Find the first instruction that sums too much, one after the other."""
    depth = np.zeros(subject.machine.acc.rows, np.int64)
    for i in range(len(sums.event)):
        rows = depth[int(sums.low[i]) : int(sums.high[i])]
        if sums.resets[i]:
            rows[:] = 0
        rows += sums.adds[i]
        if rows.max() > MAX_DEPTH:
            place = subject.place(int(sums.stream[i]), int(sums.event[i]))
            subject.report(
                "v11-accumulator",
                f"{place} sums {int(rows.max())} products of int8 in acc row "
                f"{int(sums.low[i] + rows.argmax())}; int32 holds {MAX_DEPTH}",
            )
            return
