"""The numpy semantics of `dl` against expectations that are computed another way.

Here Python's math, one number at a time. See test_dl_semantics_of_tensors.py for the ops that look
at more than one element.
"""

import itertools
import math
import operator
from typing import Any

import numpy as np
import pytest
from numeric.dl_meaning import (
    BF16,
    FLOAT_DTYPES,
    INT_DTYPES,
    close,
    inf,
    meaning,
    nan,
    run,
    same,
    value,
)
from xdsl.dialects.builtin import (
    IndexType,
    TensorType,
    bf16,
    f16,
    f32,
    f64,
    i1,
    i8,
    i16,
    i32,
    i64,
)
from xdsl.utils.test_value import create_ssa_value

from dlir.dialects.dl.constants import constant, constant_array
from dlir.dialects.dl.ops import activation as act
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import bits
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops import rectifiers as rect
from dlir.dialects.dl.ops import trigonometry as t
from dlir.dialects.dl.ops.source import DimOp, IotaOp, ParamOp
from dlir.dialects.dl.semantics import SEMANTICS


def test_every_op_has_a_meaning() -> None:
    from dlir.dialects.dl import OPS

    assert set(SEMANTICS) == set(OPS)


# Elementwise


def guarded(function: Any) -> Any:
    """A function of math on the extended reals: NaN outside its domain, inf on overflow."""

    def run(*numbers: float) -> float:
        try:
            return function(*numbers)
        except OverflowError:
            return inf
        except (ValueError, ZeroDivisionError):
            return nan

    return run


def reference_softplus(x: float) -> float:
    return x if x > 700 else math.log1p(math.exp(x))


def reference_sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


UNARY = {
    m.NegOp: operator.neg,
    m.AbsOp: abs,
    m.SignOp: lambda x: math.copysign(1, x) if x else 0.0,
    m.ExpOp: math.exp,
    m.Expm1Op: math.expm1,
    m.LogOp: lambda x: -inf if x == 0 else math.log(x),
    m.Log1pOp: lambda x: -inf if x == -1 else math.log1p(x),
    m.SqrtOp: math.sqrt,
    m.RsqrtOp: lambda x: math.copysign(inf, x) if x == 0 else 1 / math.sqrt(x),
    m.ReciprocalOp: lambda x: math.copysign(inf, x) if x == 0 else 1 / x,
    m.SinOp: math.sin,
    m.CosOp: math.cos,
    m.TanOp: math.tan,
    m.TanhOp: math.tanh,
    m.ErfOp: math.erf,
    t.SinhOp: math.sinh,
    t.CoshOp: math.cosh,
    t.AsinOp: math.asin,
    t.AcosOp: math.acos,
    t.AtanOp: math.atan,
    t.AsinhOp: math.asinh,
    t.AcoshOp: math.acosh,
    t.AtanhOp: lambda x: math.copysign(inf, x) if abs(x) == 1 else math.atanh(x),
    m.FloorOp: lambda x: x if math.isinf(x) else float(math.floor(x)),
    m.CeilOp: lambda x: x if math.isinf(x) else float(math.ceil(x)),
    m.RoundOp: lambda x: x if math.isinf(x) else float(round(x)),
    act.ReluOp: lambda x: x if x > 0 else 0.0,
    act.SigmoidOp: reference_sigmoid,
    act.SiluOp: lambda x: x * reference_sigmoid(x),
    act.SoftplusOp: reference_softplus,
    act.SoftsignOp: lambda x: x / (1 + abs(x)),
    act.MishOp: lambda x: x * math.tanh(reference_softplus(x)),
    act.SeluOp: lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * math.expm1(x)),
    act.HardSwishOp: lambda x: x * min(max(x / 6 + 0.5, 0), 1),
    act.GeluOp: lambda x: 0.5 * x * (1 + math.erf(x / 2**0.5)),
    act.EluOp: lambda x: x if x > 0 else math.expm1(x),
    act.LeakyReluOp: lambda x: x if x >= 0 else 0.01 * x,
    rect.CeluOp: lambda x: x if x > 0 else math.expm1(x),
    act.HardSigmoidOp: lambda x: min(max(0.2 * x + 0.5, 0), 1),
}
POINTS = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    1.5,
    2.5,
    -2.5,
    1e-4,
    -1e-4,
    3.1,
    -3.1,
    7.0,
    -9.25,
    60.0,
    -60.0,
]


@pytest.mark.parametrize("dtype", FLOAT_DTYPES)
@pytest.mark.parametrize("kind", UNARY, ids=lambda kind: kind.name)
def test_unary(kind: Any, dtype: Any) -> None:
    x = np.array([*POINTS, inf, -inf, nan], dtype)
    expected = [nan if v != v else guarded(UNARY[kind])(v) for v in x.astype(float).tolist()]
    ulps = 2 if dtype == np.float64 else 1  # libm and numpy differ in the last place
    with np.errstate(over="ignore"):
        close(run(kind, x), np.array(expected).astype(dtype), ulps)


