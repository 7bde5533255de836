"""Maximum pooling undone: every value goes back to the place where it stood."""

from __future__ import annotations

from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.values import Tensor, Unsupported

from ..node import Node
from ..operator import Build, tensor
from ..shapes import static_ints


def _max_unpool(context: Context, node: Node) -> Tensor:
    """The indices are about the image that the attributes give; `output_shape` surrounds it."""
    x, indices = tensor(context, node, 0), tensor(context, node, 1)
    rank = x.rank - 2
    kernel, strides = node.ints("kernel_shape", ()), node.ints("strides", (1,) * rank)
    pads = node.ints("pads", (0,) * 2 * rank)
    if len(kernel) != rank or len(strides) != rank or len(pads) != 2 * rank:
        raise Unsupported("kernel_shape, strides or pads of the wrong length")
    columns = zip(x.dims[2:], kernel, strides, pads[:rank], pads[rank:], strict=True)
    image = [d.add(d.mul(d.add(n, -1), s), k - low - high) for n, k, s, low, high in columns]
    if any(isinstance(n, int) and n < 1 for n in image):
        raise Unsupported(f"an image of size {image}")
    dims = (*x.dims[:2], *image)
    zeros = context.broadcast(context.constant(0, x.element), (d.product(dims),))
    flat, places = (context.reshape(value, (d.product(x.dims),)) for value in (x, indices))
    op = dl.ScatterElementsOp(zeros.ssa, places.ssa, flat.ssa, 0)
    y = context.reshape(context.emit(op, zeros.dims), dims)
    if not node.has(2):
        return y
    wanted = static_ints(node.input(2), "output_shape")
    missing = [d.sub(size, n) for size, n in zip(wanted, dims, strict=False)]
    if len(wanted) != x.rank or not all(isinstance(n, int) and n >= 0 for n in missing):
        raise Unsupported(f"output_shape = {wanted} for an image of size {list(dims)}")
    high = [n for n in missing if isinstance(n, int)]
    return context.pad(y, [0] * x.rank, high, 0)


OPERATORS: dict[str, Build] = {"MaxUnpool": _max_unpool}
