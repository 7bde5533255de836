"""The report as one HTML page: drawings first, tables below."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from dlir.drawing import GRAY, Dot
from dlir.page import facts, table
from dlir.page import page as whole_page
from dlir.roofline_chart import roofline
from dlir.targets.accel.simulator import drawing
from dlir.targets.accel.simulator.drawing import COLORS

if TYPE_CHECKING:
    from dlir.targets.accel.simulator.report import AccelReport

REASONS = {"wait": "#c9a227", "wait_unit": "#b35c5c", "idle": "#868e96"}
ENERGY_COLORS = ("#d9822b", "#2f9e77", "#3b7dd8", "#8e5bb5", "#5b8c5a", "#c92a2a", "#8a8f98")
ENGINES = {
    "ld": "loads", "mx": "array", "vx": "vector unit", "st": "stores", "nt": "links",
}  # fmt: skip
ROOF_COLORS = {
    "compute": COLORS["mx"], "array_load": "#a65e2e", "vector": COLORS["vx"], "dram": COLORS["ld"],
}  # fmt: skip


def page(report: AccelReport) -> str:
    """The page."""
    return whole_page(f"Accelerator report: {report.machine}", page_body(report))


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
    return f'<p class="lead">{escape(report.hardware)}</p>{report_facts(vars(report))}{body}'


def report_facts(numbers: Mapping[str, Any]) -> str:
    """The most important numbers, of an `AccelReport` or of anything under the same names."""
    shown = (
        (f"{numbers['cycles']:,}", "cycles"),
        (_time(numbers["microseconds"]), f"{_rate(numbers['per_second'])} per second"),
        (f"{numbers['percent_of_bound']:.1f} %", f"of the bound ({numbers['bound']['name']})"),
        (f"{numbers['tops']:.3f}", "TOPS"),
        (_energy_text(numbers["energy"]["total_pj"]), f"{numbers['tops_per_watt']:.2f} TOPS/W"),
        (f"{numbers['area_mm2']:,.1f} mm²", "area"),
    )
    return facts(shown)


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
    flat = {name: macs / roofs[name] for name in ("compute", "array_load") if roofs[name]}
    if not flat:
        return "<p>No matrix work.</p>"
    peaks = {name: min(cap, 10 * flat["compute"]) for name, cap in flat.items()}
    memory = max(roofs["dram"], roofs.get("host", 0.0))
    slope = r.bound["distinct_bytes"] / memory if memory else peaks["compute"]
    whole = ("the program", macs, size, r.cycles)
    ops = [(row["op"], row["macs"], row["dram_bytes"], row["end"] - row["start"])
           for row in r.ops if row["macs"] and row["dram_bytes"]]  # fmt: skip
    dots = [_dot(*whole, "#c92a2a", 7), *(_dot(*op, GRAY, 4) for op in ops)]
    chart = roofline({"dram": slope}, peaks, dots, "MAC per byte of DRAM", "MAC per cycle")
    return f'{chart}<p class="note">Large: the program. Small: its ops, by their spans.</p>'


def _dot(name: str, macs: int, size: int, cycles: float, color: str, radius: float) -> Dot:
    rate = macs / max(1, cycles)
    return Dot(macs / size, rate, f"{name}: {rate:,.1f} MAC/cycle", color, radius)


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