@pytest.mark.parametrize("shape", [(), (0,), (1,), (7, 0, 3), (2, 3, 5)])
def test_unary_shapes(shape: tuple[int, ...]) -> None:
    x = np.linspace(-1, 1, math.prod(shape), dtype=np.float32).reshape(shape)
    same(run(m.NegOp, x), -x)


def test_gelu_of_tanh() -> None:
    x = np.array([-3.0, -0.1, 0.0, 0.7, 5.0])
    inner = [math.sqrt(2 / math.pi) * (v + 0.044715 * v**3) for v in x]
    expected = [0.5 * v * (1 + math.tanh(t)) for v, t in zip(x, inner, strict=True)]
    close(run(act.GeluOp, x, approximate="tanh"), np.array(expected), 2)


def test_parameters_of_activations() -> None:
    x = np.array([-2.0, -0.5, 0.0, 0.5, 2.0], np.float32)
    close(
        run(act.EluOp, x, alpha=2.0), np.array([2 * math.expm1(v) if v < 0 else v for v in x], "f")
    )
    same(run(act.LeakyReluOp, x, alpha=0.5), np.array([-1, -0.25, 0, 0.5, 2], np.float32))
    same(
        run(act.HardSigmoidOp, x, alpha=0.5, beta=0.25), np.array([0, 0, 0.25, 0.5, 1], np.float32)
    )


def test_rectifiers() -> None:
    x = np.array([-2.0, -0.5, 0.5, 2.0, nan], np.float32)
    celu = [2 * math.expm1(v / 2) if v < 0 else v for v in x.tolist()]
    close(run(rect.CeluOp, x, alpha=2.0), np.array(celu, np.float32))
    thresholded = run(rect.ThresholdedReluOp, x, alpha=-1.0)
    same(thresholded, np.array([0, -0.5, 0.5, 2, 0], np.float32))


def test_clip() -> None:
    x = np.array([-inf, -1.0, 0.25, 3.0, inf, nan], np.float16)
    same(run(act.ClipOp, x, min=0.0), np.array([0, 0, 0.25, 3, inf, nan], np.float16))
    same(run(act.ClipOp, x, max=1.0), np.array([-inf, -1, 0.25, 1, 1, nan], np.float16))
    crossed = run(act.ClipOp, x[:5], min=2.0, max=1.0)
    same(crossed, np.ones(5, np.float16))
    same(run(act.ClipOp, np.array([-5, 5], np.int8), min=-1, max=2), np.array([-1, 2], np.int8))


@pytest.mark.parametrize("dtype", INT_DTYPES)
def test_integer_unary(dtype: Any) -> None:
    least = int(np.iinfo(dtype).min)
    x = np.array([least, -7, 0, 7], dtype)
    same(run(m.NegOp, x), np.array([least, 7, 0, -7], dtype))
    same(run(m.AbsOp, x), np.array([least, 7, 0, 7], dtype))
    same(run(m.SignOp, x), np.array([-1, -1, 0, 1], dtype))
    same(run(m.NotOp, x), np.array([-least - 1, 6, -1, -8], dtype))
    same(run(act.ReluOp, x), np.array([0, 0, 0, 7], dtype))


def test_classification() -> None:
    x = np.array([0.0, inf, -inf, nan], BF16)
    same(run(m.IsNanOp, x), np.array([False, False, False, True]))
    same(run(m.IsInfOp, x), np.array([False, True, True, False]))
    same(run(m.NotOp, np.array([True, False])), np.array([False, True]))


BINARY = {
    b.AddOp: operator.add,
    b.SubOp: operator.sub,
    b.MulOp: operator.mul,
    b.DivOp: lambda x, y: x / y,
    b.ModOp: lambda x, y: x % y,
    b.FmodOp: math.fmod,
    b.PowOp: lambda x, y: math.pow(x, y),
    b.MaxOp: max,
    b.MinOp: min,
    b.Atan2Op: math.atan2,
    b.PreluOp: lambda x, y: x if x >= 0 else x * y,
}


@pytest.mark.parametrize("dtype", FLOAT_DTYPES)
@pytest.mark.parametrize("kind", BINARY, ids=lambda kind: kind.name)
def test_binary(kind: Any, dtype: Any) -> None:
    numbers = [-2.5, -1.0, 0.5, 1.0, 3.0, 7.5]
    pairs = list(itertools.product(numbers, numbers))
    lhs, rhs = (np.array(side, dtype) for side in zip(*pairs, strict=True))
    with np.errstate(over="ignore"):
        expected = np.array([guarded(BINARY[kind])(x, y) for x, y in pairs]).astype(dtype)
    close(run(kind, lhs, rhs), expected, 2)


