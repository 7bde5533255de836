"""Every check of the verifier has a program that fails it, and a message that names the place."""

from __future__ import annotations

import time

import numpy as np
import pytest
from targets.accel.gemm import Gemm, gemm_program

from dlir.diagnostics import CompileError
from dlir.targets.accel.assembler import assemble, disassemble
from dlir.targets.accel.description import load_machine
from dlir.targets.accel.program import Program, ProgramBuilder, Stream
from dlir.targets.accel.verifier import diagnose_program, verify_program

GEMMINI = load_machine("gemmini")


def builder() -> ProgramBuilder:
    """Symbols x (256 bytes in), w (256 bytes, weight), y (256 bytes out), and marks."""
    b = ProgramBuilder(GEMMINI)
    b.symbol("x", 256, kind="input")
    b.symbol("w", 256, kind="weight", contents=np.zeros(256, np.int8))
    b.symbol("y", 256, kind="output")
    for tag, stream in enumerate(GEMMINI.streams, 1):
        b.mark(stream, tag, f"{stream}-part@model.py:{tag}")
    return b


X, W, Y = 0, 256, 512
"""Addresses of the symbols."""


def tile(b: ProgramBuilder, **more: int) -> None:
    """Load a tile of weights to line 0, signalling s1, and take it into the plane."""
    b.emit("ld", "ld", line=0, dram=W, rows=16, len=16, stride=16, sig=1)
    b.emit("mx", "lw", **{"line": 0, "k": 16, "n": 16, "wait": 1, **more})


def check(b: ProgramBuilder | Program, rule: str, *parts: str) -> None:
    """The program is refused for `rule`, and the message contains the parts."""
    program = b if isinstance(b, Program) else b.build()
    found = diagnose_program(program)
    assert [d for d in found if d.rule == f"isa-{rule}"], found
    text = "\n".join(map(str, found))
    for part in parts:
        assert part in text, text


@pytest.mark.parametrize("depth", [1, 2])
def test_a_good_program_passes(depth: int) -> None:
    verify_program(gemm_program(GEMMINI, Gemm(128, 128, 128, 64, 64, 64, depth)))


def test_1_reserved_bits() -> None:
    program = builder().build()
    words = program.streams["vx"].words.copy()
    words[1, 1] |= np.uint64(1 << 60)
    broken = Program(GEMMINI, {**program.streams, "vx": Stream("vx", words)}, program.symbols,
                     program.data, program.debug)  # fmt: skip
    place = "vx instruction 1 (halt), from vx-part@model.py:3"
    check(broken, "v1-encoding", f"{place}: reserved bit 124 of halt is 1")


def test_1_instruction_of_another_stream() -> None:
    program = gemm_program(GEMMINI, Gemm(64, 64, 64, 64, 64, 64))
    words = program.streams["mx"].words
    broken = Program(GEMMINI, {**program.streams, "vx": Stream("vx", words)}, program.symbols)
    check(broken, "v1-encoding", "no instruction of stream 'vx'")


def test_1_halt_is_missing() -> None:
    place = "ld instruction 0 (mark)"
    check(builder().build(halt=False), "v1-halt", "stream 'ld'", f"there is none behind {place}")
    b = builder()
    b.emit("mx", "halt")
    b.emit("mx", "nop")
    check(b, "v1-halt", "the first is mx instruction 1 (halt), from mx-part@model.py:2")


def test_2_line_outside_of_memory() -> None:
    b = builder()
    b.emit("ld", "ld", line=16380, dram=X, rows=16, len=16, stride=16)
    place = "ld instruction 1 (ld), from ld-part@model.py:1"
    check(b, "v2-address", place, "spm lines 16380..16395", "spm has 16384")


def test_2_address_by_register() -> None:
    b = builder()
    b.emit("ld", "loop", count=4)
    b.emit("ld", "ld", line=0, ar_l=1, dram=X, rows=16, len=16, stride=16)
    b.emit("ld", "aadd", ar=1, imm=-1)
    b.emit("ld", "endl")
    check(b, "v2-address", "spm lines -1..14")


def test_2_outside_of_symbols() -> None:
    b = builder()
    b.emit("ld", "ld", line=0, dram=Y, rows=17, len=16, stride=16)
    check(b, "v2-address", "dram bytes 512..783", "'y' is 512..767")


