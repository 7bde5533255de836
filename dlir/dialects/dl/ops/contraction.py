"""Sums of products: matrix multiplication and convolution.

Both say in which type they sum (`acc`): the operands are converted to it, the sum is rounded once
to the result's element type. By default that is f32 for f16, bf16 and narrow floats, i32 for i16
and fewer bits, and the operands' own type for the others. Two integers of up to 8 bits may differ
in width and sign: each is extended as its own type says, and they are summed in i32. Two narrow
floats may have different formats.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from xdsl.dialects.builtin import (
    AnyTensorTypeConstr,
    DenseArrayBase,
    IntegerAttr,
    TensorType,
    UnitAttr,
    i32,
    i64,
)
from xdsl.ir import Attribute
from xdsl.irdl import (
    BaseAttr,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
)

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import (
    ACCUMULATORS,
    FACTORS,
    FLOATS,
    INTS,
    NARROW,
    NUMBERS,
    REALS,
    SMALL_INTS,
    WIDTHS,
    Algorithm,
    AlgorithmAttr,
    Layout,
    LayoutAttr,
    OpClass,
    Tensor,
    integer,
    ints,
)
from dlir.dialects.dl.ops.base import DlOp, Operand, element_of, shape_of, type_of
from dlir.dialects.sparse.attrs import BsrAttr, CsrAttr, encoding_of
from dlir.types import is_narrow_float

INTS_CONSTR = DenseArrayBase.constr(i64)
LAYOUT_CONSTR = BaseAttr(LayoutAttr)
"""Operands of 8 bits may have different signs."""
AUTO = AlgorithmAttr(Algorithm.AUTO)
NCHW = LayoutAttr(Layout.NCHW)


def check_windows(
    op: DlOp, rule: int, pairs: Sequence[tuple[str, Sequence[int], int, int]]
) -> None:
    """Each of (name, values, count, least) has that many values, none below the least."""
    for name, values, count, least in pairs:
        if len(values) != count or any(value < least for value in values):
            op.reject(rule, f"expected {count} {name} >= {least}, got {[*values]}")


def image_after(
    op: DlOp,
    rule: int,
    image: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    padding: Sequence[int],
    dilations: Sequence[int],
) -> shapes.Shape:
    """How many windows there are; the kernel must fit into the padded image."""
    size = shapes.windows(image, kernel, strides, padding, dilations)
    if size is None:
        got = f"kernel {shapes.text(kernel)} on image {shapes.text(image)}"
        op.reject(rule, f"expected a kernel that fits into the padded image, got {got}")
    return size


def image_shape(shape: Sequence[int], layout: Layout) -> tuple[int, int, shapes.Shape]:
    """(batch, channels, (height, width)) of an image's shape."""
    if layout is Layout.NHWC:
        return shape[0], shape[3], tuple(shape[1:3])
    return shape[0], shape[1], tuple(shape[2:])


def image_of(batch: int, channels: int, size: Sequence[int], layout: Layout) -> shapes.Shape:
    """The inverse of `image_shape`."""
    return (batch, *size, channels) if layout is Layout.NHWC else (batch, channels, *size)


class ContractionOp(DlOp):
    """A sum of products of two tensors."""

    OP_CLASS: ClassVar[OpClass] = OpClass.CONTRACTION

    acc = prop_def()
    result = result_def(AnyTensorTypeConstr)

    def check_types(self, rules: tuple[int, int], lhs: Tensor, rhs: Tensor) -> Attribute:
        """The rules on the operands' and the accumulator's types; the result's element type."""
        element, acc, other = lhs.element_type, self.acc, rhs.element_type
        whole = element in SMALL_INTS and other in SMALL_INTS
        if (
            other != element
            and not whole
            and not (is_narrow_float(element) and is_narrow_float(other))
        ):
            got = f"{element} and {other}"
            help = "insert dl.cast"
            self.reject(rules[0], f"expected operands of one element type, got {got}", help)
        if other != element and whole and acc != i32:
            got = " and ".join(sorted((str(element), str(other))))
            self.reject(rules[1], f"expected accumulator i32 for {got}, got {acc}")
        kind = FLOATS if element in REALS else INTS
        if acc not in kind or WIDTHS[acc] < max(WIDTHS[element], WIDTHS[other]):
            message = f"expected an accumulator of {kind}, at least as wide as {element}, got {acc}"
            self.reject(rules[1], message)
        result = type_of(self.result).element_type
        if result not in kind:
            self.reject(2, f"expected a result of {kind}, got {result}")
        return result


def accumulator(lhs: Operand, rhs: Operand, acc: Attribute | None) -> Attribute:
    """The accumulator type that is written, or the default; types without one are left to C1."""
    element, other = element_of(lhs), element_of(rhs)
    if acc is None and element != other and element in SMALL_INTS and other in SMALL_INTS:
        return i32
    return acc or ACCUMULATORS.get(element, element)


