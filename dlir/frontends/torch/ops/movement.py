"""Operators that move elements without computing with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from xdsl.dialects.builtin import i64

from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.dims import Dim, Expr
from dlir.frontends.builder.values import Array, Constant, Tensor, Unsupported

from ..call import Build, Call, normalized


def _reshape(context: Context, call: Call) -> Tensor:
    """Views, squeezes, flattenings: PyTorch has said what the sizes are."""
    return context.reshape(call.tensor(context), call.dims)


def _expand(context: Context, call: Call) -> Tensor:
    return context.broadcast(call.tensor(context), call.dims)


def _permute(context: Context, call: Call) -> Tensor:
    x = call.tensor(context)
    return context.transpose(x, [normalized(axis, x.rank) for axis in call.ints("dims")])


def _transpose(context: Context, call: Call) -> Tensor:
    x = call.tensor(context)
    if x.rank == 0:
        return x
    a, b = (call.axis(x.rank, name) for name in ("dim0", "dim1"))
    perm = list(range(x.rank))
    perm[a], perm[b] = b, a
    return context.transpose(x, perm)


def _matrix_transpose(context: Context, call: Call) -> Tensor:
    x = call.tensor(context)
    return context.transpose(x, range(x.rank)[::-1])


# Parts


def _slice(context: Context, call: Call) -> Tensor:
    x = call.tensor(context)
    axis = call.axis(x.rank)
    start = call.size("start") if call.has("start") else 0
    return part(context, x, axis, start, call.dims[axis], call.int("step"))


def part(context: Context, x: Tensor, axis: int, start: Dim, count: Dim, step: int = 1) -> Tensor:
    """`count` items of an axis, `step` apart; a start below zero counts from the end.

    Where the start is no number at import, the items are gathered.
    """
    size = x.dims[axis]
    if isinstance(start, int) and isinstance(size, int):
        start = min(max(start + size, 0) if start < 0 else start, size)
    if isinstance(start, int) and start >= 0:
        if start == 0 and step == 1 and count == size:
            return x
        return context.take(x, axis, start if count != 0 else 0, count, step)
    if isinstance(start, int) and isinstance(count, int):
        last = start + count * step
        return context.gather(x, indices(context, np.arange(start, last, step)), axis)
    if isinstance(start, int):
        start = d.maximum(d.add(size, start), 0)
    return context.gather(x, progression(context, start, count, step), axis)


def progression(context: Context, start: Dim, count: Dim, step: int) -> Tensor:
    """start + i * step for i below count, as i64."""
    x = context.iota((count,), 0, i64)
    if step != 1:
        x = context.itemwise(dl.MulOp, x, context.constant(step, i64))
    if start != 0:
        x = context.itemwise(dl.AddOp, x, context.scalar(start, i64))
    return x


def indices(context: Context, numbers: Array) -> Tensor:
    """Indices known at import."""
    return context.tensor(Constant(numbers.astype(np.int64), f"{context.hint}.indices"))


def _select(context: Context, call: Call) -> Tensor:
    x = call.tensor(context)
    axis, index = call.axis(x.rank), call.size("index")
    size = x.dims[axis]
    if isinstance(index, int) and index < 0 and isinstance(size, int):
        index += size
    if isinstance(index, int) and index >= 0:
        return context.reshape(context.take(x, axis, index, 1), call.dims)
    at = context.scalar(index, i64) if isinstance(index, Expr) else context.constant(index, i64)
    return context.gather(x, at, axis)


def _split(context: Context, call: Call) -> Sequence[Tensor]:
    """Parts of the sizes that PyTorch gives for the results."""
    x = call.tensor(context)
    axis = call.axis(x.rank)
    sizes = [output.dims[axis] for output in call.outputs]
    numbers = [size for size in sizes if isinstance(size, int)]
    if len(numbers) == len(sizes):
        op = dl.SplitOp(x.ssa, axis, numbers)
        return context.emit_all(op, [(*x.dims[:axis], n, *x.dims[axis + 1 :]) for n in numbers])
    parts: list[Tensor] = []
    offset: Dim = 0
    for size in sizes:
        parts.append(part(context, x, axis, offset, size))
        offset = d.add(offset, size)
    return parts


def _unbind(context: Context, call: Call) -> Sequence[Tensor]:
    x = call.tensor(context)
    axis = call.axis(x.rank)
    taken = (context.take(x, axis, i, 1) for i in range(len(call.outputs)))
    return [context.reshape(y, out.dims) for y, out in zip(taken, call.outputs, strict=True)]


def _diagonal(context: Context, call: Call) -> Tensor:
    """Every (columns + 1)-th element of the matrices' rows in one line."""
    x, offset = call.tensor(context), call.int("offset")
    axes = [call.axis(x.rank, name) for name in ("dim1", "dim2")]
    rest = [axis for axis in range(x.rank) if axis not in axes]
    x = context.transpose(x, [*rest, *axes])
    rows, columns = x.dims[-2:]
    if not isinstance(columns, int):
        raise Unsupported("a diagonal of matrices whose width is known at run time only")
    lines = context.reshape(x, (*x.dims[:-2], d.mul(rows, columns)))
    start = offset if offset >= 0 else -offset * columns
    return part(context, lines, lines.rank - 1, start, call.dims[-1], columns + 1)


