"""The expansions of `math` keep the bounds that they document, over the whole domain.

The reference is numpy in extended precision (64 bits of significand), and Python's `math.erf`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from xdsl.dialects import math as math_dialect

from dlir.interpreter import Interpreter
from dlir.lowering.loops_to_llvm import ConvertLoopsToLLVM
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.targets.cpu.description import host
from dlir.targets.cpu.execute import NativeFunction, NativeModule
from dlir.transforms.expand_math.complement import SCALES
from dlir.transforms.expand_math.functions import ACCURACY, EXPANSIONS
from dlir.transforms.expand_math.large_angles import arctangent_of_inverse
from dlir.transforms.vector_expand_math import VectorExpandMath

pytestmark = [
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
    pytest.mark.skipif(
        np.finfo(np.longdouble).nmant < 63, reason="needs extended precision for the reference"
    ),
]
Array = np.ndarray[Any, Any]
LANES = 16
SAMPLES = 30_000
DTYPES: dict[str, Any] = {
    "f32": np.float32,
    "f64": np.float64,
    "f16": np.float16,
    "bf16": ml_dtypes.bfloat16,
}


def _erf(x: Array) -> Array:
    return np.array([math.erf(float(v)) for v in x], np.longdouble)


REFERENCE: dict[str, Callable[..., Array]] = {
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "tanh": np.tanh,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "erf": _erf,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "asin": np.arcsin,
    "acos": np.arccos,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "powf": np.power,
    "rsqrt": lambda x: 1 / np.sqrt(x),
}
RANGE = {"sin": 1e4, "cos": 1e4, "tan": 1e4, "exp": 104.0, "exp2": 150.0, "erf": 4.0}
LARGER_BOUND = {("f64", "erf"): 5.5}
"""Where the bound is not that of `ACCURACY`; half an ulp or so of it is the reference's."""


def compiled(op: str, dtype: str, operands: int, ldexp: bool = False) -> NativeFunction:
    """A loop that applies the op to vectors."""
    vector = f"vector<{LANES}x{dtype}>"
    buffer = f"memref<?x{dtype}>"
    arguments = ", ".join(f"%x{i}: {buffer}" for i in range(operands))
    loads = "\n".join(
        f"%v{i} = vector.load %x{i}[%i] : {buffer}, {vector}" for i in range(operands)
    )
    names = ", ".join(f"%v{i}" for i in range(operands))
    text = f"""func.func @f({arguments}, %y: {buffer}) {{
      %c0 = arith.constant 0 : index
      %step = arith.constant {LANES} : index
      %n = memref.dim %y, %c0 : {buffer}
      scf.for %i = %c0 to %n step %step {{
        {loads}
        %r = math.{op} {names} : {vector}
        vector.store %r, %y[%i] : {buffer}, {vector}
      }}
      func.return
    }}"""
    context = default_registry().context()
    module = parse_module(text, context, "test.mlir")
    VectorExpandMath(ldexp).apply(context, module)
    ConvertLoopsToLLVM().apply(context, module)
    return NativeModule(module, use_cache=False).functions["f"]


def apply(op: str, dtype: str, *inputs: Array, ldexp: bool = False) -> Array:
    """The op on arrays of any length."""
    pad = -len(inputs[0]) % LANES
    padded = [np.concatenate([x, np.ones(pad, x.dtype)]) for x in inputs]
    result = np.zeros_like(padded[0])
    compiled(op, dtype, len(inputs), ldexp)(*padded, result)
    return result[: len(inputs[0])]


def edges(dtype: Any) -> Array:
    limits = np.finfo(dtype)
    values = [0.0, 1.0, 0.5, 2.0, 1e-40, limits.max, limits.tiny, limits.smallest_subnormal]
    positive = np.array([*values, np.inf], dtype)
    return np.concatenate([positive, -positive, np.array([np.nan], dtype)])


