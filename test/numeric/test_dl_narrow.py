"""Narrow element types: what every code stands for, and the one rounding to them, on ref and cpu.

The oracle of roundings is a table of all codes, searched with exact arithmetic.
"""

from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numeric.dl_meaning import value
from xdsl.dialects.builtin import f16, f32, f64, i8, i32

import dlir
from dlir.diagnostics import CompileError, RuleViolation
from dlir.dialects.dl.attrs import NARROW, ui8
from dlir.dialects.dl.constants import ELEMENTS, constant, constant_array
from dlir.dialects.dl.ops import activation as act
from dlir.dialects.dl.ops import binary as b
from dlir.inputs import read_input
from dlir.numpy_types import dtype_of, type_name
from dlir.outputs import value_text
from dlir.params import Weights, write_weights

POWERS = "f8E8M0FNU"
"""It has neither a sign nor a zero; test_number_formats.py is about it."""
FLOATS = [str(t) for t in NARROW.types if str(t).startswith("f") and str(t) != POWERS]
INTEGERS = [str(t) for t in NARROW.types if "i" in str(t)]
BY_NAME = {str(t): t for t in [*ELEMENTS.values(), *NARROW.types]}
TARGETS = ("ref", "cpu")


def casted(x: Any, *elements: str, target: str) -> Any:
    """x through casts to each of the types."""
    source = type_name(x[:0]).removeprefix("0x")
    lines, name = [], source
    for number, element in enumerate(elements):
        given = "%x" if number == 0 else f"%{number - 1}"
        lines.append(f"%{number} = dl.cast {given} : tensor<?x{name}> -> tensor<?x{element}>")
        name = element
    body = "\n  ".join(lines)
    text = f"""func.func @main(%x: tensor<?x{source}>) -> tensor<?x{name}> {{
  {body}
  func.return %{len(elements) - 1} : tensor<?x{name}>
}}"""
    return dlir.compile(text, target=target, cache=False)(x)


def codes(dtype: Any) -> Any:
    """All codes of a narrow type."""
    bits = int(ml_dtypes.finfo(dtype).bits)
    return np.arange(2**bits, dtype=np.uint8).view(dtype)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("wide", ["f32", "f64", "f16", "bf16"])
def test_every_code_is_the_number_it_stands_for(name: str, wide: str, target: str) -> None:
    x = codes(dtype_of(BY_NAME[name]))
    got = casted(x, wide, target=target)
    want = x.astype(np.float64)
    assert got.dtype == dtype_of(BY_NAME[wide])
    np.testing.assert_array_equal(got.astype(np.float64), want)
    number = ~np.isnan(want)
    np.testing.assert_array_equal(np.signbit(got)[number], np.signbit(want)[number])


FINITE = {"float4_e2m1fn": 6.0, "float6_e2m3fn": 7.5, "float6_e3m2fn": 28.0}
"""The last number of types in which every code is one."""
WITH_INFINITY = ("float8_e5m2", "float8_e4m3", "float8_e3m4")


class Table:
    """The numbers >= 0 of a narrow type, in order, and the code that is next to each number."""

    def __init__(self, dtype: Any):
        self.dtype = np.dtype(dtype)
        every = codes(dtype)
        numbers = every.astype(np.float64)
        kept = np.isfinite(numbers) & ~np.signbit(numbers)
        self.numbers = [Fraction(float(n)) for n in numbers[kept]]
        self.codes = every.view(np.uint8)[kept].tolist()
        assert self.numbers == sorted(self.numbers)

    def nearest(self, x: float) -> float:
        """The number next to x, of two the one with the even code; what is beyond the last."""
        size = Fraction(abs(x))
        step = self.numbers[-1] - self.numbers[-2]
        end = self.numbers[-1] + step / 2
        if size > end or (size == end and self.codes[-1] % 2):
            return float(np.copysign(self.beyond(), x))
        distances = [abs(size - n) for n in self.numbers]
        best = min(distances)
        places = [i for i, distance in enumerate(distances) if distance == best]
        chosen = next((i for i in places if self.codes[i] % 2 == 0), places[0])
        return float(np.copysign(float(self.numbers[chosen]), x))

    def beyond(self) -> float:
        if self.dtype.name in FINITE:
            return float(self.numbers[-1])
        return np.inf if self.dtype.name in WITH_INFINITY else np.nan


