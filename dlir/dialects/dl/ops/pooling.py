"""Windows that slide over an image and reduce what they see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import ClassVar, Literal, TypedDict, Unpack

from xdsl.dialects.builtin import AnyTensorTypeConstr, TensorType, UnitAttr
from xdsl.ir import Attribute
from xdsl.irdl import BaseAttr, irdl_op_definition, operand_def, opt_prop_def, prop_def, result_def

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import (
    FLOATS,
    NUMBERS,
    ElementSet,
    Layout,
    LayoutAttr,
    OpClass,
    ints,
    real,
)
from dlir.dialects.dl.ops.activation import FLOAT
from dlir.dialects.dl.ops.base import DlOp, Operand, element_of, shape_of
from dlir.dialects.dl.ops.contraction import (
    INTS_CONSTR,
    LAYOUT_CONSTR,
    NCHW,
    check_windows,
    image_after,
    image_of,
    image_shape,
)


class Windows(TypedDict, total=False):
    """What a pooling may be given besides the size of its windows."""

    strides: Sequence[int]
    padding: Sequence[int]
    dilations: Sequence[int]
    layout: Literal["nchw", "nhwc"]


class PoolOp(DlOp):
    """The family of two-dimensional poolings; `padding` is [top, left, bottom, right]."""

    OP_CLASS: ClassVar[OpClass] = OpClass.REDUCTION
    ELEMENTS: ClassVar[ElementSet] = NUMBERS

    x = operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)
    kernel = prop_def(INTS_CONSTR)
    strides = opt_prop_def(INTS_CONSTR, default_value=ints([1, 1]))
    padding = opt_prop_def(INTS_CONSTR, default_value=ints([0, 0, 0, 0]))
    dilations = opt_prop_def(INTS_CONSTR, default_value=ints([1, 1]))
    layout = opt_prop_def(LAYOUT_CONSTR, default_value=NCHW)

    def __init__(
        self,
        x: Operand,
        kernel: Sequence[int],
        *,
        strides: Sequence[int] = (1, 1),
        padding: Sequence[int] = (0, 0, 0, 0),
        dilations: Sequence[int] = (1, 1),
        layout: Literal["nchw", "nhwc"] = "nchw",
        properties: Mapping[str, Attribute | None] | None = None,
    ):
        shared = {
            "kernel": ints(kernel),
            "strides": ints(strides),
            "padding": ints(padding),
            "dilations": ints(dilations),
            "layout": LayoutAttr(Layout(layout)),
        }
        self.initialise([x], {**shared, **(properties or {})})

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(self.ELEMENTS, self.x)
        shape, layout = shape_of(self.x), self.layout.data
        if len(shape) != 4:
            self.reject(3, f"expected an operand of rank 4, got rank {len(shape)}")
        batch, channels, image = image_shape(shape, layout)
        size = image_of(batch, channels, self._windows(image), layout)
        return [TensorType(element_of(self.x), size)]

    def _windows(self, image: Sequence[int]) -> shapes.Shape:
        """C4 and C5; the size of the output image."""
        kernel, strides = self.kernel.get_values(), self.strides.get_values()
        padding, dilations = self.padding.get_values(), self.dilations.get_values()
        check_windows(
            self,
            4,
            [
                ("kernel sizes", kernel, 2, 1),
                ("strides", strides, 2, 1),
                ("dilations", dilations, 2, 1),
                ("paddings", padding, 4, 0),
            ],
        )
        return image_after(self, 5, image, kernel, strides, padding, dilations)


@irdl_op_definition
class MaxPool2dOp(PoolOp):
    """Maximum of a sliding window:
    `y[b, c, i, j] = max over u, v of x[b, c, i*sh + u*dh - top, j*sw + v*dw - left]`.

    Places outside the image do not count; a window that sees none gives -inf or the least integer.
    NaN wins.

    C1: the element type is a number
    C2: the result has the inferred image size
    C3: the operand has rank 4
    C4: two kernel sizes, strides and dilations >= 1, four paddings >= 0
    C5: the kernel fits into the padded image

    ```mlir
    %y = dl.max_pool2d %x {kernel = [3, 3], strides = [2, 2], padding = [1, 1, 1, 1]}
        : tensor<?x64x112x112xf32> -> tensor<?x64x56x56xf32>
    ```
    """

    name = "dl.max_pool2d"


@irdl_op_definition
class AvgPool2dOp(PoolOp):
    """Mean of a sliding window:
    `y[b, c, i, j] = mean over u, v of x[b, c, i*sh + u*dh - top, j*sw + v*dw - left]`.

    Places outside the image do not count, or count as zeros with `count_include_pad`; a window that
    sees none gives NaN.

    C1: the element type is a float
    C2: the result has the inferred image size
    C3: the operand has rank 4
    C4: two kernel sizes, strides and dilations >= 1, four paddings >= 0
    C5: the kernel fits into the padded image

    ```mlir
    %y = dl.avg_pool2d %x {kernel = [2, 2], strides = [2, 2], layout = "nhwc"}
        : tensor<?x8x8x64xf32> -> tensor<?x4x4x64xf32>
    ```
    """

    name = "dl.avg_pool2d"

    ELEMENTS: ClassVar[ElementSet] = FLOATS

    count_include_pad = opt_prop_def(BaseAttr(UnitAttr))

    def __init__(
        self,
        x: Operand,
        kernel: Sequence[int],
        *,
        count_include_pad: bool = False,
        **windows: Unpack[Windows],
    ):
        super().__init__(
            x,
            kernel,
            properties={"count_include_pad": UnitAttr() if count_include_pad else None},
            **windows,
        )


def check_exponent(op: DlOp, rule: int, p: float) -> None:
    """p gives a norm."""
    if not 1 <= p < inf:
        op.reject(rule, f"expected a finite p >= 1, got {p}")


@irdl_op_definition
class LpPool2dOp(PoolOp):
    """p-norm of a sliding window:
    `y[b, c, i, j] = (sum over u, v of |x[b, c, i*sh + u*dh - top, j*sw + v*dw - left]|^p)^(1/p)`.

    Places outside the image do not count; a window that sees none gives 0. The sum is taken in the
    element type, or in f32 for the half types: it overflows where `|x|^p` does.

    C1: the element type is a float
    C2: the result has the inferred image size
    C3: the operand has rank 4
    C4: two kernel sizes, strides and dilations >= 1, four paddings >= 0
    C5: the kernel fits into the padded image
    C6: p is a finite number >= 1

    ```mlir
    %y = dl.lp_pool2d %x {kernel = [2, 2], strides = [2, 2], p = 3.0}
        : tensor<?x64x8x8xf32> -> tensor<?x64x4x4xf32>
    ```
    """

    name = "dl.lp_pool2d"

    ELEMENTS: ClassVar[ElementSet] = FLOATS

    p = opt_prop_def(FLOAT, default_value=real(2.0))

    def __init__(
        self,
        x: Operand,
        kernel: Sequence[int],
        *,
        p: float = 2.0,
        **windows: Unpack[Windows],
    ):
        super().__init__(x, kernel, properties={"p": real(p)}, **windows)

    def infer(self) -> Sequence[Attribute]:
        types = super().infer()
        check_exponent(self, 6, self.p.value.data)
        return types
