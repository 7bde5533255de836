"""Random bits, the bits of numbers, their total order and formats, on ref and on cpu.

The generators' words are the known answers that Random123 is tested with; what JAX makes of them is
in test/data/stablehlo/random_bits.
"""

from __future__ import annotations

import numpy as np
import pytest

import dlir

INF, NAN = np.inf, np.nan
TARGETS = pytest.mark.parametrize("target", ["ref", "cpu"])
ONES = (1 << 64) - 1
PI = 0x85A308D3243F6A88, 0x0370734413198A2E, 0x299F31D0A4093822
"""A counter of 128 bits, and a key."""
PHILOX = {
    (0, 0, 0): (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8),
    (ONES, ONES, ONES): (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    PI: (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
}
"""Low and high part of the counter, and key -> four words."""
THREE_FRY = {
    (0, 0): (0x6B200159, 0x99BA4EFE),
    (ONES, ONES): (0x1CB996FC, 0xBB002BE7),
    (0x85A308D3243F6A88, 0x0370734413198A2E): (0xC4923A9C, 0x483DF7A0),
}
"""Counter and key -> two words."""


def generated(
    algorithm: str, state: list[int], shape: str, dtype: type, target: str
) -> tuple[np.ndarray, np.ndarray]:
    text = f"""func.func @main(%s: tensor<{len(state)}xui64>)
    -> (tensor<{len(state)}xui64>, tensor<{shape}>) {{
  %t, %y = stablehlo.rng_bit_generator %s, algorithm = {algorithm}
      : (tensor<{len(state)}xui64>) -> (tensor<{len(state)}xui64>, tensor<{shape}>)
  func.return %t, %y : tensor<{len(state)}xui64>, tensor<{shape}>
}}"""
    after, bits = dlir.run(text, np.array(state, np.uint64), target=target)
    assert bits.dtype == dtype
    return after, bits


@TARGETS
@pytest.mark.parametrize("case", PHILOX)
def test_philox(case: tuple[int, int, int], target: str) -> None:
    low, high, key = case
    after, bits = generated("PHILOX", [key, low, high], "4xui32", np.uint32, target)
    assert tuple(bits) == PHILOX[case]
    counter = (low + (high << 64) + 1) % (1 << 128)
    assert [*map(int, after)] == [key, counter % (1 << 64), counter >> 64]
    wide = generated("PHILOX", [key, low, high], "2xui64", np.uint64, target)[1]
    assert [*wide.view(np.uint32)] == [*bits]


@TARGETS
@pytest.mark.parametrize("case", THREE_FRY)
def test_three_fry(case: tuple[int, int], target: str) -> None:
    counter, key = case
    after, bits = generated("THREE_FRY", [key, counter], "2xui32", np.uint32, target)
    assert tuple(bits) == THREE_FRY[case]
    assert [*map(int, after)] == [key, (counter + 1) % (1 << 64)]
    wide = generated("THREE_FRY", [key, counter], "1xi64", np.int64, target)[1]
    assert [*wide.view(np.uint32)] == [*bits]


@pytest.mark.parametrize("target", ["ref", pytest.param("cpu", marks=pytest.mark.slow)])
def test_narrow_bits_are_the_low_ones(target: str) -> None:
    words = generated("PHILOX", [5, 6], "3x3xui32", np.uint32, target)[1]
    bytes_ = generated("PHILOX", [5, 6], "3x3xi8", np.int8, target)[1]
    np.testing.assert_array_equal(bytes_, words.astype(np.int8))
    floats = generated("PHILOX", [5, 6], "3x3xf32", np.float32, target)[1]
    np.testing.assert_array_equal(floats.view(np.uint32), words)


BITCASTS = [
    ("2x3x4xui8", "2x3xui32", np.uint8, np.uint32),
    ("2x3xf32", "2x3x4xi8", np.float32, np.int8),
    ("3x2xi32", "3xf64", np.int32, np.float64),
    ("0x2xui32", "0xui64", np.uint32, np.uint64),
    ("f64", "4xui16", np.float64, np.uint16),
    ("2xf16", "f32", np.float16, np.float32),
    ("5xi16", "5xf16", np.int16, np.float16),
]


@TARGETS
@pytest.mark.parametrize(("old", "new", "source", "dtype"), BITCASTS)
def test_bitcast(old: str, new: str, source: type, dtype: type, target: str) -> None:
    shape = tuple(int(n) for n in old.split("x")[:-1])
    count = int(np.prod(shape)) * np.dtype(source).itemsize
    x = np.random.default_rng(2).integers(0, 112, count, np.uint8).view(source).reshape(shape)
    text = f"""func.func @main(%x: tensor<{old}>) -> tensor<{new}> {{
  %y = stablehlo.bitcast_convert %x : (tensor<{old}>) -> tensor<{new}>
  func.return %y : tensor<{new}>
}}"""
    y = dlir.run(text, x, target=target)
    assert y.dtype == dtype and y.shape == tuple(int(n) for n in new.split("x")[:-1])
    assert y.tobytes() == x.tobytes()


@TARGETS
@pytest.mark.parametrize("element", ["f16", "f32", "f64"])
def test_total_order(element: str, target: str) -> None:
    dtype = np.dtype(element.replace("f", "float"))
    rising = np.array([-np.nan, -np.inf, -1.5, -0.0, 0.0, 1e-7, 2, np.inf, np.nan], dtype)
    rising[0] = np.copysign(dtype.type(np.nan), dtype.type(-1))
    n = rising.size
    text = f"""func.func @main(%x: tensor<{n}x1x{element}>, %y: tensor<1x{n}x{element}>)
    -> tensor<{n}x{n}xi1> {{
  %a = stablehlo.broadcast_in_dim %x, dims = [0, 1]
      : (tensor<{n}x1x{element}>) -> tensor<{n}x{n}x{element}>
  %b = stablehlo.broadcast_in_dim %y, dims = [0, 1]
      : (tensor<1x{n}x{element}>) -> tensor<{n}x{n}x{element}>
  %z = stablehlo.compare LT, %a, %b, TOTALORDER
      : (tensor<{n}x{n}x{element}>, tensor<{n}x{n}x{element}>) -> tensor<{n}x{n}xi1>
  func.return %z : tensor<{n}x{n}xi1>
}}"""
    given = dlir.run(text, rising[:, None], rising[None], target=target)
    np.testing.assert_array_equal(given, np.triu(np.ones((n, n), bool), 1))


def nearest(x: np.ndarray, exponent: int, mantissa: int) -> np.ndarray:
    """By exact arithmetic: the nearest multiple of the last place, then the format's limits."""
    with np.errstate(all="ignore"):
        fraction, power = np.frexp(x.astype(np.longdouble))
        y = np.ldexp(np.round(np.ldexp(fraction, mantissa + 1)), power - mantissa - 1)
        bias = 2 ** (exponent - 1) - 1
        _, new = np.frexp(y)
        y = np.where(np.isfinite(x) & (new - 1 > bias), np.copysign(INF, x), y)
        small = (new - 1 < 1 - bias) & (y != 0) & np.isfinite(x)
        return np.where(small, np.copysign(0, x), y).astype(x.dtype)


@TARGETS
@pytest.mark.parametrize("element", ["f16", "f32", "f64"])
@pytest.mark.parametrize(
    ("exponent", "mantissa"), [(5, 10), (4, 3), (5, 2), (8, 7), (2, 1), (3, 0)]
)
def test_reduce_precision(exponent: int, mantissa: int, element: str, target: str) -> None:
    dtype = np.dtype(element.replace("f", "float"))
    edges = [0, -0.0, 1, 1.5, 1.25, -1.75, 2.5, 65519, 65520, 6e-5, 6.2e-5, 240, 248, 1e-3, -448]
    spread = np.random.default_rng(5).standard_normal(200) * 2.0 ** np.arange(-20, 20).repeat(5)
    with np.errstate(over="ignore"):
        x = np.array([*edges, INF, -INF, NAN, *spread]).astype(dtype)
    type = f"tensor<{x.size}x{element}>"
    text = f"""func.func @main(%x: {type}) -> {type} {{
  %y = stablehlo.reduce_precision %x, format = e{exponent}m{mantissa} : {type}
  func.return %y : {type}
}}"""
    y = dlir.run(text, x, target=target)
    wide = exponent >= {"f16": 5, "f32": 8, "f64": 11}[element]
    normal = ~(wide & (np.abs(x) < np.finfo(dtype).tiny))  # denormal numbers keep their exponent
    np.testing.assert_array_equal(y[normal], nearest(x, exponent, mantissa)[normal])
    np.testing.assert_array_equal(np.signbit(y[normal]), np.signbit(x[normal]))


def drawn(distribution: str, element: str, low: object, high: object, target: str) -> np.ndarray:
    text = f"""func.func @main(%a: tensor<{element}>, %b: tensor<{element}>)
    -> tensor<40x50x{element}> {{
  %n = stablehlo.constant dense<[40, 50]> : tensor<2xi64>
  %y = stablehlo.rng %a, %b, %n, distribution = {distribution}
      : (tensor<{element}>, tensor<{element}>, tensor<2xi64>) -> tensor<40x50x{element}>
  func.return %y : tensor<40x50x{element}>
}}"""
    return dlir.run(text, low, high, target=target)


def test_rng() -> None:
    """The numbers are those of the distribution, and the targets agree."""
    for distribution, mean, deviation in (("UNIFORM", 2.5, 3 / 12**0.5), ("NORMAL", 1.0, 4.0)):
        ends = np.float32(1), np.float32(4)
        ref, cpu = (drawn(distribution, "f32", *ends, target) for target in ("ref", "cpu"))
        np.testing.assert_allclose(ref, cpu, 1e-5, 1e-5)
        errors = ref.mean() - mean, ref.std() - deviation
        # Four standard errors of the mean, and more than as many of the deviation.
        assert np.abs(errors).max() < 4 * deviation / ref.size**0.5
        assert distribution == "NORMAL" or (ref.min() >= 1 and ref.max() < 4)
    whole = drawn("UNIFORM", "i32", np.int32(-3), np.int32(5), "cpu")
    assert {*whole.ravel()} == {*range(-3, 5)}
    flags = drawn("UNIFORM", "i1", np.bool_(False), np.bool_(True), "cpu")
    assert 0.4 < flags.mean() < 0.6
