"""Windows that slide over a volume and reduce what they see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, TypedDict, Unpack

from xdsl.dialects.builtin import AnyTensorTypeConstr, TensorType, UnitAttr
from xdsl.ir import Attribute
from xdsl.irdl import BaseAttr, irdl_op_definition, operand_def, opt_prop_def, prop_def, result_def

from dlir.dialects.dl.attrs import FLOATS, NUMBERS, ElementSet, OpClass, ints, real
from dlir.dialects.dl.ops.activation import FLOAT
from dlir.dialects.dl.ops.base import DlOp, Operand, element_of, shape_of
from dlir.dialects.dl.ops.contraction import INTS_CONSTR, check_windows, image_after
from dlir.dialects.dl.ops.pooling import check_exponent


class Windows(TypedDict, total=False):
    """What a pooling may be given besides the size of its windows."""

    strides: Sequence[int]
    padding: Sequence[int]
    dilations: Sequence[int]


class Pool3dOp(DlOp):
    """The family of three-dimensional poolings of [batch, channels, depth, height, width].

    `padding` is [front, top, left, back, bottom, right].
    """

    OP_CLASS: ClassVar[OpClass] = OpClass.REDUCTION
    ELEMENTS: ClassVar[ElementSet] = NUMBERS

    x = operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)
    kernel = prop_def(INTS_CONSTR)
    strides = opt_prop_def(INTS_CONSTR, default_value=ints([1] * 3))
    padding = opt_prop_def(INTS_CONSTR, default_value=ints([0] * 6))
    dilations = opt_prop_def(INTS_CONSTR, default_value=ints([1] * 3))

    def __init__(
        self,
        x: Operand,
        kernel: Sequence[int],
        *,
        strides: Sequence[int] = (1, 1, 1),
        padding: Sequence[int] = (0, 0, 0, 0, 0, 0),
        dilations: Sequence[int] = (1, 1, 1),
        properties: Mapping[str, Attribute | None] | None = None,
    ):
        shared = {
            "kernel": ints(kernel),
            "strides": ints(strides),
            "padding": ints(padding),
            "dilations": ints(dilations),
        }
        self.initialise([x], {**shared, **(properties or {})})

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(self.ELEMENTS, self.x)
        shape = shape_of(self.x)
        if len(shape) != 5:
            self.reject(3, f"expected an operand of rank 5, got rank {len(shape)}")
        kernel, strides = self.kernel.get_values(), self.strides.get_values()
        padding, dilations = self.padding.get_values(), self.dilations.get_values()
        check_windows(
            self,
            4,
            [
                ("kernel sizes", kernel, 3, 1),
                ("strides", strides, 3, 1),
                ("dilations", dilations, 3, 1),
                ("paddings", padding, 6, 0),
            ],
        )
        size = image_after(self, 5, shape[2:], kernel, strides, padding, dilations)
        return [TensorType(element_of(self.x), (*shape[:2], *size))]


@irdl_op_definition
class MaxPool3dOp(Pool3dOp):
    """Maximum of a sliding window:
    `y[b, c, l, i, j] = max over t, u, v of
    x[b, c, l*sd + t*dd - front, i*sh + u*dh - top, j*sw + v*dw - left]`.

    Places outside the image do not count; a window that sees none gives -inf or the least integer.
    NaN wins.

    C1: the element type is a number
    C2: the result has the inferred image size
    C3: the operand has rank 5
    C4: three kernel sizes, strides and dilations >= 1, six paddings >= 0
    C5: the kernel fits into the padded image

    ```mlir
    %y = dl.max_pool3d %x {kernel = [2, 2, 2], strides = [2, 2, 2]}
        : tensor<?x16x8x32x32xf32> -> tensor<?x16x4x16x16xf32>
    ```
    """

    name = "dl.max_pool3d"


@irdl_op_definition
class AvgPool3dOp(Pool3dOp):
    """Mean of a sliding window:
    `y[b, c, l, i, j] = mean over t, u, v of
    x[b, c, l*sd + t*dd - front, i*sh + u*dh - top, j*sw + v*dw - left]`.

    Places outside the image do not count, or count as zeros with `count_include_pad`; a window that
    sees none gives NaN.

    C1: the element type is a float
    C2: the result has the inferred image size
    C3: the operand has rank 5
    C4: three kernel sizes, strides and dilations >= 1, six paddings >= 0
    C5: the kernel fits into the padded image

    ```mlir
    %y = dl.avg_pool3d %x {kernel = [1, 2, 2], strides = [1, 2, 2]}
        : tensor<?x16x8x32x32xf32> -> tensor<?x16x8x16x16xf32>
    ```
    """

    name = "dl.avg_pool3d"

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


@irdl_op_definition
class LpPool3dOp(Pool3dOp):
    """p-norm of a sliding window:
    `y[b, c, l, i, j] = (sum over t, u, v of
    |x[b, c, l*sd + t*dd - front, i*sh + u*dh - top, j*sw + v*dw - left]|^p)^(1/p)`.

    Places outside the image do not count; a window that sees none gives 0. The sum is taken in the
    element type, or in f32 for the half types: it overflows where `|x|^p` does.

    C1: the element type is a float
    C2: the result has the inferred image size
    C3: the operand has rank 5
    C4: three kernel sizes, strides and dilations >= 1, six paddings >= 0
    C5: the kernel fits into the padded image
    C6: p is a finite number >= 1

    ```mlir
    %y = dl.lp_pool3d %x {kernel = [2, 2, 2], strides = [2, 2, 2], p = 1.0}
        : tensor<?x16x8x32x32xf32> -> tensor<?x16x4x16x16xf32>
    ```
    """

    name = "dl.lp_pool3d"

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
