"""Matrix products and convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from xdsl.ir import Attribute

from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context, broadcast_dims
from dlir.frontends.builder.dims import Dim
from dlir.frontends.builder.values import Tensor, Unsupported

from ..node import Node
from ..operator import Build, tensor
from ..windows import Windows, flat_image, square_image, window_dims, windows_of


def _matmul(context: Context, node: Node) -> Tensor:
    return matrix_product(context, tensor(context, node, 0), tensor(context, node, 1))


def matrix_product(
    context: Context, a: Tensor, b: Tensor, result: Attribute | None = None
) -> Tensor:
    """numpy's matmul: a vector becomes a matrix with one row or column, which the result loses
    again. The element type of sums and result can be given.
    """
    if not a.rank or not b.rank:
        raise Unsupported("a scalar operand")
    lhs = context.reshape(a, (1, *a.dims)) if a.rank == 1 else a
    rhs = context.reshape(b, (*b.dims, 1)) if b.rank == 1 else b
    batch = broadcast_dims(lhs.dims[:-2], rhs.dims[:-2])
    op = dl.MatmulOp(lhs.ssa, rhs.ssa, acc=result, element_type=result)
    y = context.emit(op, (*batch, lhs.dims[-2], rhs.dims[-1]))
    rows = () if a.rank == 1 else (lhs.dims[-2],)
    columns = () if b.rank == 1 else (rhs.dims[-1],)
    return context.reshape(y, (*batch, *rows, *columns))


def _scaled(context: Context, x: Tensor, factor: float) -> Tensor:
    if factor == 1.0:
        return x
    return context.itemwise(dl.MulOp, x, context.constant(factor, x.element))


def _gemm(context: Context, node: Node) -> Tensor:
    """alpha * A' * B' + beta * C."""
    a, b = tensor(context, node, 0), tensor(context, node, 1)
    trans_a, trans_b = bool(node.int("transA", 0)), bool(node.int("transB", 0))
    op = dl.MatmulOp(a.ssa, b.ssa, transpose_lhs=trans_a, transpose_rhs=trans_b)
    y = context.emit(op, (a.dims[1 if trans_a else 0], b.dims[0 if trans_b else 1]))
    y = _scaled(context, y, node.float("alpha", 1.0))
    beta = node.float("beta", 1.0)
    if not node.has(2) or beta == 0.0:
        return y
    return context.itemwise(dl.AddOp, y, _scaled(context, tensor(context, node, 2), beta))


def _conv(context: Context, node: Node) -> Tensor:
    y = convolution(context, node, tensor(context, node, 0), tensor(context, node, 1))
    return biased(context, node, y)


def convolution(
    context: Context,
    node: Node,
    x: Tensor,
    w: Tensor,
    result: Attribute | None = None,
    outside: int = 0,
) -> Tensor:
    """Convolution of lines, images and volumes; a line is an image of height 1.

    The element type of sums and result can be given, and the number that padding has.
    """
    windows = windows_of(node, x.dims[2:], w.dims[2:])
    image, kernel = square_image(context, x), square_image(context, w)
    if outside and any(windows.padding):
        rank = len(windows.kernel)
        low, high = windows.padding[:rank], windows.padding[rank:]
        image = context.pad(image, (0, 0, *low), (0, 0, *high), outside)
        windows = replace(windows, padding=(0,) * 2 * rank)
    y = context.emit(
        (dl.Conv3dOp if x.rank == 5 else dl.Conv2dOp)(
            image.ssa,
            kernel.ssa,
            strides=windows.strides,
            padding=windows.padding,
            dilations=windows.dilations,
            groups=node.int("group", 1),
            acc=result,
            element_type=result,
        ),
        _conv_dims(image, kernel, windows),
    )
    return flat_image(context, y, x.rank)


def biased(context: Context, node: Node, y: Tensor, index: int = 2) -> Tensor:
    """y + the bias of each channel, an optional operand of convolutions."""
    if not node.has(index):
        return y
    bias = tensor(context, node, index)
    return context.itemwise(dl.AddOp, y, context.reshape(bias, (*bias.dims, *[1] * (y.rank - 2))))


def _conv_dims(image: Tensor, kernel: Tensor, windows: Windows) -> Sequence[Dim]:
    return (image.dims[0], kernel.dims[0], *window_dims(image.dims[2:], windows))


OPERATORS: dict[str, Build] = {"Conv": _conv, "Gemm": _gemm, "MatMul": _matmul}
