"""Matrix products and convolutions: sums of products over one iteration space.

The accumulator has the type that the op states; an epilogue rounds once to the result's type.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from xdsl.dialects.builtin import TensorType, f32, i8
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.dl.attrs import Layout, ui8
from dlir.dialects.dl.ops.contraction import Conv2dOp, MatmulOp
from dlir.dialects.dl.ops.pooling import PoolOp
from dlir.dialects.sparse.attrs import is_encoded
from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import element_type_of
from dlir.lowering.dl_to_structured.elementwise import broadcast_sizes
from dlir.lowering.dl_to_structured.emitter import (
    Access,
    Destination,
    Emitter,
    Epilogue,
    Space,
    broadcast_letters,
    dimensions,
    typed,
)
from dlir.lowering.dl_to_structured.scalar import Scalar, number, resize
from dlir.lowering.dl_to_structured.scalar_forms import convert
from dlir.lowering.dl_to_structured.sizes import Size, tensor_type
from dlir.lowering.dl_to_structured.sparse import sparse_matmul
from dlir.types import is_narrow_float, is_narrow_integer, is_unsigned


def sum_of_products(
    emitter: Emitter, space: Space, inputs: list[Access], out: Destination, acc: Attribute
) -> SSAValue:
    """`out = sum of input 0 * input 1` in the type `acc`."""

    def product(x: Scalar, y: Scalar, total: Scalar) -> Scalar:
        return total + resize(x, acc) * resize(y, acc)

    element = element_type_of(out.value)
    finish = Epilogue(lambda total: resize(total, element)) if element != acc else None
    return emitter.generic(space, inputs, out, product, init=number(0, acc), epilogue=finish)


def factor(emitter: Emitter, x: SSAValue) -> SSAValue:
    """An operand whose numbers can be multiplied: narrow ones are written as f32 or in 8 bits."""
    element = element_type_of(x)
    if is_narrow_float(element):
        wide: Attribute = f32
    elif is_narrow_integer(element):
        wide = ui8 if is_unsigned(element) else i8
    else:
        return x
    sizes = emitter.sizes.of(x)
    letters = dimensions(len(sizes))
    space = Space(letters)
    out = emitter.empty(TensorType(wide, tensor_type(x).get_shape()), sizes)
    forms = space.forms(letters)
    return emitter.generic(
        space, [Access(x, forms)], Destination(out, forms), lambda x: convert(x, wide)
    )


def matmul(emitter: Emitter, op: MatmulOp) -> SSAValue:
    """Iterators: the batch dimensions, m, n, k. Transposes and broadcasts are maps."""
    if any(is_encoded(operand.type) for operand in op.operands):
        return sparse_matmul(emitter, op)
    lhs, rhs = emitter.sizes.of(op.lhs), emitter.sizes.of(op.rhs)
    batch = dimensions(max(len(lhs), len(rhs)) - 2)
    m = lhs[-1] if op.transpose_lhs is not None else lhs[-2]
    n = rhs[-2] if op.transpose_rhs is not None else rhs[-1]
    out = emitter.empty(tensor_type(op.result), [*broadcast_sizes(emitter, op.operands)[:-2], m, n])
    space = Space(batch + "mn", "k")
    left = "km" if op.transpose_lhs is not None else "mk"
    right = "nk" if op.transpose_rhs is not None else "kn"
    inputs = [
        Access(x, space.forms(broadcast_letters(x, out, batch + "..")[:-2] + matrix))
        for x, matrix in ((factor(emitter, op.lhs), left), (factor(emitter, op.rhs), right))
    ]
    return sum_of_products(
        emitter, space, inputs, Destination(out, space.forms(batch + "mn")), op.acc
    )


class Window(NamedTuple):
    """How a window slides: (vertical, horizontal) strides and dilations; the four paddings."""

    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    padding: tuple[int, ...]

    def forms(self, space: Space) -> dict[str, Linear]:
        """The rows `h` and columns `w` seen from place (y, x) at kernel position (u, v)."""
        (sh, sw), (dh, dw), (top, left) = self.strides, self.dilations, self.padding[:2]
        return {
            "h": space.form({"y": sh, "u": dh}, -top),
            "w": space.form({"x": sw, "v": dw}, -left),
        }

    def places(self, emitter: Emitter, image: Sequence[Size], kernel: Sequence[Size]) -> list[Size]:
        """The height and width of the result."""
        totals = (self.padding[0] + self.padding[2], self.padding[1] + self.padding[3])
        return [
            emitter.sizes.window(*parameters)
            for parameters in zip(image, kernel, self.strides, totals, self.dilations, strict=True)
        ]


def window_of(op: Conv2dOp | PoolOp) -> Window:
    return Window(op.strides.get_values(), op.dilations.get_values(), op.padding.get_values())


class Letters(NamedTuple):
    """The iterators of a convolution and how they index its operands; h and w are the window's."""

    parallel: str
    reduction: str
    x: str
    weight: str


