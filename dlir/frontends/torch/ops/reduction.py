"""Reductions over axes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from xdsl.dialects.builtin import i1, i64

from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.values import Tensor

from ..call import Build, Call, only_first
from ..widen import in_wide, widened
from .elementwise import Make, Step


def reduce(context: Context, make: Make, x: Tensor, axes: Sequence[int], keep: bool) -> Tensor:
    """One reduction; over no axes it is the identity."""
    if not axes or x.rank == 0:
        return x
    kept = [1 if i in axes else n for i, n in enumerate(x.dims)]
    dims = kept if keep else [n for i, n in enumerate(x.dims) if i not in axes]
    return context.emit(make(x.ssa, axes, keep), dims)


def _axes(call: Call, rank: int) -> list[int]:
    """The axes of argument `dim`; all when there is none, or an empty list."""
    given = call.has("dim") and call.ints("dim")
    return call.axes(rank) if given else list(range(rank))


def _reduction(make: Make) -> Build:
    """The operand is converted to the result's type first: sums of booleans count."""

    def build(context: Context, call: Call) -> Tensor:
        x = call.operand(context, "self", call.element)
        return reduce(context, make, x, _axes(call, x.rank), call.flag("keepdim"))

    return build


def _truth(make: Make) -> Build:
    """Whether any or all elements differ from 0."""

    def build(context: Context, call: Call) -> Tensor:
        x = call.operand(context, "self", i1)
        y = reduce(context, make, x, _axes(call, x.rank), call.flag("keepdim"))
        return context.cast(y, call.element)

    return build


def _count_nonzero(context: Context, call: Call) -> Tensor:
    x = context.cast(call.operand(context, "self", i1), i64)
    return reduce(context, dl.ReduceSumOp, x, _axes(call, x.rank), False)


def variance(
    context: Context, x: Tensor, axes: Sequence[int], correction: float
) -> tuple[Tensor, Tensor]:
    """Variance and mean with axes kept: the sum of (x - mean)^2 over max(count - correction, 0)."""
    mean = reduce(context, dl.ReduceMeanOp, x, axes, True)
    centred = context.itemwise(dl.SubOp, x, mean)
    square = context.itemwise(dl.MulOp, centred, centred)
    if correction == 0:
        return reduce(context, dl.ReduceMeanOp, square, axes, True), mean
    total = reduce(context, dl.ReduceSumOp, square, axes, True)
    count = context.scalar(d.product([x.dims[axis] for axis in axes] if x.rank else []), x.element)
    less = context.itemwise(dl.SubOp, count, context.constant(correction, x.element))
    divisor = context.itemwise(dl.MaxOp, less, context.constant(0, x.element))
    return context.itemwise(dl.DivOp, total, divisor), mean


def _spread(root: bool) -> Build:
    """Variance or standard deviation, and the mean."""

    def build(context: Context, call: Call) -> Sequence[Tensor]:
        x, keep = call.tensor(context), call.flag("keepdim")
        axes = _axes(call, x.rank)
        results = variance(context, widened(context, x), axes, _correction(call))
        if root:
            results = (context.itemwise(dl.SqrtOp, results[0]), results[1])
        dims = [1 if i in axes else n for i, n in enumerate(x.dims)]
        dims = dims if keep else [n for i, n in enumerate(x.dims) if i not in axes]
        return [context.cast(context.reshape(y, dims), x.element) for y in results]

    return build


def _correction(call: Call) -> float:
    if "unbiased" in call.arguments:
        return float(call.flag("unbiased"))
    return float(call.number("correction")) if call.has("correction") else 1.0


def _log_sum_exp(context: Context, call: Call) -> Tensor:
    """ln(sum(e^(x - m))) + m with the maximum m, which keeps the powers in range; 0 stands in for
    an infinite m.
    """
    given, keep = call.operand(context, "self", call.element), call.flag("keepdim")
    axes = _axes(call, given.rank)

    def step(x: Tensor) -> Tensor:
        top = reduce(context, dl.ReduceMaxOp, x, axes, True)
        zero = context.constant(0, x.element)
        top = context.itemwise(dl.SelectOp, context.itemwise(dl.IsInfOp, top), zero, top)
        powers = context.itemwise(dl.ExpOp, context.itemwise(dl.SubOp, x, top))
        total = reduce(context, dl.ReduceSumOp, powers, axes, True)
        return context.itemwise(dl.AddOp, context.itemwise(dl.LogOp, total), top)

    y = in_wide(context, step, given)
    return y if keep else context.reshape(y, call.dims)