def samples(table: Table, dtype: Any, rng: np.random.Generator) -> Any:
    """Numbers, halves between them, their neighbours in the wide type, and others."""
    exact = np.array([float(n) for n in table.numbers])
    halves = (exact[1:] + exact[:-1]) / 2
    last = exact[-1] + (exact[-1] - exact[-2]) / 2
    points = np.concatenate([exact, halves, [last, 1e-12, 1e4, 6e4]]).astype(dtype)
    if dtype is not ml_dtypes.bfloat16:
        near = [np.nextafter(points, dtype(direction)) for direction in (-np.inf, np.inf)]
        points = np.concatenate([points, *near])
    x = np.concatenate(
        [points, (rng.normal(size=200) * np.exp2(rng.integers(-12, 12, 200))).astype(dtype)]
    )
    return np.concatenate([x, -x])


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("wide", [np.float32, np.float64, np.float16, ml_dtypes.bfloat16])
def test_roundings(name: str, wide: Any) -> None:
    table = Table(dtype_of(BY_NAME[name]))
    x = samples(table, wide, np.random.default_rng(0))
    x = x[np.abs(x.astype(np.float64)) < 1e30]
    want = np.array([table.nearest(float(n)) for n in x])
    has_negative_zero = "UZ" not in name
    for target in TARGETS:
        got = casted(x, name, target=target)
        assert got.dtype == table.dtype
        number = got.astype(np.float64)
        np.testing.assert_array_equal(number, want)
        if has_negative_zero:
            sure = ~np.isnan(want)
            np.testing.assert_array_equal(np.signbit(number)[sure], np.signbit(want)[sure])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", FLOATS)
def test_what_is_no_number(name: str, target: str) -> None:
    x = np.array([np.nan, np.inf, -np.inf, 1e38], np.float32)
    dtype = dtype_of(BY_NAME[name]).name
    if dtype in FINITE:
        want = [0, FINITE[dtype], -FINITE[dtype], FINITE[dtype]]
    else:
        has = dtype in WITH_INFINITY
        want = [np.nan, np.inf, -np.inf, np.inf] if has else [np.nan] * 4
    np.testing.assert_array_equal(casted(x, name, target=target).astype(np.float32), want)


