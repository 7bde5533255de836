"""The fusion report as text, JSON and one HTML page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Any

from dlir.dialects.structured.cost import Work
from dlir.drawing import GRAY, short
from dlir.page import facts, page, table
from dlir.targets.roofline.fusion import FusionReport, Totals
from dlir.targets.roofline.text import columns, duration
from dlir.transforms.fusion.decisions import Decision, as_dict

HEAD = ("tensor", "from", "to", "fused", "saves", "repeats", "before", "after", "why")
LEFT = {"tensor", "from", "to", "fused", "before", "after", "why"}
FUSED = "#2f9e77"


def to_text(report: FusionReport) -> str:
    """A table of tensors between ops, and the totals."""
    rows = [HEAD, *(_cells(report, d) for d in report.decisions)]
    return "\n".join([_title(report), "", *columns(rows, LEFT), "", *_total_lines(report)]) + "\n"


def _title(report: FusionReport) -> str:
    cores = f"{report.threads} of {report.cpu.general.cores} cores"
    return f"Fusion, judged on {report.cpu.name}, {cores}"


def _cells(report: FusionReport, decision: Decision) -> tuple[str, ...]:
    """A row of the table, under `HEAD`."""
    changed = bool(decision.after)
    return (
        decision.value,
        decision.producer,
        ", ".join(decision.consumers),
        "yes" if decision.fused else "no",
        short(decision.saved, 4, "B") if changed else "-",
        short(decision.repeated, 4) if changed else "-",
        _bounds(report, decision.before),
        _bounds(report, decision.after),
        decision.reason,
    )


def _bounds(report: FusionReport, works: Sequence[Work]) -> str:
    """`1.2 us l2 + 20 ns latency`: the time of each kernel at least, and what binds it."""
    parts = [f"{duration(report.time(work))} {report.bound(work)}" for work in works]
    return " + ".join(parts) or "-"


def _total_lines(report: FusionReport) -> list[str]:
    return [
        f"{name}: {_kernels(t)}, {short(t.operations, 4)} operations, {short(t.bytes, 4, 'B')}, "
        f"at least {duration(t.time)}"
        for name, t in (
            ("Before", report.totals(report.before)),
            ("After", report.totals(report.after)),
        )
    ]


def _kernels(totals: Totals) -> str:
    return f"{totals.kernels} kernel" if totals.kernels == 1 else f"{totals.kernels} kernels"


def to_json(report: FusionReport) -> str:
    """One object; times in seconds, sizes in bytes."""
    document = {
        "machine": report.cpu.name,
        "threads": report.threads,
        "decisions": [_decision_json(report, d) for d in report.decisions],
        "before": _totals_json(report.totals(report.before)),
        "after": _totals_json(report.totals(report.after)),
    }
    return json.dumps(document, indent=2) + "\n"


def _decision_json(report: FusionReport, decision: Decision) -> dict[str, Any]:
    return {
        **as_dict(decision),
        "before": [_kernel_json(report, work) for work in decision.before],
        "after": [_kernel_json(report, work) for work in decision.after],
    }


def _kernel_json(report: FusionReport, work: Work) -> dict[str, Any]:
    return {
        "kind": work.kind,
        "type": work.element,
        "operations": work.operations,
        "bytes": work.bytes,
        "bound": report.bound(work),
        "time_s": report.time(work),
    }


def _totals_json(totals: Totals) -> dict[str, Any]:
    return {
        "kernels": totals.kernels,
        "operations": totals.operations,
        "bytes": totals.bytes,
        "time_s": totals.time,
    }


def to_html(report: FusionReport) -> str:
    """The page."""
    before, after = report.totals(report.before), report.totals(report.after)
    shown = facts((
        (f"{before.kernels} to {after.kernels}", "kernels"),
        (f"{short(before.bytes, 4, 'B')} to {short(after.bytes, 4, 'B')}", "moved"),
        (f"{duration(before.time)} to {duration(after.time)}", "at least"),
    ))  # fmt: skip
    rows = [_cells(report, d) for d in report.decisions]
    swatches = [FUSED if d.fused else GRAY for d in report.decisions]
    listed = f'<div class="wide">{table(HEAD, rows, swatches)}</div>'
    said = "".join(f'<p class="note">{escape(line)}</p>' for line in _total_lines(report))
    return page(_title(report), f"{shown}<h2>Tensors between ops</h2>{listed}{said}")