def samples(op: str, dtype: Any, rng: np.random.Generator) -> Array:
    """Edges, all magnitudes, the op's range, and the neighbourhoods of 0 and 1."""
    integer = np.uint32 if dtype is np.float32 else np.uint64
    bits = rng.integers(0, np.iinfo(integer).max, SAMPLES, integer, endpoint=True).view(dtype)
    span = RANGE.get(op, 20.0)
    near = [rng.uniform(-span, span, SAMPLES), rng.normal(0, 1, SAMPLES)]
    tiny = [rng.normal(0, 1e-3, SAMPLES), 1 + rng.normal(0, 1e-3, SAMPLES)]
    x = np.concatenate([edges(dtype), bits, *(part.astype(dtype) for part in near + tiny)])
    if op in ("sin", "cos", "tan"):
        x = x[~(np.abs(x) > RANGE[op])]
    return x


def ulps(got: Array, want: Array, dtype: Any) -> Array:
    """The error in units in the last place of the true result."""
    limits = np.finfo(dtype)
    rounded = want.astype(dtype)
    finite = np.isfinite(rounded) & np.isfinite(got)
    size = np.maximum(np.abs(want), np.longdouble(limits.smallest_normal))
    unit = np.exp2(np.floor(np.log2(size)) - limits.nmant)
    return np.where(finite, np.abs(got.astype(np.longdouble) - want) / unit, 0)


def assert_special(got: Array, want: Array, dtype: Any, inputs: list[Array]) -> None:
    """NaN, infinities and signed zeros are where they should be."""
    rounded = want.astype(dtype)
    wrong = np.isnan(rounded) != np.isnan(got)
    surely_infinite = np.abs(want) > np.longdouble(np.finfo(dtype).max) * 1.000001
    wrong |= surely_infinite & (got != rounded)
    wrong |= (rounded == 0) & (got == 0) & (np.signbit(rounded) != np.signbit(got))
    where = np.flatnonzero(wrong)[:5]
    assert not len(where), [([x[i] for x in inputs], got[i], rounded[i]) for i in where]


def names() -> list[str]:
    return [op.name.removeprefix("math.") for op in EXPANSIONS]


def bound(dtype: str, op: str) -> float:
    return LARGER_BOUND.get((dtype, op), ACCURACY[getattr(math_dialect, _CLASS[op])])


_CLASS = {op.name.removeprefix("math."): op.__name__ for op in EXPANSIONS}


@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("op", names())
def test_accuracy(op: str, dtype: str) -> None:
    kind, rng = DTYPES[dtype], np.random.default_rng(1)
    inputs = [samples(op, kind, rng)]
    if op in ("atan2", "powf"):
        grid = np.meshgrid(edges(kind), edges(kind))
        other = rng.permutation(samples(op, kind, rng))
        whole = rng.integers(-20, 20, SAMPLES).astype(kind)
        wide = rng.uniform(-10, 10, SAMPLES).astype(kind)
        inputs = [
            np.concatenate([inputs[0], grid[0].ravel(), wide]),
            np.concatenate([other, grid[1].ravel(), whole]),
        ]
    want = REFERENCE[op](*(x.astype(np.longdouble) for x in inputs))
    got = apply(op, dtype, *inputs)
    assert_special(got, want, kind, inputs)
    assert float(np.max(ulps(got, want, kind))) <= bound(dtype, op)


needs_ldexp = pytest.mark.skipif(host().vector_bits < 512, reason="needs AVX-512's instruction")


@needs_ldexp
@pytest.mark.parametrize("op", ["exp", "exp2", "expm1", "sinh", "cosh"])
def test_accuracy_with_ldexp(op: str) -> None:
    x = samples(op, np.float32, np.random.default_rng(1))
    want, got = REFERENCE[op](x.astype(np.longdouble)), apply(op, "f32", x, ldexp=True)
    assert_special(got, want, np.float32, [x])
    assert float(np.max(ulps(got, want, np.float32))) <= bound("f32", op)


