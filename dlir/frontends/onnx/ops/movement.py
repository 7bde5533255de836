"""Operators that move elements without computing with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from xdsl.dialects.builtin import i1, i64

from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.dims import Dim
from dlir.frontends.builder.values import Array, Constant, Tensor, Unsupported, Value

from ..node import Node, normalize_axis
from ..operator import Build, tensor, tensors
from ..shapes import dims_of, reshaped, static_ints, stretched


def _axes(node: Node, rank: int) -> list[int]:
    """Axes of Squeeze and Unsqueeze: an attribute before opset 13, an input from then on."""
    axes = list(node.ints("axes", ()))
    if node.has(1):
        axes = static_ints(node.input(1), "axes")
    return [normalize_axis(axis, rank) for axis in axes]


def _reshape(context: Context, node: Node) -> Tensor:
    x = tensor(context, node, 0)
    target = dims_of(node.input(1), "a shape")
    return context.reshape(x, reshaped(x.dims, target, bool(node.int("allowzero", 0))))


def _flatten(context: Context, node: Node) -> Tensor:
    x, axis = tensor(context, node, 0), node.int("axis", 1)
    if not -x.rank <= axis <= x.rank:
        raise Unsupported(f"axis {axis} of a tensor of rank {x.rank}")
    cut = axis + x.rank if axis < 0 else axis
    return context.reshape(x, (d.product(x.dims[:cut]), d.product(x.dims[cut:])))


def _squeeze(context: Context, node: Node) -> Tensor:
    x = tensor(context, node, 0)
    axes = _axes(node, x.rank)
    if not node.has(1) and "axes" not in node.attributes:
        axes = [axis for axis, n in enumerate(x.dims) if n == 1]
    if any(isinstance(x.dims[axis], int) and x.dims[axis] != 1 for axis in axes):
        raise Unsupported("an axis whose size is not 1")
    return context.reshape(x, [n for axis, n in enumerate(x.dims) if axis not in axes])


def _unsqueeze(context: Context, node: Node) -> Tensor:
    x = tensor(context, node, 0)
    count = len(static_ints(node.input(1), "axes") if node.has(1) else node.ints("axes", ()))
    axes = _axes(node, x.rank + count)
    if len(set(axes)) != count:
        raise Unsupported("repeated axes")
    dims = list(x.dims)
    for axis in sorted(axes):
        dims.insert(axis, 1)
    return context.reshape(x, dims)


def _transpose(context: Context, node: Node) -> Tensor:
    x = tensor(context, node, 0)
    perm = node.ints("perm", reversed(range(x.rank)))
    if sorted(perm) != list(range(x.rank)):
        raise Unsupported(f"perm = {list(perm)} of a tensor of rank {x.rank}")
    return context.transpose(x, perm)


def _expand(context: Context, node: Node) -> Tensor:
    x, wanted = tensor(context, node, 0), dims_of(node.input(1), "a shape")
    rank = max(x.rank, len(wanted))
    x = context.reshape(x, (1,) * (rank - x.rank) + x.dims)
    wanted = [1] * (rank - len(wanted)) + wanted
    dims = [stretched(m, n) for m, n in zip(x.dims, wanted, strict=True)]
    for axis, (m, n) in enumerate(zip(x.dims, dims, strict=True)):
        if not isinstance(m, int) and d.is_signed(n):
            x = _repeated(context, x, axis, n)
    return context.broadcast(x, dims)


def _repeated(context: Context, x: Tensor, axis: int, size: Dim) -> Tensor:
    """An axis of a size that may be 1, which is not known before: then the item is repeated."""
    last = context.scalar(d.sub(x.dims[axis], 1), i64)
    return context.gather(x, context.itemwise(dl.MinOp, context.iota((size,), 0, i64), last), axis)


def _concat(context: Context, node: Node) -> Tensor:
    xs = tensors(context, node)
    axis = normalize_axis(node.int("axis", 1), xs[0].rank)
    if len({x.rank for x in xs}) != 1:
        raise Unsupported("inputs of different ranks")
    if len(xs) == 1:
        return xs[0]
    total: Dim = 0
    for x in xs:
        total = d.add(total, x.dims[axis])
    common = [_common([x.dims[i] for x in xs]) for i in range(xs[0].rank)]
    dims = [*common[:axis], total, *common[axis + 1 :]]
    return context.emit(dl.ConcatOp([x.ssa for x in xs], axis), dims)


def _common(column: Sequence[Dim]) -> Dim:
    return next((n for n in column if isinstance(n, int)), column[0])


def _split(context: Context, node: Node) -> Sequence[Value]:
    """Sizes are an attribute before opset 13, then an input; without them parts are equal."""
    x = tensor(context, node, 0)
    axis = normalize_axis(node.int("axis", 0), x.rank)
    sizes = list(node.ints("split", ()))
    if node.has(1):
        sizes = static_ints(node.input(1), "sizes")
    size = x.dims[axis]
    if not sizes:
        if not isinstance(size, int):
            raise Unsupported("equal parts of a dynamic dimension")
        sizes = _equal_parts(size, len(node.output_names))
    if len(sizes) != node.int("num_outputs", len(sizes)) or len(sizes) != len(node.output_names):
        raise Unsupported(f"{len(sizes)} sizes for {len(node.output_names)} results")
    op = dl.SplitOp(x.ssa, axis, sizes)
    return context.emit_all(op, [(*x.dims[:axis], n, *x.dims[axis + 1 :]) for n in sizes])


def _equal_parts(size: int, count: int) -> list[int]:
    """`count` parts, of which the last may be smaller (opset 18)."""
    part = -(-size // count)
    return [min(part, max(size - i * part, 0)) for i in range(count)]


def _gather(context: Context, node: Node) -> Tensor:
    x, indices = tensor(context, node, 0), node.input(1)
    axis = normalize_axis(node.int("axis", 0), x.rank)
    if isinstance(indices, Constant) and indices.array.ndim == 0:
        index, size = int(indices.array), x.dims[axis]
        if index < 0 and isinstance(size, int):
            index += size
        if index >= 0 and (not isinstance(size, int) or index < size):
            chosen = context.take(x, axis, index, 1)  # a view, where a gather copies
            return context.reshape(chosen, (*x.dims[:axis], *x.dims[axis + 1 :]))
    return context.gather(x, context.tensor(indices), axis)


_PAD_MODES = ("constant", "edge", "reflect", "wrap")


def _pad(context: Context, node: Node) -> Tensor:
    """Pads and value are attributes before opset 11; negative pads cut."""
    x, mode = tensor(context, node, 0), node.string("mode", "constant")
    if mode not in _PAD_MODES:
        raise Unsupported(f"mode = {mode!r}")
    pads = static_ints(node.input(1), "pads") if node.has(1) else list(node.ints("pads", ()))
    axes = static_ints(node.input(3), "axes") if node.has(3) else list(range(x.rank))
    if len(pads) != 2 * len(axes):
        raise Unsupported(f"{len(pads)} pads for {len(axes)} axes")
    low, high = [0] * x.rank, [0] * x.rank
    for i, axis in enumerate(axes):
        low[normalize_axis(axis, x.rank)] = pads[i]
        high[normalize_axis(axis, x.rank)] = pads[i + len(axes)]
    if mode != "constant":
        return _pad_by_index(context, x, low, high, mode)
    value = node.input(2) if node.has(2) else None
    if value is None:
        return _pad_constant(context, x, low, high, node.float("value", 0.0))
    if isinstance(value, Constant) and value.array.size == 1:
        return _pad_constant(context, x, low, high, value.array.reshape(-1)[0].item())
    inside = context.broadcast(context.constant(True, i1), x.dims)
    inside = _pad_constant(context, inside, low, high, 0)
    padded = _pad_constant(context, x, low, high, 0)
    return context.itemwise(dl.SelectOp, inside, padded, context.tensor(value))


def _pad_constant(
    context: Context, x: Tensor, low: list[int], high: list[int], value: float
) -> Tensor:
    grow_low, grow_high = ([max(n, 0) for n in pads] for pads in (low, high))
    x = context.pad(x, grow_low, grow_high, value)
    for axis, (before, after) in enumerate(zip(low, high, strict=True)):
        if min(before, after) < 0:
            cut = min(before, 0) + min(after, 0)
            size = d.maximum(d.add(x.dims[axis], cut), 0)
            x = context.take(x, axis, max(-before, 0), size)
    return x


def _pad_by_index(
    context: Context, x: Tensor, low: list[int], high: list[int], mode: str
) -> Tensor:
    """The other modes repeat elements of the operand: a gather by what numpy's pad does to 0, 1, 2,
    ...
    """
    for axis, pads in enumerate(zip(low, high, strict=True)):
        size = x.dims[axis]
        if pads == (0, 0):
            continue
        if not isinstance(size, int) or max(pads) > 1 << 20:
            raise Unsupported(f"mode = {mode!r} on a dynamic dimension")
        before, after = (max(n, 0) for n in pads)
        try:
            indices = cast(Array, np.pad(np.arange(size), (before, after), mode=cast(Any, mode)))
        except ValueError as error:
            raise Unsupported(str(error)) from None
        cut_low, cut_high = (max(-n, 0) for n in pads)
        indices = indices[cut_low : len(indices) - cut_high]
        index = context.tensor(Constant(indices.astype(np.int64), f"{context.hint}.pad{axis}"))
        x = context.gather(x, index, axis)
    return x


def _tile(context: Context, node: Node) -> Tensor:
    x = tensor(context, node, 0)
    repeats = dims_of(node.input(1), "repeats")
    if len(repeats) != x.rank:
        raise Unsupported(f"{len(repeats)} repeats for rank {x.rank}")
    pairs = list(zip(repeats, x.dims, strict=True))
    spread = [n for _, size in pairs for n in (1, size)]
    full = [n for pair in pairs for n in pair]
    tiled = context.broadcast(context.reshape(x, spread), full)
    return context.reshape(tiled, [d.mul(count, size) for count, size in pairs])


def _trilu(context: Context, node: Node) -> Tensor:
    x = tensor(context, node, 0)
    if x.rank < 2:
        raise Unsupported(f"an input of rank {x.rank}")
    diagonal = static_ints(node.input(1), "k")[0] if node.has(1) else 0
    rows, columns = (context.iota(x.dims[-2:], axis, i64) for axis in (0, 1))
    distance = context.itemwise(dl.SubOp, columns, rows)
    predicate = "ge" if node.int("upper", 1) else "le"
    bound = context.constant(diagonal, i64)
    kept = context.compare(predicate, distance, bound)
    return context.itemwise(dl.SelectOp, kept, x, context.constant(0, x.element))


def _depth_to_space(context: Context, node: Node) -> Tensor:
    x, block = tensor(context, node, 0), node.int("blocksize", 1)
    if x.rank != 4 or block < 1:
        raise Unsupported(f"rank {x.rank}, blocksize {block}")
    n, c, h, w = x.dims
    depth = d.div(c, block * block)
    if node.string("mode", "DCR") == "DCR":
        y = context.reshape(x, (n, block, block, depth, h, w))
        y = context.transpose(y, (0, 3, 4, 1, 5, 2))
    else:
        y = context.reshape(x, (n, depth, block, block, h, w))
        y = context.transpose(y, (0, 1, 4, 2, 5, 3))
    return context.reshape(y, (n, depth, d.mul(h, block), d.mul(w, block)))


def _space_to_depth(context: Context, node: Node) -> Tensor:
    x, block = tensor(context, node, 0), node.int("blocksize", 1)
    if x.rank != 4 or block < 1:
        raise Unsupported(f"rank {x.rank}, blocksize {block}")
    n, c, h, w = x.dims
    rows, columns = d.div(h, block), d.div(w, block)
    y = context.reshape(x, (n, c, rows, block, columns, block))
    depth_first = node.string("mode", "DCR") == "DCR"
    y = context.transpose(y, (0, 3, 5, 1, 2, 4) if depth_first else (0, 1, 3, 5, 2, 4))
    return context.reshape(y, (n, d.mul(c, block * block), rows, columns))


OPERATORS: dict[str, Build] = {
    "Concat": _concat,
    "DepthToSpace": _depth_to_space,
    "Expand": _expand,
    "Flatten": _flatten,
    "Gather": _gather,
    "Pad": _pad,
    "Reshape": _reshape,
    "SpaceToDepth": _space_to_depth,
    "Split": _split,
    "Squeeze": _squeeze,
    "Tile": _tile,
    "Transpose": _transpose,
    "Trilu": _trilu,
    "Unsqueeze": _unsqueeze,
}