def _unfold(context: Context, call: Call) -> Tensor:
    """Windows of an axis, each a new last axis."""
    x = call.tensor(context)
    axis, size = call.axis(x.rank, "dimension"), call.int("size")
    if x.rank == 0:
        return context.reshape(x, call.dims)
    count = call.dims[axis]
    if not isinstance(count, int):
        raise Unsupported("windows of a dynamic dimension")
    places = np.arange(count)[:, None] * call.int("step") + np.arange(size)
    y = context.gather(x, indices(context, places), axis)
    order = [i for i in range(y.rank) if i != axis + 1]
    return context.transpose(y, [*order, axis + 1])


# Joints and repetitions


def _cat(context: Context, call: Call) -> Tensor:
    """An empty vector may stand among tensors of any rank; it adds nothing."""
    given = call.tensors(context, "tensors")
    rank = len(call.dims)
    xs = [context.cast(x, call.element) for x in given if x.dims != (0,) or rank == 1]
    axis = call.axis(rank)
    if len(xs) == 1:
        return xs[0]
    return context.emit(dl.ConcatOp([x.ssa for x in xs], axis), call.dims)


def _stack(context: Context, call: Call) -> Tensor:
    xs = call.tensors(context, "tensors")
    axis = call.axis(len(call.dims))
    parts = [
        context.reshape(context.cast(x, call.element), (*x.dims[:axis], 1, *x.dims[axis:]))
        for x in xs
    ]
    if len(parts) == 1:
        return parts[0]
    return context.emit(dl.ConcatOp([x.ssa for x in parts], axis), call.dims)


def _repeat(context: Context, call: Call) -> Tensor:
    x, repeats = call.tensor(context), call.sizes("repeats")
    dims = (*[1] * (len(repeats) - x.rank), *x.dims)
    spread = [n for size in dims for n in (1, size)]
    full = [n for pair in zip(repeats, dims, strict=True) for n in pair]
    return context.reshape(context.broadcast(context.reshape(x, spread), full), call.dims)


def _repeat_interleave(context: Context, call: Call) -> Tensor:
    x = call.tensor(context)
    if not call.has("dim"):
        x = context.reshape(x, (d.product(x.dims),))
    axis = call.axis(x.rank) if call.has("dim") else 0
    x = context.reshape(x, (1,)) if x.rank == 0 else x
    return repeated(context, x, axis, call.size("repeats"))


