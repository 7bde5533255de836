"""Arithmetic, comparison, selection, activations and element types."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from xdsl.dialects.builtin import Float8E8M0FNUType, f32, i1, i32, i64
from xdsl.ir import Attribute, Operation

from dlir.dialects.dl.attrs import RoundMode, ui64
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.elements import is_float, xdsl_type
from dlir.frontends.builder.values import Constant, Tensor, Unsupported, Value
from dlir.types import is_narrow_float, is_narrow_integer, is_unsigned

from ..node import Node
from ..operator import Build, tensor, tensors


def _unary(make: Callable[..., Operation]) -> Build:
    def build(context: Context, node: Node) -> Tensor:
        return context.itemwise(make, tensor(context, node, 0))

    return build


def _binary(make: Callable[..., Operation]) -> Build:
    def build(context: Context, node: Node) -> Tensor:
        return context.itemwise(make, tensor(context, node, 0), tensor(context, node, 1))

    return build


def _folding(make: Callable[..., Operation]) -> Build:
    def build(context: Context, node: Node) -> Tensor:
        first, *rest = tensors(context, node)
        for other in rest:
            first = context.itemwise(make, first, other)
        return first

    return build


def _compare(predicate: str) -> Build:
    def build(context: Context, node: Node) -> Tensor:
        return context.compare(predicate, tensor(context, node, 0), tensor(context, node, 1))

    return build


def _mean(context: Context, node: Node) -> Tensor:
    total = _folding(dl.AddOp)(context, node)
    assert isinstance(total, Tensor)
    count = context.constant(len(node.inputs), total.element)
    return context.itemwise(dl.DivOp, total, count)


def _identity(_: Context, node: Node) -> Value:
    return node.input(0)


def _elu(context: Context, node: Node) -> Tensor:
    alpha = node.float("alpha", 1.0)
    return context.itemwise(partial(dl.EluOp, alpha=alpha), tensor(context, node, 0))


def _leaky_relu(context: Context, node: Node) -> Tensor:
    alpha = node.float("alpha", 0.01)
    return context.itemwise(partial(dl.LeakyReluOp, alpha=alpha), tensor(context, node, 0))


def _celu(context: Context, node: Node) -> Tensor:
    alpha = node.float("alpha", 1.0)
    return context.itemwise(partial(dl.CeluOp, alpha=alpha), tensor(context, node, 0))


def _thresholded_relu(context: Context, node: Node) -> Tensor:
    alpha = node.float("alpha", 1.0)
    return context.itemwise(partial(dl.ThresholdedReluOp, alpha=alpha), tensor(context, node, 0))


def _hard_sigmoid(context: Context, node: Node) -> Tensor:
    alpha, beta = node.float("alpha", 0.2), node.float("beta", 0.5)
    return context.itemwise(
        partial(dl.HardSigmoidOp, alpha=alpha, beta=beta), tensor(context, node, 0)
    )


_SELU = (1.67326319217681884765625, 1.05070102214813232421875)


def _selu(context: Context, node: Node) -> Tensor:
    """gamma * elu(x, alpha); the standard's own constants are `dl.selu`."""
    alpha, gamma = (node.float(n, v) for n, v in zip(("alpha", "gamma"), _SELU, strict=True))
    x = tensor(context, node, 0)
    if np.allclose((alpha, gamma), _SELU, rtol=1e-6):
        return context.itemwise(dl.SeluOp, x)
    y = context.itemwise(partial(dl.EluOp, alpha=alpha), x)
    return context.itemwise(dl.MulOp, context.constant(gamma, x.element), y)


def _gelu(context: Context, node: Node) -> Tensor:
    approximate = node.string("approximate", "none")
    if approximate not in ("none", "tanh"):
        raise Unsupported(f"approximate = {approximate!r}")
    return context.itemwise(partial(dl.GeluOp, approximate=approximate), tensor(context, node, 0))


def _swish(context: Context, node: Node) -> Tensor:
    x, alpha = tensor(context, node, 0), node.float("alpha", 1.0)
    if alpha == 1.0:
        return context.itemwise(dl.SiluOp, x)
    inner = context.itemwise(dl.MulOp, context.constant(alpha, x.element), x)
    return context.itemwise(dl.MulOp, x, context.itemwise(dl.SigmoidOp, inner))


