"""Matrix products and convolutions: summed in the accumulator type, rounded once at the end."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dlir.dialects.dl.attrs import Layout
from dlir.dialects.dl.ops.base import element_of, shape_of
from dlir.dialects.dl.ops.contraction import Conv2dOp, MatmulOp
from dlir.dialects.dl.semantics.common import check_stretch, result_dtype
from dlir.dialects.dl.semantics.narrow import widened
from dlir.dialects.sparse.attrs import Encoding, encoding_of
from dlir.dialects.sparse.storage import stored
from dlir.numpy_types import Array, dtype_of


def product(lhs: Array, rhs: Array, acc: np.dtype[Any]) -> Array:
    """numpy.matmul in the accumulator type.

    Sums of products of narrow integers are exact in f64, for which numpy has fast code: those of
    up to 16 bits leave room for 2^21 terms. What does not fit into the accumulator wraps around
    afterwards. Sums of f32 that cannot overflow are taken in f64 and rounded once: numpy's own
    depend on the machine and on the place in the matrix.
    """
    if lhs.dtype.kind in "iu" and lhs.dtype.itemsize <= 2:
        exact = np.matmul(lhs.astype(np.float64), rhs.astype(np.float64))
        return exact.astype(np.int64).astype(acc)
    if acc == np.float32 and _greatest_sum(lhs, rhs) < np.finfo(acc).max:
        return np.matmul(lhs.astype(np.float64), rhs.astype(np.float64)).astype(acc)
    lhs, rhs = lhs.astype(acc), rhs.astype(acc)
    return one_by_one(lhs, rhs) if acc.kind not in "iu" and acc.itemsize == 2 else lhs @ rhs


def _greatest_sum(lhs: Array, rhs: Array) -> float:
    """More than the size of any sum of products on the way; NaN if an operand has one."""
    greatest = (float(np.abs(values).max(initial=0)) for values in (lhs, rhs))
    return lhs.shape[-1] * prod(greatest)


def one_by_one(lhs: Array, rhs: Array) -> Array:
    """Terms added in order, each rounded: for f16 and bf16 numpy.matmul would sum in f32."""
    batch = np.broadcast_shapes(lhs.shape[:-2], rhs.shape[:-2])
    total = np.zeros((*batch, lhs.shape[-2], rhs.shape[-1]), lhs.dtype)
    for k in range(lhs.shape[-1]):
        total = total + lhs[..., :, k, None] * rhs[..., k, None, :]
    return total


def matmul(_: Any, op: MatmulOp, lhs: Array, rhs: Array) -> Array:
    """y[.., m, n] = sum over k of lhs[.., m, k] * rhs[.., k, n]"""
    lhs, rhs = widened(lhs, element_of(op.lhs)), widened(rhs, element_of(op.rhs))
    batch = np.broadcast_shapes(lhs.shape[:-2], rhs.shape[:-2])
    for operand, array in ((op.lhs, lhs), (op.rhs, rhs)):
        check_stretch(shape_of(operand)[:-2], array.shape[:-2], batch)
    lhs = lhs.swapaxes(-1, -2) if op.transpose_lhs is not None else lhs
    rhs = rhs.swapaxes(-1, -2) if op.transpose_rhs is not None else rhs
    if lhs.shape[-1] != rhs.shape[-2]:
        raise ValueError(f"inner sizes differ: {lhs.shape[-1]} and {rhs.shape[-2]}")
    acc = dtype_of(op.acc)
    if (encoding := encoding_of(op.lhs.type)) is not None:
        return sparse_product(encoding, lhs, rhs, acc).astype(result_dtype(op))
    if (encoding := encoding_of(op.rhs.type)) is not None:
        turned = sparse_product(encoding, rhs.T, lhs.swapaxes(-1, -2), acc)
        return turned.swapaxes(-1, -2).astype(result_dtype(op))
    return product(lhs, rhs, acc).astype(result_dtype(op))


def sparse_product(encoding: Encoding, lhs: Array, rhs: Array, acc: np.dtype[Any]) -> Array:
    """An encoded matrix times (stacks of) matrices: row by row, with the terms that it stores."""
    rows = [
        product(row[kept][None, :], rhs[..., kept, :], acc)
        for row, kept in zip(lhs, stored(encoding, lhs), strict=True)
    ]
    empty = np.zeros((*rhs.shape[:-2], 0, rhs.shape[-1]), acc)
    return np.concatenate([empty, *rows], axis=-2)


def conv2d(_: Any, op: Conv2dOp, x: Array, weight: Array) -> Array:
    """Weights times columns, which hold for each output place all the inputs it sees."""
    x, weight = widened(x, element_of(op.x)), widened(weight, element_of(op.weight))
    nhwc = op.layout.data is Layout.NHWC
    x = x.transpose(0, 3, 1, 2) if nhwc else x
    groups, (out, channels, *kernel) = op.groups.value.data, weight.shape
    if x.shape[1] != groups * channels:
        raise ValueError(f"input has {x.shape[1]} channels, weight expects {groups * channels}")
    top, left, bottom, right = op.padding.get_values()
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    seen = windows(x, kernel, op.strides.get_values(), op.dilations.get_values())
    batch, _c, height, width, *_k = seen.shape
    terms = channels * kernel[0] * kernel[1]
    columns = seen.transpose(0, 1, 4, 5, 2, 3).reshape(batch, groups, terms, height * width)
    rows = weight.reshape(groups, out // groups, terms)
    y = product(rows, columns, dtype_of(op.acc)).reshape(batch, out, height, width)
    return (y.transpose(0, 2, 3, 1) if nhwc else y).astype(result_dtype(op))


def windows(x: Array, kernel: Any, strides: Any, dilations: Any) -> Array:
    """A view [b, c, i.., u..] of x[b, c, i*s + u*d ..], a padded image of any rank."""
    extent = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    if any(size < reach for size, reach in zip(x.shape[2:], extent, strict=True)):
        raise ValueError(f"the kernel spans {extent}, more than the padded image {[*x.shape[2:]]}")
    view = sliding_window_view(x, tuple(extent), axis=tuple(range(2, x.ndim)))
    steps = [slice(None, None, step) for step in (*strides, *dilations)]
    return view[:, :, *steps]


SEMANTICS = {MatmulOp: matmul, Conv2dOp: conv2d}