def repeated(context: Context, x: Tensor, axis: int, count: Dim) -> Tensor:
    """Every item of an axis `count` times in a row."""
    before, size, after = x.dims[:axis], x.dims[axis], x.dims[axis + 1 :]
    y = context.reshape(x, (*before, size, 1, *after))
    y = context.broadcast(y, (*before, size, count, *after))
    return context.reshape(y, (*before, d.mul(size, count), *after))


def _flip(context: Context, call: Call) -> Tensor:
    x = call.tensor(context)
    for axis in call.axes(x.rank, "dims") if x.rank else ():
        size = x.dims[axis]
        if isinstance(size, int):
            x = context.take(x, axis, max(size - 1, 0), size, -1)
        else:
            upward = context.iota((size,), 0, i64)
            downward = context.itemwise(dl.SubOp, context.constant(-1, i64), upward)
            x = context.gather(x, downward, axis)
    return x


def _roll(context: Context, call: Call) -> Tensor:
    x = call.tensor(context)
    shifts, axes = call.ints("shifts"), call.ints("dims")
    if not axes:
        flat = context.reshape(x, (d.product(x.dims),))
        return context.reshape(_rolled(context, flat, 0, shifts[0]), x.dims)
    for axis, shift in zip(axes, shifts, strict=True):
        x = _rolled(context, x, normalized(axis, x.rank), shift)
    return x


def _rolled(context: Context, x: Tensor, axis: int, shift: int) -> Tensor:
    size = x.dims[axis]
    if not isinstance(size, int):
        raise Unsupported("a roll of a dynamic dimension")
    if size == 0 or shift % size == 0:
        return x
    cut = size - shift % size
    tail, head = context.take(x, axis, cut, size - cut), context.take(x, axis, 0, cut)
    return context.emit(dl.ConcatOp([tail.ssa, head.ssa], axis), x.dims)


# Padding

_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
"""PyTorch's names of modes -> numpy's."""


