"""Activations: functions of one value, in the forms that exporters and dl-decompose write."""

from __future__ import annotations

from collections.abc import Callable
from math import isclose, isfinite, pi, sqrt

import dlir.dialects.dl.match as f
from dlir.dialects.dl.match import Any, Found, Node, Number
from dlir.dialects.dl.ops import activation as a
from dlir.dialects.dl.ops.elementwise import PlainUnaryOp
from dlir.transforms.raising.composite import Composite, Made

X, ALPHA = Any("x"), Number(name="alpha")

# How they look

GELU = f.product(X, 0.5, f.erf(f.scaled(X, sqrt(0.5))) + 1.0)

_CUBIC = f.product(X + f.product(f.cube(X), 0.044715), sqrt(2 / pi))
_FACTORED = f.product(X, sqrt(2 / pi), f.product(f.square(X), 0.044715) + 1.0)
GELU_TANH = f.product(X, 0.5, f.tanh(_CUBIC | _FACTORED) + 1.0)

_ONE_AND_POWER = f.exp(f.negative(X)) + 1.0
SIGMOID = f.inverse(_ONE_AND_POWER)
SILU = f.product(X, f.sigmoid(X)) | (X / _ONE_AND_POWER)

_BELOW = f.negative(f.absolute(X))
_STABLE = f.larger(X, 0.0) + (f.softplus(_BELOW) | f.log1p(f.exp(_BELOW)))
SOFTPLUS = _STABLE | f.log1p(f.exp(X)) | f.log(f.exp(X) + 1.0)
SOFTSIGN = f.divided(X, f.absolute(X) + 1.0)
MISH = f.product(X, f.tanh(f.softplus(X)))

_LESS_ONE = f.expm1(X) | (f.exp(X) - 1.0)
ELU = f.if_positive(X, X, (_LESS_ONE * ALPHA) | _LESS_ONE)
SELU = Node((a.EluOp,), (X,), "elu") * Number(a.SELU_SCALE)
LEAKY_RELU = f.if_positive(X, X, X * ALPHA)
LEAKY_RELU_BY_MAX = f.larger(X, X * ALPHA)

HARD_SIGMOID = f.clipped((X * ALPHA) + Number(name="beta"), 0.0, 1.0)
_RELU6 = f.clipped(X + 3.0, 0.0, 6.0)
HARD_SIGMOID_OF_RELU6 = f.scaled(_RELU6, 1 / 6)
HARD_SWISH = f.product(X, Node((a.HardSigmoidOp,), (X,), "gate"))
HARD_SWISH_OF_RELU6 = f.scaled(f.product(X, _RELU6), 1 / 6)

# How they are made


def plain(kind: type[PlainUnaryOp]) -> Callable[[Found], Made]:
    """An op without properties."""

    def make(found: Found) -> Made:
        yield kind(found["x"])

    return make


def gelu(found: Found) -> Made:
    yield a.GeluOp(found["x"])


def gelu_tanh(found: Found) -> Made:
    yield a.GeluOp(found["x"], "tanh")


def elu(found: Found) -> Made:
    if isfinite(alpha := found.get("alpha", 1.0)):
        yield a.EluOp(found["x"], alpha)


def selu(found: Found) -> Made:
    if isclose(found["elu"].alpha.value.data, a.SELU_ALPHA, rel_tol=f.DIGITS_F32):
        yield a.SeluOp(found["x"])


def leaky_relu(found: Found) -> Made:
    if isfinite(found["alpha"]):
        yield a.LeakyReluOp(found["x"], found["alpha"])


def leaky_relu_by_max(found: Found) -> Made:
    """x and alpha * x cross at 0, and x is the larger one above."""
    if 0 < found["alpha"] <= 1:
        yield a.LeakyReluOp(found["x"], found["alpha"])


def hard_sigmoid(found: Found) -> Made:
    alpha, beta = found["alpha"], found["beta"]
    if isfinite(alpha) and isfinite(beta):
        yield a.HardSigmoidOp(found["x"], alpha, beta)


def hard_sigmoid_of_relu6(found: Found) -> Made:
    yield a.HardSigmoidOp(found["x"], 1 / 6, 0.5)


def hard_swish(found: Found) -> Made:
    gate: a.HardSigmoidOp = found["gate"]
    slope, middle = gate.alpha.value.data, gate.beta.value.data
    if isclose(slope, 1 / 6, rel_tol=f.DIGITS_F32) and middle == 0.5:
        yield a.HardSwishOp(found["x"])


ACTIVATIONS = (
    Composite("gelu", GELU, gelu),
    Composite("gelu_tanh", GELU_TANH, gelu_tanh),
    Composite("sigmoid", SIGMOID, plain(a.SigmoidOp)),
    Composite("silu", SILU, plain(a.SiluOp)),
    Composite("softplus", SOFTPLUS, plain(a.SoftplusOp)),
    Composite("softsign", SOFTSIGN, plain(a.SoftsignOp)),
    Composite("mish", MISH, plain(a.MishOp)),
    Composite("elu", ELU, elu),
    Composite("selu", SELU, selu),
    Composite("leaky_relu", LEAKY_RELU, leaky_relu),
    Composite("leaky_relu_by_max", LEAKY_RELU_BY_MAX, leaky_relu_by_max),
    Composite("hard_sigmoid", HARD_SIGMOID, hard_sigmoid),
    Composite("hard_sigmoid_of_relu6", HARD_SIGMOID_OF_RELU6, hard_sigmoid_of_relu6),
    Composite("hard_swish", HARD_SWISH, hard_swish),
    Composite("hard_swish_of_relu6", HARD_SWISH_OF_RELU6, plain(a.HardSwishOp)),
)