def test_2_weights_are_read_only() -> None:
    b = builder()
    b.emit("vx", "vv", fn="fill", d=0, x=0, y=0, rows=16, ymode="imm", sig=1)
    b.emit("st", "st", line=0, dram=W, rows=16, len=16, stride=16, wait=1)
    check(b, "v2-address", "stores to 'w', read-only")


def test_3_type_and_tile() -> None:
    machine = load_machine("gemmini", {"array.types": '["i8"]', "array.rate": "{ i8 = 1 }"})
    b = ProgramBuilder(machine)
    b.emit("mx", "lw", line=0, k=16, n=16, dt="bf16")
    check(b, "v3-type", "mx instruction 0 (lw)", "computes in bf16")
    b = ProgramBuilder(machine)
    b.emit("mx", "lw", line=0, k=17, n=16)
    check(b, "v3-tile", "17 x 16", "16 x 16")


@pytest.mark.parametrize("opener", ["loop", "endl"])
def test_4_loops(opener: str) -> None:
    b = builder()
    b.emit("mx", opener, **({"count": 2} if opener == "loop" else {}))
    check(b, "loops", f"mx instruction 1 ({opener}), from mx-part@model.py:2")


def test_4_nesting_and_size() -> None:
    b = builder()
    for _ in range(5):
        b.emit("mx", "loop", count=2)
    for _ in range(5):
        b.emit("mx", "endl")
    check(b, "loops", "mx instruction 5 (loop), from mx-part@model.py:2: loops nest 5 deep")
    b = builder()
    for _ in range(3):
        b.emit("mx", "loop", count=1 << 20)
    b.emit("mx", "nop")
    for _ in range(3):
        b.emit("mx", "endl")
    check(b, "loops", "mx instruction 1 (loop), from mx-part@model.py:2: the loops make")


def test_5_two_producers_and_two_consumers() -> None:
    b = builder()
    b.emit("ld", "sync", dir="give", sem=3)
    b.emit("st", "sync", dir="give", sem=3)
    b.emit("mx", "sync", dir="take", sem=3, count=2)
    check(b, "v5-semaphore", "s3 is signalled by 2 streams", "ld instruction 1", "st instruction 1")
    b = builder()
    b.emit("ld", "sync", dir="give", sem=3, count=2)
    b.emit("mx", "sync", dir="take", sem=3)
    b.emit("vx", "sync", dir="take", sem=3)
    check(b, "v5-semaphore", "s3 is awaited by 2 streams")


def test_6_deadlock_prints_the_cycle() -> None:
    b = builder()
    b.emit("ld", "sync", dir="take", sem=2)
    b.emit("ld", "sync", dir="give", sem=1)
    b.emit("mx", "sync", dir="take", sem=1)
    b.emit("mx", "sync", dir="give", sem=2)
    b.emit("vx", "nop")
    check(b, "v6-deadlock", "ld instruction 1 (sync), from ld-part@model.py:1 waits for s2",
          "which mx instruction 2 (sync), from mx-part@model.py:2 signals", "mx instruction 1",
          "waits for s1")  # fmt: skip


def test_6_a_token_that_never_comes() -> None:
    b = builder()
    b.emit("mx", "sync", dir="take", sem=9)
    check(b, "v6-deadlock", "mx instruction 1", "waits for s9, which nobody signals")


def test_7_leaked_tokens() -> None:
    b = builder()
    b.emit("ld", "sync", dir="give", sem=1, count=3)
    b.emit("mx", "sync", dir="take", sem=1, count=2)
    check(b, "v7-tokens", "s1 is signalled 3 times and awaited 2 times", "ld instruction 1")


def test_7_too_many_tokens() -> None:
    b = builder()
    for _ in range(2):
        b.emit("ld", "sync", dir="give", sem=1, count=40_000)
        b.emit("mx", "sync", dir="take", sem=1, count=40_000)
    check(b, "v7-tokens", "can reach 80000")
    b = builder()  # the same with an acknowledgement between
    for _ in range(2):
        b.emit("ld", "sync", dir="give", sem=1, count=40_000)
        b.emit("mx", "sync", dir="take", sem=1, count=40_000)
        b.emit("mx", "sync", dir="give", sem=2)
        b.emit("ld", "sync", dir="take", sem=2)
    assert diagnose_program(b.build()) == []


