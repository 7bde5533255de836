"""Functions of one tensor, element by element: mathematics and classification."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import numpy as np
from xdsl.dialects.builtin import i1
from xdsl.ir import Attribute, Operation

from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.elements import is_float, numpy_type_of
from dlir.frontends.builder.values import Tensor, Value

from ..call import Build, Call
from ..widen import in_wide

Make = Callable[..., Operation]
Step = Callable[[Context, Tensor], Tensor]


def _unary(make: Make) -> Build:
    """The operand has the result's element type: integers become floats where PyTorch says so."""

    def build(context: Context, call: Call) -> Tensor:
        return context.itemwise(make, call.operand(context, "self", call.element))

    return build


def _composed(step: Step) -> Build:
    """Several operations, which for f16 and bf16 are done in f32 and rounded once."""

    def build(context: Context, call: Call) -> Tensor:
        x = call.operand(context, "self", call.element)
        return in_wide(context, partial(step, context), x)

    return build


def _rounding(make: Make) -> Build:
    """Integers are whole already."""

    def build(context: Context, call: Call) -> Tensor:
        x = call.tensor(context)
        return context.itemwise(make, x) if is_float(x.element) else x

    return build


def _classify(make: Make, otherwise: bool) -> Build:
    """A property of floats; every integer has it or none has."""

    def build(context: Context, call: Call) -> Tensor:
        x = call.tensor(context)
        if is_float(x.element):
            return context.itemwise(make, x)
        return context.broadcast(context.constant(otherwise, i1), x.dims)

    return build


def _scaled(make: Make, factor: float) -> Step:
    """factor * f(x)"""

    def step(context: Context, x: Tensor) -> Tensor:
        return times(context, context.itemwise(make, x), factor)

    return step


def finfo(element: Attribute) -> Any:
    """numpy's facts about a type of floats."""
    import ml_dtypes

    return cast(Any, ml_dtypes).finfo(numpy_type_of(element))


def times(context: Context, x: Tensor, factor: float) -> Tensor:
    if factor == 1:
        return x
    return context.itemwise(dl.MulOp, x, context.constant(factor, x.element))


def plus(context: Context, x: Tensor, term: float) -> Tensor:
    return context.itemwise(dl.AddOp, x, context.constant(term, x.element))


def _exp2(context: Context, x: Tensor) -> Tensor:
    return context.itemwise(dl.PowOp, context.constant(2, x.element), x)


def _sign(context: Context, call: Call) -> Tensor:
    """(x > 0) - (x < 0): of NaN it is 0."""
    x = call.tensor(context)
    if x.element == i1:
        return x
    zero = context.constant(0, x.element)
    above, below = (context.cast(context.compare(p, x, zero), x.element) for p in ("gt", "lt"))
    return context.itemwise(dl.SubOp, above, below)


def _trunc(context: Context, call: Call) -> Tensor:
    """The integer toward zero."""
    x = call.tensor(context)
    return whole(context, x) if is_float(x.element) else x


def whole(context: Context, x: Tensor) -> Tensor:
    """x without its fraction; the floor of |x| with the sign of x."""
    negative = context.compare("lt", x, context.constant(0, x.element))
    up, down = context.itemwise(dl.CeilOp, x), context.itemwise(dl.FloorOp, x)
    return context.itemwise(dl.SelectOp, negative, up, down)


def _frac(context: Context, call: Call) -> Tensor:
    x = call.tensor(context)
    return context.itemwise(dl.SubOp, x, whole(context, x))


def _round_decimals(context: Context, call: Call) -> Tensor:
    """round(x * 10^n) / 10^n"""
    x, factor = call.tensor(context), 10.0 ** abs(call.int("decimals"))
    if not is_float(x.element):
        return x
    power = context.constant(factor, x.element)
    shrink, grow = (dl.DivOp, dl.MulOp) if call.int("decimals") < 0 else (dl.MulOp, dl.DivOp)
    return context.itemwise(
        grow, context.itemwise(dl.RoundOp, context.itemwise(shrink, x, power)), power
    )


def _logical_not(context: Context, call: Call) -> Tensor:
    return context.itemwise(dl.NotOp, context.cast(call.tensor(context), i1))


