"""Fake quantisation, which quantisation-aware training inserts.

PyTorch multiplies by the rounded inverse of a scale where `dl.fake_quantize` divides, so a number
next to a tie may become its other neighbour, one step of the scale away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from xdsl.dialects.builtin import f32, i1, i32

from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.values import Tensor

from ..call import Build, Call


class Parameters(NamedTuple):
    """A scale and a zero point, of one number each or of one per place along the axis."""

    scale: Tensor
    zero_point: Tensor
    axis: int | None


Read: TypeAlias = Callable[[Context, Call], Parameters]


def _numbers(context: Context, call: Call) -> Parameters:
    """A scale and a zero point that are numbers."""
    scale = context.constant(call.number("scale"), f32)
    return Parameters(scale, context.constant(call.int("zero_point"), i32), None)


def _tensors(context: Context, call: Call) -> Parameters:
    """A scale and a zero point that are tensors of one element."""
    scale, zero = (
        context.reshape(context.cast(call.tensor(context, name), element), ())
        for name, element in (("scale", f32), ("zero_point", i32))
    )
    return Parameters(scale, zero, None)


def _channels(context: Context, call: Call) -> Parameters:
    """One scale and one zero point per place along an axis."""
    scale = context.cast(call.tensor(context, "scale"), f32)
    zero = context.cast(call.tensor(context, "zero_point"), i32)
    return Parameters(scale, zero, call.axis(call.tensor(context).rank, "axis"))


def _fake(context: Context, call: Call, p: Parameters) -> Tensor:
    x = call.tensor(context)
    op = dl.FakeQuantizeOp(
        context.cast(x, f32).ssa, p.scale.ssa, p.zero_point.ssa, axis=p.axis, **_range(call)
    )
    return context.cast(context.emit(op, x.dims), x.element)


def _range(call: Call) -> dict[str, int]:
    return {"low": call.int("quant_min"), "high": call.int("quant_max")}


def _alone(read: Read) -> Build:
    return lambda context, call: _fake(context, call, read(context, call))


def _masked(context: Context, call: Call, p: Parameters) -> tuple[Tensor, Tensor]:
    """The second result says where the gradient passes."""
    x = call.tensor(context)
    real, zero = context.cast(x, f32), context.constant(0, f32)
    ones = context.broadcast(context.constant(1, f32), x.dims)
    op = dl.FakeQuantizeGradOp(
        real.ssa, ones.ssa, p.scale.ssa, p.zero_point.ssa, axis=p.axis, **_range(call)
    )
    return _fake(context, call, p), context.compare("ne", context.emit(op, x.dims), zero)


def _with_mask(read: Read) -> Build:
    return lambda context, call: _masked(context, call, read(context, call))


def _switched(context: Context, call: Call) -> tuple[Tensor, Tensor]:
    """x itself, and the whole gradient, where the switch is off."""
    y, mask = _masked(context, call, _tensors(context, call))
    switch = context.reshape(context.cast(call.tensor(context, "fake_quant_enabled"), i1), ())
    off = context.itemwise(dl.NotOp, switch)
    x = call.tensor(context)
    return context.itemwise(dl.SelectOp, switch, y, x), context.itemwise(dl.OrOp, mask, off)


OPERATORS: dict[str, Build] = {
    "aten._fake_quantize_per_tensor_affine_cachemask_tensor_qparams.default": _switched,
    "aten.fake_quantize_per_channel_affine.default": _alone(_channels),
    "aten.fake_quantize_per_channel_affine_cachemask.default": _with_mask(_channels),
    "aten.fake_quantize_per_tensor_affine.default": _alone(_numbers),
    "aten.fake_quantize_per_tensor_affine.tensor_qparams": _alone(_tensors),
    "aten.fake_quantize_per_tensor_affine_cachemask.default": _with_mask(_numbers),
}
