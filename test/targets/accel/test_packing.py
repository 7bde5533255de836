"""Packed weights: the same bits, fewer bytes of DRAM, and nothing accepted that is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numeric.accel_models import Model
from numeric.accel_quantized_cases import perceptron

import dlir
from dlir.diagnostics import CompileError
from dlir.targets.accel import view
from dlir.targets.accel.assembler import assemble, disassemble
from dlir.targets.accel.description import load_machine
from dlir.targets.accel.execute import AccelExecutable
from dlir.targets.accel.packing import (
    FORMATS,
    HEAD_BYTES,
    LEAST_BLOCK,
    PackingError,
    block_bytes,
    pack,
    unpack,
)
from dlir.targets.accel.program import Program, ProgramBuilder, SymbolKind
from dlir.targets.accel.simulator.functional import run
from dlir.targets.accel.simulator.report import report_program
from dlir.targets.accel.simulator.simulation import time_program
from dlir.targets.accel.simulator.traffic import distinct_bytes, traffic_of
from dlir.targets.accel.verifier import diagnose_program, verify_program

RNG = np.random.default_rng(3)


def weights(count: int, width: int, density: float) -> Any:
    """Elements of `width` bytes, of which about so many are not zero."""
    found = RNG.integers(1, 256, (count, width)).astype(np.uint8)
    found[RNG.random(count) >= density] = 0
    return found.reshape(-1)


def pruned(rows: int, lanes: int) -> Any:
    """Two of every four rows are zero in each lane."""
    found = RNG.integers(1, 128, (-(-rows // 4), 4, lanes)).astype(np.uint8)
    np.put_along_axis(found, np.argsort(RNG.random(found.shape), axis=1)[:, :2], 0, axis=1)
    return found.reshape(-1)[: rows * lanes]


@pytest.mark.parametrize("width", [1, 2, 4])
@pytest.mark.parametrize("lanes", [4, 16, 128, 256])
@pytest.mark.parametrize("density", [0, 0.02, 0.5, 0.9, 1])
def test_nothing_is_lost(width: int, lanes: int, density: float) -> None:
    block = block_bytes(width, lanes) // width
    for count in (lanes, block - lanes, block, block + lanes, 7 * block, 7 * block + lanes):
        data = weights(count, width, density)
        for format in FORMATS:
            stored = pack(data, format, width, lanes)
            if stored is not None:
                assert len(stored) < len(data)
                np.testing.assert_array_equal(unpack(stored, len(data)), data)
        if len(data) < LEAST_BLOCK or density == 1:
            assert not any(pack(data, format, width, lanes) is not None for format in FORMATS)
        if len(data) >= 2 * block_bytes(width, lanes) and density <= 0.5:
            assert pack(data, "bitmask", width, lanes) is not None


def test_two_of_four_takes_half_and_a_mask() -> None:
    data = pruned(256, 16)
    stored = pack(data, "2:4", 1, 16)
    assert stored is not None and len(stored) == HEAD_BYTES + 4096 // 2 + 4096 // 8
    np.testing.assert_array_equal(unpack(stored, 4096), data)
    data[:48] = 1  # three in four
    assert pack(data, "2:4", 1, 16) is None


def broken() -> dict[str, Any]:
    """What is wrong -> contents of a weight of 1024 bytes."""
    bits, pairs = (pack(pruned(64, 16), f, 1, 16) for f in FORMATS)
    assert bits is not None and pairs is not None
    flipped, three, index, format, lanes = (x.copy() for x in (bits, pairs, bits, bits, bits))
    flipped[HEAD_BYTES + 16] ^= 1
    first = slice(HEAD_BYTES, HEAD_BYTES + 2)
    three[first] = np.packbits(np.roll(np.unpackbits(three[first]), 1))
    index[HEAD_BYTES] = 0
    format[0], lanes[2] = len(FORMATS), 3
    return {
        "as many as the head": bits[:-1], "are not as many": bits[:3], "does not fit": flipped,
        "two of four": three, "are not the": index, "no format": format, "no format 0 of 3": lanes,
    }  # fmt: skip


@pytest.mark.parametrize("what", broken())
def test_what_is_no_packed_weight(what: str) -> None:
    with pytest.raises(PackingError, match=what):
        unpack(broken()[what], 1024)
    b = ProgramBuilder(load_machine("gemmini", {"dma.compression": '"bitmask"'}))
    b.symbol("w", 1024, kind="packed", contents=broken()[what])
    with pytest.raises(CompileError, match=what):
        b.build()


LOADS: dict[str, dict[str, int]] = {
    "all": {"rows": 1, "len": 2048},
    "a byte": {"rows": 1, "len": 1, "at": 700},
    "across blocks": {"rows": 1, "len": 20, "at": 250},
    "strided": {"rows": 5, "len": 16, "stride": 300, "at": 3},
    "backwards": {"rows": 5, "len": 16, "stride": -300, "at": 1800},
    "a row again": {"rows": 3, "len": 48, "stride": 0, "at": 512},
}


def copying(format: str, at: int = 0, stride: int = 0, **load: int) -> Program:
    """A program that loads a part of a weight and stores it; without a format, one that is not."""
    settings = {"dma.compression": f'"{format}"'} if format else {}
    b = ProgramBuilder(load_machine("gemmini", settings))
    b.symbol("before", 100, kind="input")
    data = np.tile(np.r_[np.arange(1, 33), np.zeros(32)], 32).astype(np.uint8)
    stored = pack(data, format, 1, 16) if format else data
    kind = "packed" if format else "weight"
    w = b.symbol("w", 2048, kind=kind, contents=stored)
    size = load["rows"] * -(-load["len"] // 16) * 16
    y = b.symbol("y", size, kind="output")
    b.emit("ld", "ld", line=0, dram=w + at, stride=stride, sig=1, **load)
    b.emit("st", "st", line=0, dram=y, rows=1, len=size, wait=1)
    return b.build()


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("load", LOADS)
def test_loads_see_no_difference(load: str, format: str) -> None:
    packed, plain = copying(format, **LOADS[load]), copying("", **LOADS[load])
    verify_program(packed)
    inputs = {"before": np.zeros(100, np.uint8)}
    np.testing.assert_array_equal(run(packed, inputs)["y"], run(plain, inputs)["y"])
    for again in (
        Program.from_bytes(packed.to_bytes()),
        assemble(disassemble(packed)),
        view.program_of(view.module_of(packed)),
    ):
        assert again == packed


@pytest.mark.parametrize(
    ("load", "blocks", "pieces"),
    [("all", 8, [8]), ("a byte", 1, [1]), ("across blocks", 2, [2]), ("strided", 5, [1] * 5),
     ("a row again", 3, [1] * 3)],
)  # fmt: skip
def test_bytes_and_cycles_by_hand(load: str, blocks: int, pieces: list[int]) -> None:
    """Blocks of 256 bytes are 32 of mask, 128 that are kept, and 4 of the index."""
    for format, block, latency in (("bitmask", 164, 200), ("2:4", 160, 100)):
        simulation = time_program(copying(format, **LOADS[load]))
        moved = traffic_of(simulation)
        asked = LOADS[load]["rows"] * LOADS[load]["len"]
        assert moved["dram"].read == blocks * block
        assert moved["unpacked"].read == asked
        k = simulation.names.index("ld")
        occupied = sum(-(-n * block // 64) * 64 for n in pieces) // 16
        expanded = -(-asked // 64)
        assert simulation.lanes[k].occupancy[0] == max(occupied, expanded)
        assert simulation.times[k].end[0] == max(occupied, expanded) + latency


def test_a_slow_expander_holds_the_bus() -> None:
    program = copying("2:4", **LOADS["all"])
    slow = load_machine(
        "gemmini", {"dma.compression": '"2:4"', "dma.expand_bytes_per_cycle": "8.0"}
    )
    simulation = time_program(program, slow)
    assert simulation.lanes[simulation.names.index("ld")].occupancy[0] == 2048 // 8


def test_bytes_count_once_for_the_bound() -> None:
    simulation = time_program(copying("2:4", **LOADS["a row again"]))
    assert distinct_bytes(simulation.streams, host=False) == 160 + 144


def test_a_machine_that_does_not_expand_it_is_told() -> None:
    program = copying("2:4", **LOADS["all"])
    other = load_machine("gemmini", {"dma.compression": '"bitmask"'})
    wrong = Program(other, program.streams, program.symbols, program.data)
    (found,) = diagnose_program(wrong)
    assert found.rule == "isa-v2-packed"
    assert "packed as 2:4; gemmini expands bitmask" in found.message


def test_no_gather_reads_it() -> None:
    b = ProgramBuilder(load_machine("gemmini", {"dma.compression": '"2:4"'}))
    i = b.symbol("i", 16, kind="input")
    w = b.symbol("w", 1024, kind="packed", contents=pack(pruned(64, 16), "2:4", 1, 16))
    b.emit("ld", "ld", line=0, dram=i, rows=1, len=16)
    b.emit("ld", "ldx", line=8, idx=0, dram=w, rows=4, len=16)
    found = diagnose_program(b.build())
    assert [d.rule for d in found] == ["isa-v2-packed"] and "gathers" in found[0].message


def test_it_is_read_only() -> None:
    b = ProgramBuilder(load_machine("gemmini", {"dma.compression": '"2:4"'}))
    w = b.symbol("w", 1024, kind="packed", contents=pack(pruned(64, 16), "2:4", 1, 16))
    b.emit("ld", "ld", line=0, dram=w, rows=1, len=64, sig=1)
    b.emit("st", "st", line=0, dram=w, rows=1, len=64, wait=1)
    assert "read-only" in diagnose_program(b.build())[0].message


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"dma.compression": '"zip"'}, "there is no format 'zip'"),
     ({"dma.expand_bytes_per_cycle": "0"}, "expand_bytes_per_cycle")],
)  # fmt: skip
def test_hardware_files(settings: dict[str, str], message: str) -> None:
    with pytest.raises(CompileError, match=message):
        load_machine("gemmini", settings)
    with pytest.raises(CompileError, match=r"do not come from the host"):
        load_machine("tpu1", {"host.compression": '"2:4"'})


@pytest.mark.parametrize("format", FORMATS)
def test_a_pruned_model(format: str) -> None:
    """Two of four inputs of each output: as many bits as ever, in fewer bytes, time and energy."""
    results: dict[str, Any] = {}
    reports: dict[str, Any] = {}
    for name in ("none", format):
        model = Model()
        module = model.module(perceptron(96, 64, 64)(model))
        for key, value in model.params.items():
            if value.dtype == np.int8:
                value.reshape(-1, 4, value.shape[1])[:, 1:3] = 0
                assert key in ("w0", "w3")
        settings = {"dma.compression": f'"{name}"', "dma.bytes_per_cycle": "2.0"}
        made = dlir.compile(
            module, target="accel", machine="gemmini", settings=settings, params=model.params
        )
        assert isinstance(made, AccelExecutable)
        results[name] = made(*model.inputs)
        (program,) = made.bundle.programs.values()
        kinds = [symbol.kind for symbol in program.symbols.values()]
        assert (SymbolKind.PACKED in kinds) == (name != "none")
        reports[name] = report_program(program)
    np.testing.assert_array_equal(results["none"], results[format])
    plain, packed = reports["none"], reports[format]
    assert packed.traffic["unpacked"] == plain.traffic["dram"]
    assert packed.traffic["dram"] < 0.75 * plain.traffic["dram"]
    assert packed.cycles < plain.cycles
    assert packed.energy["dram"] == pytest.approx(
        plain.energy["dram"] * packed.traffic["dram"] / plain.traffic["dram"]
    )
    assert packed.percent_of_bound <= 100