def _is_infinite(sign: float) -> Build:
    def build(context: Context, call: Call) -> Tensor:
        x = call.tensor(context)
        if not is_float(x.element):
            return context.broadcast(context.constant(False, i1), x.dims)
        return context.compare("eq", x, context.constant(sign * np.inf, x.element))

    return build


def _is_finite(context: Context, call: Call) -> Tensor:
    """|x| < inf, which no NaN is."""
    x = call.tensor(context)
    if not is_float(x.element):
        return context.broadcast(context.constant(True, i1), x.dims)
    size = context.itemwise(dl.AbsOp, x)
    return context.compare("lt", size, context.constant(np.inf, x.element))


def _nan_to_num(context: Context, call: Call) -> Tensor:
    """NaN and infinities become numbers: by default 0 and the extremes of the type."""
    x = call.tensor(context)
    if not is_float(x.element):
        return x
    limits = finfo(x.element)
    replacements = (
        (context.itemwise(dl.IsNanOp, x), "nan", 0.0),
        (context.compare("eq", x, context.constant(np.inf, x.element)), "posinf", limits.max),
        (context.compare("eq", x, context.constant(-np.inf, x.element)), "neginf", limits.min),
    )
    for where, name, default in replacements:
        number = call.number(name) if call.has(name) else float(default)
        x = context.itemwise(dl.SelectOp, where, context.constant(number, x.element), x)
    return x


def _identity(context: Context, call: Call) -> Value:
    return call.tensor(context)


def _cast(context: Context, call: Call) -> Tensor:
    return context.cast(call.tensor(context), call.element)


def _square(context: Context, x: Tensor) -> Tensor:
    return context.itemwise(dl.MulOp, x, x)


def _abs(context: Context, call: Call) -> Tensor:
    x = call.tensor(context)
    return x if x.element == i1 else context.itemwise(dl.AbsOp, x)


def _log(base: float) -> Step:
    return _scaled(dl.LogOp, 1 / math.log(base))


_UNARY: dict[str, Make] = {
    "acos": dl.AcosOp,
    "acosh": dl.AcoshOp,
    "asin": dl.AsinOp,
    "asinh": dl.AsinhOp,
    "atan": dl.AtanOp,
    "atanh": dl.AtanhOp,
    "cos": dl.CosOp,
    "cosh": dl.CoshOp,
    "erf": dl.ErfOp,
    "exp": dl.ExpOp,
    "expm1": dl.Expm1Op,
    "log": dl.LogOp,
    "log1p": dl.Log1pOp,
    "reciprocal": dl.ReciprocalOp,
    "rsqrt": dl.RsqrtOp,
    "sin": dl.SinOp,
    "sinh": dl.SinhOp,
    "sqrt": dl.SqrtOp,
    "tan": dl.TanOp,
    "tanh": dl.TanhOp,
}

_COMPOSED: dict[str, Step] = {
    "exp2": _exp2,
    "log10": _log(10),
    "log2": _log(2),
    "square": _square,
}

_ROUNDING: dict[str, Make] = {"ceil": dl.CeilOp, "floor": dl.FloorOp, "round": dl.RoundOp}

_COPIES = ("alias", "clone", "detach", "lift_fresh_copy")
"""What is the identity where tensors are values."""

OPERATORS: dict[str, Build] = {
    **{f"aten.{name}.default": _unary(make) for name, make in _UNARY.items()},
    **{f"aten.{name}.default": _composed(step) for name, step in _COMPOSED.items()},
    **{f"aten.{name}.default": _rounding(make) for name, make in _ROUNDING.items()},
    **{f"aten.{name}.default": _identity for name in _COPIES},
    "aten._to_copy.default": _cast,
    "aten.abs.default": _abs,
    "aten.bitwise_not.default": _unary(dl.NotOp),
    "aten.frac.default": _frac,
    "aten.isfinite.default": _is_finite,
    "aten.isinf.default": _classify(dl.IsInfOp, False),
    "aten.isnan.default": _classify(dl.IsNanOp, False),
    "aten.isneginf.default": _is_infinite(-1),
    "aten.isposinf.default": _is_infinite(1),
    "aten.logical_not.default": _logical_not,
    "aten.nan_to_num.default": _nan_to_num,
    "aten.neg.default": _unary(dl.NegOp),
    "aten.round.decimals": _round_decimals,
    "aten.sgn.default": _sign,
    "aten.sign.default": _sign,
    "aten.trunc.default": _trunc,
}
