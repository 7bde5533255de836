"""`Slice`: bounds that are numbers become `dl.slice`; a start that is known only at run time
becomes a gather, since the offsets of `dl.slice` are static.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from xdsl.dialects.builtin import f64, i64

from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.dims import Dim
from dlir.frontends.builder.values import Constant, Tensor, Unsupported

from ..node import Node, normalize_axis
from ..operator import Build, tensor, tensors
from ..shape_math import python_slice
from ..shapes import dims_of, static_ints


@dataclass(frozen=True)
class Range:
    """One axis of a slice: `size` elements, `stride` apart, from `start` on.

    A negative `start` counts from the end of the axis, as an index of `dl.gather` does.
    """

    start: Dim
    size: Dim
    stride: int


def _slice(context: Context, node: Node) -> Tensor:
    x = tensor(context, node, 0)
    for axis, start, stop, step in _bounds(node, x.rank):
        chosen = _range(x.dims[axis], start, stop, step)
        x = _apply(context, x, axis, chosen)
    return x


def _bounds(node: Node, rank: int) -> list[tuple[int, Dim, Dim, int]]:
    """(axis, start, stop, step); attributes before opset 10, inputs from then on."""
    starts: list[Dim]
    stops: list[Dim]
    if node.opset < 10:
        starts, stops = list(node.ints("starts", ())), list(node.ints("ends", ()))
        axes = list(node.ints("axes", range(len(starts))))
        steps = [1] * len(starts)
    else:
        starts, stops = dims_of(node.input(1), "starts"), dims_of(node.input(2), "ends")
        axes = static_ints(node.input(3), "axes") if node.has(3) else list(range(len(starts)))
        steps = static_ints(node.input(4), "steps") if node.has(4) else [1] * len(starts)
    if not len(starts) == len(stops) == len(axes) == len(steps):
        raise Unsupported("starts, ends, axes and steps of different lengths")
    axes = [normalize_axis(axis, rank) for axis in axes]
    if len(set(axes)) != len(axes):
        raise Unsupported("repeated axes")
    return list(zip(axes, starts, stops, steps, strict=True))


def _range(size: Dim, start: Dim, stop: Dim, step: int) -> Range:
    if step == 0:
        raise Unsupported("a step of 0")
    if isinstance(size, int) and isinstance(start, int) and isinstance(stop, int):
        first, last, _ = python_slice(start, stop, step).indices(size)
        return Range(first, len(range(first, last, step)), step)
    return _forward(size, start, stop, step) if step > 0 else _backward(size, start, stop, step)


def _from_front(bound: Dim, size: Dim) -> Dim:
    """A negative number counts from the end; sizes do not occur negated here unless they do so."""
    below = d.less_number(bound, 0)
    return d.choose(below, d.maximum(d.add(bound, size), 0), bound)


def _forward(size: Dim, start: Dim, stop: Dim, step: int) -> Range:
    huge = isinstance(stop, int) and stop >= d.INT64_MAX // 2
    if isinstance(start, int) and start < 0 and isinstance(stop, int) and (stop < 0 or huge):
        # the last elements: the axis is taken to have that many
        length = max((0 if huge else stop) - start, 0)
        return Range(start, -(-length // step), step)
    first = _from_front(start, size)
    last = size if huge else d.minimum(_from_front(stop, size), size)
    length = d.maximum(d.sub(last, first), 0)
    return Range(first, length if step == 1 else d.ceil_div(length, step), step)


def _backward(size: Dim, start: Dim, stop: Dim, step: int) -> Range:
    """Only a whole dynamic axis can be reversed: that is what exporters write for `flip`."""
    whole = start == -1 or (isinstance(start, int) and start >= d.INT64_MAX // 2)
    if not whole or not isinstance(stop, int) or stop > -d.INT64_MAX // 2:
        raise Unsupported("a backward part of a dynamic dimension")
    return Range(-1, d.ceil_div(size, -step), step)


def _apply(context: Context, x: Tensor, axis: int, chosen: Range) -> Tensor:
    start, size, stride = chosen.start, chosen.size, chosen.stride
    if start == 0 and stride == 1 and size == x.dims[axis]:
        return x
    if isinstance(start, int) and start >= 0:
        return context.take(x, axis, start if size != 0 else 0, size, stride)
    return context.gather(x, _indices(context, chosen), axis)


def _indices(context: Context, chosen: Range) -> Tensor:
    """start, start + stride, ..."""
    if isinstance(chosen.start, int) and isinstance(chosen.size, int):
        numbers = chosen.start + chosen.stride * np.arange(chosen.size, dtype=np.int64)
        return context.tensor(Constant(numbers, f"{context.hint}.indices"))
    return progression(context, chosen.start, chosen.size, chosen.stride)


def progression(context: Context, start: Dim, count: Dim, step: int) -> Tensor:
    """start + i * step for i below count, as i64."""
    x = context.iota((count,), 0, i64)
    if step != 1:
        x = context.itemwise(dl.MulOp, x, context.constant(step, i64))
    if start != 0:
        x = context.itemwise(dl.AddOp, x, context.scalar(start, i64))
    return x


def _range_operator(context: Context, node: Node) -> Tensor:
    """`Range` with bounds that depend on run-time sizes; constant ones are folded before."""
    if any(isinstance(value, Tensor) for value in node.inputs):
        return _counted_range(context, *tensors(context, node))
    start, stop = (dims_of(node.input(i), "bounds")[0] for i in (0, 1))
    step = static_ints(node.input(2), "a step")[0]
    if step == 0:
        raise Unsupported("a step of 0")
    distance = d.sub(stop, start) if step > 0 else d.sub(start, stop)
    count = d.ceil_div(d.maximum(distance, 0), abs(step)) if abs(step) > 1 else distance
    if abs(step) == 1:
        count = d.maximum(count, 0)
    element = context.tensor(node.input(2)).element
    return context.cast(progression(context, start, count, step), element)


def _counted_range(context: Context, start: Tensor, stop: Tensor, step: Tensor) -> Tensor:
    """start + i * step for i below ceil((stop - start) / step), which is read at run time.

    A step of 0 gives a number below 0, which no size may be.
    """
    start, stop, step = (context.reshape(x, ()) for x in (start, stop, step))
    distance = context.cast(context.itemwise(dl.SubOp, stop, start), f64)
    steps = context.itemwise(dl.DivOp, distance, context.cast(step, f64))
    none, negative = context.constant(0, f64), context.constant(-1, f64)
    count = context.itemwise(dl.MaxOp, context.itemwise(dl.CeilOp, steps), none)
    stuck = context.compare("eq", step, context.constant(0, step.element))
    count = context.itemwise(dl.SelectOp, stuck, negative, count)
    rounds = context.element(context.cast(count, i64))
    numbers = context.cast(context.iota((rounds,), 0, i64), start.element)
    return context.itemwise(dl.AddOp, start, context.itemwise(dl.MulOp, numbers, step))


OPERATORS: dict[str, Build] = {"Range": _range_operator, "Slice": _slice}
