"""Places of extremes, and elements in order."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlir.dialects.dl.ops import ordering as o
from dlir.dialects.dl.semantics.common import is_float, to_f64
from dlir.numpy_types import Array


def extreme(_: Any, op: o.ExtremeOp, x: Array) -> Array:
    """numpy.argmax or argmin, of the reversed axis for the last place"""
    axis, function = op.axis.value.data, np.argmax if isinstance(op, o.ArgmaxOp) else np.argmin
    value = to_f64(x) if is_float(op.x) else x
    if value.shape[axis] == 0:
        raise ValueError(f"there is no element along dimension {axis}")
    if op.select_last is not None:
        place = value.shape[axis] - 1 - function(np.flip(value, axis), axis)
    else:
        place = function(value, axis)
    place = np.asarray(place, np.int64)
    return np.expand_dims(place, axis) if op.keepdims is not None else place


def order(op: o.OrderOp, x: Array) -> Array:
    """The places of the elements in stable order; numpy puts NaN last.

    The stable falling order is the rising order from behind of the axis from behind.
    """
    axis = op.axis.value.data
    value = to_f64(x) if is_float(op.x) else x
    if not op.falls:
        return np.argsort(value, axis, kind="stable")
    from_behind = np.argsort(np.flip(value, axis), axis, kind="stable")
    return value.shape[axis] - 1 - np.flip(from_behind, axis)


def sort(_: Any, op: o.SortOp, x: Array) -> tuple[Array, Array]:
    """The elements and their places in order"""
    places = order(op, x).astype(np.int64)
    return np.take_along_axis(x, places, op.axis.value.data), places


def topk(_: Any, op: o.TopkOp, x: Array) -> tuple[Array, Array]:
    """The first k in order"""
    axis, k = op.axis.value.data, op.k.value.data
    if k > x.shape[axis]:
        raise ValueError(f"k = {k} of {x.shape[axis]} elements")
    places = np.take(order(op, x), np.arange(k), axis).astype(np.int64)
    return np.take_along_axis(x, places, axis), places


SEMANTICS = {o.ArgmaxOp: extreme, o.ArgminOp: extreme, o.SortOp: sort, o.TopkOp: topk}