def unshaped(lhs: Operand, acc: Attribute, element: Attribute | None) -> Tensor:
    """A result of the stated element type, or the operands', or for narrow ones the sum's."""
    default = acc if element_of(lhs) in NARROW else element_of(lhs)
    return TensorType(element or default, ())


@irdl_op_definition
class MatmulOp(ContractionOp):
    """Product of (stacks of) matrices: `y[.., m, n] = sum over k of lhs[.., m, k] * rhs[.., k, n]`.

    `transpose_lhs` and `transpose_rhs` exchange the last two dimensions of an operand first. The
    leading (batch) dimensions broadcast.

    One operand may be encoded (see the `sparse` dialect): then there are terms of the elements that
    it stores alone, even where the other factor is infinite or NaN.

    C1: the element types are numbers, or narrow ones
    C2: the result has shape [batch.., m, n] and an element type of the operands' kind (float or
        integer)
    C3: the inner sizes (k) agree
    C4: the batch dimensions broadcast
    C5: both operands have rank 2 or more
    C6: the operands have one element type, or both are narrow floats or integers of up to 8 bits
    C7: the accumulator type is of the operands' kind and at least as wide; i32 for integers of
        two types
    C8: of encoded operands there is one, in `#sparse.csr` or `#sparse.bsr`; its rows are kept and
        its columns summed over: it is lhs, or rhs with `transpose_rhs`

    ```mlir
    %y = dl.matmul %a, %b acc f32 {transpose_rhs}
        : (tensor<?x8x16xbf16>, tensor<32x16xbf16>) -> tensor<?x8x32xbf16>
    ```
    """

    name = "dl.matmul"
    TAKES_ENCODED: ClassVar[bool] = True

    lhs = operand_def(AnyTensorTypeConstr)
    rhs = operand_def(AnyTensorTypeConstr)
    transpose_lhs = opt_prop_def(BaseAttr(UnitAttr))
    transpose_rhs = opt_prop_def(BaseAttr(UnitAttr))

    def __init__(
        self,
        lhs: Operand,
        rhs: Operand,
        *,
        acc: Attribute | None = None,
        element_type: Attribute | None = None,
        transpose_lhs: bool = False,
        transpose_rhs: bool = False,
    ):
        acc = accumulator(lhs, rhs, acc)
        properties = {
            "acc": acc,
            "transpose_lhs": UnitAttr() if transpose_lhs else None,
            "transpose_rhs": UnitAttr() if transpose_rhs else None,
        }
        self.initialise([lhs, rhs], properties, [unshaped(lhs, acc, element_type)])

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(FACTORS, self.lhs, self.rhs)
        lhs, rhs = type_of(self.lhs), type_of(self.rhs)
        element = self.check_types((6, 7), lhs, rhs)
        if min(lhs.get_num_dims(), rhs.get_num_dims()) < 2:
            got = f"{lhs.get_num_dims()} and {rhs.get_num_dims()}"
            self.reject(5, f"expected operands of rank 2 or more, got ranks {got}")
        self._check_encodings()
        (m, k_lhs), (k_rhs, n), batch = shapes.matmul(
            lhs.get_shape(),
            rhs.get_shape(),
            self.transpose_lhs is not None,
            self.transpose_rhs is not None,
        )
        if shapes.meet(k_lhs, k_rhs) is None:
            help = "the inner size is the last one of lhs and the last but one of rhs"
            self.reject(3, f"left operand has inner size {k_lhs}, right operand has {k_rhs}", help)
        if batch is None:
            got = f"{shapes.text(lhs.get_shape()[:-2])} and {shapes.text(rhs.get_shape()[:-2])}"
            self.reject(4, f"expected batch dimensions that broadcast together, got {got}")
        return [TensorType(element, (*batch, m, n))]

    def _check_encodings(self) -> None:
        """C8."""
        turned = self.transpose_lhs is not None, self.transpose_rhs is None
        encodings = [encoding_of(operand.type) for operand in self.operands]
        for encoding, is_turned in zip(encodings, turned, strict=True):
            if encoding is None:
                continue
            self.check_elements(NUMBERS, *self.operands)
            if not isinstance(encoding, CsrAttr | BsrAttr):
                message = f"expected an operand in #sparse.csr or #sparse.bsr, got {encoding}"
                self.reject(8, message, "insert sparse.decode")
            if is_turned:
                message = "expected an encoded operand whose columns are summed over, got its rows"
                self.reject(8, message, "encode the transposed matrix")
        if None not in encodings:
            self.reject(8, "expected one encoded operand, got two", "insert sparse.decode")