def test_8_race_on_a_line() -> None:
    b = builder()
    b.emit("ld", "ld", line=0, dram=X, rows=16, len=16, stride=16)
    b.emit("vx", "vv", fn="fill", d=8, x=0, y=0, rows=4, ymode="imm")
    check(b, "v8-race", "vx instruction 1 (vv), from vx-part@model.py:3 writes spm line 8",
          "ld instruction 1 (ld), from ld-part@model.py:1 writes", "no semaphore")  # fmt: skip


def test_8_reuse_before_the_reader_is_done() -> None:
    """The second load overwrites weights that the array may still be taking."""
    b = builder()
    tile(b)
    b.emit("ld", "ld", line=0, dram=W, rows=16, len=16, stride=16)
    check(b, "v8-race", "ld instruction 2", "mx instruction 1 (lw)")


def test_8_strided_walks_that_interleave_do_not_race() -> None:
    """Even lines belong to one engine, odd lines to the other."""
    b = builder()
    b.emit("ld", "ld", line=0, dram=W, rows=16, len=16, stride=16)
    b.emit("ld", "ld", line=32, dram=X, rows=16, len=16, stride=16, sig=1)
    b.emit("mx", "lw", line=0, k=16, n=16, wait=1)
    b.emit("mx", "mm", a=32, c=0, nx=8, sx=2, k=16, n=16, swap=1, sig=2)
    b.emit("vx", "vv", fn="fill", d=33, x=0, y=0, rows=1, ymode="imm", wait=2)
    assert diagnose_program(b.build()) == []


def test_8_race_in_dram() -> None:
    b = ProgramBuilder(GEMMINI)
    spill = b.symbol("spill", 256)
    b.emit("vx", "vv", fn="fill", d=0, x=0, y=0, rows=16, ymode="imm", sig=1)
    b.emit("st", "st", line=0, dram=spill, rows=16, len=8, stride=16, wait=1)
    b.emit("ld", "ld", line=16, dram=spill + 8, rows=16, len=8, stride=16)
    assert diagnose_program(b.build()) == []  # the other half of every row
    b.emit("ld", "ld", line=16, dram=spill + 16, rows=1, len=8, stride=16)
    check(b, "v8-race", "dram bytes 16..23")


@pytest.mark.parametrize("ordered", [False, True])
def test_8_a_gather_from_what_is_stored(ordered: bool) -> None:
    """Which row it reads is data, so any store to its table must be over."""
    b = builder()
    spill = b.symbol("spill", 256)
    b.emit("vx", "vv", fn="fill", d=0, x=0, y=0, rows=16, ymode="imm", sig=1)
    b.emit("st", "st", line=0, dram=spill + 128, rows=8, len=16, stride=16, wait=1,
           sig=2 * ordered)  # fmt: skip
    b.emit("ld", "ld", line=64, dram=X, rows=1, len=16)
    b.emit("ld", "ldx", line=65, idx=64, dram=spill, rows=4, len=16, wait=2 * ordered)
    if ordered:
        assert diagnose_program(b.build()) == []
    else:
        check(b, "v8-race", "ld instruction 2 (ldx), from ld-part@model.py:1 gathers rows of ",
              "'spill', to which st instruction 1 (st), from st-part@model.py:4")  # fmt: skip


def test_8_a_store_behind_a_gather() -> None:
    """A store of what was computed from the gathered rows is ordered; one that is not, races."""
    b = builder()
    spill = b.symbol("spill", 256)
    b.emit("ld", "ld", line=64, dram=X, rows=1, len=16)
    b.emit("ld", "ldx", line=65, idx=64, dram=spill, rows=4, len=16, sig=1)
    b.emit("st", "st", line=65, dram=spill, rows=4, len=16, stride=16, wait=1)
    assert diagnose_program(b.build()) == []
    b.emit("ld", "ldx", line=80, idx=64, dram=spill, rows=4, len=16)
    check(b, "v8-race", "ld instruction 3 (ldx)", "st instruction 1 (st)")


