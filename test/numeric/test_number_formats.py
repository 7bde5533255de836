"""Number formats: their table, and casts of all numbers between all of them, on ref and cpu."""

from __future__ import annotations

from itertools import product
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numeric.number_format_cases import (
    BY_NAME,
    EIGHT,
    NARROW_FLOATS,
    ROUNDED,
    SIXTEEN,
    casts,
    dtype_named,
    every_number,
    expected_cast,
    rounded,
    same,
)
from xdsl.dialects.builtin import ReducedPrecisionFloatType, TensorType

import dlir
from dlir.dialects.dl.constants import constant_array, dense
from dlir.dialects.dl.ops.source import ConstantOp
from dlir.number_formats import FORMATS

TARGETS = ("ref", "cpu")
QUICK = ("f8E4M3FN", "f8E5M2", "i8", "bf16")
"""Sources whose numbers are all cast at once; the others are cast with the slow tests."""


def sources(names: list[str]) -> list[Any]:
    return [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in names]


# The table


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
def test_the_table_is_that_of_ml_dtypes_and_of_xdsl(kind: Any) -> None:
    one = FORMATS[kind]
    if kind.name != "tf32":
        info = ml_dtypes.finfo(getattr(ml_dtypes, one.dtype, one.dtype))
        assert one.bits == info.bits
        assert one.largest == float(info.max)
        assert one.epsilon == float(info.eps)
        assert one.smallest_normal == float(info.smallest_normal)
        if one.signed:
            assert one.smallest == float(info.smallest_subnormal)
    if issubclass(kind, ReducedPrecisionFloatType):
        other = kind.SEMANTICS
        fields = (other.exponent_bits, other.mantissa_bits, other.exponent_bias, other.has_sign)
        assert (one.exponent, one.mantissa, one.bias, one.signed) == fields


# Casts of all numbers


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", sources([*EIGHT, *SIXTEEN]))
def test_every_number_to_every_type(source: str, target: str) -> None:
    x = every_number(source)
    for to, got in casts(source, "", [*BY_NAME], target, x).items():
        same(got, expected_cast(x, to), ~np.isnan(x.astype(np.float64)))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", sources(["f8E4M3FN", "bf16", "f16"]))
@pytest.mark.parametrize("mode", ["nearest", "upward", "downward"])
@pytest.mark.parametrize("saturate", [False, True])
def test_rounding_of_every_number(source: str, mode: str, saturate: bool, target: str) -> None:
    x = every_number(source)
    options = f'{{round_mode = "{mode}"{", saturate" if saturate else ""}}}'
    signed = [name for name in ROUNDED if name != "f8E8M0FNU"]
    for to, got in casts(source, options, signed, target, x).items():
        want = rounded(x.astype(np.float64), to, mode, saturate=saturate)
        same(got.astype(np.float64), want)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", ["f32", "f64"])
@pytest.mark.parametrize("mode", ["nearest", "upward", "downward"])
def test_rounding_of_numbers_next_to_others(source: str, mode: str, target: str) -> None:
    """The numbers of f16 and halves between them, moved by one place of the source; and others."""
    dtype = dtype_named(source)
    rng = np.random.default_rng(1)
    exact = np.abs(every_number("f16")[::37].astype(dtype))
    exact = np.concatenate([exact, (exact[1:] + exact[:-1]) / 2])
    exact = exact[np.isfinite(exact)]
    others = (rng.normal(size=4000) * np.exp2(rng.integers(-140, 127, 4000))).astype(dtype)
    near = [np.nextafter(exact, dtype.type(to)) for to in (-np.inf, np.inf)]
    x = np.concatenate([exact, *near, others, np.array([0, np.inf, np.nan], dtype)])
    x = np.concatenate([x, -x])
    signed = [name for name in ROUNDED if name != "f8E8M0FNU"]
    for to, got in casts(source, f'{{round_mode = "{mode}"}}', signed, target, x).items():
        same(got.astype(np.float64), rounded(x.astype(np.float64), to, mode))


