"""The report: what adds up, what is written, and that the pages stand alone."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from targets.accel.gemm import Gemm, gemm_program

from dlir.targets.accel.description import load_machine
from dlir.targets.accel.program import ProgramBuilder
from dlir.targets.accel.simulator.accounts import accounts_of
from dlir.targets.accel.simulator.bounds import bound_of, work_of
from dlir.targets.accel.simulator.critical_path import critical_path
from dlir.targets.accel.simulator.occupancy import occupancy_of
from dlir.targets.accel.simulator.op_rows import op_rows
from dlir.targets.accel.simulator.report import report_of, report_program
from dlir.targets.accel.simulator.simulation import Simulation, time_program
from dlir.targets.accel.simulator.trace import trace_of
from dlir.targets.accel.simulator.traffic import distinct_bytes, traffic_of

GEMMINI = load_machine("gemmini")
SMALL = Gemm(256, 128, 256, 64, 64, 64)


@pytest.fixture(scope="module", params=[1, 2])
def gemm(request: pytest.FixtureRequest) -> Simulation:
    return time_program(gemm_program(GEMMINI, replace(SMALL, depth=request.param)))


def test_every_cycle_has_one_reason(gemm: Simulation) -> None:
    for account in accounts_of(gemm).values():
        assert account.busy + account.wait + account.wait_unit + account.idle == gemm.cycles
        assert min(account.busy, account.wait, account.wait_unit, account.idle) >= 0


def test_busy_cycles_are_the_occupied_ones(gemm: Simulation) -> None:
    ld, mx, vx, st = accounts_of(gemm).values()
    blocks, k_blocks = 4 * 2, 4
    assert ld.busy == blocks * k_blocks * (64 + 64) * 4  # rows of 64 bytes, 16 per cycle
    assert vx.busy == blocks * 64 * 4
    assert st.busy == blocks * 64 * 4
    assert SMALL.macs / 256 <= mx.busy <= SMALL.macs / 256 + 16 * blocks * k_blocks


def test_tpu_rows_sum_to_a_hundred(gemm: Simulation) -> None:
    rows = report_of(gemm).tpu_rows
    parts = ("active", "weight_stall", "weight_shift", "non_matrix")
    assert sum(rows[name] for name in parts) == pytest.approx(100)
    assert rows["useful"] + rows["unused"] == pytest.approx(rows["active"])


def test_traffic_and_reuse(gemm: Simulation) -> None:
    moved = traffic_of(gemm)
    assert moved["dram"].read == 256 * 256 * 2 + 256 * 128 * 4  # A for 2, B for 4 columns of blocks
    assert moved["dram"].written == 256 * 128
    assert moved["acc"].written == SMALL.m * SMALL.n * SMALL.k // 16 * 4
    assert distinct_bytes(gemm.streams, host=False) == 256 * 256 + 256 * 128 * 2


def test_bound_is_below_and_binds() -> None:
    g = Gemm(512, 512, 512, 128, 64, 64)
    simulation = time_program(gemm_program(GEMMINI, g))
    bound = bound_of(work_of(simulation), GEMMINI)
    assert bound.name == "compute"
    assert bound.cycles == g.macs / 256
    assert 0.99 <= bound.cycles / simulation.cycles <= 1
    slow = load_machine("gemmini", {"dma.bytes_per_cycle": "1"})
    simulation = time_program(gemm_program(slow, SMALL))
    bound = bound_of(work_of(simulation), slow)
    assert bound.name == "dram"
    assert bound.cycles == 131072 <= simulation.cycles


def test_own_extra_traffic_is_no_excuse() -> None:
    """Loading the same bytes twice makes the program slower, not the bound higher."""
    once, twice = (ProgramBuilder(GEMMINI) for _ in range(2))
    for b, count in ((once, 1), (twice, 2)):
        at = b.symbol("x", 4096, kind="temp")
        for _ in range(count):
            b.emit("ld", "ld", line=0, dram=at, rows=64, len=64, stride=64)
    first, second = (report_program(b.build()) for b in (once, twice))
    assert first.bound["roofs"]["dram"] == second.bound["roofs"]["dram"] == 256
    assert second.cycles == first.cycles + 256


def test_occupancy() -> None:
    """16 lines live from their load to the end of the LW that reads them."""
    b = ProgramBuilder(GEMMINI)
    at = b.symbol("x", 256, kind="temp")
    b.emit("ld", "ld", line=0, dram=at, rows=16, len=16, stride=16, sig=1)
    b.emit("ld", "ld", line=128, dram=at, rows=16, len=16, stride=16, sig=1)
    b.emit("mx", "lw", line=0, k=16, n=16, wait=1)
    b.emit("mx", "sync", dir="take", sem=1)
    simulation = time_program(b.build())
    live = occupancy_of(simulation, bins=simulation.cycles)["spm"]
    end = int(simulation.times[1].end[0])
    assert live[0] == live[end - 1] == 16
    assert live[end:].tolist() == [0] * (simulation.cycles - end)  # the second load is never read


def test_critical_path_has_no_holes(gemm: Simulation) -> None:
    path = critical_path(gemm)
    assert path[0].start == 0
    assert path[-1].end == gemm.cycles
    for before, after in pairwise(path):
        assert before.start <= after.start <= before.end + GEMMINI.sem_latency


def test_json_has_the_agreed_names(gemm: Simulation) -> None:
    data = json.loads(report_of(gemm).to_json())
    assert {"cycles", "bound", "percent_of_bound", "macs", "traffic", "engines", "energy",
            "area_mm2", "ops", "critical_path"} <= set(data)  # fmt: skip
    assert {"cycles", "name"} <= set(data["bound"])
    assert {"dram", "spm", "acc", "wbuf"} <= set(data["traffic"])
    assert set(data["engines"]) == {"ld", "mx", "vx", "st"}
    for engine in data["engines"].values():
        names = ("busy", "wait", "wait_unit", "idle")
        assert sum(engine[name] for name in names) == data["cycles"]
        assert sum(engine["wait_for"].values()) == engine["wait"]
    parts = [value for name, value in data["energy"].items() if name != "total_pj"]
    assert sum(parts) == pytest.approx(data["energy"]["total_pj"])
    assert data["macs"] == sum(row["macs"] for row in data["ops"]) == SMALL.macs
    assert data["ops"][0]["op"] == "matmul@gemm.mlir:1"
    for name, used in data["utilization"].items():
        busy = np.mean(used) * data["cycles"]
        assert busy == pytest.approx(data["engines"][name]["busy"], rel=0.01, abs=1)


def test_energy_by_hand() -> None:
    b = ProgramBuilder(load_machine("gemmini", {"energy.static_w": "2"}))
    b.emit("mx", "lw", line=0, k=16, n=16)
    b.emit("mx", "mm", a=0, c=0, nx=10, k=16, n=16, swap=1)
    report = report_program(b.build())
    assert report.energy["array"] == pytest.approx(10 * 256 * 0.3)
    assert report.energy["spm"] == pytest.approx((256 + 160) * 1.25 * (16 / 8) ** 0.5)
    assert report.energy["acc"] == pytest.approx(640 * 1.25 * (4 / 8) ** 0.5)
    assert report.energy["static"] == pytest.approx(2 * report.cycles * 1e-9 * 1e12)
    assert report.area_mm2 == pytest.approx(256 * 0.0013 + (256 + 64) / 1024 * 4.6)


class Page(HTMLParser):
    """Collects tags, and checks that they are balanced."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_rows_of_ops(gemm: Simulation) -> None:
    """Shares of time partition it, and no op is faster than its bound."""
    rows = op_rows(gemm, critical_path(gemm))
    assert sum(row.time for row in rows) == gemm.cycles
    assert sum(row.macs for row in rows) == SMALL.macs
    assert {row.op for row in rows} == set(gemm.origins.values())
    for row in rows:
        assert 0 <= row.start < row.end <= gemm.cycles
        assert 0 < row.percent_of_bound <= 100