@irdl_op_definition
class Conv2dOp(ContractionOp):
    """Two-dimensional convolution (in truth cross-correlation, as everywhere in deep learning):
    `y[b, o, i, j] = sum over c, u, v of x[b, g(o) + c, i*sh + u*dh - top, j*sw + v*dw - left]
    * weight[o, c, u, v]`.

    Outside x is zero; g(o) is the first input channel of the group of output channel o.

    The weight is always [out, in / groups, kernel height, kernel width]; `layout` is that of x and
    y. `padding` is [top, left, bottom, right]. `algorithm` says how the sums are found (`auto`,
    `direct`, `im2col`, `winograd-2x2`, `winograd-4x4` or `fft`; see `dl-convolution-algorithm`),
    which changes nothing but rounding.

    C1: the element types are numbers, or narrow ones
    C2: the result has the inferred image size and an element type of the operands' kind (float or
        integer)
    C3: the input channels are groups times the weight's second size
    C4: the operands have one element type, or both are narrow floats or integers of up to 8 bits
    C5: both operands have rank 4
    C6: the accumulator type is of the operands' kind and at least as wide; i32 for integers of
        two types
    C7: two strides >= 1, two dilations >= 1, four paddings >= 0
    C8: groups >= 1 divides the output channels
    C9: the kernel fits into the padded image

    ```mlir
    %y = dl.conv2d %x, %w acc f32 {strides = [2, 2], padding = [1, 1, 1, 1]}
        : (tensor<?x3x224x224xf32>, tensor<64x3x3x3xf32>) -> tensor<?x64x112x112xf32>
    ```
    """

    name = "dl.conv2d"

    x = operand_def(AnyTensorTypeConstr)
    weight = operand_def(AnyTensorTypeConstr)
    strides = opt_prop_def(INTS_CONSTR, default_value=ints([1, 1]))
    padding = opt_prop_def(INTS_CONSTR, default_value=ints([0, 0, 0, 0]))
    dilations = opt_prop_def(INTS_CONSTR, default_value=ints([1, 1]))
    groups = opt_prop_def(IntegerAttr.constr(i64), default_value=integer(1))
    layout = opt_prop_def(LAYOUT_CONSTR, default_value=NCHW)
    algorithm = opt_prop_def(BaseAttr(AlgorithmAttr), default_value=AUTO)

    def __init__(
        self,
        x: Operand,
        weight: Operand,
        *,
        acc: Attribute | None = None,
        element_type: Attribute | None = None,
        strides: Sequence[int] = (1, 1),
        padding: Sequence[int] = (0, 0, 0, 0),
        dilations: Sequence[int] = (1, 1),
        groups: int = 1,
        layout: Literal["nchw", "nhwc"] = "nchw",
        algorithm: Algorithm = Algorithm.AUTO,
    ):
        acc = accumulator(x, weight, acc)
        properties = {
            "acc": acc,
            "strides": ints(strides),
            "padding": ints(padding),
            "dilations": ints(dilations),
            "groups": integer(groups),
            "layout": LayoutAttr(Layout(layout)),
            "algorithm": AlgorithmAttr(algorithm),
        }
        self.initialise([x, weight], properties, [unshaped(x, acc, element_type)])

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(FACTORS, self.x, self.weight)
        x, weight = shape_of(self.x), shape_of(self.weight)
        element = self.check_types((4, 6), type_of(self.x), type_of(self.weight))
        if len(x) != 4 or len(weight) != 4:
            self.reject(5, f"expected operands of rank 4, got ranks {len(x)} and {len(weight)}")
        batch, channels, image = image_shape(x, self.layout.data)
        self._check_channels(channels, weight)
        return [
            TensorType(element, image_of(batch, weight[0], self._windows(image), self.layout.data))
        ]

    def _check_channels(self, channels: int, weight: Sequence[int]) -> None:
        """C8 and C3."""
        groups = self.groups.value.data
        if groups < 1 or (weight[0] != shapes.DYNAMIC and weight[0] % groups):
            got = f"{groups} for {weight[0]} output channels"
            self.reject(8, f"expected groups >= 1 that divide the output channels, got {got}")
        expected = weight[1] if weight[1] == shapes.DYNAMIC else weight[1] * groups
        if shapes.meet(channels, expected) is None:
            times = f" in {groups} groups" if groups > 1 else ""
            message = f"input has {channels} channels, weight expects {expected}{times}"
            self.reject(3, message, "the weight is [out, in / groups, height, width]")

    def _windows(self, image: Sequence[int]) -> shapes.Shape:
        """C7 and C9; the size of the output image."""
        strides, padding = self.strides.get_values(), self.padding.get_values()
        dilations, kernel = self.dilations.get_values(), shape_of(self.weight)[2:]
        check_windows(
            self,
            7,
            [
                ("strides", strides, 2, 1),
                ("dilations", dilations, 2, 1),
                ("paddings", padding, 4, 0),
            ],
        )
        return image_after(self, 9, image, kernel, strides, padding, dilations)