DENSE, GROUPED, DEPTHWISE = "dense", "grouped", "depthwise"

CONVOLUTIONS: dict[tuple[Layout, str], Letters] = {
    (Layout.NHWC, DENSE): Letters("nyxf", "uvc", "nhwc", "fcuv"),
    (Layout.NCHW, DENSE): Letters("nfyx", "cuv", "nchw", "fcuv"),
    (Layout.NHWC, GROUPED): Letters("nyxgf", "uvc", "nhwgc", "gfcuv"),
    (Layout.NCHW, GROUPED): Letters("ngfyx", "cuv", "ngchw", "gfcuv"),
    (Layout.NHWC, DEPTHWISE): Letters("nyxg", "uv", "nhwg", "g0uv"),
    (Layout.NCHW, DEPTHWISE): Letters("ngyx", "uv", "nghw", "g0uv"),
}
"""n batch, y x place, g group, f output channel of the group, c input channel of it, u v kernel."""


def conv2d(emitter: Emitter, op: Conv2dOp) -> SSAValue:
    """One sum of products. Groups become a dimension of their own by reshapes, which are views."""
    groups, weight = op.groups.value.data, emitter.sizes.of(op.weight)
    kind = DENSE if groups == 1 else DEPTHWISE if weight[:2] == (groups, 1) else GROUPED
    letters = CONVOLUTIONS[op.layout.data, kind]
    window = window_of(op)
    extents = _extents(emitter, op, window)
    x, kernel = factor(emitter, op.x), factor(emitter, op.weight)
    out_type = tensor_type(op.result)
    out_sizes = [extents[letter] for letter in letters.parallel]
    if kind == GROUPED:
        x = _viewed(emitter, x, [extents[letter] for letter in letters.x])
        kernel = _viewed(emitter, kernel, [extents[letter] for letter in letters.weight])
        out_type = typed(out_type.element_type, out_sizes)
    space = Space(letters.parallel, letters.reduction)
    zero = number(0, element_type_of(x)) if any(window.padding) else None
    inputs = [
        Access(x, space.forms(letters.x, window.forms(space)), zero),
        Access(kernel, space.forms(letters.weight)),
    ]
    out = Destination(emitter.empty(out_type, out_sizes), space.forms(letters.parallel))
    result = sum_of_products(emitter, space, inputs, out, op.acc)
    if kind != GROUPED:
        return result
    nhwc = op.layout.data is Layout.NHWC
    dense = [extents[letter] for letter in ("nyxF" if nhwc else "nFyx")]
    return emitter.reshape(result, tensor_type(op.result), dense)


def _extents(emitter: Emitter, op: Conv2dOp, window: Window) -> dict[str, Size]:
    """The size of everything that has a letter; F counts the output channels of all groups."""
    sizes, groups = emitter.sizes, op.groups.value.data
    outputs, channels, *kernel = sizes.of(op.weight)
    letters = "nhwc" if op.layout.data is Layout.NHWC else "nchw"
    image = dict(zip(letters, sizes.of(op.x), strict=True))
    y, x = window.places(emitter, [image["h"], image["w"]], kernel)
    return {
        **image, "y": y, "x": x, "u": kernel[0], "v": kernel[1],
        "g": groups, "c": channels, "f": sizes.div(outputs, groups), "F": outputs,
    }  # fmt: skip


def _viewed(emitter: Emitter, x: SSAValue, sizes: list[Size]) -> SSAValue:
    return emitter.reshape(x, typed(element_type_of(x), sizes), sizes)


RULES: dict[type[Operation], Callable[[Emitter, Any], SSAValue]] = {
    MatmulOp: matmul,
    Conv2dOp: conv2d,
}
