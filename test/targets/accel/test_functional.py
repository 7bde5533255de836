"""What instructions compute, against numpy written out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from targets.accel.gemm import Gemm, gemm_program, reference

from dlir.diagnostics import CompileError
from dlir.dialects.accel.arithmetic import DTYPES
from dlir.dialects.dl.constants import constant
from dlir.dialects.dl.ops.quantization import QuantizeOp
from dlir.dialects.dl.semantics.quantization import quantize
from dlir.numpy_types import BFLOAT16
from dlir.requantize import requantize
from dlir.targets.accel.description import load_machine
from dlir.targets.accel.program import ProgramBuilder
from dlir.targets.accel.simulator.functional import run
from dlir.targets.accel.simulator.memories import Memories, OutOfMemory, Piece
from dlir.targets.accel.verifier import verify_program

GEMMINI = load_machine("gemmini")
RNG = np.random.default_rng(7)


@pytest.mark.parametrize("depth", [1, 2])
def test_gemm(depth: int) -> None:
    g = Gemm(128, 192, 128, 64, 64, 64, depth)
    a = RNG.integers(-6, 7, (g.m, g.k), dtype=np.int8)
    b = RNG.integers(-6, 7, (g.k, g.n), dtype=np.int8)
    out = run(gemm_program(GEMMINI, g), {"a": a, "b": b})["c"]
    np.testing.assert_array_equal(out.view(np.int8).reshape(g.m, g.n), reference(a, b))


def vector(data: np.ndarray, result: str, rows: int = 4, **values: int | str) -> np.ndarray:
    """Load rows of 16 elements to line 0, apply one VX instruction to line 512, store `rows`."""
    b = ProgramBuilder(GEMMINI)
    item, cols = data.dtype.itemsize, 16
    x = b.symbol("x", data.size * item, kind="input")
    kind = next(name for name, dtype in DTYPES.items() if dtype == data.dtype)
    size = rows * cols * DTYPES[result].itemsize
    y = b.symbol("y", size, kind="output")
    b.emit("ld", "ld", line=0, dram=x, rows=1, len=data.size * item, sig=1)
    mnemonic = "vs" if "nx" in values else "vv"
    b.emit("vx", mnemonic, d=512, x=0, dt_s=kind, dt_d=result, wait=1, sig=2,
           **({"y": 0, "rows": rows} if mnemonic == "vv" else {}) | values)  # fmt: skip
    b.emit("st", "st", line=512, dram=y, rows=1, len=size, wait=2)
    program = b.build()
    verify_program(program)
    return run(program, {"x": data})["y"].view(DTYPES[result]).reshape(rows, cols)


X32 = RNG.integers(-(2**31), 2**31, (4, 16)).astype(np.int32)
XF = RNG.standard_normal((4, 16)).astype(np.float32)


@pytest.mark.parametrize("fn", ["add", "sub", "mul", "max", "min"])
def test_binary_by_row(fn: str) -> None:
    numpy_fn = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "max": np.maximum,
                "min": np.minimum}[fn]  # fmt: skip
    got = vector(X32, "i32", fn=fn, rows=2, y=8)
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(got, numpy_fn(X32[:2], X32[2:]))


def test_one_row_for_all_and_lane_zero() -> None:
    np.testing.assert_array_equal(vector(XF, "f32", fn="mul", rows=4, ymode="all"), XF * XF[:1])
    lane = vector(XF, "f32", fn="sub", rows=4, ymode="lane")
    np.testing.assert_array_equal(lane, XF - XF[:, :1])


def test_immediates() -> None:
    np.testing.assert_array_equal(
        vector(X32, "i32", fn="shr", rows=4, ymode="imm", imm=31), np.rint(X32 / 2.0**31)
    )
    bits = int(np.array([0.5], BFLOAT16).view(np.int16)[0])
    np.testing.assert_array_equal(vector(XF, "f32", fn="mul", ymode="imm", imm=bits), XF / 2)


def test_requantisation() -> None:
    data = X32.copy()
    data[2] = RNG.integers(2**30, 2**31, 16)
    data[3] = RNG.integers(-2, 24, 16)
    got = vector(data, "i8", rows=2, fn="requant", ymode="all", y=8, imm=-3)
    np.testing.assert_array_equal(got, requantize(data[:2], data[2], data[3], -3))


@pytest.mark.parametrize("mode", ["row", "all", "lane"])
def test_quantisation(mode: str) -> None:
    """Halves go to even, no number counts as 0, and all that is too large saturates."""
    data = np.empty((4, 16), np.float32)
    data[0] = [0.0, -0.0, 0.5, 1.5, 2.5, -0.5, -1.5, 3e38, -3e38, 1e-45, 127, -128, 132, 7, 0, 0]
    data[0, -3:] = np.inf, -np.inf, np.nan
    data[1] = np.linspace(-200, 200, 16)
    data[2], data[3] = 1.0, 0.3
    bits = int(np.array(-3.0, BFLOAT16).view(np.int16))
    got = vector(data, "i8", rows=2, fn="quant", ymode=mode, y=8, imm=bits)
    scale = {"row": data[2:], "all": data[2:3], "lane": data[2:, :1]}[mode]
    op = QuantizeOp(
        constant(data[:2]).result, constant(np.float32(1)).result, constant(np.int8(-3)).result
    )
    np.testing.assert_array_equal(
        got, quantize(None, op, data[:2] / scale, np.float32(1), np.int8(-3))
    )


@pytest.mark.parametrize("fn", ["relu", "copy", "exp", "tanh", "sigmoid", "recip", "rsqrt", "gelu"])
def test_unary(fn: str) -> None:
    data = np.abs(XF) + 0.1 if fn == "rsqrt" else XF
    got = vector(data, "f32", fn=fn, nx=4)
    wide = data.astype(np.float64)
    want = {
        "relu": lambda: np.maximum(wide, 0),
        "copy": lambda: wide,
        "exp": lambda: np.exp(wide),
        "tanh": lambda: np.tanh(wide),
        "sigmoid": lambda: 1 / (1 + np.exp(-wide)),
        "recip": lambda: 1 / wide,
        "rsqrt": lambda: 1 / np.sqrt(wide),
        "gelu": lambda: None,
    }[fn]()
    if want is not None:
        np.testing.assert_array_equal(got, want.astype(np.float32))
    else:
        tanh = wide / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (wide + 0.044715 * wide**3)))
        np.testing.assert_allclose(got, tanh, atol=1e-3)


def test_reductions_of_rows_see_only_the_lanes_that_count() -> None:
    got = vector(X32 >> 8, "i32", fn="rowmax", nx=4, n=5)
    np.testing.assert_array_equal(got[:, 0], (X32 >> 8)[:, :5].max(1))
    assert not got[:, 1:].any()
    got = vector(X32 >> 8, "i32", fn="rowsum", nx=4, n=5)
    np.testing.assert_array_equal(got[:, 0], (X32 >> 8)[:, :5].sum(1))


def test_pooling_and_transposing() -> None:
    data = RNG.integers(-99, 99, (12, 16)).astype(np.int8)
    got = vector(data, "i8", rows=5, fn="maxinto", nx=3, sx=1, ny=5, sy=2)
    want = np.stack([data[2 * i : 2 * i + 3].max(0) for i in range(5)])
    np.testing.assert_array_equal(got, want)
    got = vector(data, "i8", rows=7, fn="transpose", nx=12, n=7)
    np.testing.assert_array_equal(got[:, :12], data[:, :7].T)
    assert not got[:, 12:].any()


def test_bf16_matrix_with_partial_tile_and_transposed_weights() -> None:
    k, n, m = 10, 7, 5
    a = RNG.standard_normal((m, 16)).astype(BFLOAT16)
    w = RNG.standard_normal((n, 16)).astype(BFLOAT16)
    b = ProgramBuilder(GEMMINI)
    at, wt = b.symbol("a", a.nbytes, kind="input"), b.symbol("w", w.nbytes, kind="input")
    y = b.symbol("y", m * 64, kind="output")
    b.emit("ld", "ld", line=0, dram=at, rows=m, len=32, stride=32)
    b.emit("ld", "ld", line=64, dram=wt, rows=n, len=32, stride=32, sig=1)
    b.emit("mx", "lw", line=64, step=2, k=k, n=n, dt="bf16", tr=1, wait=1)
    b.emit("mx", "mm", a=0, c=3, nx=m, sx=2, k=k, n=n, dt="bf16", swap=1)
    b.emit("mx", "mm", a=0, c=3, nx=m, sx=2, k=k, n=n, dt="bf16", acc=1, sig=2)
    b.emit("st", "st", mem="acc", line=3, dram=y, rows=m, len=64, stride=64, wait=2)
    program = b.build()
    verify_program(program)
    got = run(program, {"a": a, "w": w})["y"].view(np.float32).reshape(m, 16)[:, :n]
    want = np.zeros((m, n), np.float32)
    x, weights = a.astype(np.float32), w.astype(np.float32)
    for i in range(k):  # from the first row of the plane down, each sum rounded
        want += x[:, i : i + 1] * weights[:, i]
    np.testing.assert_array_equal(got, want + want)


def test_convolution_walk() -> None:
    """A 3x3 convolution with stride 2 over a 9x9 image of 16 channels, without im2col."""
    image = RNG.integers(-4, 5, (9, 9, 16), dtype=np.int8)
    w = RNG.integers(-4, 5, (3, 3, 16, 16), dtype=np.int8)
    b = ProgramBuilder(GEMMINI)
    at, wt = b.symbol("x", image.nbytes, kind="input"), b.symbol("w", w.nbytes, kind="input")
    y = b.symbol("y", 16 * 64, kind="output")
    b.emit("ld", "ld", line=0, dram=at, rows=81, len=16, stride=16)
    b.emit("ld", "ld", line=128, dram=wt, rows=144, len=16, stride=16, sig=1)
    for i in range(9):
        first = {"wait": 1} if i == 0 else {}
        last = {"sig": 2} if i == 8 else {}
        b.emit("mx", "lw", line=128 + 16 * i, k=16, n=16, **first)
        b.emit("mx", "mm", a=i // 3 * 9 + i % 3, c=0, nx=4, sx=2, ny=4, sy=18, k=16, n=16,
               swap=1, acc=int(i > 0), **last)  # fmt: skip
    b.emit("st", "st", mem="acc", line=0, dram=y, rows=16, len=64, stride=64, wait=2)
    program = b.build()
    verify_program(program)
    got = run(program, {"x": image, "w": w})["y"].view(np.int32).reshape(4, 4, 16)
    want = np.zeros((4, 4, 16), np.int64)
    for i in range(3):
        for j in range(3):
            want += image[i : i + 7 : 2, j : j + 7 : 2].astype(int) @ w[i, j].astype(int)
    np.testing.assert_array_equal(got, want)


def test_gather_and_padding() -> None:
    table = RNG.integers(0, 255, (9, 20), dtype=np.uint8)
    index = np.array([8, 0, 3, 3, 7], np.int32)
    b = ProgramBuilder(GEMMINI)
    t, i = b.symbol("t", table.nbytes, kind="input"), b.symbol("i", 20, kind="input")
    y = b.symbol("y", 5 * 32, kind="output")
    b.emit("vx", "vv", fn="fill", d=8, x=0, y=0, rows=10, ymode="imm", imm=-1, sig=3)
    b.emit("ld", "ld", line=0, dram=i, rows=1, len=20, wait=3)
    b.emit("ld", "ldx", line=8, idx=0, dram=t, rows=5, len=20, sig=1)
    b.emit("st", "st", line=8, dram=y, rows=5, len=32, stride=32, wait=1)
    program = b.build()
    verify_program(program)
    got = run(program, {"t": table, "i": index})["y"].reshape(5, 32)
    np.testing.assert_array_equal(got[:, :20], table[index])
    assert not got[:, 20:].any()


@pytest.mark.parametrize("index", [9, -1, 2**31 - 1])
def test_a_gather_never_leaves_its_table(index: int) -> None:
    b = ProgramBuilder(GEMMINI)
    t, i = b.symbol("t", 9 * 16, kind="input"), b.symbol("i", 64, kind="input")
    b.emit("ld", "ld", line=0, dram=i, rows=1, len=4)
    b.emit("ld", "ldx", line=8, idx=0, dram=t, rows=1, len=16)
    inputs = {"t": np.zeros(144, np.uint8), "i": np.full(16, index, np.int32)}
    with pytest.raises(CompileError, match="index"):
        run(b.build(), inputs)


def test_memories_refuse_what_is_outside() -> None:
    memories = Memories.empty(16, 8, 0, 4, [Piece("x", 64, np.zeros(32, np.uint8))])
    for address, rows, length, stride in ((63, 1, 1, 0), (64, 1, 33, 0), (64, 3, 8, 16),
                                          (80, 2, 8, -17), (0, 1, 1, 0)):  # fmt: skip
        with pytest.raises(OutOfMemory):
            memories.dram(address, rows, length, stride)
    with pytest.raises(OutOfMemory):
        memories.read_rows("spm", 7, 1, "bf16")
    with pytest.raises(OutOfMemory):
        memories.read_rows("acc", -1, 1, "i32")


def test_missing_and_wrong_inputs() -> None:
    program = gemm_program(GEMMINI, Gemm(64, 64, 64, 64, 64, 64))
    with pytest.raises(CompileError, match="needs the input 'a'"):
        run(program, {})
    with pytest.raises(CompileError, match="'a' has 4096 bytes; 3 were given"):
        run(program, {"a": np.zeros(3, np.int8), "b": np.zeros(4096, np.int8)})