def test_an_op_starts_behind_its_loads() -> None:
    """A load that runs ahead is no part of the span, unless the bound is that of the loads."""
    b = ProgramBuilder(GEMMINI)
    x = b.symbol("x", 64, kind="input")
    b.mark("ld", 1, "late")
    b.emit("ld", "ld", line=0, dram=x, rows=1, len=64, stride=64, sig=1)
    b.mark("vx", 2, "early")
    b.emit("vx", "vv", fn="fill", d=64, x=0, y=0, rows=500, ymode="imm")
    b.mark("vx", 1, "late")
    b.emit("vx", "vs", fn="copy", d=8, x=0, nx=4, wait=1)
    early, late = report_program(b.build()).ops
    assert (early["op"], early["start"], early["bound"]) == ("early", 0, "vector")
    assert late["op"] == "late" and late["start"] == early["busy"]["vx"]
    assert late["dram_bytes"] == 64 and late["busy"]["ld"] == 4
    assert early["time"] + late["time"] == report_program(b.build()).cycles


@pytest.mark.parametrize("engine", ["ld", "mx", "vx", "st"])
def test_page_accounts_for_every_engine(gemm: Simulation, engine: str) -> None:
    page = report_of(gemm).to_html()
    (row,) = re.findall(rf"<tr><td>{engine} \(.*?</tr>", page)
    *shares, total = [float(x) for x in re.findall(r">([\d.]+) %<", row)]
    assert total == 100 and sum(shares) == pytest.approx(100, abs=0.4)


