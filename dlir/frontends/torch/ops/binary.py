"""Arithmetic, comparison and choice among tensors and numbers, promoted as PyTorch does it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from xdsl.dialects.builtin import i1
from xdsl.ir import Attribute, Operation

from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.elements import is_float
from dlir.frontends.builder.values import Tensor, Unsupported

from ..call import Build, Call, promoted
from ..widen import in_wide
from .elementwise import Make, times, whole

_LOGIC: dict[Make, Make] = {
    dl.AddOp: dl.OrOp,
    dl.MaxOp: dl.OrOp,
    dl.MinOp: dl.AndOp,
    dl.MulOp: dl.AndOp,
}
"""Arithmetic of booleans."""


def _combine(context: Context, make: Make, a: Tensor, b: Tensor) -> Tensor:
    return context.itemwise(_LOGIC.get(make, make) if a.element == i1 else make, a, b)


def _binary(make: Make, a: str = "self", b: str = "other") -> Build:
    """Both operands have the result's element type."""

    def build(context: Context, call: Call) -> Tensor:
        x, y = (call.operand(context, name, call.element) for name in (a, b))
        return _combine(context, make, x, y)

    return build


def _with_alpha(make: Make, *, swapped: bool = False) -> Build:
    """self + alpha * other"""

    def build(context: Context, call: Call) -> Tensor:
        first, second = ("other", "self") if swapped else ("self", "other")
        a, b = (call.operand(context, name, call.element) for name in (first, second))
        alpha = call.number("alpha")
        if alpha == 1:
            return _combine(context, make, a, b)
        if a.element == i1:
            raise Unsupported("alpha of booleans")

        def step(a: Tensor, b: Tensor) -> Tensor:
            return context.itemwise(make, a, times(context, b, alpha))

        return in_wide(context, step, a, b)

    return build


def _divide_by_mode(context: Context, call: Call) -> Tensor:
    mode = call.string("rounding_mode") if call.has("rounding_mode") else "none"
    a, b = (call.operand(context, name, call.element) for name in ("self", "other"))
    return _QUOTIENTS[mode](context, a, b)


def _quotient(context: Context, a: Tensor, b: Tensor) -> Tensor:
    return context.itemwise(dl.DivOp, a, b)


def _truncated(context: Context, a: Tensor, b: Tensor) -> Tensor:
    y = _quotient(context, a, b)
    return whole(context, y) if is_float(y.element) else y


def _floored(context: Context, a: Tensor, b: Tensor) -> Tensor:
    return in_wide(context, partial(_floor_quotient, context), a, b)


def _floor_quotient(context: Context, a: Tensor, b: Tensor) -> Tensor:
    """The quotient without the remainder, as Python computes it: 1 // 0.1 is 9.

    What is left of the remainder's rounding error is rounded away; a quotient that is no number,
    or of a division by zero, stays.
    """
    if not is_float(a.element):
        remainder = context.itemwise(dl.ModOp, a, b)
        return _quotient(context, context.itemwise(dl.SubOp, a, remainder), b)
    ratio, zero = _quotient(context, a, b), context.constant(0, a.element)
    remainder = context.itemwise(dl.ModOp, a, b)
    exact = context.itemwise(
        dl.RoundOp, _quotient(context, context.itemwise(dl.SubOp, a, remainder), b)
    )
    by_zero = context.compare("eq", b, zero)
    return context.itemwise(dl.SelectOp, by_zero, ratio, exact)


_QUOTIENTS: dict[str, Callable[[Context, Tensor, Tensor], Tensor]] = {
    "floor": _floored,
    "none": _quotient,
    "trunc": _truncated,
}


def _floor_divide(context: Context, call: Call) -> Tensor:
    return _floored(
        context, *(call.operand(context, name, call.element) for name in ("self", "other"))
    )


def _pow(context: Context, call: Call) -> Tensor:
    a = call.operand(context, "self", call.element)
    exponent = call.value("exponent")
    if exponent == 2:
        return context.itemwise(dl.MulOp, a, a)  # exact and cheap
    if exponent == 0.5 and is_float(a.element):
        return context.itemwise(dl.SqrtOp, a)
    power = call.operand(context, "exponent", call.element)
    return context.itemwise(dl.PowOp, _invertible(context, a, power), power)


def _invertible(context: Context, a: Tensor, power: Tensor) -> Tensor:
    """The base; a whole number 0 with a negative power is 0 in PyTorch, as any base above 1 is."""
    if is_float(a.element):
        return a
    zero, two = (context.constant(n, a.element) for n in (0, 2))
    bases = context.compare("eq", a, zero), context.compare("lt", power, zero)
    return context.itemwise(dl.SelectOp, context.itemwise(dl.AndOp, *bases), two, a)


def _compare(predicate: str) -> Build:
    def build(context: Context, call: Call) -> Tensor:
        element = promoted(call, "self", "other")
        a, b = (call.operand(context, name, element) for name in ("self", "other"))
        return context.compare(predicate, a, b)

    return build


def _logical(make: Callable[..., Operation]) -> Build:
    def build(context: Context, call: Call) -> Tensor:
        a, b = (call.operand(context, name, i1) for name in ("self", "other"))
        return context.itemwise(make, a, b)

    return build


