"""Several chips: results against numpy, times by hand, and what cannot be proved is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from targets.accel.naive_timing import naive_simulate
from targets.accel.rings import ROWS, SIZE, gather, inputs_of, reduce, ring

from dlir.diagnostics import CompileError
from dlir.targets.accel.cluster import Cluster
from dlir.targets.accel.description import Machine
from dlir.targets.accel.program import ProgramBuilder
from dlir.targets.accel.simulator.accounts import accounts_of
from dlir.targets.accel.simulator.channels import joint_deps
from dlir.targets.accel.simulator.cluster import ClusterSimulation, run_cluster, time_cluster
from dlir.targets.accel.simulator.cluster_report import report_cluster
from dlir.targets.accel.simulator.critical_path import critical_path
from dlir.targets.accel.simulator.functional import run
from dlir.targets.accel.simulator.network import route
from dlir.targets.accel.simulator.report import report_of
from dlir.targets.accel.simulator.simulation import time_program
from dlir.targets.accel.simulator.timing import lane_bases
from dlir.targets.accel.simulator.tokens import Run, execution_order
from dlir.targets.accel.simulator.trace import trace_of
from dlir.targets.accel.verifier import diagnose_program
from dlir.targets.accel.verifier.cluster import diagnose_cluster, verify_cluster

RING4 = ring(4)
MESSAGE = -(-ROWS * SIZE // 50)
"""Cycles of a block of int8 rows on a link."""


def gathered(inputs: list[dict[str, np.ndarray]], chip: int) -> np.ndarray:
    rows = np.concatenate([i["x"] for i in inputs]).astype(np.int64)
    return np.clip(rows @ inputs[chip]["w"].astype(np.int64), -128, 127).astype(np.int8)


def reduced(inputs: list[dict[str, np.ndarray]], chip: int) -> np.ndarray:
    parts = (i["x"].astype(np.int64) @ i["w"].astype(np.int64) for i in inputs)
    return np.sum(list(parts), axis=0).astype(np.int32)


CASES = [(gather, gathered), (reduce, reduced)]
Make = Callable[[Machine], Cluster]
Want = Callable[[list[dict[str, np.ndarray]], int], np.ndarray]


@pytest.mark.parametrize("chips", [2, 4])
@pytest.mark.parametrize(("make", "want"), CASES)
def test_results_are_those_of_numpy(make: Make, want: Want, chips: int) -> None:
    cluster = make(ring(chips))
    verify_cluster(cluster)
    inputs = inputs_of(np.random.default_rng(chips), chips)
    for chip, outputs in enumerate(run_cluster(cluster, inputs)):
        expected = want(inputs, chip)
        np.testing.assert_array_equal(outputs["y"].view(expected.dtype), expected.reshape(-1))


def timed_order(simulation: ClusterSimulation, cluster: Cluster) -> list[Run]:
    """The events of all chips in the order in which they start; ties as untimed."""
    streams = [chip.streams for chip in simulation.chips]
    untimed = execution_order(joint_deps(streams))
    events = [(k, i) for k, first, stop in untimed for i in range(first, stop)]
    starts = [t.start.tolist() for chip in simulation.chips for t in chip.times]
    return [Run(k, i, i + 1) for k, i in sorted(events, key=lambda e: starts[e[0]][e[1]])]


@pytest.mark.parametrize(("make", "want"), CASES)
def test_results_do_not_depend_on_timing(make: Make, want: Want) -> None:
    rng = np.random.default_rng(3)
    orders: set[tuple[int, ...]] = set()
    for _ in range(6):
        keys = {
            "net.bytes_per_cycle": ("0.7", "50", "4000"),
            "net.latency": ("0", "5000"),
            "dma.bytes_per_cycle": ("1", "300"),
            "machine.sem_latency": ("0", "300"),
        }
        machine = ring(4, **{key: str(rng.choice(values)) for key, values in keys.items()})
        cluster = make(machine)
        order = timed_order(time_cluster(cluster), cluster)
        orders.add(tuple(run.stream for run in order))
        inputs = inputs_of(rng, 4)
        for chip, outputs in enumerate(run_cluster(cluster, inputs, order)):
            assert outputs["y"].tobytes() == want(inputs, chip).tobytes()
    assert len(orders) > 1


# Timing


@pytest.mark.parametrize(
    ("sender", "receiver", "chips", "links"),
    [(0, 1, 2, [0]), (1, 0, 2, [2]), (0, 1, 4, [0]), (1, 0, 4, [3]), (3, 0, 4, [6]),
     (0, 2, 4, [0, 2]), (2, 0, 4, [4, 6]), (0, 3, 5, [1, 9]), (2, 2, 4, [])],
)  # fmt: skip
def test_routes(sender: int, receiver: int, chips: int, links: list[int]) -> None:
    assert route(sender, receiver, chips) == links


def builders(machine: Machine) -> list[ProgramBuilder]:
    """A builder per chip, with 16 written lines from 0 on, of which the stream nt knows."""
    result = [ProgramBuilder(machine) for _ in range(machine.net.chips)]
    for b in result:
        b.mark("vx", 3, "fill@model.py:3")
        b.mark("nt", 5, "send@model.py:5")
        b.emit("vx", "vv", fn="fill", d=0, x=0, y=0, rows=ROWS, ymode="imm", imm=1, sig=1)
        b.emit("nt", "nop", wait=1)
    return result


def cluster_of(parts: list[ProgramBuilder]) -> Cluster:
    return Cluster([b.build() for b in parts])


def nt_times(cluster: Cluster) -> list[list[int]]:
    """Per chip, the starts of what stands behind the first NOP, relative to that of chip 0."""
    chips = time_cluster(cluster).chips
    starts = [chip.times[chip.names.index("nt")].start for chip in chips]
    return [(s[1:] - starts[0][0]).tolist() for s in starts]


def test_a_message_takes_its_link_and_the_latency() -> None:
    parts = builders(ring(2))
    for _ in range(2):
        parts[0].emit("nt", "send", peer=1, line=0, lines=ROWS)
        parts[1].emit("nt", "recv", peer=0, line=64, lines=ROWS)
    send, recv = nt_times(cluster_of(parts))
    assert send[:2] == [1, 1 + MESSAGE]
    assert recv[:2] == [1 + MESSAGE + 100, 1 + 2 * MESSAGE + 100]


def test_both_directions_are_links_of_their_own() -> None:
    parts = builders(RING4)
    parts[0].emit("nt", "send", peer=1, line=0, lines=ROWS)
    parts[0].emit("nt", "send", peer=3, line=0, lines=ROWS)
    parts[1].emit("nt", "recv", peer=0, line=64, lines=ROWS)
    parts[3].emit("nt", "recv", peer=0, line=64, lines=ROWS)
    times = nt_times(cluster_of(parts))
    assert times[0][:2] == [1, 2]
    assert (times[1][0], times[3][0]) == (1 + MESSAGE + 100, 2 + MESSAGE + 100)


def test_far_messages_hold_every_link_of_their_way() -> None:
    """0 to 2 by way of 1; the message of 1 to 2, which asks one cycle later, waits for that link,
    although the first one needs it only 100 cycles later."""
    parts = builders(RING4)
    parts[0].emit("nt", "send", peer=2, line=0, lines=ROWS)
    parts[1].emit("nt", "nop")
    parts[1].emit("nt", "send", peer=2, line=0, lines=ROWS)
    parts[2].emit("nt", "recv", peer=0, line=64, lines=ROWS)
    parts[2].emit("nt", "recv", peer=1, line=96, lines=ROWS)
    cluster = cluster_of(parts)
    verify_cluster(cluster)
    times = nt_times(cluster)
    assert times[0][0] == 1
    assert times[1][1] == 1 + 100 + MESSAGE
    assert times[2][:2] == [1 + MESSAGE + 200, 1 + 100 + MESSAGE + MESSAGE + 100]


def test_all_gather_takes_a_message_per_step() -> None:
    """Each step: send, wait for the block of the neighbour, issue the next send."""
    for chips in (2, 4):
        simulation = time_cluster(gather(ring(chips)))
        nt = simulation.chips[0].times[4]
        assert nt.start[-2] - nt.start[1] == (chips - 1) * (MESSAGE + 100) + chips - 2


def test_a_slower_link_takes_longer() -> None:
    slow, fast = (
        time_cluster(gather(ring(4, **{"net.bytes_per_cycle": rate}))).cycles
        for rate in ("5", "50")
    )
    assert slow - fast == 3 * (-(-ROWS * SIZE // 5) - MESSAGE)


def test_a_wait_in_the_header_of_a_recv_is_taken_first() -> None:
    parts = builders(ring(2))
    parts[0].emit("nt", "send", peer=1, line=0, lines=ROWS)
    parts[1].emit("nt", "recv", peer=0, line=0, lines=ROWS, wait=2)
    parts[1].emit("vx", "vs", fn="copy", d=200, x=0, nx=ROWS, sig=2)
    cluster = cluster_of(parts)
    verify_cluster(cluster)
    assert run_cluster(cluster, [{}, {}]) == [{}, {}]
    late = time_cluster(cluster_of_late(500)).chips[1].times[4]
    assert late.start[2] == late.start[1] + 1, "the message was there long before the token"


def cluster_of_late(rows: int) -> Cluster:
    parts = builders(ring(2))
    parts[0].emit("nt", "send", peer=1, line=0, lines=ROWS)
    parts[1].emit("nt", "recv", peer=0, line=0, lines=ROWS, wait=2)
    parts[1].emit("vx", "vs", fn="exp", d=200, x=0, nx=rows, sx=0, dt_s="f32", dt_d="f32", sig=2)
    return cluster_of(parts)


# Reports


def test_reports_add_up() -> None:
    cluster = reduce(RING4)
    report = report_cluster(cluster)
    data = json.loads(report.to_json())
    assert data["cycles"] == max(chip["cycles"] for chip in data["chips"])
    assert data["macs"] == 4 * ROWS * SIZE * SIZE == sum(c["macs"] for c in data["chips"])
    message = ROWS * SIZE * 4
    assert data["traffic"]["net"] == 2 * 6 * message  # three to the next one, three from the last
    links = 3 + (1 + 2 + 1)
    assert report.energy["net"] == pytest.approx(links * message * 16)
    parts = [value for name, value in report.energy.items() if name != "total_pj"]
    assert sum(parts) == pytest.approx(report.energy["total_pj"])
    for chip in data["chips"]:
        for engine in chip["engines"].values():
            reasons = ("busy", "wait", "wait_unit", "idle")
            assert sum(engine[name] for name in reasons) == chip["cycles"]


def test_waiting_for_a_message_has_a_name() -> None:
    chips = time_cluster(gather(RING4)).chips
    nt = accounts_of(chips[2])["nt"]
    assert nt.wait_for["peers"] == 3 * 100
    assert nt.busy == 3 * MESSAGE
    assert critical_path(chips[2])[0].reason == "message"


def test_links_are_a_roof() -> None:
    machine = ring(4, **{"net.bytes_per_cycle": "0.5"})
    for chip in report_cluster(gather(machine)).chips:
        assert chip.bound["name"] == "net"
        assert chip.bound["cycles"] == 3 * ROWS * SIZE / 0.5 <= chip.cycles


def test_pages_and_traces_know_the_network() -> None:
    chip = time_cluster(gather(RING4)).chips[1]
    assert "peers" in report_of(chip).to_html()
    names = [event.get("name") for event in json.loads(trace_of(chip))["traceEvents"]]
    assert names.count("send") == 3


def random_cluster(rng: np.random.Generator) -> Cluster:
    """Messages in one global order, which no chip can deadlock, among other work."""
    machine = ring(int(rng.integers(2, 6)), **{"net.latency": str(rng.integers(0, 90))})
    chips = machine.net.chips
    parts = builders(machine)
    for b in parts:
        b.symbol("x", 4096, kind="input")
    for _ in range(int(rng.integers(1, 40))):
        sender, receiver = rng.choice(chips, 2, replace=False).tolist()
        lines, tag = int(rng.integers(1, ROWS + 1)), int(rng.integers(0, 2))
        parts[sender].emit("nt", "send", peer=receiver, line=0, lines=lines, tag=tag)
        parts[receiver].emit("nt", "recv", peer=sender, line=64, lines=lines, tag=tag)
        for b in parts:
            for _ in range(int(rng.integers(0, 30))):
                b.emit("nt", "nop")
            b.emit("ld", "ld", line=512, dram=0, rows=int(rng.integers(1, 4)), len=128, stride=128)
    return cluster_of(parts)


@pytest.mark.parametrize("seed", range(25))
def test_equal_to_the_plain_rules(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cluster = random_cluster(rng)
    simulation = time_cluster(cluster)
    chips = [chip.streams for chip in simulation.chips]
    lanes, deps = [lane for chip in simulation.chips for lane in chip.lanes], joint_deps(chips)
    first = np.repeat(lane_bases(deps)[:-1:5], 5).tolist()
    joint = [
        replace(lane, dep=dep, bus=lane.bus + 2 * (k // 5),
                after=np.where(lane.after < 0, -1, lane.after + first[k]))
        for k, (lane, dep) in enumerate(zip(lanes, deps, strict=True))
    ]  # fmt: skip
    routes = {
        (5 * c + 4, i): route(c, int(streams[4]["peer"][i]), len(chips))
        for c, streams in enumerate(chips)
        for i in np.flatnonzero(streams[4].is_op("send")).tolist()
    }
    machine = cluster.machine
    want = naive_simulate(joint, machine.sem_latency, routes=routes, hop=machine.net.latency)
    got = [times for chip in simulation.chips for times in chip.times]
    for times, (starts, retires) in zip(got, want, strict=True):
        np.testing.assert_array_equal(times.start, starts)
        np.testing.assert_array_equal(times.retire, retires)


def test_the_buffer_that_a_program_needs() -> None:
    parts = builders(ring(2))
    for _ in range(3):
        parts[0].emit("nt", "send", peer=1, line=0, lines=ROWS)
    for _ in range(2000):
        parts[1].emit("nt", "nop")
    for _ in range(3):
        parts[1].emit("nt", "recv", peer=0, line=64, lines=ROWS)
    assert time_cluster(cluster_of(parts)).buffered == [0, 3 * ROWS * SIZE]
    assert time_cluster(gather(ring(2))).buffered == [0, 0]


# What is refused


def check(parts: list[ProgramBuilder], rule: str, *texts: str) -> None:
    found = diagnose_cluster(cluster_of(parts))
    assert [d for d in found if d.rule == f"isa-{rule}"], found
    text = "\n".join(map(str, found))
    for part in texts:
        assert part in text, text


def test_as_many_programs_as_chips() -> None:
    program = ProgramBuilder(RING4).build()
    with pytest.raises(CompileError, match="'large128' has 4 chips; 1 programs were given"):
        Cluster([program])
    with pytest.raises(CompileError, match="at least one program"):
        Cluster([])
    with pytest.raises(CompileError, match="chip 1 is another machine than chip 0"):
        Cluster([ProgramBuilder(ring(2)).build(), ProgramBuilder(ring(3)).build()])


def test_a_program_that_runs_alone_has_no_peers() -> None:
    b = builders(ring(2))[0]
    b.emit("nt", "send", peer=1, line=0, lines=ROWS)
    program = b.build()
    (found,) = diagnose_program(program)
    assert found.rule == "isa-v2-peer"
    assert "nt instruction 2 (send), from send@model.py:5 talks to chip 1" in found.message
    for use in (time_program, lambda p: run(p, {})):
        with pytest.raises(CompileError, match=r"nt instruction 2 \(send\) talks to chip 1, but"):
            use(program)


@pytest.mark.parametrize("peer", [0, 2, 255])
def test_2_peers(peer: int) -> None:
    parts = builders(ring(2))
    parts[0].emit("nt", "send", peer=peer, line=0, lines=ROWS)
    place = "chip 0 nt instruction 2 (send), from send@model.py:5"
    check(parts, "v2-peer", f"{place} talks to chip {peer}; the others are 1")
    for use in (time_cluster, lambda c: run_cluster(c, [{}, {}])):
        with pytest.raises(CompileError, match=f"chip 0 talks to chip {peer} of 2"):
            use(cluster_of(parts))


def test_2_lines() -> None:
    parts = builders(ring(2))
    parts[1].emit("nt", "recv", peer=0, mem="acc", line=8190, lines=3)
    check(parts, "v2-address", "chip 1 nt instruction 2 (recv)", "acc rows 8190..8192")


def test_6_all_receive_first() -> None:
    parts = builders(ring(2))
    for chip, b in enumerate(parts):
        b.emit("nt", "recv", peer=1 - chip, line=64, lines=ROWS)
        b.emit("nt", "send", peer=1 - chip, line=0, lines=ROWS)
    check(parts, "v6-deadlock", "chip 0 nt instruction 2 (recv), from send@model.py:5 waits for "
          "a message of chip 1 with tag 0, which chip 1 nt instruction 3 (send)",
          "chip 1 nt instruction 2 (recv)")  # fmt: skip
    for use in (time_cluster, lambda c: run_cluster(c, [{}, {}])):
        with pytest.raises(CompileError, match="wait for each other"):
            use(cluster_of(parts))


def test_6_a_message_with_another_tag_never_comes() -> None:
    parts = builders(ring(2))
    parts[0].emit("nt", "send", peer=1, line=0, lines=ROWS, tag=1)
    parts[1].emit("nt", "recv", peer=0, line=64, lines=ROWS, tag=2)
    check(parts, "v6-deadlock", "a message of chip 0 with tag 2, which nobody sends again")


def test_7_sizes_and_leftovers() -> None:
    parts = builders(ring(2))
    for lines in (ROWS, 8):
        parts[0].emit("nt", "send", peer=1, line=0, lines=lines)
        parts[1].emit("nt", "recv", peer=0, line=64, lines=ROWS)
    check(parts, "v7-message", "chip 1 nt instruction 3 (recv), from send@model.py:5 receives 2048 "
          "bytes, but chip 0 nt instruction 3 (send), from send@model.py:5 sends 1024")  # fmt: skip
    with pytest.raises(CompileError, match="a message of 1024 bytes from chip 0 to chip 1"):
        run_cluster(cluster_of(parts), [{}, {}])
    parts = builders(ring(2))
    parts[0].emit("nt", "send", peer=1, line=0, lines=ROWS)
    check(parts, "v7-message", "chip 0 nt instruction 2 (send)", "is never received")


def test_7_accumulator_rows_may_become_lines() -> None:
    parts = builders(ring(2))
    parts[0].emit("nt", "send", peer=1, line=0, lines=ROWS)
    parts[1].emit("nt", "recv", peer=0, mem="acc", line=0, lines=ROWS // 4)
    assert diagnose_cluster(cluster_of(parts)) == []


def test_8_a_message_over_lines_in_use() -> None:
    parts = builders(ring(2))
    parts[0].emit("nt", "send", peer=1, line=0, lines=ROWS)
    parts[1].emit("nt", "recv", peer=0, line=200, lines=ROWS)
    parts[1].emit("vx", "vs", fn="copy", d=300, x=208, nx=1)
    check(parts, "v8-race", "chip 1 ", "line 208", "(recv), from send@model.py:5", "(vs)")


def test_8_lines_are_free_again_when_the_message_is_there() -> None:
    """The sender's own signal, or any answer, shows that the message has left."""
    for ordered in (True, False):
        parts = builders(ring(2))
        signal = {"sig": 2} if ordered else {}
        parts[0].emit("nt", "send", peer=1, line=0, lines=ROWS)
        parts[0].emit("nt", "recv", peer=1, line=64, lines=1, **signal)
        parts[1].emit("nt", "recv", peer=0, line=64, lines=ROWS)
        parts[1].emit("nt", "send", peer=0, line=0, lines=1)
        wait = {"wait": 2} if ordered else {}
        parts[0].emit("vx", "vv", fn="fill", d=0, x=0, y=0, rows=1, ymode="imm", **wait)
        if ordered:
            assert diagnose_cluster(cluster_of(parts)) == []
        else:
            check(parts, "v8-race", "chip 0 ", "spm line 0")


def test_9_sending_what_nobody_wrote() -> None:
    parts = builders(ring(2))
    parts[0].emit("nt", "send", peer=1, line=99, lines=2)
    parts[1].emit("nt", "recv", peer=0, line=64, lines=2)
    check(parts, "v9-unwritten", "chip 0 nt instruction 2 (send)", "spm lines 99..100")


def test_11_accumulators_of_every_chip() -> None:
    parts = builders(ring(2))
    b = parts[1]
    b.emit("vx", "vv", fn="fill", d=512, x=0, y=0, rows=SIZE, ymode="imm", sig=4)
    b.emit("mx", "lw", line=512, k=SIZE, n=SIZE, wait=4)
    b.emit("mx", "mm", a=512, c=0, k=SIZE, n=SIZE, swap=1)
    b.emit("mx", "loop", count=1 << 10)
    b.emit("mx", "mm", a=512, c=0, k=SIZE, n=SIZE, acc=1)
    b.emit("mx", "endl")
    check(parts, "v11-accumulator", "chip 1 mx instruction 3 (mm)", "131072 products")