def _shrink(context: Context, node: Node) -> Tensor:
    """x + bias below -lambd, x - bias above lambd, 0 between."""
    x = tensor(context, node, 0)
    limit, bias = node.float("lambd", 0.5), node.float("bias", 0.0)
    low, high, step, y = (context.constant(n, x.element) for n in (-limit, limit, bias, 0.0))
    above, below = context.compare("gt", x, high), context.compare("lt", x, low)
    y = context.itemwise(dl.SelectOp, above, context.itemwise(dl.SubOp, x, step), y)
    return context.itemwise(dl.SelectOp, below, context.itemwise(dl.AddOp, x, step), y)


def _clip(context: Context, node: Node) -> Tensor:
    """Bounds are attributes before opset 11 and optional scalar inputs from then on."""
    x = tensor(context, node, 0)
    for index, name, make in ((1, "min", dl.MaxOp), (2, "max", dl.MinOp)):
        if name in node.attributes:
            bound = context.constant(node.float(name, 0.0), x.element)
        elif node.has(index):
            bound = tensor(context, node, index)
        else:
            continue
        x = context.itemwise(make, x, bound)
    return x


def _constant_clip(context: Context, node: Node) -> Tensor:
    """`dl.clip` when both bounds are known at import, which is nearly always."""
    bounds: list[float | int | None] = []
    for index, name in ((1, "min"), (2, "max")):
        value = node.input(index) if node.has(index) else None
        if isinstance(value, Constant) and value.array.size == 1:
            bounds.append(value.array.reshape(-1)[0].item())
        elif value is not None:
            return _clip(context, node)
        else:
            bounds.append(node.float(name, 0.0) if name in node.attributes else None)
    low, high = bounds
    x = tensor(context, node, 0)
    if low is not None and high is not None and low > high:
        return _clip(context, node)  # ONNX: the upper bound wins
    if any(isinstance(bound, int) and bound >= 1 << 63 for bound in bounds):
        return _clip(context, node)  # bounds of `dl.clip` are written as i64
    return context.itemwise(partial(dl.ClipOp, min=low, max=high), x)


def _is_two(value: Value) -> bool:
    return isinstance(value, Constant) and value.array.size == 1 and bool(value.array.item() == 2)


def _pow(context: Context, node: Node) -> Tensor:
    """The result has the base's type, whatever the exponent's is (opset 12).

    Powers of integers are computed where the exponent fits; the low bits of a power are the same
    in every wider type.
    """
    base, exponent = tensor(context, node, 0), node.input(1)
    if _is_two(exponent) and exponent.rank <= base.rank:
        # layer norms are exported with a power of 2: a product is exact and cheap
        return context.itemwise(dl.MulOp, base, base)
    power = context.tensor(exponent)
    if is_float(power.element) and not is_float(base.element):
        result = context.itemwise(dl.PowOp, context.cast(base, power.element), power)
        return context.cast(result, base.element)
    if is_float(base.element) or power.element == base.element:
        return context.itemwise(dl.PowOp, base, context.cast(power, base.element))
    if base.element == ui64 and not is_unsigned(power.element):
        raise Unsupported(f"a power of {base.element} by {power.element}")
    wide = ui64 if is_unsigned(power.element) else i64
    result = context.itemwise(dl.PowOp, context.cast(base, wide), context.cast(power, wide))
    return context.cast(result, base.element)


def _mod(context: Context, node: Node) -> Tensor:
    make = dl.FmodOp if node.int("fmod", 0) else dl.ModOp
    return context.itemwise(make, tensor(context, node, 0), tensor(context, node, 1))


def _where(context: Context, node: Node) -> Tensor:
    condition, a, b = (tensor(context, node, i) for i in range(3))
    return context.itemwise(dl.SelectOp, condition, a, b)


def _is_inf(context: Context, node: Node) -> Tensor:
    x = tensor(context, node, 0)
    signs = (node.int("detect_positive", 1), node.int("detect_negative", 1))
    if signs == (1, 1):
        return context.itemwise(dl.IsInfOp, x)
    if signs == (0, 0):
        return context.broadcast(context.constant(False, i1), x.dims)
    bound = context.constant(np.inf if signs[0] else -np.inf, x.element)
    return context.compare("eq", x, bound)


def _cast(context: Context, node: Node) -> Tensor:
    return _converted(context, node, xdsl_type(node.element_type("to")))


def _cast_like(context: Context, node: Node) -> Tensor:
    return _converted(context, node, tensor(context, node, 1).element)