@pytest.mark.parametrize("target", TARGETS)
def test_wide_floats_and_integers_saturate(target: str) -> None:
    x = np.array([np.inf, -np.inf, 1e300, -1e300, np.nan, 1.5, 65520.0])
    got = casts("f64", "{saturate}", ["f32", "f16", "bf16", "f64"], target, x)
    for name, values in got.items():
        last = float(ml_dtypes.finfo(dtype_named(name)).max)
        np.testing.assert_array_equal(values.astype(np.float64)[:2], [last, -last])
        assert np.isnan(values[4]) and values[5] == 1.5
    assert got["f16"][6] == 65504
    numbers = np.array([-(2**40), -129, -128, -1, 0, 7, 127, 128, 255, 256, 2**40], np.int64)
    for name, values in casts(
        "i64", "{saturate}", ["i8", "ui8", "i4", "ui4", "i2", "i32", "ui64"], target, numbers
    ).items():
        limits = ml_dtypes.iinfo(dtype_named(name))
        want = np.clip(numbers, int(limits.min), min(int(limits.max), 2**63 - 1))
        np.testing.assert_array_equal(values.astype(np.int64), want, name)
    positive = np.array([0, 127, 128, 2**64 - 1], np.uint64)
    for name, most in (("i8", 127), ("i64", 2**63 - 1), ("ui2", 3)):
        values = casts("ui64", "{saturate}", [name], target, positive)[name]
        assert [int(v) for v in values] == [min(int(n), most) for n in positive]


