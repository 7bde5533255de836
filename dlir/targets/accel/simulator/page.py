"""The report as one HTML page: drawings first, tables below; no scripts, nothing from the net."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from dlir.targets.accel.simulator import drawing
from dlir.targets.accel.simulator.drawing import COLORS, GRAY

if TYPE_CHECKING:
    from dlir.targets.accel.simulator.report import AccelReport

STYLE = """
body{font:15px/1.45 system-ui,sans-serif;max-width:1040px;margin:2em auto;padding:0 1em}
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
.wide{overflow-x:auto}.wide td{white-space:nowrap}.wide td,.wide th{padding:.25em .4em}
.note{color:#495057;font-size:.85em;margin:.3em 0}
td i{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.5em}
summary{cursor:pointer;color:#495057}
svg .small{font-size:11px;fill:#495057}svg .name{font-weight:600}svg .on{fill:#fff;font-size:11px}
"""
REASONS = {"wait": "#c9a227", "wait_unit": "#b35c5c", "idle": "#868e96"}
ENERGY_COLORS = ("#d9822b", "#2f9e77", "#3b7dd8", "#8e5bb5", "#5b8c5a", "#c92a2a", "#8a8f98")
MAX_ROWS = 200
ENGINES = {
    "ld": "loads", "mx": "array", "vx": "vector unit", "st": "stores", "nt": "links",
}  # fmt: skip
ROOF_COLORS = {
    "compute": COLORS["mx"], "array_load": "#a65e2e", "vector": COLORS["vx"], "dram": COLORS["ld"],
}  # fmt: skip


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
        ("Utilization per op of the model", _layers(report)),
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
    return f'<p class="lead">{escape(report.hardware)}</p>{facts(vars(report))}{body}'


def facts(numbers: Mapping[str, Any]) -> str:
    """The most important numbers, of an `AccelReport` or of anything under the same names."""
    shown = (
        (f"{numbers['cycles']:,}", "cycles"),
        (_time(numbers["microseconds"]), f"{_rate(numbers['per_second'])} per second"),
        (f"{numbers['percent_of_bound']:.1f} %", f"of the bound ({numbers['bound']['name']})"),
        (f"{numbers['tops']:.3f}", "TOPS"),
        (_energy_text(numbers["energy"]["total_pj"]), f"{numbers['tops_per_watt']:.2f} TOPS/W"),
        (f"{numbers['area_mm2']:,.1f} mm²", "area"),
    )
    cells = "".join(f"<div><b>{escape(v)}</b><span>{escape(k)}</span></div>" for v, k in shown)
    return f'<div class="facts">{cells}</div>'


def _time(microseconds: float) -> str:
    return f"{microseconds / 1e3:,.2f} ms" if microseconds >= 1e4 else f"{microseconds:,.1f} µs"


def _rate(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def _energy_text(picojoules: float) -> str:
    return f"{picojoules / 1e9:,.2f} mJ" if picojoules >= 1e10 else f"{picojoules / 1e6:,.1f} µJ"


def _used(r: AccelReport) -> list[str]:
    """The engines that have anything to do or to wait for."""
    return [name for name, row in r.engines.items() if row["busy"] or row["wait"]]


def _share(part: float, whole: float) -> str:
    return f"{100 * part / max(1, whole):.1f} %"


def _timeline(r: AccelReport) -> str:
    used = _used(r)
    labels = {name: _share(r.engines[name]["busy"], r.cycles) for name in used}
    series = {name: r.utilization[name] for name in used}
    most = dict.fromkeys(used, 1.0)
    return drawing.curves(series, most, labels, f"{r.cycles:,} cycles", "timeline")


def _reasons(r: AccelReport) -> str:
    """A bar per engine, and the same as a table, whose rows sum to 100 %."""
    used = _used(r)
    givers = list(dict.fromkeys(who for name in used for who in r.engines[name]["wait_for"]))
    pieces: dict[str, list[tuple[str, float, str]]] = {}
    rows: list[list[str]] = []
    for name in used:
        row = r.engines[name]
        shares = {
            "busy": (row["busy"], COLORS.get(name, GRAY)),
            **{f"wait for {who}": (row["wait_for"].get(who, 0), REASONS["wait"]) for who in givers},
            "wait for unit": (row["wait_unit"], REASONS["wait_unit"]),
            "idle": (row["idle"], REASONS["idle"]),
        }
        pieces[name] = [(what, n / max(1, r.cycles), color) for what, (n, color) in shares.items()]
        total = sum(n for n, _ in shares.values())
        cells = [_share(n, r.cycles) if n else "" for n, _ in shares.values()]
        rows.append([f"{name} ({ENGINES.get(name, name)})", *cells, _share(total, r.cycles)])
    waits = [f"waits for {who}" for who in givers]
    head = ("engine", "busy", *waits, "waits for its unit", "finished", "sum")
    return drawing.bars(pieces, "reasons") + table(head, rows)


def _layers(r: AccelReport) -> str:
    boxes = [
        (row["start"], row["end"], row["percent_of_bound"] / 100,
         ROOF_COLORS.get(row["bound"], GRAY),
         f"{row['op']}: {row['percent_of_bound']:.1f} % of its bound ({row['bound']})")
        for row in r.ops
    ]  # fmt: skip
    legend = {row["bound"]: ROOF_COLORS.get(row["bound"], GRAY) for row in r.ops}
    note = (
        "From an op's first instruction to its last, loads aside; as high as the share of that "
        "time that its bound takes. The color says what binds it; ops overlap."
    )
    chart = drawing.strip(boxes, r.cycles, f"{r.cycles:,} cycles", legend, "utilization per op")
    return f'{chart}<p class="note">{note}</p>'


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
    dots = [
        (row["macs"] / row["dram_bytes"], row["macs"] / max(1, row["end"] - row["start"]),
         f"{row['op']}: {row['macs'] / max(1, row['end'] - row['start']):,.1f} MAC/cycle")
        for row in r.ops if row["macs"] and row["dram_bytes"]
    ]  # fmt: skip
    chart = drawing.roofline({"dram": (slope, peak), **flat}, point, "MAC per cycle", dots)
    return f'{chart}<p class="note">Large: the program. Small: its ops, by their spans.</p>'


def _bound(r: AccelReport) -> str:
    rows = [
        (name, f"{cycles:,.0f}", _share(cycles, r.cycles))
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
    colors = dict(zip(parts, ENERGY_COLORS, strict=False))
    pieces = [(name, value / total, colors.get(name, GRAY)) for name, value in parts.items()]
    present = {name: value for name, value in parts.items() if value}
    rows = [(n, f"{v / 1e6:,.3f}", f"{100 * v / total:.1f} %") for n, v in present.items()]
    swatches = [colors.get(name, GRAY) for name in present]
    listed = table(("component", "µJ", "share"), rows, swatches)
    return drawing.bars({"energy": pieces}, "energy") + listed


def _ops(r: AccelReport) -> str:
    used = _used(r)
    rows = [
        (row["op"], f"{row['start']:,}", f"{row['end']:,}", _share(row["time"], r.cycles),
         f"{row['macs']:,}" if row["macs"] else "", f"{row['dram_bytes']:,}",
         row["bound"], f"{row['percent_of_bound']:.1f}",
         *(f"{row['busy'].get(name, 0):,}" for name in used))
        for row in r.ops
    ]  # fmt: skip
    head = ("op", "start", "end", "share of time", "MACs", "DRAM bytes", "bound", "% of bound")
    note = (
        "Share of time: its part of the critical path; all parts together are 100 %. An op starts "
        "with its first instruction that is no load. Last: the cycles that each engine is busy."
    )
    swatches = [ROOF_COLORS.get(row["bound"], GRAY) for row in r.ops]
    listed = table((*head, *used), rows, swatches)
    return f'<p class="note">{note}</p><div class="wide">{listed}</div>'


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
    listed = table(("instructions", "start", "end", "count", "held by"), rows)
    return f"<details><summary>{len(rows)} segments, the longest</summary>{listed}</details>"


def table(
    head: Sequence[str], rows: Sequence[Sequence[Any]], swatches: Sequence[str] | None = None
) -> str:
    """An HTML table; what is beyond MAX_ROWS is only counted.

    `swatches` has a color per row, which is shown in front of its first cell.
    """
    marks = [f'<i style="background:{color}"></i>' for color in swatches or ()]
    lines = [
        f"<tr>{_cells('td', row, mark)}</tr>"
        for row, mark in zip(rows[:MAX_ROWS], marks or [""] * len(rows), strict=False)
    ]
    rest = f"<p>and {len(rows) - MAX_ROWS} more</p>" if len(rows) > MAX_ROWS else ""
    return f"<table><thead><tr>{_cells('th', head)}</tr></thead>{''.join(lines)}</table>{rest}"


def _cells(tag: str, values: Iterable[Any], mark: str = "") -> str:
    cells = [escape(str(value)) for value in values]
    return "".join(f"<{tag}>{mark if n == 0 else ''}{c}</{tag}>" for n, c in enumerate(cells))
