"""Softmax and normalisations: a reduction, and what is done with it."""

from __future__ import annotations

from collections.abc import Callable

from xdsl.ir import SSAValue

import dlir.dialects.dl.match as f
from dlir.dialects.dl.match import Any, Found, Node, Number, Over
from dlir.dialects.dl.ops import composite as c
from dlir.dialects.dl.ops import reduction as r
from dlir.dialects.dl.ops.base import rank_of
from dlir.transforms.raising.channel_norms import ones_of_last
from dlir.transforms.raising.composite import Composite, Made

# How they look

X, SCALE, BIAS = Any("x"), Any("scale"), Any("bias")

_SHIFTED = X - Over(r.ReduceMaxOp, X, "axes")
_POWERS = f.exp(_SHIFTED)
SOFTMAX = f.divided(_POWERS, Over(r.ReduceSumOp, _POWERS, "axes"))
LOG_SOFTMAX = _SHIFTED - f.log(Over(r.ReduceSumOp, _POWERS, "axes"))

_CENTRED = X - Over(r.ReduceMeanOp, X, "axes")
_SPREAD = Over(r.ReduceMeanOp, f.square(_CENTRED), "axes") + Number(name="epsilon")
NORMALISED = f.divided(_CENTRED, f.sqrt(_SPREAD)) | (_CENTRED * f.rsqrt(_SPREAD))
NORM_SCALED = Node((c.LayerNormOp,), (X, Number(1.0)), "norm") * SCALE
NORM_SHIFTED = Node((c.LayerNormOp,), (X, SCALE), "norm") + BIAS

# How they are made


def along_axis(kind: type[c.AxisOp]) -> Callable[[Found], Made]:
    """An op along the one axis that was reduced."""

    def make(found: Found) -> Made:
        if len(found["axes"]) == 1:
            yield kind(found["x"], found["axes"][0])

    return make


def normalised(found: Found) -> Made:
    """Over the last dimensions, whose sizes are known; the scale is 1."""
    x, axes = found["x"], found["axes"]
    if (ones := ones_of_last(x, axes)) is not None:
        yield ones
        yield c.LayerNormOp(x, ones, axis=rank_of(x) - len(axes), epsilon=found["epsilon"])


def norm_scaled(found: Found) -> Made:
    return _with_companion(found, found["scale"], None)


def norm_shifted(found: Found) -> Made:
    return _with_companion(found, found["scale"], found["bias"])


def _with_companion(found: Found, scale: SSAValue, bias: SSAValue | None) -> Made:
    """The norm with another scale or bias, if that has the shape of the normalised dimensions."""
    norm: c.LayerNormOp = found["norm"]
    companion = scale if bias is None else bias
    if norm.bias is None and companion.type == norm.scale.type:
        axis, epsilon = norm.axis.value.data, norm.epsilon.value.data
        yield c.LayerNormOp(found["x"], scale, bias, axis=axis, epsilon=epsilon)


NORMS = (
    Composite("softmax", SOFTMAX, along_axis(c.SoftmaxOp)),
    Composite("log_softmax", LOG_SOFTMAX, along_axis(c.LogSoftmaxOp)),
    Composite("layer_norm", NORMALISED, normalised),
    Composite("layer_norm_scale", NORM_SCALED, norm_scaled),
    Composite("layer_norm_bias", NORM_SHIFTED, norm_shifted),
)
