"""The roofline report as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Container, Sequence
from typing import Any

from dlir import formulas
from dlir.dialects.dl.attrs import OpClass
from dlir.drawing import short
from dlir.targets.roofline.analysis import Roofline, Row, binding

HEAD = ("op", "at", "class", "ops", "bytes", "op/B", "at least", "bound", "footprint", "in")
LEFT = {"op", "at", "class", "bound", "in"}
"""Columns of names; numbers stand to the right."""
TIME_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))


def duration(seconds: float) -> str:
    """`1.234 ms`."""
    size, unit = next(
        ((n, u) for n, u in TIME_UNITS if seconds >= n * 0.99995), TIME_UNITS[-1]
    )  # 0.99999 ms, rounded, is 1 ms
    return f"{seconds / size:.4g} {unit}"


def intensity_text(intensity: float | None) -> str:
    """Operations per byte; nothing where no byte moves."""
    return "-" if intensity is None else f"{intensity:.4g}"


def cells(row: Row) -> tuple[str, ...]:
    """A row of the table of ops, under `HEAD`."""
    return (
        row.op, row.loc, str(row.op_class), short(row.work.flops, 4), short(row.bytes, 4, "B"),
        intensity_text(row.intensity), duration(row.time), row.bound,
        short(row.footprint, 4, "B"), row.fits or "-",
    )  # fmt: skip


def total_cells(report: Roofline) -> tuple[str, ...]:
    """The last row of the table: op after op."""
    return (
        "total", ops_of(report), "",
        short(report.flops, 4), short(report.bytes, 4, "B"),
        intensity_text(ratio(report.flops, report.bytes)), duration(report.time), report.bound,
        short(report.footprint, 4, "B"), "",
    )  # fmt: skip


def whole_cells(report: Roofline) -> tuple[str, ...]:
    """The function as a whole: only arguments, weights and results move."""
    return (
        "whole", "fused", "", short(report.flops, 4), short(report.whole_bytes, 4, "B"),
        intensity_text(ratio(report.flops, report.whole_bytes)),
        duration(max(report.whole.values(), default=0.0)), binding(report.whole), "", "",
    )  # fmt: skip


def count_of(ops: int) -> str:
    """`1 op`, `2 ops`."""
    return f"{ops} op" if ops == 1 else f"{ops} ops"


def ops_of(report: Roofline) -> str:
    """How many ops the totals hold, and how many they lack."""
    lacking = f" + {len(report.unknown)} unknown" if report.unknown else ""
    return count_of(len(report.rows)) + lacking


def ratio(ops: int, size: int) -> float | None:
    """Operations per byte."""
    return ops / size if size else None


def to_text(report: Roofline) -> str:
    """The table of ops, the totals, and what they leave out."""
    unknown = [(u.op, u.loc, *["unknown"] * (len(HEAD) - 2)) for u in report.unknown]
    rows = [HEAD, *map(cells, report.rows), *unknown, total_cells(report), whole_cells(report)]
    head = f"Roofline of @{report.function} on {report.machine.name}: {report.machine.summary}"
    return (
        "\n".join([head, "", *columns(rows, LEFT), "", *class_lines(report), *notes(report)]) + "\n"
    )


def columns(rows: Sequence[Sequence[str]], left: Container[str]) -> list[str]:
    """Aligned, under the first row, which names the columns: those of `left` to the left."""
    head = rows[0]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    return [
        "  ".join(
            cell.ljust(width) if name in left else cell.rjust(width)
            for name, cell, width in zip(head, row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def class_rows(report: Roofline) -> list[tuple[OpClass, int, int, float]]:
    """Per class that occurs: how many ops, their operations, and their share of the time."""
    found = [(kind, report.of_class(kind)) for kind in OpClass]
    return [
        (kind, len(rows), sum(r.work.flops for r in rows),
         sum(r.time for r in rows) / report.time if report.time else 0.0)
        for kind, rows in found if rows
    ]  # fmt: skip


def class_lines(report: Roofline) -> list[str]:
    return [
        f"{kind}: {count_of(count)}, {short(flops, 4)} operations, {100 * share:.1f} % of the time"
        for kind, count, flops, share in class_rows(report)
    ]


def notes(report: Roofline) -> list[str]:
    """What the numbers hold and what they leave out, a sentence each."""
    sums = "twice, as sums that grow in memory" if report.machine.sums_in_memory else "once"
    lines = [
        f"Footprint: {short(report.weights, 4, 'B')} of weights, at most "
        f"{short(report.live, 4, 'B')} of other tensors live at one time.",
        f"Results of products move {sums}; all other tensors once per op.",
    ]
    if 0 < (share := parallel_share(report)) < 1:
        most = 1 / (1 - share)
        lines.append(
            f"Arithmetic binds for {100 * share:.1f} % of the time: faster units alone make it at "
            f"most {most:.4g} times as fast, twice as fast ones {formulas.amdahl(share, 2):.4g}."
        )
    if report.once:
        left_out = f"{count_of(report.once)} on weights alone"
        lines.append(f"Left out, as it runs once, at load: {left_out}.")
    if report.unknown:
        lines.append(f"Unknown work, which no total has: {count_of(len(report.unknown))}.")
    return lines


def parallel_share(report: Roofline) -> float:
    """The share of the time for which no memory binds: P of Amdahl's law for arithmetic."""
    memories = report.machine.memories
    return sum(share for name, share in report.shares.items() if name not in memories)


# --- JSON -----------------------------------------------------------------------------------------


def to_json(report: Roofline) -> str:
    """One object; times in seconds, sizes in bytes, rates per second; what is unknown is null."""
    machine = report.machine
    document = {
        "function": report.function,
        "machine": {
            "name": machine.name,
            "summary": machine.summary,
            "peaks": machine.peaks(report.types),
            "bandwidths": machine.memories,
            "levels": machine.levels,
            "sums_in_memory": machine.sums_in_memory,
        },
        "ops": [*map(_op_json, report.rows), *(_unknown_json(u.op, u.loc) for u in report.unknown)],
        "total": _total_json(report),
    }
    return json.dumps(document, indent=2) + "\n"


def _op_json(row: Row) -> dict[str, Any]:
    return {
        "op": row.op,
        "loc": row.loc,
        "class": str(row.op_class),
        "flops": row.work.flops,
        "macs": row.work.macs,
        "bytes": row.bytes,
        "intensity": row.intensity,
        "bound": row.bound,
        "time_s": row.time,
        "roofs": dict(row.roofs),
        "footprint": row.footprint,
        "fits": row.fits,
    }


def _unknown_json(op: str, loc: str) -> dict[str, Any]:
    keys = ("class", "flops", "macs", "bytes", "intensity", "bound", "time_s", "footprint", "fits")
    return {"op": op, "loc": loc, **dict.fromkeys(keys)}


def _total_json(report: Roofline) -> dict[str, Any]:
    return {
        "flops": report.flops,
        "macs": report.macs,
        "bytes": report.bytes,
        "intensity": ratio(report.flops, report.bytes),
        "bound": report.bound,
        "time_s": report.time,
        "shares": report.shares,
        "footprint": report.footprint,
        "weights": report.weights,
        "live": report.live,
        "classes": {
            str(kind): {"ops": count, "flops": flops, "share": share}
            for kind, count, flops, share in class_rows(report)
        },
        "whole": {
            "bytes": report.whole_bytes,
            "intensity": ratio(report.flops, report.whole_bytes),
            "bound": binding(report.whole),
            "time_s": max(report.whole.values(), default=0.0),
            "roofs": dict(report.whole),
        },
        "once": report.once,
        "unknown": len(report.unknown),
    }