@pytest.mark.parametrize("kind", [b.MaxOp, b.MinOp])
def test_nan_wins(kind: Any) -> None:
    x, y = np.array([nan, 1, nan], np.float32), np.array([1, nan, nan], np.float32)
    assert np.isnan(run(kind, x, y)).all()


def truncated(x: int, y: int) -> int:
    return abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)


INTEGER_BINARY = {
    b.AddOp: operator.add,
    b.SubOp: operator.sub,
    b.MulOp: operator.mul,
    b.DivOp: truncated,
    b.ModOp: operator.mod,
    b.FmodOp: lambda x, y: x - y * truncated(x, y),
    b.PowOp: lambda x, y: x**y if y >= 0 else truncated(1, x ** (-y)),
    b.MaxOp: max,
    b.MinOp: min,
    b.PreluOp: lambda x, y: x if x >= 0 else x * y,
    b.AndOp: operator.and_,
    b.OrOp: operator.or_,
    b.XorOp: operator.xor,
}


@pytest.mark.parametrize("dtype", INT_DTYPES)
@pytest.mark.parametrize("kind", INTEGER_BINARY, ids=lambda kind: kind.name)
def test_integer_binary(kind: Any, dtype: Any) -> None:
    limits = np.iinfo(dtype)
    numbers = [int(limits.min), -7, -2, -1, 1, 3, 5, int(limits.max)]
    powers = [-3, -2, -1, 0, 1, 2, 5]
    pairs = list(itertools.product(numbers, powers if kind is b.PowOp else numbers))
    lhs, rhs = (np.array(side, dtype) for side in zip(*pairs, strict=True))
    wrapped = [INTEGER_BINARY[kind](x, y) & (2**limits.bits - 1) for x, y in pairs]
    unsigned = np.array(wrapped, np.dtype(f"u{np.dtype(dtype).itemsize}"))
    same(run(kind, lhs, rhs), unsigned.view(dtype))


@pytest.mark.parametrize("dtype", [*INT_DTYPES, np.uint64, np.uint32, np.uint16, np.uint8])
def test_shifts(dtype: Any) -> None:
    limits = np.iinfo(dtype)
    numbers = [int(limits.min), 1, 77, int(limits.max)]
    counts = [0, 1, 3, limits.bits - 1, limits.bits, *([] if limits.min == 0 else [-1])]
    pairs = list(itertools.product(numbers, counts))
    x, count = (np.array(side, dtype) for side in zip(*pairs, strict=True))
    moves = [n if n >= 0 else limits.bits for _, n in pairs]
    mask = 2**limits.bits - 1
    left = [(x << n) & mask for (x, _), n in zip(pairs, moves, strict=True)]
    right = [(x >> n) & mask for (x, _), n in zip(pairs, moves, strict=True)]
    word = np.dtype(f"u{x.dtype.itemsize}")
    np.testing.assert_array_equal(run(bits.ShiftLeftOp, x, count).view(word), left)
    np.testing.assert_array_equal(run(bits.ShiftRightOp, x, count).view(word), right)


def test_bitcast() -> None:
    x = np.array([[1.0, -0.0], [nan, inf]], np.float32)
    got = meaning(bits.BitcastOp(value(x.T), i32), x.T)
    expected = np.array([[0x3F800000, 0x7FC00000], [-0x80000000, 0x7F800000]], np.int32)
    same(got, expected)
    same(meaning(bits.BitcastOp(value(got), f32), got), x.T)


@pytest.mark.parametrize("kind", [b.DivOp, b.ModOp, b.FmodOp])
def test_integer_division_by_zero(kind: Any) -> None:
    with pytest.raises(ValueError, match=rf"{kind.name}: integer division by zero"):
        run(kind, np.array([1, 2], np.int32), np.array([1, 0], np.int32))
    with pytest.raises(ValueError, match="zero to a negative power"):
        run(b.PowOp, np.array([0], np.int32), np.array([-1], np.int32))


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        ("eq", [False, True, False, False]),
        ("ne", [True, False, True, True]),
        ("lt", [True, False, False, False]),
        ("le", [True, True, False, False]),
        ("gt", [False, False, True, False]),
        ("ge", [False, True, True, False]),
    ],
)
def test_compare(predicate: str, expected: list[bool]) -> None:
    lhs, rhs = np.array([1, 2, 3, nan], np.float32), np.array([2, 2, 2, nan], np.float32)
    op = b.CompareOp(predicate, value(lhs), value(rhs))
    same(meaning(op, lhs, rhs), np.array(expected))


def test_select() -> None:
    condition = np.array([[True], [False]])
    x, y = np.array([1, 2, 3], BF16), np.array(9, BF16)
    same(run(b.SelectOp, condition, x, y), np.array([[1, 2, 3], [9, 9, 9]], BF16))


