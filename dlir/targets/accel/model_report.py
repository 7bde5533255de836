"""The report of a model: of all its programs together, of each, and of what the host does.

Programs run one after the other, so cycles, traffic and energy of the whole are sums. The bound is
that of the model, which knows nothing of programs: `bound` is of the whole, and `layers` of one
layer after the other. Where the model is not known, it is the sum of the programs' own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from html import escape
from typing import Any

from dlir.page import page as whole_page
from dlir.page import table
from dlir.targets.accel.simulator.page import page_body, report_facts
from dlir.targets.accel.simulator.report import AccelReport, bound_row, report_of
from dlir.targets.accel.simulator.simulation import Simulation
from dlir.targets.accel.simulator.trace import MAX_BYTES, Place, trace_events, trace_text
from dlir.targets.accel.work.model import ModelBound

BUSY = ("ld", "mx", "vx", "st")
"""The engines of the table of layers."""
SUMMED = ("busy", "wait", "wait_unit", "idle")
"""Cycles of an engine's account."""


@dataclass(frozen=True)
class Launch:
    """One run of a program: which, when it starts, and its timing."""

    program: str
    start: int
    simulation: Simulation


class ModelReport:
    """What one call of a model takes on the machine; see `AccelReport` for the numbers."""

    def __init__(
        self,
        simulations: Sequence[tuple[str, Simulation]],
        host: Sequence[Mapping[str, object]],
        details: Mapping[str, object],
        bound: ModelBound | None = None,
    ) -> None:
        self.launches: list[Launch] = []
        start = 0
        for program, simulation in simulations:
            self.launches.append(Launch(program, start, simulation))
            start += simulation.cycles
        self._cycles = start
        self.host = host
        """Rows of `op`, `count`, `by` and `why`."""
        self.details = details
        self.bound = bound
        """Of the model itself; None where it is not known, such as for a bare program."""

    @property
    def cycles(self) -> int:
        """Of one call."""
        return self._cycles

    def cycles_of_ops(self) -> dict[str, int]:
        """Op of the model -> its cycles of the critical path; all together make the call."""
        cycles: dict[str, int] = {}
        for row in self.total["ops"]:
            cycles[row["op"]] = cycles.get(row["op"], 0) + row["time"]
        return cycles

    @cached_property
    def programs(self) -> dict[str, AccelReport]:
        """The report of each program by name."""
        first = {one.program: one.simulation for one in reversed(self.launches)}
        return {name: report_of(first[name]) for name in reversed(first)}

    @cached_property
    def total(self) -> dict[str, Any]:
        """The numbers of all launches together, under the names of `AccelReport`."""
        parts = [self.programs[one.program] for one in self.launches]
        seconds = sum(r.microseconds for r in parts) / 1e6
        macs = sum(r.macs for r in parts)
        traffic = _sums(r.traffic for r in parts)
        energy = _sums(r.energy for r in parts)
        bound = _bound(parts, self.bound)
        layers: dict[str, Any] = {"cycles": bound["cycles"], "name": bound["name"], "rows": []}
        if self.bound is not None:
            layers = self.bound.to_json()
            _add_times(layers["rows"], list(self._moved("ops")))
        return {
            "machine": parts[0].machine if parts else "",
            "cycles": self.cycles,
            "microseconds": seconds * 1e6,
            "per_second": 1 / max(seconds, 1e-30),
            "tops": 2 * macs / max(seconds, 1e-30) / 1e12,
            "bound": bound,
            "percent_of_bound": 100 * bound["cycles"] / max(1, self.cycles),
            "layers": layers,
            "percent_of_layers": 100 * layers["cycles"] / max(1, self.cycles),
            "macs": macs,
            "traffic": traffic,
            "reuse": {name: macs / size for name, size in traffic.items() if size},
            "engines": _engines(parts),
            "energy": {"total_pj": 0.0, **energy},
            "tops_per_watt": 2 * macs / 1e12 / max(energy.get("total_pj", 0.0) * 1e-12, 1e-30),
            "area_mm2": parts[0].area_mm2 if parts else 0.0,
            "peak": _most(r.peak for r in parts),
            "capacity": _most(r.capacity for r in parts),
            "ops": list(self._moved("ops")),
            "critical_path": list(self._moved("critical_path")),
        }

    def _moved(self, name: str) -> Iterable[dict[str, Any]]:
        """Rows of all launches, on one clock, with the program they are of."""
        for one in self.launches:
            for row in getattr(self.programs[one.program], name):
                times = {key: row[key] + one.start for key in ("start", "end")}
                yield {**row, **times, "program": one.program}

    def summary(self) -> str:
        """Cycles, time, energy, and how near that is to what no program can beat."""
        total = self.total
        name, energy = total["bound"]["name"], total["energy"]["total_pj"] * 1e-9
        reached = f"{total['percent_of_bound']:.1f} % of the bound of the whole ({name})"
        if total["layers"]["rows"]:
            reached += f", {total['percent_of_layers']:.1f} % of those of its layers"
        return (
            f"{total['machine']}: {self.cycles:,} cycles, {total['microseconds'] / 1e3:,.3f} ms, "
            f"{energy:,.3f} mJ; {reached}"
        )

    def to_json(self) -> str:
        """One JSON object: the total, `launches`, `programs`, `host`, and the compilation."""
        launches = [
            {"program": one.program, "start": one.start, "cycles": one.simulation.cycles}
            for one in self.launches
        ]
        parts = {name: asdict(report) for name, report in self.programs.items()}
        document = {
            **self.total,
            "launches": launches,
            "host": list(self.host),
            "programs": parts,
            **self.details,
        }
        return json.dumps(document, indent=2) + "\n"

    def to_html(self) -> str:
        """One page that needs nothing else."""
        title = f"@{self.details['function']} on accel"
        body = report_facts(self.total) if len(self.programs) > 1 else ""
        for name, report in self.programs.items():
            body += f"<h1>@{escape(name)} on {escape(report.machine)}</h1>{page_body(report)}"
        body += f"<h1>The whole call</h1>{self._launch_table()}{self._layer_table()}"
        body += f"<h2>On the host</h2>{self._host_table()}"
        return whole_page(f"{title}: {self.cycles:,} cycles", body)

    def _launch_table(self) -> str:
        rows = [
            (one.program, f"{one.start:,}", f"{one.simulation.cycles:,}",
             f"{self.programs[one.program].percent_of_bound:.1f} %")
            for one in self.launches
        ]  # fmt: skip
        return table(("program", "starts at cycle", "cycles", "of its bound"), rows)

    def _layer_table(self) -> str:
        """The least cycles of the model's layers, where they are known."""
        layers = self.total["layers"]
        rows = [
            (row["layer"], ", ".join(row["ops"]), row["name"],
             *(f"{n:,.0f}" for n in (row["cycles"], row["time"], *map(row["busy"].get, BUSY))))
            for row in layers["rows"]
        ]  # fmt: skip
        if not rows:
            return ""
        head = (
            f"<h2>Least cycles of the layers, one by one: {layers['cycles']:,.0f}, "
            f"{self.total['percent_of_layers']:.1f} % of the time taken</h2>"
        )
        busy = (f"{name} busy" for name in BUSY)
        return head + table(("layer", "of", "bound", "cycles at least", "taken", *busy), rows)

    def _host_table(self) -> str:
        rows = [[str(row[key]) for key in ("op", "count", "by", "why")] for row in self.host]
        return table(("op", "count", "run by", "why"), rows)

    def to_trace(self) -> str:
        """A Chrome trace of all launches on one clock."""
        events: list[str] = []
        limit = MAX_BYTES // max(1, len(self.launches))
        for number, one in enumerate(self.launches):
            place = Place(number, f"@{one.program}", one.start)
            events += trace_events(one.simulation, limit, place)
        return trace_text(events)


