"""The layers that PyTorch computes at once in inference: attention of many heads, and an encoder's
layer around it.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import i1

from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.values import Tensor, Unsupported

from ..call import Build, Call
from .contraction import linear


def _encoder_layer(context: Context, call: Call) -> Tensor:
    """x + attention(x), then x + ffn(x); each normalised before, or after the sum."""
    x, first = call.tensor(context, "src"), call.flag("norm_first")
    for number, step in ((1, _self_attention), (2, _feed_forward)):
        y = step(context, call, _norm(context, call, x, number) if first else x)
        x = context.itemwise(dl.AddOp, x, y)
        x = x if first else _norm(context, call, x, number)
    return x


def _norm(context: Context, call: Call, x: Tensor, number: int) -> Tensor:
    scale, bias = (call.tensor(context, f"norm_{name}_{number}") for name in ("weight", "bias"))
    op = dl.LayerNormOp(x.ssa, scale.ssa, bias.ssa, epsilon=float(call.number("eps")))
    return context.emit(op, x.dims)


def _feed_forward(context: Context, call: Call, x: Tensor) -> Tensor:
    w1, b1, w2, b2 = (
        call.tensor(context, f"ffn_{name}_{number}")
        for number in (1, 2)
        for name in ("weight", "bias")
    )
    make = dl.GeluOp if call.flag("use_gelu") else dl.ReluOp
    hidden = context.itemwise(make, linear(context, x, w1, b1))
    return linear(context, hidden, w2, b2)


def _self_attention(context: Context, call: Call, x: Tensor) -> Tensor:
    return _heads(context, call, [x] * 3, call.int("num_heads"))


def _heads(context: Context, call: Call, inputs: Sequence[Tensor], heads: int) -> Tensor:
    """Attention of queries, keys and values [batch, places, width], projected into heads."""
    width, w = inputs[0].dims[-1], call.tensor(context, "qkv_weight")
    if not isinstance(width, int):
        raise Unsupported("a width that is known at run time only")
    b = call.tensor(context, "qkv_bias")
    size = width // heads

    def projected(i: int) -> Tensor:
        rows, bias = (context.take(part, 0, i * width, width) for part in (w, b))
        y = linear(context, inputs[i], rows, bias)
        return context.transpose(context.reshape(y, (*y.dims[:2], heads, size)), [0, 2, 1, 3])

    q, k, v = map(projected, range(3))
    mask = _visible(context, call)
    op = dl.AttentionOp(q.ssa, k.ssa, v.ssa, mask.ssa if mask else None, scale=size**-0.5)
    y = context.transpose(context.emit(op, q.dims), [0, 2, 1, 3])
    joined = context.reshape(y, inputs[0].dims)
    proj_w, proj_b = (call.tensor(context, f"proj_{name}") for name in ("weight", "bias"))
    return linear(context, joined, proj_w, proj_b)


def _visible(context: Context, call: Call) -> Tensor | None:
    """The mask says what is hidden: of rows and columns (type 0), of columns of each of the batch
    (1), or of all (2).
    """
    if not call.has("mask"):
        return None
    hidden, kind = call.operand(context, "mask", i1), call.int("mask_type")
    visible = context.itemwise(dl.NotOp, hidden)
    if kind == 1:
        return context.reshape(visible, (visible.dims[0], 1, 1, visible.dims[1]))
    return visible


def _native_attention(context: Context, call: Call) -> Sequence[Tensor | None]:
    if call.flag("need_weights") and 1 in call.used:
        raise Unsupported("the attention's weights as result")
    inputs = [call.tensor(context, name) for name in ("query", "key", "value")]
    return _heads(context, call, inputs, call.int("num_head")), None


OPERATORS: dict[str, Build] = {
    "aten._native_multi_head_attention.default": _native_attention,
    "aten._transformer_encoder_layer_fwd.default": _encoder_layer,
}