@pytest.mark.parametrize("target", ["ref", pytest.param("cpu", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", FLOATS)
def test_integers_to_narrow_floats(name: str, target: str) -> None:
    table = Table(dtype_of(BY_NAME[name]))
    for dtype, numbers in {
        np.int8: range(-128, 128),
        np.uint16: range(0, 65536, 7),
        np.int32: [*range(-40000, 40000, 11), -(2**31), 2**31 - 1],
        np.int64: [0, 1, -1, 5, 2**62, -(2**62), 2**53 + 1],
    }.items():
        x = np.array(numbers, dtype)
        got = casted(x, name, target=target).astype(np.float64)
        np.testing.assert_array_equal(got, [table.nearest(int(n)) for n in x])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", INTEGERS)
def test_narrow_integers(name: str, target: str) -> None:
    limits = ml_dtypes.iinfo(dtype_of(BY_NAME[name]))
    low, high = int(limits.min), int(limits.max)
    every = np.arange(low, high + 1)
    for wide in ("i8", "ui8", "i32", "ui64", "f32", "f16"):
        if wide[0] == "u" and low < 0:
            continue
        x = every.astype(dtype_of(BY_NAME[wide]))
        there = casted(x, name, target=target)
        assert there.dtype == dtype_of(BY_NAME[name])
        np.testing.assert_array_equal(there.astype(np.int64), every)
        np.testing.assert_array_equal(casted(there, wide, target=target), x, strict=True)
    wrapped = casted(np.arange(-40, 40, dtype=np.int32), name, target=target).astype(np.int64)
    np.testing.assert_array_equal(wrapped, (np.arange(-40, 40) - low) % (high - low + 1) + low)
    reals = np.array([1.9, -1.9, 100, -100, np.nan, np.inf, -np.inf], np.float32)
    saturated = casted(reals, name, target=target).astype(np.int64)
    expected = [1, max(-1, low), high, low, 0, high, low]
    np.testing.assert_array_equal(saturated, expected)
    truth = casted(there, "i1", target=target)
    np.testing.assert_array_equal(truth, every != 0)


@pytest.mark.parametrize("name", [*FLOATS, *INTEGERS])
def test_movement_constants_and_text(name: str) -> None:
    """Narrow numbers pass every border unchanged."""
    dtype = dtype_of(BY_NAME[name])
    x = np.array([[0, 1, 1], [1, 0, 1]]).astype(dtype)
    np.testing.assert_array_equal(constant_array(constant(x)), x)
    text = f"""func.func @main(%x: tensor<?x3x{name}>, %i: tensor<2xi64>) -> tensor<5x3x{name}> {{
  %c = dl.constant dense<1{".0" if name in FLOATS else ""}> : tensor<1x3x{name}>
  %t = dl.transpose %x {{perm = [1, 0]}} : tensor<?x3x{name}> -> tensor<3x?x{name}>
  %g = dl.gather %t, %i {{axis = 0}} : (tensor<3x?x{name}>, tensor<2xi64>) -> tensor<2x?x{name}>
  %s = dl.slice %x {{offsets = [1, 0], strides = [-1, 1]}}
      : tensor<?x3x{name}> -> tensor<2x3x{name}>
  %r = dl.reshape %s : tensor<2x3x{name}> -> tensor<2x3x{name}>
  %y = dl.concat %x, %c, %r {{axis = 0}}
      : (tensor<?x3x{name}>, tensor<1x3x{name}>, tensor<2x3x{name}>) -> tensor<5x3x{name}>
  func.return %y : tensor<5x3x{name}>
}}"""
    want = np.concatenate([x, np.ones((1, 3)).astype(dtype), x[::-1]])
    for target in TARGETS:
        got = dlir.compile(text, target=target, cache=False)(x, np.array([2, 0]))
        assert got.dtype == dtype
        np.testing.assert_array_equal(got.view(np.uint8), want.view(np.uint8))
    np.testing.assert_array_equal(read_input(f"2x3x{name}=0,1,1,1,0,1"), x)
    assert value_text(x).startswith(f"2x3x{name} = [[0")


def test_weights(tmp_path: Any) -> None:
    """Files of weights have three of the types."""
    for dtype in (ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2, ml_dtypes.float8_e8m0fnu):
        x = codes(dtype)
        write_weights(tmp_path / "w.safetensors", {"w": x})
        read = Weights(tmp_path / "w.safetensors")["w"]
        assert read.dtype == x.dtype and read.tobytes() == x.tobytes()
    with pytest.raises(CompileError, match='weight "w": files of weights have no type 2xi4'):
        write_weights(tmp_path / "w.safetensors", {"w": np.zeros(2, ml_dtypes.int4)})


def test_nothing_is_computed_in_them() -> None:
    x = value(np.zeros(2, ml_dtypes.float8_e4m3fn))
    for make in (lambda: b.AddOp(x, x), lambda: act.ReluOp(x), lambda: b.CompareOp("lt", x, x)):
        with pytest.raises(RuleViolation, match=r"element type .*, got f8E4M3FN"):
            make()


@pytest.mark.parametrize("text", ["2xi4=8,0", "2xui4=-1,0", "i2=2"])
def test_inputs_beyond_the_limits_are_refused(text: str) -> None:
    from dlir.registry import UsageError

    with pytest.raises(UsageError, match="not all are"):
        read_input(text)


def test_casts_are_not_folded_through_them() -> None:
    """f32 -> f8 -> f32 keeps the rounding, i32 -> i4 -> i32 the wrapping around."""
    from dlir.dialects.dl.simplify_compute import widens

    for narrow in NARROW.types:
        for wide in (f64, f32, f16, i32, i8, ui8):
            assert not widens(narrow, wide) and not widens(wide, narrow)