def _add_times(rows: Sequence[dict[str, Any]], ops: Sequence[Mapping[str, Any]]) -> None:
    """Per layer, the cycles of the critical path and those of its engines.

    What several layers come from, such as one recurrent op, is divided as their bounds are.
    """
    shares: dict[str, float] = {}
    for row in rows:
        for op in row["ops"]:
            shares[op] = shares.get(op, 0.0) + row["cycles"]
    for row in rows:
        mine = [
            (op, row["cycles"] / max(1e-9, shares[op["op"]]))
            for op in ops
            if op["op"] in row["ops"]
        ]
        row["time"] = sum(share * op["time"] for op, share in mine)
        row["busy"] = {
            name: sum(share * op["busy"].get(name, 0) for op, share in mine) for name in BUSY
        }


def _sums(tables: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Key -> sum over the tables."""
    result: dict[str, Any] = {}
    for one in tables:
        for key, value in one.items():
            result[key] = result.get(key, 0) + value
    return result


def _most(tables: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Key -> largest value in the tables."""
    result: dict[str, int] = {}
    for one in tables:
        for key, value in one.items():
            result[key] = max(value, result.get(key, 0))
    return result


def _bound(parts: Sequence[AccelReport], known: ModelBound | None) -> dict[str, Any]:
    """The bound of the model; where it is not known, the sum of the programs' bounds, and its name
    that of what binds most of it."""
    if known is not None:
        return bound_row(known.whole, known.work.whole)
    by_name = _sums({r.bound["name"]: r.bound["cycles"]} for r in parts)
    return {
        "cycles": sum(by_name.values()),
        "name": max(by_name, key=lambda name: by_name[name], default="none"),
        "roofs": _sums(r.bound["roofs"] for r in parts),
        "distinct_bytes": sum(r.bound["distinct_bytes"] for r in parts),
    }


def _engines(parts: Sequence[AccelReport]) -> dict[str, dict[str, Any]]:
    """The accounts of all programs added up, per engine."""
    return {
        name: {
            **{key: sum(r.engines[name][key] for r in parts) for key in SUMMED},
            "wait_for": _sums(r.engines[name]["wait_for"] for r in parts),
        }
        for name in (parts[0].engines if parts else ())
    }
