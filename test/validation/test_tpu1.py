"""The TPU of 2015 against its paper (Jouppi et al., ISCA 2017).

MLP0, MLP1 and CNN0 are *reconstructions*: the paper gives layers, weights and batch, not shapes.
Its own model is off its own counters by up to 11.2 % (Table 7), and rows 1 and 9 of its Table 3
disagree by as much, so nothing below 10 % would be honest for whole networks.
"""

from __future__ import annotations

import pytest
from validation.published import compare, show
from validation.tpu_programs import conv_layers, dense_layers

from dlir.targets.accel.description import load_machine
from dlir.targets.accel.program import Program
from dlir.targets.accel.simulator.report import AccelReport, report_of
from dlir.targets.accel.simulator.simulation import time_program
from dlir.targets.accel.verifier import verify_program

TPU = load_machine("tpu1")


def report(program: Program) -> AccelReport:
    """Proved, timed and reported."""
    verify_program(program)
    return report_of(time_program(program))


def test_peak_and_ridge() -> None:
    macs_per_second = TPU.peak_macs_per_cycle("i8") * TPU.clock_mhz * 1e6
    compare("peak (TOPS)", 92.0, 2 * macs_per_second / 1e12, 0.005)
    ridge = TPU.peak_macs_per_cycle("i8") / TPU.dma.bytes_per_cycle
    compare("ridge (MAC per weight byte)", 1350, ridge, 0.005)


@pytest.fixture(scope="module")
def mlp0() -> AccelReport:
    return report(dense_layers(TPU, [2000] * 6, batch=200))


def test_mlp0(mlp0: AccelReport) -> None:
    useful = 5 * 2000 * 2000 * 200
    compare("MLP0 (TOPS)", 12.3, 2 * useful / (mlp0.microseconds * 1e6), 0.12)
    show("MLP0 input stall (row 8, %)", "6.1", f"{mlp0.tpu_rows['input_stall']:.1f}")
    assert mlp0.bound["name"] == "dram"
    assert mlp0.percent_of_bound >= 90


@pytest.fixture(scope="module")
def full_tiles() -> AccelReport:
    """The same with whole tiles: 5 layers of 8 x 8."""
    return report(dense_layers(TPU, [2048] * 6, batch=200))


def test_split_of_the_matrix_part(full_tiles: AccelReport) -> None:
    """Rows 1, 4, 5 of Table 3 for MLP0, as shares of their sum: 12.7, 53.9, 15.9 of 82.5."""
    rows = full_tiles.tpu_rows
    total = rows["active"] + rows["weight_stall"] + rows["weight_shift"]
    names = ("active", "weight_stall", "weight_shift")
    for name, published in zip(names, (15.4, 65.3, 19.3), strict=True):
        ours = 100 * rows[name] / total
        show(f"MLP0 {name} without row 6 (%)", f"{published:.1f}", f"{ours:.1f}")
        assert abs(ours - published) <= 1.5


def test_cycles_per_tile(full_tiles: AccelReport) -> None:
    """Row 5 is 256 cycles per tile, so rows 1 + 4 + 5 give the cycles per tile of four apps."""
    tiles = 5 * 64
    rows = {name: share / 100 * full_tiles.cycles / tiles
            for name, share in full_tiles.tpu_rows.items()}  # fmt: skip
    compare("weight shift (cycles per tile)", 256, rows["weight_shift"], 0.01)
    ours = rows["active"] + rows["weight_stall"] + rows["weight_shift"]
    apps = {"MLP0": (12.7, 53.9, 15.9), "MLP1": (10.6, 44.2, 13.4),
            "LSTM0": (8.2, 58.1, 15.8), "LSTM1": (10.5, 62.1, 17.1)}  # fmt: skip
    for app, (active, stall, shifted) in apps.items():
        compare(
            f"{app} matrix cycles per tile", 256 / shifted * (active + stall + shifted), ours, 0.04
        )


def test_mlp1() -> None:
    """4 layers with 5M weights. Shapes are a guess; another one shows how much hangs on it."""
    r = report(dense_layers(TPU, [1250, 1000, 1250, 1000, 1250], batch=168))
    compare("MLP1 (TOPS)", 9.7, 2 * 5e6 * 168 / (r.microseconds * 1e6), 0.12)
    show("MLP1 input stall (row 8, %)", "8.8", f"{r.tpu_rows['input_stall']:.1f}")
    assert r.percent_of_bound >= 85
    square = report(dense_layers(TPU, [1120] * 5, batch=168))
    tops = 2 * 4 * 1120**2 * 168 / (square.microseconds * 1e6)
    show("MLP1 as 4 x 1120 x 1120 (TOPS)", "9.7", f"{tops:.1f}")


def test_cnn0() -> None:
    r = report(conv_layers(TPU, layers=16, side=19, batch=8, channels=256))
    weights = 16 * 9 * 256 * 256
    assert r.macs / weights == 19 * 19 * 8 == 2888  # the paper's operational intensity, exactly
    compare("CNN0 (TOPS)", 86.0, r.tops, 0.12)
    assert r.bound["name"] == "compute"
    assert r.percent_of_bound >= 94
    dynamic = (r.energy["total_pj"] - r.energy["static"]) * 1e-12 / (r.microseconds * 1e-6)
    show("CNN0 dynamic power (W)", "12 (busy - idle)", f"{dynamic:.1f}")
    assert 6 <= dynamic <= 24


@pytest.mark.parametrize(("size", "published", "steps"), [(256, 18.0, 9), (512, 32.0, 4)])
def test_600_by_600(size: int, published: float, steps: int) -> None:
    """Section 7: LSTM1's matrix takes longer on a larger array, whose tiles are emptier.

    Timed until the last row has entered the array: the way out overlaps with the next matrix.
    """
    machine = load_machine("tpu1", {"array.rows": str(size), "array.cols": str(size),
                                    "wbuf.bytes": str(4 * size * size)})  # fmt: skip
    simulation = time_program(dense_layers(machine, [600, 600], batch=96))
    loads = simulation.streams[1].is_op("lw").sum()
    assert loads == steps
    lane, times = simulation.lanes[1], simulation.times[1]
    cycles = int((times.start + lane.occupancy).max())
    compare(f"600x600 on {size}x{size} (us)", published, cycles / TPU.clock_mhz, 0.03)


def test_useful_share_of_600_by_600() -> None:
    compare("LSTM1 useful / active", 6.3 / 10.5, 600**2 / (9 * 256**2), 0.02)


def test_sensitivities_of_section_7() -> None:
    """Memory x 4 gives about 3x on the MLPs; clock x 4 gives next to nothing there."""
    program = dense_layers(TPU, [2000] * 6, batch=200)
    base = time_program(program).seconds
    memory = load_machine("tpu1", {"dma.bytes_per_cycle": str(4 * 48.57)})
    faster = base / time_program(program, memory).seconds
    show("MLP0 with memory x 4", "3 (mean)", f"{faster:.2f}")
    assert 2.4 <= faster <= 3.6
    clock = load_machine("tpu1", {"machine.clock_mhz": "2800", "dma.bytes_per_cycle": "12.1425",
                                  "host.bytes_per_cycle": "5"})  # fmt: skip
    faster = base / time_program(program, clock).seconds
    show("MLP0 with clock x 4", "about 1", f"{faster:.2f}")
    assert 0.8 <= faster <= 1.2
