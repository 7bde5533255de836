"""im2col: each place's window as a row, times the weights as a matrix."""

from __future__ import annotations

from dlir.dialects.dl.ops.base import element_of, shape_of
from dlir.dialects.dl.ops.contraction import Conv2dOp, MatmulOp
from dlir.dialects.dl.ops.movement import ConcatOp
from dlir.dialects.dl.shapes import DYNAMIC
from dlir.dialects.dl.terms import Formula, Term
from dlir.transforms.dl_convolution_algorithm.image import (
    Convolution,
    padded,
    reshaped,
    sliced,
    transposed,
)


def im2col(conv: Convolution, make: Formula) -> Term:
    """y[b, i, j, o] = sum over (u, v, c) of window[b, i, j, (u, v, c)] * w[(u, v, c), o]"""
    (height, width), (channels, out) = conv.places, conv.channels
    (kh, kw), (sh, sw), (dh, dw) = conv.kernel, conv.strides, conv.dilations
    x = padded(make.term(conv.x), *conv.padding)
    seen = [
        sliced(x, (u * dh, v * dw, 0), (height, width, channels), (sh, sw, 1))
        for u in range(kh)
        for v in range(kw)
    ]
    windows = make.apply(ConcatOp([part.value for part in seen], axis=3))
    terms = kh * kw * channels
    rows = windows if len(seen) > 1 else seen[0]
    weight = reshaped(transposed(make.term(conv.op.weight), 2, 3, 1, 0), terms, out)
    count = conv.batch * height * width if conv.batch >= 0 else -1
    y = _times(reshaped(rows, count, terms), weight, conv.op)
    return reshaped(y, conv.batch, height, width, out)


def columns(op: Conv2dOp, make: Formula) -> Term:
    """y[b, o, (i, j)] = sum over c of w[o, c] * x[b, c, (i, j)], of an NCHW image"""
    batch, channels, height, width = (-1 if n == DYNAMIC else n for n in shape_of(op.x))
    out = shape_of(op.weight)[0]
    weight = reshaped(make.term(op.weight), out, channels)
    x = reshaped(make.term(op.x), batch, channels, height * width)
    return reshaped(_times(weight, x, op), batch, out, height, width)


def _times(lhs: Term, rhs: Term, op: Conv2dOp) -> Term:
    return lhs.then(MatmulOp, rhs.value, acc=op.acc, element_type=element_of(op.result))
