"""Matrix products and convolutions."""

from __future__ import annotations

from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context, broadcast_dims
from dlir.frontends.builder.values import Tensor, Unsupported

from ..call import Build, Call
from ..windows import Windows, flat_image, square_image
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
    """x times the transposed weight [out, in]."""
    x, w = call.tensor(context, "input"), call.tensor(context, "weight")
    if w.rank == 1:
        y = _product(context, x, w)
    else:
        rows = context.reshape(x, (1, *x.dims)) if x.rank == 1 else x
        op = dl.MatmulOp(rows.ssa, w.ssa, transpose_rhs=True)
        y = context.emit(op, (*rows.dims[:-1], w.dims[0]))
        y = context.reshape(y, (*x.dims[:-1], w.dims[0]))
    if not call.has("bias"):
        return y
    return context.itemwise(dl.AddOp, y, call.tensor(context, "bias"))


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
    """Convolution of lines and images; a line is an image of height 1."""
    if call.flag("transposed"):
        raise Unsupported("a transposed convolution")
    x, w = call.tensor(context, "input"), call.tensor(context, "weight")
    spatial = x.rank - 2
    windows = Windows.of(
        w.dims[2:], call.ints("stride"), call.ints("padding"), call.ints("dilation"), spatial
    )
    image, kernel = square_image(context, x), square_image(context, w)
    op = dl.Conv2dOp(
        image.ssa,
        kernel.ssa,
        strides=windows.strides,
        padding=windows.padding,
        dilations=windows.dilations,
        groups=call.int("groups"),
    )
    size = call.dims[2:]
    dims = (image.dims[0], kernel.dims[0], *((1, *size) if spatial == 1 else size))
    y = flat_image(context, context.emit(op, dims), x.rank)
    if not call.has("bias"):
        return y
    bias = call.tensor(context, "bias")
    return context.itemwise(dl.AddOp, y, context.reshape(bias, (*bias.dims, *[1] * spatial)))


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