@needs_ldexp
@pytest.mark.parametrize("shape", ["", "1x", "5x", "2x16x", "17x", "3x40x", "2x2x64x", "112x"])
def test_ldexp_of_any_shape(shape: str) -> None:
    """Registers that are not full, and numbers of them that are no powers of two."""
    sizes = [int(size) for size in shape.split("x")[:-1]]
    kind = f"vector<{shape}f32>" if sizes else "f32"
    text = f"""func.func @f(%x: memref<{shape}f32>, %y: memref<{shape}f32>) {{
      %c0 = arith.constant 0 : index
      %v = {"vector" if sizes else "memref"}.load %x[{", ".join(["%c0"] * len(sizes))}]
        : memref<{shape}f32>{f", {kind}" if sizes else ""}
      %e = math.exp %v : {kind}
      {"vector" if sizes else "memref"}.store %e, %y[{", ".join(["%c0"] * len(sizes))}]
        : memref<{shape}f32>{f", {kind}" if sizes else ""}
      func.return
    }}"""
    context = default_registry().context()
    module = parse_module(text, context, "test.mlir")
    VectorExpandMath(ldexp=True).apply(context, module)
    ConvertLoopsToLLVM().apply(context, module)
    x = np.random.default_rng(4).uniform(-104, 88, sizes).astype(np.float32)
    y = np.zeros_like(x)
    NativeModule(module, use_cache=False).functions["f"](x, y)
    assert np.allclose(y, np.exp(x.astype(np.float64)), rtol=1e-6, atol=1e-45)


@pytest.mark.parametrize("dtype", ["f16", "bf16"])
@pytest.mark.parametrize("op", ["exp", "tanh", "erf", "log"])
def test_halves_are_rounded_once(op: str, dtype: str) -> None:
    kind = DTYPES[dtype]
    every = np.arange(2**16, dtype=np.uint16).view(kind)
    want = REFERENCE[op](every.astype(np.float64)).astype(np.float32).astype(kind)
    got = apply(op, dtype, every)
    assert np.array_equal(got, want, equal_nan=True)


def erf_sum(x: Array, scale: float, factor: float, *, ldexp: bool = False) -> Array:
    """`scale (1 + erf(factor x))` on vectors of sixteen, where text has it in that form."""
    text = f"""func.func @f(%x: memref<?xf32>, %y: memref<?xf32>) {{
      %c0 = arith.constant 0 : index
      %step = arith.constant {LANES} : index
      %n = memref.dim %y, %c0 : memref<?xf32>
      %one = arith.constant dense<1.0> : vector<{LANES}xf32>
      %scale = arith.constant dense<{scale!r}> : vector<{LANES}xf32>
      %factor = arith.constant dense<{factor!r}> : vector<{LANES}xf32>
      scf.for %i = %c0 to %n step %step {{
        %v = vector.load %x[%i] : memref<?xf32>, vector<{LANES}xf32>
        %a = arith.mulf %v, %factor : vector<{LANES}xf32>
        %e = math.erf %a : vector<{LANES}xf32>
        %s = arith.addf %e, %one : vector<{LANES}xf32>
        %r = arith.mulf %s, %scale : vector<{LANES}xf32>
        vector.store %r, %y[%i] : memref<?xf32>, vector<{LANES}xf32>
      }}
      func.return
    }}"""
    context = default_registry().context()
    module = parse_module(text, context, "test.mlir")
    VectorExpandMath(ldexp).apply(context, module)
    ConvertLoopsToLLVM().apply(context, module)
    padded = np.concatenate([x, np.ones(-len(x) % LANES, np.float32)])
    y = np.zeros_like(padded)
    NativeModule(module, use_cache=False).functions["f"](padded, y)
    return y[: len(x)]


@pytest.mark.parametrize("ldexp", [False, pytest.param(True, marks=needs_ldexp)])
@pytest.mark.parametrize("factor", [1.0, 0.5**0.5, 3.0])
@pytest.mark.parametrize("scale", [1.0, 0.5, 4.0, 0.3])
def test_sum_of_one_and_erf(scale: float, factor: float, ldexp: bool) -> None:
    """Near the last place of 1 + erf, and where that is small many more places than a sum has."""
    rng = np.random.default_rng(5)
    x = np.concatenate([edges(np.float32), rng.uniform(-12, 12, SAMPLES).astype(np.float32)])
    x = np.concatenate([x, np.linspace(-2, 2, SAMPLES, dtype=np.float32)])
    got = erf_sum(x, scale, factor, ldexp=ldexp) / np.float32(scale)
    argument = x.astype(np.float64) * float(np.float32(factor))
    want = np.array([math.erfc(-v) for v in argument])
    assert np.array_equal(np.isnan(got), np.isnan(x))
    assert (got[argument < -12] == 0).all() and (got[argument > 12] == 2).all()
    known = ~np.isnan(x)
    error = np.abs(got[known] - want[known]) * 2.0**24
    assert float(error.max()) <= (2.3 if scale in SCALES or scale == 1 else 4)
    small = (argument[known] < -1) & (argument[known] > -2)
    assert float((error[small] / want[known][small]).max()) <= 60