def test_page_stands_alone(gemm: Simulation) -> None:
    page = report_of(gemm).to_html()
    parsed = Page()
    parsed.feed(page)
    assert parsed.open == []
    assert "svg" in parsed.seen
    assert "script" not in parsed.seen
    assert not re.search(r"(src|href)=|https?:|@import|url\(", page)
    assert "nan" not in page.lower().replace("tenant", "")


def test_page_of_an_empty_program() -> None:
    report = report_program(ProgramBuilder(GEMMINI).build())
    assert report.macs == 0
    assert "No matrix work" in report.to_html()
    json.loads(report.to_json())


def test_names_are_escaped() -> None:
    b = ProgramBuilder(GEMMINI)
    b.mark("vx", 1, "<script>alert(1)</script>")
    b.emit("vx", "vv", fn="fill", d=0, x=0, y=0, rows=4, ymode="imm")
    assert "<script>" not in report_program(b.build()).to_html()


def test_trace(gemm: Simulation) -> None:
    trace = json.loads(trace_of(gemm))["traceEvents"]
    slices = [event for event in trace if event["ph"] == "X"]
    assert {event["name"] for event in slices} == {"ld", "lw", "mm", "copy", "st"}
    assert {event["args"]["op"] for event in slices} == set(gemm.origins.values())
    for track in {event["tid"] for event in slices}:  # overlapping slices cannot be shown
        own = [(e["ts"], e["ts"] + e["dur"]) for e in slices if e["tid"] == track]
        assert all(a[1] <= b[0] + 1e-6 for a, b in pairwise(sorted(own)))
    busy = sum(event["dur"] for event in slices if event["tid"] == 0)
    assert busy == pytest.approx(accounts_of(gemm)["ld"].busy / GEMMINI.clock_mhz)
    counters = {event["name"] for event in trace if event["ph"] == "C"}
    assert counters == {"spm live", "acc live", "bus bytes per cycle"}
    threads = {event["args"]["name"] for event in trace if event.get("name") == "thread_name"}
    assert threads == {"ld", "mx", "mx load port", "vx", "st"}


def test_long_traces_are_thinned() -> None:
    simulation = time_program(gemm_program(GEMMINI, Gemm(512, 512, 512, 64, 64, 64)))
    full, thin = trace_of(simulation), trace_of(simulation, max_bytes=1_500_000)
    assert len(thin) <= 1_500_000 < len(full)
    counts = [
        event["args"].get("instructions", 1)
        for event in json.loads(thin)["traceEvents"]
        if event["ph"] == "X"
    ]
    held = sum(int((lane.occupancy > 0).sum()) for lane in simulation.lanes)
    assert sum(counts) == held