_POWERS = Float8E8M0FNUType()
_ROUND_MODES = {"nearest": RoundMode.NEAREST, "up": RoundMode.UPWARD, "down": RoundMode.DOWNWARD}


def _converted(context: Context, node: Node, target: Attribute) -> Tensor:
    """The first input as the node's attributes say; `round_mode` counts for powers of two."""
    given = node.string("round_mode", "up")
    if given not in _ROUND_MODES:
        raise Unsupported(f'round_mode "{given}"')
    mode = _ROUND_MODES[given] if target == _POWERS else RoundMode.NEAREST
    x, saturate = tensor(context, node, 0), bool(node.int("saturate", 1))
    return converted(context, x, target, saturate, mode)


def converted(
    context: Context, x: Tensor, target: Attribute, saturate: bool,
    mode: RoundMode = RoundMode.NEAREST,
) -> Tensor:  # fmt: skip
    """`x` as ONNX casts it: narrow floats may saturate, narrow integers are low bits."""
    real = is_float(x.element) or is_narrow_float(x.element)
    if is_narrow_float(target) and x.element != target:
        x = x if real else context.cast(x, f32)
        op = dl.CastOp(x.ssa, target, round_mode=mode, saturate=saturate)
        return context.emit(op, x.dims)
    if is_narrow_integer(target) and real:
        x = context.cast(x, i32)
    return context.cast(x, target)


_UNARY: dict[str, Callable[..., Operation]] = {
    "Abs": dl.AbsOp,
    "Acos": dl.AcosOp,
    "Acosh": dl.AcoshOp,
    "Asin": dl.AsinOp,
    "Asinh": dl.AsinhOp,
    "Atan": dl.AtanOp,
    "Atanh": dl.AtanhOp,
    "BitwiseNot": dl.NotOp,
    "Ceil": dl.CeilOp,
    "Cos": dl.CosOp,
    "Cosh": dl.CoshOp,
    "Erf": dl.ErfOp,
    "Exp": dl.ExpOp,
    "Floor": dl.FloorOp,
    "HardSwish": dl.HardSwishOp,
    "IsNaN": dl.IsNanOp,
    "Log": dl.LogOp,
    "Mish": dl.MishOp,
    "Neg": dl.NegOp,
    "Not": dl.NotOp,
    "Reciprocal": dl.ReciprocalOp,
    "Relu": dl.ReluOp,
    "Round": dl.RoundOp,
    "Sigmoid": dl.SigmoidOp,
    "Sign": dl.SignOp,
    "Sin": dl.SinOp,
    "Sinh": dl.SinhOp,
    "Softplus": dl.SoftplusOp,
    "Softsign": dl.SoftsignOp,
    "Sqrt": dl.SqrtOp,
    "Tan": dl.TanOp,
    "Tanh": dl.TanhOp,
}

_BINARY: dict[str, Callable[..., Operation]] = {
    "Add": dl.AddOp,
    "And": dl.AndOp,
    "BitwiseAnd": dl.AndOp,
    "BitwiseOr": dl.OrOp,
    "BitwiseXor": dl.XorOp,
    "Div": dl.DivOp,
    "Mul": dl.MulOp,
    "Or": dl.OrOp,
    "Sub": dl.SubOp,
    "Xor": dl.XorOp,
}

_COMPARE = {
    "Equal": "eq",
    "Greater": "gt",
    "GreaterOrEqual": "ge",
    "Less": "lt",
    "LessOrEqual": "le",
}

OPERATORS: dict[str, Build] = {
    **{name: _unary(make) for name, make in _UNARY.items()},
    **{name: _binary(make) for name, make in _BINARY.items()},
    **{name: _compare(predicate) for name, predicate in _COMPARE.items()},
    "Cast": _cast,
    "CastLike": _cast_like,
    "Celu": _celu,
    "Clip": _constant_clip,
    "Elu": _elu,
    "Gelu": _gelu,
    "HardSigmoid": _hard_sigmoid,
    "Identity": _identity,
    "IsInf": _is_inf,
    "LeakyRelu": _leaky_relu,
    "Max": _folding(dl.MaxOp),
    "Mean": _mean,
    "Min": _folding(dl.MinOp),
    "Mod": _mod,
    "PRelu": _binary(dl.PreluOp),
    "Pow": _pow,
    "Selu": _selu,
    "Shrink": _shrink,
    "Sum": _folding(dl.AddOp),
    "Swish": _swish,
    "ThresholdedRelu": _thresholded_relu,
    "Where": _where,
}
