"""Checks 3 and 11: what the machine can compute, and accumulators that cannot overflow."""

from __future__ import annotations

import numpy as np

from dlir.dialects.isa.fields import BINARY, MATRIX_TYPES, TYPES, UNARY
from dlir.targets.accel.simulator.accesses import ACC, accesses_of
from dlir.targets.accel.simulator.arithmetic import FLOAT_UNARY
from dlir.targets.accel.simulator.tokens import Run
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
        smooth = unary & np.isin(stream["fn"], [UNARY.index(name) for name in FLOAT_UNARY])
        wide = stream["dt_s"] == TYPES.index("i32")
        by_row = stream["ymode"] == 1
        small = np.abs(2 * stream["imm"] + 1) < 256
        lanes = unary & (stream["n"] > subject.machine.array.cols)
        for bad, what in (
            ((shr | requant) & is_float, "is defined for integers only"),
            (smooth & ~is_float, "is defined for floats only"),
            (requant & ~wide, "requantises i32 only"),
            (requant & ~by_row, "takes multipliers and shifts from two rows (ymode=all)"),
            (requant & ~small, "has a zero point outside -128..127"),
            (shr & (stream["ymode"] == 3) & ~_between(stream["imm"], 0, 31), "shifts beyond 0..31"),
            (lanes, f"counts more than {subject.machine.array.cols} lanes"),
        ):
            for event in np.flatnonzero(bad).tolist():
                subject.report("v11-function", f"{subject.place(k, event)} {what}")


def _between(values: np.ndarray, low: int, high: int) -> np.ndarray:
    return (low <= values) & (values <= high)


def check_accumulators(subject: Subject, order: list[Run]) -> None:
    """Check 11: no accumulator row sums more than MAX_DEPTH products of int8.

    A row that something else wrote (a bias) starts at 0: its value is data and is not bounded here.
    """
    cols = subject.machine.array.cols
    depth = np.zeros(subject.machine.acc.rows, np.int64)
    tables = [accesses_of(stream, cols) for stream in subject.streams]
    chosen = [np.flatnonzero((t.memory == ACC) & t.write) for t in tables]
    events = [t.event[c] for t, c in zip(tables, chosen, strict=True)]
    for k, first, stop in order:
        stream, table = subject.streams[k], tables[k]
        low, high = np.searchsorted(events[k], (first, stop))
        for i in chosen[k][low:high].tolist():
            event = int(table.event[i])
            rows = depth[int(table.start[i]) : int(table.start[i] + table.width[i])]
            if stream.mnemonic(event) != "mm" or stream["dt"][event] != 0:
                rows[:] = 0
                continue
            if not stream["acc"][event]:
                rows[:] = 0
            rows += int(stream["k"][event])
            if rows.max() > MAX_DEPTH:
                subject.report(
                    "v11-accumulator",
                    f"{subject.place(k, event)} sums {int(rows.max())} products of int8 in acc row "
                    f"{int(table.start[i] + rows.argmax())}; int32 holds {MAX_DEPTH}",
                )
                return
