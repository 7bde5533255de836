"""Every op of compiled code gives the numbers that numpy gives, for every type."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from unit.cpu_native import native

RNG = np.random.default_rng(7)


def elementwise(op: str, operands: int, inputs: str, output: str) -> str:
    """`op` on a 2x8 vector, whose last lines are one element in a second function."""
    arguments = ", ".join(f"%x{i}: memref<2x8x{inputs}>" for i in range(operands))
    loads = "\n".join(
        f"%v{i} = vector.load %x{i}[%c0, %c0] : memref<2x8x{inputs}>, vector<2x8x{inputs}>"
        for i in range(operands)
    )
    names = ", ".join(f"%v{i}" for i in range(operands))
    return f"""func.func @f({arguments}, %y: memref<2x8x{output}>) {{
      %c0 = arith.constant 0 : index
      {loads}
      %r = {op.format(v=names, t=f"vector<2x8x{inputs}>", r=f"vector<2x8x{output}>")}
      vector.store %r, %y[%c0, %c0] : memref<2x8x{output}>, vector<2x8x{output}>
      func.return
    }}"""


FLOATS = {"f32": np.float32, "f64": np.float64, "f16": np.float16, "bf16": ml_dtypes.bfloat16}
INTEGERS = {"i64": np.int64, "i32": np.int32, "i16": np.int16, "i8": np.int8}
DTYPES = {**FLOATS, **INTEGERS, "i1": np.bool_}


def sample(dtype: str) -> Any:
    if dtype == "i1":
        return RNG.integers(0, 2, (2, 8)).astype(np.bool_)
    if dtype in INTEGERS:
        info = np.iinfo(INTEGERS[dtype])
        values = RNG.integers(info.min, info.max, (2, 8), INTEGERS[dtype], endpoint=True)
        values[0, :4] = [info.min, info.max, 3, -3]
        return values
    values = RNG.standard_normal((2, 8)) * 3
    values[0, :6] = [np.nan, np.inf, -np.inf, 0.5, -1.5, 2.5]
    return values.astype(FLOATS[dtype])


def same(got: Any, want: Any) -> None:
    np.testing.assert_array_equal(got.astype(np.float64), want.astype(np.float64))


BINARY_FLOATS = {
    "arith.addf": np.add,
    "arith.subf": np.subtract,
    "arith.mulf": np.multiply,
    "arith.divf": np.divide,
    "arith.remf": np.fmod,
    "arith.maximumf": np.maximum,
    "arith.minimumf": np.minimum,
    "arith.maxnumf": np.fmax,
    "arith.minnumf": np.fmin,
    "math.copysign": np.copysign,
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("op", BINARY_FLOATS)
def test_binary_floats(op: str, dtype: str) -> None:
    a, b = sample(dtype), sample(dtype)[::-1].copy()
    y = np.zeros_like(a)
    native(elementwise(op + " {v} : {t}", 2, dtype, dtype)).call("f", a, b, y)
    same(y, BINARY_FLOATS[op](a, b))


UNARY_FLOATS = {
    "arith.negf": np.negative,
    "math.sqrt": np.sqrt,
    "math.absf": np.abs,
    "math.floor": np.floor,
    "math.ceil": np.ceil,
    "math.roundeven": np.rint,
    "math.trunc": np.trunc,
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("op", UNARY_FLOATS)
def test_unary_floats(op: str, dtype: str) -> None:
    a = sample(dtype)
    y = np.zeros_like(a)
    native(elementwise(op + " {v} : {t}", 1, dtype, dtype)).call("f", a, y)
    same(y, UNARY_FLOATS[op](a))


def unsigned(array: Any) -> Any:
    return array.view(f"u{array.itemsize}")


BINARY_INTEGERS = {
    "arith.addi": np.add,
    "arith.subi": np.subtract,
    "arith.muli": np.multiply,
    "arith.andi": np.bitwise_and,
    "arith.ori": np.bitwise_or,
    "arith.xori": np.bitwise_xor,
    "arith.maxsi": np.maximum,
    "arith.minsi": np.minimum,
    "arith.maxui": lambda a, b: np.maximum(unsigned(a), unsigned(b)).view(a.dtype),
    "arith.minui": lambda a, b: np.minimum(unsigned(a), unsigned(b)).view(a.dtype),
    "arith.floordivsi": np.floor_divide,
    "arith.ceildivsi": lambda a, b: -(a // -b),
    "arith.divsi": lambda a, b: np.trunc(a.astype(np.longdouble) / b).astype(a.dtype),
    "arith.remsi": np.fmod,
    "arith.divui": lambda a, b: (unsigned(a) // unsigned(b)).view(a.dtype),
    "arith.remui": lambda a, b: (unsigned(a) % unsigned(b)).view(a.dtype),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("op", BINARY_INTEGERS)
def test_binary_integers(op: str, dtype: str) -> None:
    a, b = sample(dtype), sample(dtype)[::-1].copy()
    if "div" in op or "rem" in op:
        smallest = np.iinfo(b.dtype).min  # whose negative the numpy form of ceildivsi needs
        b = np.where((b == 0) | (b == -1) | (b == smallest), 7, b).astype(b.dtype)
    y = np.zeros_like(a)
    native(elementwise(op + " {v} : {t}", 2, dtype, dtype)).call("f", a, b, y)
    same(y, BINARY_INTEGERS[op](a, b))


CASTS = [
    ("arith.extf", "f32", "f64"),
    ("arith.extf", "bf16", "f32"),
    ("arith.truncf", "f32", "bf16"),
    ("arith.truncf", "f64", "f16"),
    ("arith.sitofp", "i8", "f32"),
    ("arith.sitofp", "i64", "f64"),
    ("arith.extsi", "i8", "i64"),
    ("arith.trunci", "i64", "i8"),
    ("arith.bitcast", "f32", "i32"),
    ("arith.extui", "i1", "i32"),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("op", "source", "target"), CASTS)
def test_casts(op: str, source: str, target: str) -> None:
    a = sample(source)
    y = np.zeros(a.shape, DTYPES[target])
    native(elementwise(op + " {v} : {t} to {r}", 1, source, target)).call("f", a, y)
    same(y, a.view(DTYPES[target]) if "bitcast" in op else a.astype(DTYPES[target]))


@pytest.mark.parametrize(("dtype", "shifts"), [("i32", 7), ("i64", 39)])
def test_integers_are_rounded_to_bf16_once(dtype: str, shifts: int) -> None:
    """Next to ties between two numbers, where rounding to f32 first would end on the tie."""
    for shift in range(0, shifts, 3):
        unit = 1 << 16 + shift
        wholes = [unit * tie + step for tie in (405, 407, -405, -407) for step in (-1, 0, 1, 5)]
        a = np.array(wholes, DTYPES[dtype]).reshape(2, 8)
        y = np.zeros(a.shape, ml_dtypes.bfloat16)
        native(elementwise("arith.sitofp {v} : {t} to {r}", 1, dtype, "bf16")).call("f", a, y)
        exact = [round(Fraction(n, 2 * unit)) * 2.0 * unit for n in wholes]  # half to even
        same(y, np.reshape(exact, a.shape))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("source", "dtype"), [("f32", np.float32), ("f64", np.float64)])
def test_every_bf16_is_rounded_to(source: str, dtype: Any) -> None:
    """What lies on, next to and between all numbers of bf16, subnormal ones too."""
    upper = np.arange(1 << 16, dtype=np.uint32)[:, None] << 16
    below = np.array([0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF], np.uint32)
    x = (upper | below).reshape(-1).view(np.float32).astype(dtype)
    y = np.zeros(x.shape, ml_dtypes.bfloat16)
    native(f"""func.func @f(%x: memref<?x{source}>, %y: memref<?xbf16>) {{
      %c0 = arith.constant 0 : index
      %c16 = arith.constant 16 : index
      %n = memref.dim %x, %c0 : memref<?x{source}>
      scf.for %i = %c0 to %n step %c16 {{
        %v = vector.load %x[%i] : memref<?x{source}>, vector<16x{source}>
        %r = arith.truncf %v : vector<16x{source}> to vector<16xbf16>
        vector.store %r, %y[%i] : memref<?xbf16>, vector<16xbf16>
      }}
      func.return
    }}""").call("f", x, y)
    want = x.astype(np.float32).astype(ml_dtypes.bfloat16)
    number = ~np.isnan(x)
    np.testing.assert_array_equal(y.view(np.uint16)[number], want.view(np.uint16)[number])
    assert np.isnan(y[~number].astype(np.float32)).all()


@pytest.mark.parametrize("dtype", ["f32", "i32"])
def test_compare_and_select(dtype: str) -> None:
    compare = "arith.cmpf olt," if dtype == "f32" else "arith.cmpi slt,"
    a, b = sample(dtype), sample(dtype)[::-1].copy()
    y = np.zeros((2, 8), np.bool_)
    native(elementwise(compare + " {v} : {t}", 2, dtype, "i1")).call("f", a, b, y)
    same(y, a < b)


def reduction(kind: str, length: int, dtype: str) -> str:
    return f"""func.func @f(%x: memref<{length}x{dtype}>, %y: memref<1x{dtype}>) {{
      %c0 = arith.constant 0 : index
      %v = vector.load %x[%c0] : memref<{length}x{dtype}>, vector<{length}x{dtype}>
      %r = vector.reduction <{kind}>, %v : vector<{length}x{dtype}> into {dtype}
      memref.store %r, %y[%c0] : memref<1x{dtype}>
      func.return
    }}"""


@pytest.mark.parametrize("length", [1, 2, 3, 6, 16, 17, 64])
@pytest.mark.parametrize(
    ("kind", "dtype", "function"),
    [
        ("add", "f32", np.sum),
        ("mul", "f64", np.prod),
        ("maximumf", "f32", np.max),
        ("minnumf", "f32", np.nanmin),
        ("maxsi", "i32", np.max),
        ("minui", "i16", lambda x: np.min(unsigned(x)).view(np.int16)),
        ("add", "i8", lambda x: np.sum(x, dtype=np.int8)),
        ("xor", "i64", np.bitwise_xor.reduce),
    ],
)
def test_reductions(kind: str, dtype: str, function: Any, length: int) -> None:
    if dtype in FLOATS:
        x = RNG.standard_normal(length).astype(FLOATS[dtype])
    else:
        x = RNG.integers(-100, 100, length).astype(INTEGERS[dtype])
    y = np.zeros(1, x.dtype)
    native(reduction(kind, length, dtype)).call("f", x, y)
    np.testing.assert_allclose(y[0], function(x), rtol=1e-5)


def test_maximum_reduction_keeps_nan() -> None:
    kernel = native(reduction("maximumf", 17, "f32"))
    for place in range(17):
        x, y = np.arange(17, dtype=np.float32), np.zeros(1, np.float32)
        x[place] = np.nan
        kernel.call("f", x, y)
        assert np.isnan(y[0])