@pytest.mark.parametrize("target", TARGETS)
def test_wide_integers_are_rounded_once(target: str) -> None:
    """Numbers of 64 bits next to halves, which f64 would round to them."""
    halves = [2**62 + 2**51, 2**62 + 3 * 2**51, 3 * 2**61, 2**53 + 2**42]
    x = np.array([sign * (h + d) for h in halves for d in (-1, 0, 1) for sign in (1, -1)])
    got = casts("i64", "", ["tf32", "f8E8M0FNU"], target, x)
    table = [2**62, 2**62 + 2**52, 2**62 + 2**53, 3 * 2**61, 2**53, 2**53 + 2**43]
    for number, result in zip(x.tolist(), got["tf32"].tolist(), strict=True):
        best = min(table, key=lambda n: (abs(abs(number) - n), (n // 2**43) & (2**10 - 1) & 1))
        near = [n for n in table if abs(abs(number) - n) == abs(abs(number) - best)]
        assert abs(result) in near
        if len(near) == 1:
            assert result == (best if number > 0 else -best)
    powers = got["f8E8M0FNU"].astype(np.float64)
    assert np.isnan(powers[x < 0]).all()
    for number, power in zip(x[x > 0].tolist(), powers[x > 0], strict=True):
        floor = 2 ** (number.bit_length() - 1)
        assert power == (floor if number < 1.5 * floor else 2 * floor)


# Powers of two


@pytest.mark.parametrize("target", TARGETS)
def test_powers_of_two(target: str) -> None:
    name = "f8E8M0FNU"
    x = np.array(
        [0, -0.0, -1, 1e-45, 2.0**-127, 1.5 * 2.0**-127, 0.75, 1, 1.4, 1.5, 3, 6, 2.0**127,
         1.4 * 2.0**127, 1.6 * 2.0**127, np.inf, -np.inf, np.nan], np.float32,
    )  # fmt: skip
    got = casts("f32", "", [name], target, x)[name]
    same(got.astype(np.float64), x.astype(ml_dtypes.float8_e8m0fnu).astype(np.float64))
    least, most = 2.0**-127, 2.0**127
    nan = np.nan
    for mode, want in {
        "upward": [least, least, nan, least, least, 2 * least, 1, 1, 2, 2, 4, 8, most, most, most,
                   most, nan, nan],
        "downward": [least, least, nan, least, least, least, 0.5, 1, 1, 1, 2, 4, most, most, most,
                     most, nan, nan],
    }.items():  # fmt: skip
        options = f'{{round_mode = "{mode}", saturate}}'
        np.testing.assert_array_equal(
            casts("f32", options, [name], target, x)[name].astype(np.float64), want, mode
        )


# Rounding by chance


def stochastic(x: Any, bits: Any, to: str, target: str, options: str = "") -> Any:
    source = {np.float32: "f32", np.float64: "f64"}[x.dtype.type]
    text = f"""func.func @main(%x: tensor<?x{source}>, %b: tensor<?xi32>) -> tensor<?x{to}> {{
  %y = dl.stochastic_cast %x, %b {options}
      : (tensor<?x{source}>, tensor<?xi32>) -> tensor<?x{to}>
  func.return %y : tensor<?x{to}>
}}"""
    return dlir.compile(text, target=target, cache=False)(x, bits)


@pytest.mark.parametrize("to", ROUNDED)
@pytest.mark.parametrize("source", [np.float32, np.float64])
def test_chance_decides_between_two_numbers(to: str, source: Any) -> None:
    """Up where the fraction of the way is larger than the random number, on both targets alike."""
    rng = np.random.default_rng(0)
    count = 3000
    x = (rng.normal(size=count) * np.exp2(rng.integers(-12, 12, count))).astype(source)
    x[:3] = [np.nan, np.inf, -np.inf]
    if to == "f8E8M0FNU":
        x = np.abs(x)
    bits = rng.integers(-(2**31), 2**31, count).astype(np.int32)
    random = (bits.view(np.uint32) >> 8) / 2.0**24
    got = [stochastic(x, bits, to, target) for target in TARGETS]
    same(got[0], got[1])
    if to == "f8E8M0FNU":
        low, high = np.exp2(np.floor(np.log2(x[3:]))), np.exp2(np.floor(np.log2(x[3:])) + 1)
    else:
        size = np.abs(x[3:].astype(np.float64))
        low, high = (rounded(size, to, mode) for mode in ("downward", "upward"))
    size = np.abs(x[3:].astype(np.float64))
    inside = np.isfinite(high) & (high != low)
    part = np.divide(size - low, high - low, where=inside, out=np.zeros_like(size))
    want = np.where(random[3:] < part, high, low)
    value = np.abs(got[0][3:].astype(np.float64))
    np.testing.assert_array_equal(value[inside], want[inside])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("to", ["f8E4M3FN", "bf16", "f4E2M1FN"])
def test_the_expected_value_is_the_number(to: str, target: str) -> None:
    """With bits of the generator, which are the same again for the same seed."""
    count, number = 40000, 1.3
    text = f"""func.func @main(%seed: tensor<i64>) -> tensor<{count}x{to}> {{
  %x = dl.constant dense<{number}> : tensor<{count}xf32>
  %bits = dl.random_bits %seed : tensor<i64> -> tensor<{count}xi32>
  %y = dl.stochastic_cast %x, %bits
      : (tensor<{count}xf32>, tensor<{count}xi32>) -> tensor<{count}x{to}>
  func.return %y : tensor<{count}x{to}>
}}"""
    run = dlir.compile(text, target=target, cache=False)
    first, again, other = (run(np.array(seed)).astype(np.float64) for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    low, high = np.unique(first)
    assert low < number < high
    chance = (number - low) / (high - low)
    error = 4 * (high - low) * np.sqrt(chance * (1 - chance) / count)
    assert abs(first.mean() - number) < error


# tf32


@pytest.mark.parametrize("target", TARGETS)
def test_tf32_is_held_as_f32(target: str) -> None:
    """Constants, movement, and bits that callers should not have set."""
    text = """func.func @main(%x: tensor<2xtf32>) -> (tensor<4xtf32>, tensor<4xf32>) {
  %c = dl.constant dense<[1.0009765625, 0x3FC00]> : tensor<2xtf32>
  %y = dl.concat %x, %c {axis = 0} : (tensor<2xtf32>, tensor<2xtf32>) -> tensor<4xtf32>
  %z = dl.cast %y : tensor<4xtf32> -> tensor<4xf32>
  func.return %y, %z : tensor<4xtf32>, tensor<4xf32>
}"""
    _, numbers = dlir.compile(text, target=target, cache=False)(np.array([1.5, 1.1], np.float32))
    want = np.float32(np.floor(1.1 * 1024) / 1024)
    np.testing.assert_array_equal(numbers, np.array([1.5, want, 1.0009765625, np.inf], np.float32))


def test_tf32_constants() -> None:
    x = np.array([[1.5, -2.25], [0.0, -0.0]], np.float32)
    again = constant_array(ConstantOp(dense(x, TensorType(BY_NAME["tf32"], (2, 2)))))
    np.testing.assert_array_equal(again, x)


# Arithmetic in f32, rounded to fp8


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    "name",
    [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in NARROW_FLOATS],
)
@pytest.mark.parametrize("op", ["add", "sub", "mul", "div"])
def test_all_pairs(name: str, op: str, target: str) -> None:
    """Every pair of numbers of a format of up to 8 bits, against ml_dtypes."""
    codes = every_number(name)
    x, y = (np.array(c) for c in zip(*product(codes, codes), strict=True))
    x, y = x.astype(codes.dtype), y.astype(codes.dtype)
    text = f"""func.func @main(%x: tensor<?x{name}>, %y: tensor<?x{name}>) -> tensor<?x{name}> {{
  %a = dl.cast %x : tensor<?x{name}> -> tensor<?xf32>
  %b = dl.cast %y : tensor<?x{name}> -> tensor<?xf32>
  %c = dl.{op} %a, %b : tensor<?xf32>
  %z = dl.cast %c : tensor<?xf32> -> tensor<?x{name}>
  func.return %z : tensor<?x{name}>
}}"""
    compute = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide}[op]
    with np.errstate(all="ignore"):
        want, wide = compute(x, y), compute(x.astype(np.float32), y.astype(np.float32))
    got = dlir.compile(text, target=target, cache=False)(x, y)
    same(got, want, ~np.isnan(wide))


# The accelerator's simulator


@pytest.mark.parametrize(
    ("source", "to"),
    [("bf16", "f32"), ("i8", "i32"), ("i8", "f32"), ("i8", "bf16"), ("f32", "bf16")],
)
def test_casts_on_the_accelerator(source: str, to: str) -> None:
    """All numbers of the small types, and f32 halfway between two of bf16.

    What the machine leaves out is that of its documentation: f32 results of wider integers are
    rounded to bf16. Floats are negated first, for casts of arguments are made by the host.
    """
    if source == "f32":
        numbers = every_number("bf16").astype(np.float32)
        x = (numbers.view(np.uint32) | np.uint32(0x8000)).view(np.float32)
    else:
        x = every_number(source)
    x = x.reshape(64, -1)
    shape = f"64x{x.shape[1]}"
    text = f"""func.func @main(%x: tensor<{shape}x{source}>) -> tensor<{shape}x{to}> {{
  {"" if source == "i8" else f"%n = dl.neg %x : tensor<{shape}x{source}>"}
  %y = dl.cast {"%x" if source == "i8" else "%n"}
      : tensor<{shape}x{source}> -> tensor<{shape}x{to}>
  func.return %y : tensor<{shape}x{to}>
}}"""
    run = dlir.compile(text, target="accel", machine="gemmini", cache=False)
    assert run.report.memory["code"] > 0, "the machine has the cast, and not its host"
    with np.errstate(invalid="ignore"):
        want = dlir.compile(text, target="ref", cache=False)(x)
        same(run(x), want)