def _pad(mode: str | None, name: str) -> Build:
    """`name` lists (low, high) from the last axis on; without a mode it is an argument."""

    def build(context: Context, call: Call) -> Tensor:
        x, pads = call.tensor(context), call.ints(name)
        chosen = mode or call.string("mode")
        if chosen not in _MODES:
            raise Unsupported(f"mode = {chosen!r}")
        pairs = [(0, 0)] * x.rank
        for i in range(0, len(pads), 2):
            pairs[x.rank - 1 - i // 2] = (pads[i], pads[i + 1])
        if chosen == "constant":
            value = call.number("value") if call.has("value") else 0
            return _pad_constant(context, x, pairs, value)
        return _pad_by_index(context, x, pairs, _MODES[chosen])

    return build


def _pad_constant(
    context: Context, x: Tensor, pairs: Sequence[tuple[int, int]], value: float
) -> Tensor:
    """Negative pads cut, before anything is added."""
    for axis, (low, high) in enumerate(pairs):
        if min(low, high) < 0:
            count = d.add(x.dims[axis], min(low, 0) + min(high, 0))
            x = part(context, x, axis, max(-low, 0), count)
    low, high = ([max(pair[side], 0) for pair in pairs] for side in (0, 1))
    return context.pad(x, low, high, value)


def _pad_by_index(
    context: Context, x: Tensor, pairs: Sequence[tuple[int, int]], mode: str
) -> Tensor:
    """The other modes repeat elements: a gather by what numpy's pad does to 0, 1, 2, ..."""
    for axis, (low, high) in enumerate(pairs):
        size = x.dims[axis]
        if (low, high) == (0, 0):
            continue
        if not isinstance(size, int):
            raise Unsupported(f"mode = {mode!r} on a dynamic dimension")
        grown = (max(low, 0), max(high, 0))
        numbers = cast(Array, np.pad(np.arange(size), grown, mode=cast(Any, mode)))
        numbers = numbers[max(-low, 0) : len(numbers) - max(-high, 0)]
        x = context.gather(x, indices(context, numbers), axis)
    return x


# Replacements


def _slice_scatter(context: Context, call: Call) -> Tensor:
    """A copy of self whose slice is src."""
    x, src = call.tensor(context), call.tensor(context, "src")
    axis, step = call.axis(x.rank), call.int("step")
    start = call.size("start") if call.has("start") else 0
    if isinstance(start, int) and start < 0:
        start = d.maximum(d.add(start, x.dims[axis]), 0)
    return _replaced(context, x, src, axis, start, step)


def _select_scatter(context: Context, call: Call) -> Tensor:
    """A copy of self of which one item of an axis is src."""
    x, src = call.tensor(context), call.tensor(context, "src")
    axis, index = call.axis(x.rank), call.size("index")
    if isinstance(index, int) and index < 0:
        index = d.add(index, x.dims[axis])
    src = context.reshape(src, (*x.dims[:axis], 1, *x.dims[axis + 1 :]))
    return _replaced(context, x, src, axis, index, 1)


def _replaced(context: Context, x: Tensor, src: Tensor, axis: int, start: Dim, step: int) -> Tensor:
    """x with src at start, start + step, ...: every place looks up which item of src it gets."""
    size, count = x.dims[axis], src.dims[axis]
    if count == 0:
        return x
    zero, one = (context.constant(n, i64) for n in (0, 1))
    offset = context.itemwise(dl.SubOp, context.iota((size,), 0, i64), context.scalar(start, i64))
    index, stride = offset, context.constant(step, i64)
    inside = context.compare("ge", offset, zero)
    if step != 1:
        index = context.itemwise(dl.DivOp, offset, stride)
        whole = context.compare("eq", context.itemwise(dl.ModOp, offset, stride), zero)
        inside = context.itemwise(dl.AndOp, inside, whole)
    total = context.scalar(count, i64)
    inside = context.itemwise(dl.AndOp, inside, context.compare("lt", index, total))
    last = context.itemwise(dl.SubOp, total, one)
    index = context.itemwise(dl.MinOp, context.itemwise(dl.MaxOp, index, zero), last)
    new = context.gather(context.cast(src, x.element), index, axis)
    mask = context.reshape(inside, (size, *[1] * (x.rank - axis - 1)))
    return context.itemwise(dl.SelectOp, mask, new, x)


def _copy(context: Context, call: Call) -> Tensor:
    """The elements of src in the type and shape of self."""
    src = context.cast(call.tensor(context, "src"), call.element)
    return context.broadcast(src, call.dims)


_RESHAPES = (
    "_unsafe_view.default",
    "squeeze.default",
    "squeeze.dim",
    "squeeze.dims",
    "unsqueeze.default",
    "view.default",
)

_SPLITS = (
    "split.Tensor",
    "split_with_sizes.default",
)

OPERATORS: dict[str, Build] = {
    **{f"aten.{name}": _reshape for name in _RESHAPES},
    **{f"aten.{name}": _split for name in _SPLITS},
    **{f"aten.reflection_pad{n}d.default": _pad("reflect", "padding") for n in (1, 2, 3)},
    **{f"aten.replication_pad{n}d.default": _pad("replicate", "padding") for n in (1, 2, 3)},
    "aten.cat.default": _cat,
    "aten.copy.default": _copy,
    "aten.constant_pad_nd.default": _pad("constant", "pad"),
    "aten.diagonal.default": _diagonal,
    "aten.expand.default": _expand,
    "aten.flip.default": _flip,
    "aten.pad.default": _pad(None, "pad"),
    "aten.permute.default": _permute,
    "aten.repeat.default": _repeat,
    "aten.repeat_interleave.self_int": _repeat_interleave,
    "aten.roll.default": _roll,
    "aten.select.int": _select,
    "aten.select_scatter.default": _select_scatter,
    "aten.slice.Tensor": _slice,
    "aten.slice_scatter.default": _slice_scatter,
    "aten.stack.default": _stack,
    "aten.t.default": _matrix_transpose,
    "aten.transpose.int": _transpose,
    "aten.unbind.int": _unbind,
    "aten.unfold.default": _unfold,
}
