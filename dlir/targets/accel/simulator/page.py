"""The report as one HTML page: drawings first, tables below; no scripts, nothing from the net."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from dlir.targets.accel.simulator import drawing
from dlir.targets.accel.simulator.drawing import COLORS, GRAY

if TYPE_CHECKING:
    from dlir.targets.accel.simulator.report import AccelReport

STYLE = """
body{font:15px/1.45 system-ui,sans-serif;max-width:900px;margin:2em auto;padding:0 1em}
body{color:#212529}
h1{font-size:1.5em;margin-bottom:.2em}h2{font-size:1.1em;margin:2em 0 .5em}
.lead{color:#495057;margin-top:0}
.facts{display:flex;flex-wrap:wrap;gap:.8em;margin:1em 0}
.facts div{background:#f1f3f5;border-radius:6px;padding:.5em .9em;min-width:7.5em}
.facts b{display:block;font-size:1.25em}.facts span{color:#495057;font-size:.85em}
table{border-collapse:collapse;width:100%;font-size:.9em}
th,td{padding:.25em .6em;text-align:right;border-bottom:1px solid #e9ecef}
th:first-child,td:first-child{text-align:left}thead th{border-bottom:2px solid #adb5bd}
svg{width:100%;height:auto;display:block}svg text{font:12px system-ui,sans-serif;fill:#212529}
svg .small{font-size:11px;fill:#495057}svg .name{font-weight:600}svg .on{fill:#fff;font-size:11px}
"""
REASONS = {"wait": "#c9a227", "wait_unit": "#b35c5c", "idle": "#868e96"}
ENERGY_COLORS = ("#d9822b", "#2f9e77", "#3b7dd8", "#8e5bb5", "#5b8c5a", "#c92a2a", "#8a8f98")
MAX_ROWS = 100


def page(report: AccelReport) -> str:
    """The page."""
    title = f"Accelerator report: {report.machine}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style><h1>{escape(title)}</h1>{page_body(report)}</html>\n"
    )


def page_body(report: AccelReport) -> str:
    """What the page holds below its title."""
    sections = (
        ("Timeline: share of time each engine is busy", _timeline(report)),
        ("Where the cycles went", _reasons(report)),
        ("Roofline", _roofline(report)),
        ("Lower bound", _bound(report)),
        ("Memory over time (live lines)", _memory(report)),
        ("Energy", _energy(report)),
        ("Per op of the model", _ops(report)),
        ("Array, as in Table 3 of the TPUv1 paper", _tpu(report)),
        ("Traffic", _traffic(report)),
        ("Critical path", _path(report)),
    )
    body = "".join(f"<h2>{escape(name)}</h2>{content}" for name, content in sections)
    return f"{_facts(report)}{body}"


def _facts(r: AccelReport) -> str:
    facts = (
        (f"{r.cycles:,}", "cycles"),
        (f"{r.microseconds:,.1f} µs", f"{r.per_second:,.0f} per second"),
        (f"{r.percent_of_bound:.1f} %", f"of the bound ({r.bound['name']})"),
        (f"{r.tops:.3f}", "TOPS"),
        (f"{r.energy['total_pj'] / 1e6:,.1f} µJ", f"{r.tops_per_watt:.2f} TOPS/W"),
        (f"{r.area_mm2:,.1f} mm²", "area"),
    )
    cells = "".join(f"<div><b>{escape(v)}</b><span>{escape(k)}</span></div>" for v, k in facts)
    return f'<div class="facts">{cells}</div>'


def _timeline(r: AccelReport) -> str:
    labels = {
        name: f"{100 * row['busy'] / max(1, r.cycles):.1f} %" for name, row in r.engines.items()
    }
    most = dict.fromkeys(r.utilization, 1.0)
    return drawing.curves(r.utilization, most, labels, f"{r.cycles:,} cycles", "timeline")


def _reasons(r: AccelReport) -> str:
    rows = {
        name: [
            ("busy", row["busy"] / max(1, r.cycles), COLORS.get(name, GRAY)),
            *((f"wait for {who}", cycles / max(1, r.cycles), REASONS["wait"])
              for who, cycles in row["wait_for"].items()),
            ("wait for unit", row["wait_unit"] / max(1, r.cycles), REASONS["wait_unit"]),
            ("idle", row["idle"] / max(1, r.cycles), REASONS["idle"]),
        ]
        for name, row in r.engines.items()
    }  # fmt: skip
    return drawing.bars(rows, "reasons")


def _roofline(r: AccelReport) -> str:
    """Rates in MAC per cycle; the DRAM roof rises with the MACs per byte."""
    roofs, macs = r.bound["roofs"], max(1, r.macs)
    size = max(1, r.traffic["dram"] + r.traffic["host"])
    flat = {name: (0.0, macs / roofs[name]) for name in ("compute", "array_load") if roofs[name]}
    if not flat:
        return "<p>No matrix work.</p>"
    peak = flat["compute"][1]
    flat = {name: (slope, min(cap, 10 * peak)) for name, (slope, cap) in flat.items()}
    memory = max(roofs["dram"], roofs.get("host", 0.0))
    slope = r.bound["distinct_bytes"] / memory if memory else peak
    point = (macs / size, macs / max(1, r.cycles), f"{macs / max(1, r.cycles):,.1f} MAC/cycle")
    return drawing.roofline({"dram": (slope, peak), **flat}, point, "MAC per cycle")


def _bound(r: AccelReport) -> str:
    rows = [
        (name, f"{cycles:,.0f}", f"{100 * cycles / max(1, r.cycles):.1f} %")
        for name, cycles in sorted(r.bound["roofs"].items(), key=lambda item: -item[1])
    ]
    return table(("roof", "cycles at least", "of the cycles taken"), rows)


def _memory(r: AccelReport) -> str:
    labels = {n: f"{r.peak[n]:,} of {r.capacity[n]:,}" for n in r.occupancy}
    most = {name: float(r.capacity[name]) for name in r.occupancy}
    return drawing.curves(r.occupancy, most, labels, f"{r.cycles:,} cycles", "memory over time")


def _energy(r: AccelReport) -> str:
    total = max(r.energy["total_pj"], 1e-30)
    parts = {name: value for name, value in r.energy.items() if name != "total_pj"}
    pieces = [
        (name, value / total, color)
        for (name, value), color in zip(parts.items(), ENERGY_COLORS, strict=False)
    ]
    rows = [(n, f"{v / 1e6:,.3f}", f"{100 * v / total:.1f} %") for n, v in parts.items() if v]
    return drawing.bars({"energy": pieces}, "energy") + table(("component", "µJ", "share"), rows)


def _ops(r: AccelReport) -> str:
    engines = list(r.engines)
    rows = [
        (row["op"], f"{row['start']:,}", f"{row['end']:,}", f"{row['macs']:,}",
         f"{row['dram_bytes']:,}", f"{row['percent_of_peak']:.1f}",
         *(f"{row['busy'].get(name, 0):,}" for name in engines))
        for row in r.ops
    ]  # fmt: skip
    busy = [f"{name} busy" for name in engines]
    return table(("op", "start", "end", "MACs", "DRAM bytes", "% of peak", *busy), rows)


def _tpu(r: AccelReport) -> str:
    rows = [(name.replace("_", " "), f"{value:.1f} %") for name, value in r.tpu_rows.items()]
    return table(("", "of all cycles"), rows)


def _traffic(r: AccelReport) -> str:
    rows = [
        (name, f"{size:,}", f"{r.reuse[name]:,.2f}") for name, size in r.traffic.items() if size
    ]
    return table(("memory", "bytes", "MAC per byte"), rows)


def _path(r: AccelReport) -> str:
    rows = [
        (f"{s['stream']} {s['op']} {s['origin']}", f"{s['start']:,}", f"{s['end']:,}",
         f"{s['events']:,}", s["reason"])
        for s in r.critical_path
    ]  # fmt: skip
    return table(("instructions", "start", "end", "count", "held by"), rows)


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """An HTML table; what is beyond MAX_ROWS is only counted."""
    cells = "".join(f"<tr>{_cells('td', row)}</tr>" for row in rows[:MAX_ROWS])
    rest = f"<p>and {len(rows) - MAX_ROWS} more</p>" if len(rows) > MAX_ROWS else ""
    return f"<table><thead><tr>{_cells('th', head)}</tr></thead>{cells}</table>{rest}"


def _cells(tag: str, values: Iterable[Any]) -> str:
    return "".join(f"<{tag}>{escape(str(value))}</{tag}>" for value in values)
