"""Scaled dot-product attention."""

from __future__ import annotations

import math
from collections.abc import Sequence

from xdsl.dialects.builtin import i1, i64

from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context, broadcast_dims
from dlir.frontends.builder.values import Tensor, Unsupported

from ..call import Build, Call
from .movement import repeated
from .reduction import reduce


def _attention(context: Context, call: Call) -> Tensor:
    """softmax(scale * q k^T + mask) v; a row that sees nothing is 0."""
    if call.has("dropout_p") and call.number("dropout_p") != 0:
        raise Unsupported("dropout: random numbers are not imported")
    q, k, v = (call.tensor(context, name) for name in ("query", "key", "value"))
    if call.flag("enable_gqa"):
        k, v = (_shared_heads(context, x, q) for x in (k, v))
    mask = call.tensor(context, "attn_mask") if call.has("attn_mask") else None
    if call.flag("is_causal"):
        mask = _causal(context, q, k)
    op = dl.AttentionOp(q.ssa, k.ssa, v.ssa, mask.ssa if mask else None, scale=_scale(call, q))
    batch = broadcast_dims(*(x.dims[:-2] for x in (q, k, v))) if q.rank > 2 else ()
    y = context.emit(op, (*batch, q.dims[-2], v.dims[-1]))
    if mask is None or call.flag("is_causal"):
        return y
    return _without_blind_rows(context, y, mask)


def _scale(call: Call, q: Tensor) -> float:
    if call.has("scale"):
        return float(call.number("scale"))
    width = q.dims[-1]
    if not isinstance(width, int):
        raise Unsupported("heads whose width is known at run time only")
    return 1 / math.sqrt(width) if width else 1.0


def _shared_heads(context: Context, x: Tensor, q: Tensor) -> Tensor:
    """Each head of keys or values, repeated for the heads of queries that share it."""
    return repeated(context, x, x.rank - 3, d.div(q.dims[-3], x.dims[-3]))


def _causal(context: Context, q: Tensor, k: Tensor) -> Tensor:
    """Row m sees columns up to m."""
    dims = (q.dims[-2], k.dims[-2])
    rows, columns = (context.iota(dims, axis, i64) for axis in (0, 1))
    return context.compare("le", columns, rows)


def _without_blind_rows(context: Context, y: Tensor, mask: Tensor) -> Tensor:
    """0 in the rows whose mask excludes every column, where softmax is undefined."""
    top = reduce(context, dl.ReduceMaxOp, mask, [mask.rank - 1], True)
    if mask.element == i1:
        sees = top
    else:
        sees = context.compare("ne", top, context.constant(-math.inf, mask.element))
    return context.itemwise(dl.SelectOp, sees, y, context.constant(0, y.element))


def _attention_for_cpu(context: Context, call: Call) -> Sequence[Tensor]:
    return (_attention(context, call),)


OPERATORS: dict[str, Build] = {
    "aten._scaled_dot_product_flash_attention_for_cpu.default": _attention_for_cpu,
    "aten.scaled_dot_product_attention.default": _attention,
}
