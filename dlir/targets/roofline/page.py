"""The roofline report as one HTML page: the plot first, tables below."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from dlir.dialects.dl.attrs import OpClass
from dlir.drawing import GRAY, Dot, short
from dlir.page import facts, page, table
from dlir.roofline_chart import roofline
from dlir.targets.roofline.analysis import Roofline, Row, binding
from dlir.targets.roofline.text import (
    HEAD,
    cells,
    class_rows,
    count_of,
    duration,
    intensity_text,
    notes,
    ratio,
    total_cells,
    whole_cells,
)

COLORS = {
    OpClass.CONTRACTION: "#d9822b", OpClass.ELEMENTWISE: "#2f9e77",
    OpClass.REDUCTION: "#8e5bb5", OpClass.MOVEMENT: GRAY,
}  # fmt: skip
TOTAL, WHOLE = "#c92a2a", "#212529"


def to_html(report: Roofline) -> str:
    """The page."""
    sections = (
        ("Roofline", _plot(report)),
        ("By class of op", _classes(report)),
        ("Per op", _ops(report)),
    )
    body = "".join(f"<h2>{escape(name)}</h2>{content}" for name, content in sections)
    lead = f'<p class="lead">{escape(report.machine.summary)}</p>'
    said = "".join(f'<p class="note">{escape(line)}</p>' for line in notes(report))
    title = f"Roofline of @{report.function} on {report.machine.name}"
    return page(title, f"{lead}{_facts(report)}{body}{said}")


def _facts(report: Roofline) -> str:
    whole = max(report.whole.values(), default=0.0)
    return facts((
        (duration(report.time), "at least, op after op"),
        (report.bound, "binds for most of it"),
        (duration(whole), f"at least, as a whole ({binding(report.whole)})"),
        (short(report.flops, 4), "operations"),
        (intensity_text(ratio(report.flops, report.bytes)), "operations per byte"),
        (short(report.footprint, 4, "B"), "footprint"),
    ))  # fmt: skip


def _plot(report: Roofline) -> str:
    dots = [*_dots(report)]
    if not dots:
        return "<p>Nothing is computed.</p>"
    shown = {row.op_class: None for row in report.rows if row.work.flops and row.bytes}
    colors = {str(kind): COLORS[kind] for kind in OpClass if kind in shown}
    chart = roofline(
        {f"{name}, {short(n, 4, 'B/s')}": n for name, n in report.machine.memories.items()},
        report.machine.peaks(report.types),
        dots,
        "operations per byte of memory traffic",
        "operations per second",
        {**colors, "total": TOTAL, "whole": WHOLE},
    )
    silent = sum(not (row.work.flops and row.bytes) for row in report.rows)
    note = "A point per op, at the rate that its highest roof allows; rest on it for its numbers."
    if silent:
        note += f" Without a place here, since nothing is computed or moved: {count_of(silent)}."
    return f'{chart}<p class="note">{note}</p>'


def _dots(report: Roofline) -> Iterator[Dot]:
    """The ops that have a place, the total and the whole."""
    for row in report.rows:
        if row.work.flops and row.intensity:
            rate = row.work.flops / row.time
            yield Dot(row.intensity, rate, _title(row), COLORS[row.op_class])
    total = ratio(report.flops, report.bytes)
    if total and report.time:
        text = f"total: {duration(report.time)} at least, {total:.4g} op/B, {report.bound}"
        yield Dot(total, report.flops / report.time, text, TOTAL, 7)
    whole, time = ratio(report.flops, report.whole_bytes), max(report.whole.values(), default=0.0)
    if whole and time:
        text = f"whole: {duration(time)} at least, {whole:.4g} op/B, {binding(report.whole)}"
        yield Dot(whole, report.flops / time, text, WHOLE, 7)


def _title(row: Row) -> str:
    """The tooltip of an op."""
    return (
        f"{row.op} at {row.loc}: {short(row.work.flops, 4)} operations, "
        f"{short(row.bytes, 4, 'B')}, {intensity_text(row.intensity)} op/B, "
        f"{duration(row.time)} at least ({row.bound})"
    )


def _classes(report: Roofline) -> str:
    rows = class_rows(report)
    listed = [
        (str(kind), count, short(flops, 4), f"{100 * share:.1f} %")
        for kind, count, flops, share in rows
    ]
    head = ("class", "ops", "operations", "share of the time")
    return table(head, listed, [COLORS[kind] for kind, *_ in rows])


def _ops(report: Roofline) -> str:
    unknown = [(u.op, u.loc, *["unknown"] * (len(HEAD) - 2)) for u in report.unknown]
    rows = [total_cells(report), whole_cells(report), *map(cells, report.rows), *unknown]
    swatches = [
        TOTAL,
        WHOLE,
        *(COLORS[row.op_class] for row in report.rows),
        *[GRAY] * len(unknown),
    ]
    return f'<div class="wide">{table(HEAD, rows, swatches)}</div>'