def test_broadcasting() -> None:
    x, y = np.ones((2, 1, 3), np.int32), np.arange(4, dtype=np.int32).reshape(4, 1)
    expected = np.array([[[1 + j] * 3 for j in range(4)]] * 2, np.int32)
    same(run(b.AddOp, x, y), expected)
    same(run(b.AddOp, np.ones((1, 3), "f"), np.ones((0, 1), "f")), np.ones((0, 3), "f"))


def test_an_unknown_size_does_not_stretch() -> None:
    x, y = np.ones((1, 3), np.float32), np.ones((2, 3), np.float32)
    op = b.AddOp(value(x, dynamic=(0,)), value(y, dynamic=(0,)))
    same(meaning(op, y, y), 2 * y)
    with pytest.raises(ValueError, match=r"dl.add: a `\?` of size 1 meets size 2"):
        meaning(op, x, y)


# Casts


def cast(array: Any, element: Any) -> Any:
    return meaning(b.CastOp(value(array), element), array)


def test_cast_float_to_integer() -> None:
    x = np.array([1.9, -1.9, 300.0, -300.0, inf, -inf, nan], np.float32)
    same(cast(x, i8), np.array([1, -1, 127, -128, 127, -128, 0], np.int8))
    big = np.array([2.0**63, -(2.0**63), 2.0**62, 1e30], np.float64)
    last = 2**63 - 1
    same(cast(big, i64), np.array([last, -last - 1, 2**62, last], np.int64))
    same(
        cast(np.array([2147483520.0, 2147483648.0], "f"), i32),
        np.array([2147483520, 2**31 - 1], "i4"),
    )


def test_cast_others() -> None:
    same(cast(np.array([300, -129], np.int32), i8), np.array([44, 127], np.int8))
    same(cast(np.array([-1], np.int8), i16), np.array([-1], np.int16))
    same(cast(np.array([0, 0.1, -0.0, nan], "f"), i1), np.array([False, True, False, True]))
    same(cast(np.array([True, False]), f16), np.array([1, 0], np.float16))
    same(cast(np.array([True, False]), i64), np.array([1, 0], np.int64))
    halfway = np.array([1 + 2**-8, 1 + 3 * 2**-8, 3.4e38, 1e-45], np.float32)
    same(cast(halfway, bf16), np.array([1, 1 + 2**-6, inf, 0], BF16))
    same(cast(np.array([65520.0, 65519.0], "f"), f16), np.array([inf, 65504], np.float16))
    same(cast(np.array([2**53 + 1]), f64), np.array([2.0**53]))
    below = 2**17 * 203 + 2**16 - 1  # f32 would round it to a tie
    wanted = np.array([2.0**17 * 203, -(2.0**17) * 203], np.float64).astype(BF16)
    same(cast(np.array([below, -below], np.int32), bf16), wanted)
    scale = 2**38
    same(cast(np.array([below * scale, 1 - below * scale]), bf16), wanted * BF16(scale))
    same(cast(np.array([0.1]), f32), np.array([0.1], np.float32))


# Sources


def test_sources() -> None:
    same(meaning(IotaOp([2, 3], 1, i8)), np.array([[0, 1, 2]] * 2, np.int8))
    n = create_ssa_value(IndexType())
    same(meaning(IotaOp([n, 1], 0, bf16), 3), np.array([[0], [1], [2]], BF16))
    same(meaning(IotaOp([0], 0, f32)), np.zeros(0, np.float32))
    x = np.zeros((3, 0), np.float32)
    assert meaning(DimOp(value(x, dynamic=(0,)), 0), x) == 3


@pytest.mark.parametrize("dtype", [*FLOAT_DTYPES, *INT_DTYPES, np.bool_])
def test_constants_keep_every_bit(dtype: Any) -> None:
    special = [0, 1] if dtype in (*INT_DTYPES, np.bool_) else [-0.0, inf, nan]
    array = np.array([special], dtype)
    op = constant(array)
    same(meaning(op), array)
    assert constant_array(op).tobytes() == array.tobytes()


def test_param() -> None:
    op = ParamOp("w", TensorType(f32, [2]))

    class Given:
        params = {"w": np.ones(2, np.float32), "v": np.ones(2)}

    assert SEMANTICS[ParamOp](Given, op)[0] is Given.params["w"]
    with pytest.raises(ValueError, match=r'no weight named "u" was given \(given: v, w\)'):
        SEMANTICS[ParamOp](Given, ParamOp("u", TensorType(f32, [2])))
    with pytest.raises(ValueError, match='weight "v" has type 2xf64, expected tensor<2xf32>'):
        SEMANTICS[ParamOp](Given, ParamOp("v", TensorType(f32, [2])))