PI_BITS = 1400
PI = 4 * (4 * arctangent_of_inverse(5, 1 << PI_BITS) - arctangent_of_inverse(239, 1 << PI_BITS))


def exact_angle(x: float) -> tuple[int, np.longdouble]:
    """x = n pi/2 + r with |r| <= pi/4: n modulo 4 and r, in integers of more bits than needed."""
    top, bottom = float(x).as_integer_ratio()
    n, rest = divmod((top << PI_BITS + 1) + bottom * PI // 2, bottom * PI)
    exact = Fraction(rest - bottom * PI // 2, bottom << PI_BITS + 1)
    high = float(exact)
    return n % 4, np.longdouble(high) + np.longdouble(float(exact - Fraction(high)))


def exact_trigonometry(op: str, x: Array) -> Array:
    def value(n: int, r: np.longdouble) -> np.longdouble:
        sine, cosine = np.sin(r), np.cos(r)
        if op == "tan":
            return -cosine / sine if n % 2 else sine / cosine
        return [sine, cosine, -sine, -cosine][(n + (op == "cos")) % 4]

    return np.array([value(*exact_angle(v)) for v in x], np.longdouble)


HARD_ANGLES = {"f32": 16367173 * 2.0**72, "f64": 6381956970095103 * 2.0**797}
"""Next to a multiple of pi/2, closer than any other (J.-M. Muller et al., "Handbook of
Floating-Point Arithmetic", 11.2, and W. Kahan)."""


@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("op", ["sin", "cos", "tan"])
def test_large_angles(op: str, dtype: str) -> None:
    """Up to the largest number, among small ones and without them."""
    kind = DTYPES[dtype]
    top = np.finfo(kind).maxexp
    x = np.exp2(np.random.default_rng(3).uniform(40, top - 0.01, 2000)).astype(kind)
    x[::3] *= -1
    edges = np.array([2.0**45, -(2.0**45), np.finfo(kind).max, HARD_ANGLES[dtype], 1e22], kind)
    x = np.concatenate([x, edges])
    got = apply(op, dtype, x)
    assert float(np.max(ulps(got, exact_trigonometry(op, x), kind))) <= bound(dtype, op)
    assert np.isnan(apply(op, dtype, np.array([np.inf, -np.inf, np.nan], kind))).all()


def test_large_angles_in_rows() -> None:
    """One large element of a 2-D vector, and of a scalar."""
    text = """
    func.func @rows(%x: vector<3x4xf32>) -> vector<3x4xf32> {
      %y = math.sin %x : vector<3x4xf32>
      func.return %y : vector<3x4xf32>
    }
    func.func @scalar(%x: f64) -> f64 {
      %y = math.cos %x : f64
      func.return %y : f64
    }"""
    context = default_registry().context()
    module = parse_module(text, context, "test.mlir")
    VectorExpandMath().apply(context, module)
    x = np.linspace(-3, 3, 12, dtype=np.float32).reshape(3, 4)
    for place in (None, (0, 0), (1, 2), (2, 3)):
        if place is not None:
            x[place] = 1e30
        (got,) = Interpreter(module).call("rows", x)
        want = exact_trigonometry("sin", x.ravel()).reshape(3, 4)
        assert float(np.max(ulps(got, want, np.float32))) <= 2
    assert Interpreter(module).call("scalar", np.float64(1e300))[0] == pytest.approx(
        float(exact_trigonometry("cos", np.array([1e300]))[0]), rel=1e-15
    )


@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_angles_up_to_2_45(dtype: str) -> None:
    kind = DTYPES[dtype]
    x = np.exp2(np.random.default_rng(2).uniform(0, 44.9, SAMPLES)).astype(kind)
    want = np.sin(x.astype(np.longdouble))
    assert float(np.max(ulps(apply("sin", dtype, x), want, kind))) <= 2.5
