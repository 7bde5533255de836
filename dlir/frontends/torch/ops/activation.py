"""Activations."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.elements import is_float
from dlir.frontends.builder.values import Tensor, Unsupported

from ..call import Build, Call
from ..widen import in_wide
from .elementwise import Make, Step, times


def _plain(make: Make) -> Build:
    def build(context: Context, call: Call) -> Tensor:
        return context.itemwise(make, call.tensor(context))

    return build


def _composed(step: Step) -> Build:
    def build(context: Context, call: Call) -> Tensor:
        return in_wide(context, partial(step, context), call.tensor(context))

    return build


def _gelu(context: Context, call: Call) -> Tensor:
    make = partial(dl.GeluOp, approximate=cast(Any, call.string("approximate")))
    return context.itemwise(make, call.tensor(context))


def _leaky_relu(context: Context, call: Call) -> Tensor:
    make = partial(dl.LeakyReluOp, alpha=float(call.number("negative_slope")))
    return context.itemwise(make, call.tensor(context))


def _elu(context: Context, call: Call) -> Tensor:
    """scale * (x above 0, else alpha * (e^(input_scale * x) - 1))"""
    alpha, scale, inner = (float(call.number(n)) for n in ("alpha", "scale", "input_scale"))

    def step(x: Tensor) -> Tensor:
        if inner == 1:
            return times(context, context.itemwise(partial(dl.EluOp, alpha=alpha), x), scale)
        zero = context.constant(0, x.element)
        power = context.itemwise(dl.Expm1Op, times(context, x, inner))
        above = context.compare("gt", x, zero)
        y = context.itemwise(dl.SelectOp, above, x, times(context, power, alpha))
        return times(context, y, scale)

    return in_wide(context, step, call.tensor(context))


def _celu(context: Context, call: Call) -> Tensor:
    make = partial(dl.CeluOp, alpha=float(call.number("alpha")))
    return context.itemwise(make, call.tensor(context))


def _softplus(context: Context, call: Call) -> Tensor:
    """ln(1 + e^(beta x)) / beta; x itself where beta x is above the threshold."""
    beta, threshold = float(call.number("beta")), float(call.number("threshold"))

    def step(x: Tensor) -> Tensor:
        scaled = times(context, x, beta)
        y = context.itemwise(dl.SoftplusOp, scaled)
        if beta != 1:
            y = context.itemwise(dl.DivOp, y, context.constant(beta, x.element))
        above = context.compare("gt", scaled, context.constant(threshold, x.element))
        return context.itemwise(dl.SelectOp, above, x, y)

    return in_wide(context, step, call.tensor(context))


def _log_sigmoid(context: Context, x: Tensor) -> Tensor:
    """-ln(1 + e^-x)"""
    inner = context.itemwise(dl.SoftplusOp, context.itemwise(dl.NegOp, x))
    return context.itemwise(dl.NegOp, inner)


def _hard_sigmoid(context: Context, call: Call) -> Tensor:
    make = partial(dl.HardSigmoidOp, alpha=1 / 6, beta=0.5)
    return context.itemwise(make, call.tensor(context))


def _hardtanh(context: Context, call: Call) -> Tensor:
    x = call.tensor(context)
    low, high = (_bound(call.number(name), x) for name in ("min_val", "max_val"))
    return context.itemwise(partial(dl.ClipOp, min=low, max=high), x)


def _bound(number: float, x: Tensor) -> float:
    return float(number) if is_float(x.element) else int(number)


def _relu6(context: Context, call: Call) -> Tensor:
    x = call.tensor(context)
    low, high = _bound(0, x), _bound(6, x)
    return context.itemwise(partial(dl.ClipOp, min=low, max=high), x)


def _threshold(context: Context, call: Call) -> Tensor:
    """`value` up to the threshold, x above it and where x is NaN."""
    x = call.tensor(context)
    bound, value = (context.constant(call.number(n), x.element) for n in ("threshold", "value"))
    return context.itemwise(dl.SelectOp, context.compare("le", x, bound), value, x)


def _prelu(context: Context, call: Call) -> Tensor:
    """One slope per channel (axis 1), or one for all."""
    x, slope = call.tensor(context), call.tensor(context, "weight")
    if slope.rank == 1 and x.rank > 1:
        slope = context.reshape(slope, (*slope.dims, *[1] * (x.rank - 2)))
    elif slope.rank == 1:
        slope = context.reshape(slope, ())
    return context.itemwise(dl.PreluOp, x, slope)


def _prelu_kernel(context: Context, call: Call) -> Tensor:
    return context.itemwise(dl.PreluOp, call.tensor(context), call.tensor(context, "weight"))


def _glu(context: Context, call: Call) -> Tensor:
    """The first half times the sigmoid of the second."""
    x = call.tensor(context)
    axis = call.axis(x.rank)
    half = d.div(x.dims[axis], 2)
    if not isinstance(half, int):
        raise Unsupported("halves of a dynamic dimension")
    a, b = (context.take(x, axis, offset, half) for offset in (0, half))
    gated = context.itemwise(dl.MulOp, a, context.itemwise(dl.SigmoidOp, b))
    return gated


_PLAIN: dict[str, Make] = {
    "hardswish": dl.HardSwishOp,
    "mish": dl.MishOp,
    "relu": dl.ReluOp,
    "selu": dl.SeluOp,
    "silu": dl.SiluOp,
}


def _sigmoid(context: Context, call: Call) -> Tensor:
    return context.itemwise(dl.SigmoidOp, call.operand(context, "self", call.element))


OPERATORS: dict[str, Build] = {
    **{f"aten.{name}.default": _plain(make) for name, make in _PLAIN.items()},
    "aten._prelu_kernel.default": _prelu_kernel,
    "aten.celu.default": _celu,
    "aten.elu.default": _elu,
    "aten.gelu.default": _gelu,
    "aten.glu.default": _glu,
    "aten.hardsigmoid.default": _hard_sigmoid,
    "aten.hardtanh.default": _hardtanh,
    "aten.leaky_relu.default": _leaky_relu,
    "aten.log_sigmoid.default": _composed(_log_sigmoid),
    "aten.log_sigmoid_forward.default": _composed(_log_sigmoid),
    "aten.prelu.default": _prelu,
    "aten.relu6.default": _relu6,
    "aten.sigmoid.default": _sigmoid,
    "aten.softplus.default": _softplus,
    "aten.threshold.default": _threshold,
}