def test_9_read_of_what_was_never_written() -> None:
    b = builder()
    tile(b)
    b.emit("mx", "mm", a=100, c=0, nx=4, k=16, n=16, swap=1)
    check(
        b, "v9-unwritten", "mx instruction 2 (mm), from mx-part@model.py:2 reads spm lines 100..103"
    )


def test_9_accumulating_onto_nothing() -> None:
    b = builder()
    tile(b)
    b.emit("mx", "mm", a=0, c=5, nx=1, k=16, n=16, swap=1, acc=1)
    check(b, "v9-unwritten", "acc row 5")


def test_10_planes() -> None:
    b = builder()
    tile(b)
    b.emit("mx", "mm", a=0, c=0, k=16, n=16)
    check(b, "v10-plane", "mx instruction 2 (mm)", "a plane that no lw has filled")
    b = builder()
    tile(b, n=8)
    b.emit("mx", "mm", a=0, c=0, k=16, n=16, swap=1)
    check(b, "v10-plane", "uses 16 x 16 i8", "filled with 16 x 8 i8")
    b = builder()
    tile(b)
    b.emit("mx", "lw", line=0, k=16, n=16)
    check(b, "v10-plane", "mx instruction 2 (lw)", "overwrites", "mx instruction 1")


def accumulating(depth: int) -> Program:
    """One accumulator row that sums `depth` products."""
    b = builder()
    tile(b)
    b.emit("mx", "mm", a=0, c=0, k=16, n=16, swap=1)
    b.emit("mx", "loop", count=depth // 16 - 1)
    b.emit("mx", "mm", a=0, c=0, k=16, n=16, acc=1)
    b.emit("mx", "endl")
    return b.build()


def test_11_accumulators() -> None:
    assert diagnose_program(accumulating(131_056)) == []
    check(accumulating(131_072), "v11-accumulator", "131072 products", "acc row 0", "131071")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"fn": "shr", "ymode": "imm", "imm": 1, "dt_s": "f32"}, "integers only"),
        ({"fn": "shr", "ymode": "imm", "imm": 32}, "shifts beyond 0..31"),
        ({"fn": "requant", "ymode": "all", "dt_s": "i32", "imm": 128}, "zero point"),
        ({"fn": "requant", "ymode": "row", "dt_s": "i32"}, "two rows"),
        ({"fn": "requant", "ymode": "all", "dt_s": "i8"}, "i32 only"),
        ({"fn": "quant", "ymode": "all", "dt_s": "i32"}, "floats only"),
        ({"fn": "quant", "ymode": "imm", "dt_s": "f32"}, "no scale"),
        ({"fn": "quant", "ymode": "all", "dt_s": "f32", "imm": 0x4300}, "zero point"),  # 128
        ({"fn": "quant", "ymode": "all", "dt_s": "f32", "imm": 0x3F00}, "zero point"),  # 0.5
    ],
)
def test_11_functions(values: dict[str, int | str], message: str) -> None:
    b = builder()
    b.emit("vx", "vv", d=0, x=0, y=0, **values)
    check(b, "v11-function", "vx instruction 1 (vv)", message)


def test_13_text_and_binary_are_the_same_program() -> None:
    program = gemm_program(GEMMINI, Gemm(128, 128, 128, 64, 64, 64))
    text = disassemble(program)
    assert assemble(text).to_bytes() == program.to_bytes()
    assert disassemble(Program.from_bytes(program.to_bytes())) == text


def test_verifying_is_bounded() -> None:
    """Many events over large parts of memory are refused at once, not checked for hours."""
    b = builder()
    b.emit("vx", "loop", count=1 << 20)
    b.emit("vx", "vs", fn="copy", d=0, x=0, nx=4096, dt_s="i8", dt_d="i8")
    b.emit("vx", "endl")
    begin = time.perf_counter()
    check(b, "v4-size", "lines", "vx instruction 2 (vs), from vx-part@model.py:3")
    assert time.perf_counter() - begin < 10


def test_errors_are_raised_together() -> None:
    b = builder()
    for line in (16380, 16381):
        b.emit("ld", "ld", line=line, dram=X, rows=16, len=16, stride=16)
    with pytest.raises(CompileError) as caught:
        verify_program(b.build())
    assert len(caught.value.diagnostics) == 2
