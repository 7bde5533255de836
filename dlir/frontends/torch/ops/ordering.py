"""Running folds, and elements in order."""

from __future__ import annotations

from collections.abc import Sequence

from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.values import Tensor

from ..call import Build, Call
from .elementwise import Make


def _line(context: Context, x: Tensor) -> Tensor:
    """A scalar as a vector of one element."""
    return context.reshape(x, (1,)) if x.rank == 0 else x


def _scan(make: Make) -> Build:
    def build(context: Context, call: Call) -> Tensor:
        x = call.operand(context, "self", call.element)
        line = _line(context, x)
        y = context.emit(make(line.ssa, call.axis(x.rank)), line.dims)
        return context.reshape(y, x.dims)

    return build


def _sort(context: Context, call: Call) -> Sequence[Tensor]:
    x = call.tensor(context)
    line = _line(context, x)
    op = dl.SortOp(line.ssa, call.axis(x.rank), descending=call.flag("descending"))
    return [context.reshape(part, x.dims) for part in context.emit_all(op, [line.dims] * 2)]


def _topk(context: Context, call: Call) -> Sequence[Tensor]:
    """In order, whether that is asked for or not."""
    x = call.tensor(context)
    line, axis, smallest = _line(context, x), call.axis(x.rank), not call.flag("largest")
    k = call.size("k")
    if isinstance(k, int):
        op = dl.TopkOp(line.ssa, k, axis, smallest=smallest)
        dims = (*line.dims[:axis], k, *line.dims[axis + 1 :])
        parts = context.emit_all(op, [dims] * 2)
    else:
        op = dl.SortOp(line.ssa, axis, descending=not smallest)
        parts = [context.take(p, axis, 0, k) for p in context.emit_all(op, [line.dims] * 2)]
    return [context.reshape(part, call.dims) for part in parts]


OPERATORS: dict[str, Build] = {
    "aten.cumprod.default": _scan(dl.CumprodOp),
    "aten.cumsum.default": _scan(dl.CumsumOp),
    "aten.sort.default": _sort,
    "aten.sort.stable": _sort,
    "aten.topk.default": _topk,
}
