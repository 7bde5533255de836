"""What is chosen by its elements."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from dlir.dialects.dl.ops import selection as o
from dlir.dialects.dl.semantics.common import is_float, to_f64
from dlir.numpy_types import Array


def nonzero(_: Any, op: o.NonzeroOp, x: Array) -> Array:
    """numpy.nonzero, a row per dimension"""
    return np.stack(np.nonzero(x.astype(np.bool_))).astype(np.int64)


def unique(_: Any, op: o.UniqueOp, x: Array) -> tuple[Array, ...]:
    """The slices in lexicographic order, one of each"""
    flat = x.reshape(-1) if op.axis is None else x
    axis = 0 if op.axis is None else op.axis.value.data
    size = flat.shape[axis]
    slices = np.moveaxis(flat, axis, 0)
    rows = slices.reshape(size, prod(slices.shape[1:]))
    ranks = _ranks(to_f64(rows) if is_float(op.x) else rows)
    order = np.lexsort(ranks.T[::-1]) if ranks.shape[1] else np.arange(size)
    new = np.ones(size, np.bool_)
    new[1:] = np.any(ranks[order][1:] != ranks[order][:-1], axis=1)
    inverse = np.empty(size, np.int64)
    inverse[order] = np.cumsum(new) - 1
    first = order[new]  # the order is stable
    if op.by_place is not None:
        places = np.argsort(first)
        first, inverse = first[places], np.argsort(places)[inverse]
    counts = np.bincount(inverse, minlength=len(first))
    return np.take(flat, first, axis), first.astype(np.int64), inverse, counts.astype(np.int64)


def _ranks(rows: Array) -> Array:
    """Numbers in the order of the elements: NaN is the greatest, and equal to itself."""
    ranks = np.unique(rows.reshape(-1), return_inverse=True)[1]
    return ranks.reshape(rows.shape)


def nms(_: Any, op: o.NmsOp, boxes: Array, scores: Array) -> Array:
    """The best boxes of each image and class"""
    if boxes.shape[:2] != scores.shape[::2]:
        raise ValueError(f"boxes of shape {boxes.shape} and scores of shape {scores.shape}")
    corners = _corners(to_f64(boxes), op.centered is not None)
    chosen = [
        (image, number, box)
        for image, classes in enumerate(to_f64(scores))
        for number, column in enumerate(classes)
        for box in _best(op, corners[image], column)
    ]
    return np.array(chosen, np.int64).reshape(-1, 3)


def _corners(boxes: Array, centered: bool) -> Array:
    """Low and high corner of each box, as [.., 2, 2]."""
    pairs = boxes.reshape(*boxes.shape[:-1], 2, 2)
    if centered:
        center, half = pairs[..., 0, :], pairs[..., 1, :] / 2
        return np.stack([center - half, center + half], axis=-2)
    return np.sort(pairs, axis=-2)


def _best(op: o.NmsOp, corners: Array, scores: Array) -> list[int]:
    """The boxes of one class that are chosen, best first."""
    order = np.argsort(-scores, kind="stable")
    if op.score_threshold is not None:
        order = order[scores[order] > op.score_threshold.value.data]
    chosen: list[int] = []
    for box in order:
        if len(chosen) == op.most.value.data:
            break
        if np.all(_overlap(corners[box], corners[chosen]) <= op.iou_threshold.value.data):
            chosen.append(int(box))
    return chosen


def _overlap(box: Array, others: Array) -> Array:
    """Intersection over union; 0 where there is no intersection."""
    low, high = np.maximum(box[0], others[:, 0]), np.minimum(box[1], others[:, 1])
    common: Array = np.prod(np.maximum(high - low, 0), axis=-1)
    areas: Array = np.prod(others[:, 1] - others[:, 0], axis=-1)
    own: Array = np.prod(box[1] - box[0], axis=-1)
    union: Array = own + areas - common
    return np.where(common > 0, common / union, 0.0)


SEMANTICS = {o.NonzeroOp: nonzero, o.UniqueOp: unique, o.NmsOp: nms}