def _where(context: Context, call: Call) -> Tensor:
    condition = call.operand(context, "condition", i1)
    a, b = (call.operand(context, name, call.element) for name in ("self", "other"))
    return context.itemwise(dl.SelectOp, condition, a, b)


def _masked_fill(context: Context, call: Call) -> Tensor:
    value = call.operand(context, "value", call.element)
    mask = call.operand(context, "mask", i1)
    return context.itemwise(dl.SelectOp, mask, value, call.tensor(context))


def _clamp(context: Context, call: Call) -> Tensor:
    """min(max(x, low), high); NaN in a bound wins, too."""
    x = call.operand(context, "self", call.element)
    low, high = (_bound(call, name, x.element) for name in ("min", "max"))
    if low is not None and high is not None and low <= high:
        return context.itemwise(partial(dl.ClipOp, min=low, max=high), x)
    for name, make in (("min", dl.MaxOp), ("max", dl.MinOp)):
        if call.has(name):
            x = _combine(context, make, x, call.operand(context, name, call.element))
    return x


def _bound(call: Call, name: str, element: Attribute) -> float | int | None:
    """A bound known at import, of a number's kind that `dl.clip` takes."""
    if element == i1 or not call.has(name):
        return None
    value = call.value(name)
    if not isinstance(value, bool | int | float):
        return None
    return float(value) if is_float(element) else int(value)


def _ignoring_nan(make: Make) -> Build:
    """The other operand where one is NaN."""

    def build(context: Context, call: Call) -> Tensor:
        a, b = (call.operand(context, name, call.element) for name in ("self", "other"))
        y = _combine(context, make, a, b)
        if not is_float(a.element):
            return y
        y = context.itemwise(dl.SelectOp, context.itemwise(dl.IsNanOp, a), b, y)
        return context.itemwise(dl.SelectOp, context.itemwise(dl.IsNanOp, b), a, y)

    return build


_OVERLOADS: dict[str, Build] = {
    "aten.add": _with_alpha(dl.AddOp),
    "aten.bitwise_and": _binary(dl.AndOp),
    "aten.bitwise_or": _binary(dl.OrOp),
    "aten.bitwise_xor": _binary(dl.XorOp),
    "aten.div": _binary(dl.DivOp),
    "aten.eq": _compare("eq"),
    "aten.fmod": _binary(dl.FmodOp),
    "aten.ge": _compare("ge"),
    "aten.gt": _compare("gt"),
    "aten.le": _compare("le"),
    "aten.lt": _compare("lt"),
    "aten.mul": _binary(dl.MulOp),
    "aten.ne": _compare("ne"),
    "aten.remainder": _binary(dl.ModOp),
    "aten.rsub": _with_alpha(dl.SubOp, swapped=True),
    "aten.sub": _with_alpha(dl.SubOp),
}
"""Operators that take a tensor or a number on the right."""

OPERATORS: dict[str, Build] = {
    **{
        f"{name}.{kind}": build
        for name, build in _OVERLOADS.items()
        for kind in ("Tensor", "Scalar")
    },
    "aten.atan2.default": _binary(dl.Atan2Op),
    "aten.__lshift__.Scalar": _binary(dl.ShiftLeftOp),
    "aten.__lshift__.Tensor": _binary(dl.ShiftLeftOp),
    "aten.__rshift__.Scalar": _binary(dl.ShiftRightOp),
    "aten.__rshift__.Tensor": _binary(dl.ShiftRightOp),
    "aten.bitwise_left_shift.Tensor": _binary(dl.ShiftLeftOp),
    "aten.bitwise_left_shift.Tensor_Scalar": _binary(dl.ShiftLeftOp),
    "aten.bitwise_right_shift.Tensor": _binary(dl.ShiftRightOp),
    "aten.bitwise_right_shift.Tensor_Scalar": _binary(dl.ShiftRightOp),
    "aten.clamp.Tensor": _clamp,
    "aten.clamp.default": _clamp,
    "aten.clamp_max.Tensor": _clamp,
    "aten.clamp_max.default": _clamp,
    "aten.clamp_min.Tensor": _clamp,
    "aten.clamp_min.default": _clamp,
    "aten.div.Scalar_mode": _divide_by_mode,
    "aten.div.Tensor_mode": _divide_by_mode,
    "aten.floor_divide.Scalar": _floor_divide,
    "aten.floor_divide.default": _floor_divide,
    "aten.fmax.default": _ignoring_nan(dl.MaxOp),
    "aten.fmin.default": _ignoring_nan(dl.MinOp),
    "aten.logical_and.default": _logical(dl.AndOp),
    "aten.logical_or.default": _logical(dl.OrOp),
    "aten.logical_xor.default": _logical(dl.XorOp),
    "aten.masked_fill.Scalar": _masked_fill,
    "aten.masked_fill.Tensor": _masked_fill,
    "aten.maximum.default": _binary(dl.MaxOp),
    "aten.minimum.default": _binary(dl.MinOp),
    "aten.pow.Scalar": _pow,
    "aten.pow.Tensor_Scalar": _pow,
    "aten.pow.Tensor_Tensor": _pow,
    "aten.where.self": _where,
}