def _vector_norm(context: Context, call: Call) -> Tensor:
    """(sum of |x|^p)^(1/p), and its limits."""
    order = float(call.number("ord")) if call.has("ord") else 2.0
    x, keep = call.operand(context, "self", call.element), call.flag("keepdim")
    axes = _axes(call, x.rank)

    def step(x: Tensor) -> Tensor:
        size = context.itemwise(dl.AbsOp, x)
        if math.isinf(order):
            extreme = dl.ReduceMaxOp if order > 0 else dl.ReduceMinOp
            return reduce(context, extreme, size, axes, keep)
        before, after = _powers(context, order)
        return after(context, reduce(context, dl.ReduceSumOp, before(context, size), axes, keep))

    return in_wide(context, step, x)


def _powers(context: Context, order: float) -> tuple[Step, Step]:
    """What is done to |x| before the sum, and to the sum."""

    def same(_: Context, x: Tensor) -> Tensor:
        return x

    def present(context: Context, x: Tensor) -> Tensor:
        zero = context.constant(0, x.element)
        return context.cast(context.compare("ne", x, zero), x.element)

    def power(exponent: float) -> Step:
        return lambda context, x: context.itemwise(
            dl.PowOp, x, context.constant(exponent, x.element)
        )

    def square(context: Context, x: Tensor) -> Tensor:
        return context.itemwise(dl.MulOp, x, x)

    def root(context: Context, x: Tensor) -> Tensor:
        return context.itemwise(dl.SqrtOp, x)

    known: dict[float, tuple[Step, Step]] = {
        0.0: (present, same),
        1.0: (same, same),
        2.0: (square, root),
    }
    return known.get(order) or (power(order), power(1 / order))


def place(context: Context, make: Make, x: Tensor, axis: int, keep: bool) -> Tensor:
    """The index of an extreme along an axis; the only element of a scalar is at 0."""
    line = context.reshape(x, (1,)) if x.rank == 0 else x
    kept = [1 if i == axis else n for i, n in enumerate(line.dims)]
    dims = kept if keep and x.rank else [n for i, n in enumerate(line.dims) if i != axis]
    return context.emit(make(line.ssa, axis, keepdims=keep and x.rank > 0), dims)


def _extremum(make: Make, locate: Make) -> Build:
    """The largest or smallest along an axis, and its index."""

    def build(context: Context, call: Call) -> Sequence[Tensor | None]:
        x, keep = call.tensor(context), call.flag("keepdim")
        axis = call.axis(x.rank)
        value = reduce(context, make, x, [axis], keep)
        return value, place(context, locate, x, axis, keep) if 1 in call.used else None

    return build


def _arg(locate: Make) -> Build:
    """The index of an extreme along an axis, or among all elements."""

    def build(context: Context, call: Call) -> Tensor:
        x, keep = call.tensor(context), call.flag("keepdim")
        if call.has("dim"):
            return place(context, locate, x, call.axis(x.rank), keep)
        flat = context.reshape(x, (d.product(x.dims),))
        return context.reshape(place(context, locate, flat, 0, False), call.dims)

    return build


OPERATORS: dict[str, Build] = {
    **dict.fromkeys(("aten.all.default", "aten.all.dim", "aten.all.dims"), _truth(dl.ReduceMinOp)),
    **dict.fromkeys(("aten.any.default", "aten.any.dim", "aten.any.dims"), _truth(dl.ReduceMaxOp)),
    **dict.fromkeys(("aten.mean.default", "aten.mean.dim"), _reduction(dl.ReduceMeanOp)),
    **dict.fromkeys(("aten.prod.default", "aten.prod.dim_int"), _reduction(dl.ReduceProdOp)),
    **dict.fromkeys(("aten.sum.default", "aten.sum.dim_IntList"), _reduction(dl.ReduceSumOp)),
    "aten.amax.default": _reduction(dl.ReduceMaxOp),
    "aten.amin.default": _reduction(dl.ReduceMinOp),
    "aten.argmax.default": _arg(dl.ArgmaxOp),
    "aten.argmin.default": _arg(dl.ArgminOp),
    "aten.count_nonzero.default": _count_nonzero,
    "aten.count_nonzero.dim_IntList": _count_nonzero,
    "aten.linalg_vector_norm.default": _vector_norm,
    "aten.logsumexp.default": _log_sum_exp,
    "aten.max.default": _reduction(dl.ReduceMaxOp),
    "aten.max.dim": _extremum(dl.ReduceMaxOp, dl.ArgmaxOp),
    "aten.min.default": _reduction(dl.ReduceMinOp),
    "aten.min.dim": _extremum(dl.ReduceMinOp, dl.ArgminOp),
    "aten.std.correction": only_first(_spread(root=True)),
    "aten.std_mean.correction": _spread(root=True),
    "aten.var.correction": only_first(_spread(root=False)),
    "aten.var_mean.correction": _spread(root=False),
}
