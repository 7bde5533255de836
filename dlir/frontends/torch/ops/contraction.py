"""Matrix products and convolutions."""

from __future__ import annotations

from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context, broadcast_dims
from dlir.frontends.builder.values import Tensor, Unsupported

from ..call import Build, Call
from ..windows import full
from .elementwise import times


def _product(context: Context, a: Tensor, b: Tensor) -> Tensor:
    """numpy's matmul: a vector becomes a matrix with one row or column, which the result loses
    again.
    """
    lhs = context.reshape(a, (1, *a.dims)) if a.rank == 1 else a
    rhs = context.reshape(b, (*b.dims, 1)) if b.rank == 1 else b
    batch = broadcast_dims(lhs.dims[:-2], rhs.dims[:-2]) if max(lhs.rank, rhs.rank) > 2 else ()
    result = context.emit(dl.MatmulOp(lhs.ssa, rhs.ssa), (*batch, lhs.dims[-2], rhs.dims[-1]))
    rows = () if a.rank == 1 else (lhs.dims[-2],)
    columns = () if b.rank == 1 else (rhs.dims[-1],)
    return context.reshape(result, (*batch, *rows, *columns))


def _matmul(a: str, b: str) -> Build:
    def build(context: Context, call: Call) -> Tensor:
        return _product(context, call.tensor(context, a), call.tensor(context, b))

    return build


def _dot(context: Context, call: Call) -> Tensor:
    return _product(context, call.tensor(context), call.tensor(context, "tensor"))


def _linear(context: Context, call: Call) -> Tensor:
    x, w = call.tensor(context, "input"), call.tensor(context, "weight")
    return linear(context, x, w, call.tensor(context, "bias") if call.has("bias") else None)


def linear(context: Context, x: Tensor, w: Tensor, bias: Tensor | None) -> Tensor:
    """x times the transposed weight [out, in], plus the bias."""
    if w.rank == 1:
        y = _product(context, x, w)
    else:
        rows = context.reshape(x, (1, *x.dims)) if x.rank == 1 else x
        op = dl.MatmulOp(rows.ssa, w.ssa, transpose_rhs=True)
        y = context.emit(op, (*rows.dims[:-1], w.dims[0]))
        y = context.reshape(y, (*x.dims[:-1], w.dims[0]))
    return y if bias is None else context.itemwise(dl.AddOp, y, bias)


def _sum_of_product(a: str, b: str) -> Build:
    """beta * self + alpha * (a b); with beta 0 what is in self does not matter, NaN neither."""

    def build(context: Context, call: Call) -> Tensor:
        alpha, beta = call.number("alpha"), call.number("beta")
        y = _product(context, call.tensor(context, a), call.tensor(context, b))
        y = times(context, y, alpha)
        if beta == 0:
            return y
        added = times(context, call.tensor(context), beta)
        return context.itemwise(dl.AddOp, y, added)

    return build


def _convolution(context: Context, call: Call) -> Tensor:
    """Convolution of lines, images and volumes, or transposed."""
    y = (_transposed if call.flag("transposed") else _plain_convolution)(context, call)
    if not call.has("bias"):
        return y
    bias = call.tensor(context, "bias")
    ones = [1] * (y.rank - 2)
    return context.itemwise(dl.AddOp, y, context.reshape(bias, (*bias.dims, *ones)))


def _operands(context: Context, call: Call) -> tuple[Tensor, Tensor]:
    x, w = call.tensor(context, "input"), call.tensor(context, "weight")
    if x.rank not in (3, 4, 5):
        raise Unsupported(f"{x.rank - 2} spatial dimensions; 1 to 3 are supported")
    return x, w


def _plain_convolution(context: Context, call: Call) -> Tensor:
    """A line is an image of height 1."""
    x, w = _operands(context, call)
    padding = call.ints("padding")
    lists = [call.ints("stride"), padding, padding, call.ints("dilation")]
    strides, low, high, dilations = (full(numbers, x.rank - 2) for numbers in lists)
    size = call.dims[2:]
    if x.rank == 3:
        x, w = (context.reshape(t, (*t.dims[:2], 1, t.dims[2])) for t in (x, w))
        strides, low, high, dilations = (1, *strides), (0, *low), (0, *high), (1, *dilations)
        size = (1, *size)
    op = (dl.Conv3dOp if x.rank == 5 else dl.Conv2dOp)(
        x.ssa,
        w.ssa,
        strides=strides,
        padding=(*low, *high),
        dilations=dilations,
        groups=call.int("groups"),
    )
    return context.reshape(context.emit(op, (x.dims[0], w.dims[0], *size)), call.dims)


def _transposed(context: Context, call: Call) -> Tensor:
    x, w = _operands(context, call)
    names = ("stride", "padding", "dilation", "output_padding")
    strides, padding, dilations, extra = (full(call.ints(n), x.rank - 2) for n in names)
    op = dl.ConvTransposeOp(
        x.ssa,
        w.ssa,
        strides=strides,
        padding=(*padding, *padding),
        dilations=dilations,
        output_padding=extra,
        groups=call.int("groups"),
    )
    return context.emit(op, call.dims)


OPERATORS: dict[str, Build] = {
    "aten.addmm.default": _sum_of_product("mat1", "mat2"),
    "aten.addmv.default": _sum_of_product("mat", "vec"),
    "aten.baddbmm.default": _sum_of_product("batch1", "batch2"),
    "aten.bmm.default": _matmul("self", "mat2"),
    "aten.convolution.default": _convolution,
    "aten.dot.default": _dot,
    "aten.linear.default": _linear,
    "aten.matmul.default": _matmul("self", "other"),
    "aten.mm.default": _matmul("self", "mat2"),
    "aten.mv.default": _matmul("self", "vec"),
}
