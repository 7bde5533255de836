"""Convolutions over volumes, and transposed ones; `dl.conv2d` is the plain one.

They take [batch, channels, ...] and say in which type they sum, like all contractions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import AnyTensorTypeConstr, IntegerAttr, TensorType, i64
from xdsl.ir import Attribute
from xdsl.irdl import irdl_op_definition, operand_def, opt_prop_def

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import NUMBERS, integer, ints
from dlir.dialects.dl.ops.base import Operand, element_of, shape_of, type_of
from dlir.dialects.dl.ops.contraction import (
    INTS_CONSTR,
    ContractionOp,
    accumulator,
    check_windows,
    image_after,
)


class GroupedOp(ContractionOp):
    """A convolution of [batch, channels, ...] by a weight, in groups of channels."""

    x = operand_def(AnyTensorTypeConstr)
    weight = operand_def(AnyTensorTypeConstr)
    groups = opt_prop_def(IntegerAttr.constr(i64), default_value=integer(1))

    def check_groups(self, rule: int, outputs: int) -> int:
        """The groups divide what the weight's first size counts."""
        groups = self.groups.value.data
        if groups < 1 or (outputs != shapes.DYNAMIC and outputs % groups):
            got = f"{groups} for a weight of first size {outputs}"
            self.reject(rule, f"expected groups >= 1 that divide the channels, got {got}")
        return groups

    def check_inputs(self, rule: int, channels: int, per_group: int) -> None:
        """The input has the channels that the weight expects."""
        groups = self.groups.value.data
        expected = per_group if per_group == shapes.DYNAMIC else per_group * groups
        if shapes.meet(channels, expected) is None:
            times = f" in {groups} groups" if groups > 1 else ""
            message = f"input has {channels} channels, weight expects {expected}{times}"
            self.reject(rule, message, "the weight is [out, in / groups, ...]")


@irdl_op_definition
class Conv3dOp(GroupedOp):
    """Three-dimensional convolution (cross-correlation, as `dl.conv2d`):
    `y[b, o, l, i, j] = sum over c, t, u, v of
    x[b, g(o) + c, l*sd + t*dd - front, i*sh + u*dh - top, j*sw + v*dw - left]
    * weight[o, c, t, u, v]`.

    Outside x is zero; g(o) is the first input channel of the group of output channel o. `padding`
    is [front, top, left, back, bottom, right].

    C1: the element type is a number
    C2: the result has the inferred image size and an element type of the operands' kind (float or
        integer)
    C3: the input channels are groups times the weight's second size
    C4: the operands have one element type, or are i8 and ui8
    C5: both operands have rank 5
    C6: the accumulator type is of the operands' kind and at least as wide; i32 for i8 and ui8
    C7: three strides >= 1, three dilations >= 1, six paddings >= 0
    C8: groups >= 1 divides the output channels
    C9: the kernel fits into the padded image
    C10: sizes of the kernel are numbers

    ```mlir
    %y = dl.conv3d %x, %w acc f32 {strides = [1, 2, 2], padding = [1, 1, 1, 1, 1, 1]}
        : (tensor<?x3x8x32x32xf32>, tensor<16x3x3x3x3xf32>) -> tensor<?x16x8x16x16xf32>
    ```
    """

    name = "dl.conv3d"

    strides = opt_prop_def(INTS_CONSTR, default_value=ints([1] * 3))
    padding = opt_prop_def(INTS_CONSTR, default_value=ints([0] * 6))
    dilations = opt_prop_def(INTS_CONSTR, default_value=ints([1] * 3))

    def __init__(
        self,
        x: Operand,
        weight: Operand,
        *,
        acc: Attribute | None = None,
        element_type: Attribute | None = None,
        strides: Sequence[int] = (1, 1, 1),
        padding: Sequence[int] = (0, 0, 0, 0, 0, 0),
        dilations: Sequence[int] = (1, 1, 1),
        groups: int = 1,
    ):
        element = element_of(x)
        properties = {
            "acc": accumulator(x, weight, acc),
            "strides": ints(strides),
            "padding": ints(padding),
            "dilations": ints(dilations),
            "groups": integer(groups),
        }
        self.initialise([x, weight], properties, [TensorType(element_type or element, ())])

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(NUMBERS, self.x, self.weight)
        x, weight = shape_of(self.x), shape_of(self.weight)
        element = self.check_types((4, 6), type_of(self.x), type_of(self.weight))
        if len(x) != 5 or len(weight) != 5:
            self.reject(5, f"expected operands of rank 5, got ranks {len(x)} and {len(weight)}")
        self.check_groups(8, weight[0])
        self.check_inputs(3, x[1], weight[1])
        strides, padding = self.strides.get_values(), self.padding.get_values()
        dilations, kernel = self.dilations.get_values(), weight[2:]
        check_windows(self, 7, _window_lists(3, strides, dilations, padding))
        if not shapes.is_static(kernel):
            self.reject(10, f"expected a kernel of known sizes, got {shapes.text(kernel)}")
        size = image_after(self, 9, x[2:], kernel, strides, padding, dilations)
        return [TensorType(element, (x[0], weight[0], *size))]


def _window_lists(
    rank: int, strides: Sequence[int], dilations: Sequence[int], padding: Sequence[int]
) -> list[tuple[str, Sequence[int], int, int]]:
    """What `check_windows` checks."""
    return [
        ("strides", strides, rank, 1),
        ("dilations", dilations, rank, 1),
        ("paddings", padding, 2 * rank, 0),
    ]


@irdl_op_definition
class ConvTransposeOp(GroupedOp):
    """Transposed convolution over one to three dimensions, which undoes the shape of a convolution
    and is its derivative by the input:
    `y[b, o, j] = sum over c, i, u with i*s + u*d - low = j of x[b, c, i] * weight[c, o, u]`,
    with j, i and u lists of places.

    `padding` is low by dimension, then high: so many places are cut from the result; at the high
    end `output_padding` places more are kept. The weight is [in, out / groups, kernel...].

    C1: the element type is a number
    C2: the result has size (n - 1)*s - low - high + (k - 1)*d + 1 + output_padding per dimension
        and an element type of the operands' kind (float or integer)
    C3: the input channels are the weight's first size
    C4: the operands have one element type, or are i8 and ui8
    C5: both operands have one rank, 3 to 5
    C6: the accumulator type is of the operands' kind and at least as wide; i32 for i8 and ui8
    C7: strides and dilations >= 1, paddings and output paddings >= 0, one per dimension (or end)
    C8: groups >= 1 divides the input channels
    C9: the result is not empty
    C10: sizes of the kernel are numbers

    ```mlir
    %y = dl.conv_transpose %x, %w acc f32 {strides = [2, 2], padding = [1, 1, 1, 1]}
        : (tensor<?x64x14x14xf32>, tensor<64x32x4x4xf32>) -> tensor<?x32x28x28xf32>
    ```
    """

    name = "dl.conv_transpose"

    strides = opt_prop_def(INTS_CONSTR)
    padding = opt_prop_def(INTS_CONSTR)
    dilations = opt_prop_def(INTS_CONSTR)
    output_padding = opt_prop_def(INTS_CONSTR)

    def __init__(
        self,
        x: Operand,
        weight: Operand,
        *,
        acc: Attribute | None = None,
        element_type: Attribute | None = None,
        strides: Sequence[int] | None = None,
        padding: Sequence[int] | None = None,
        dilations: Sequence[int] | None = None,
        output_padding: Sequence[int] | None = None,
        groups: int = 1,
    ):
        element = element_of(x)
        properties = {
            "acc": accumulator(x, weight, acc),
            "strides": None if strides is None else ints(strides),
            "padding": None if padding is None else ints(padding),
            "dilations": None if dilations is None else ints(dilations),
            "output_padding": None if output_padding is None else ints(output_padding),
            "groups": integer(groups),
        }
        self.initialise([x, weight], properties, [TensorType(element_type or element, ())])

    def axes(self) -> list[TransposedAxis]:
        """How each dimension is spread; lists that are left out are ones, or zeros."""
        kernel = shape_of(self.weight)[2:]
        rank = len(kernel)
        lists = [
            [default] * count if values is None else list(values.get_values())
            for values, default, count in (
                (self.strides, 1, rank),
                (self.padding, 0, 2 * rank),
                (self.dilations, 1, rank),
                (self.output_padding, 0, rank),
            )
        ]
        strides, padding, dilations, extra = lists
        rule = _window_lists(rank, strides, dilations, padding)
        check_windows(self, 7, [*rule, ("output paddings", extra, rank, 0)])
        rows = zip(kernel, strides, padding[:rank], padding[rank:], dilations, extra, strict=True)
        return [TransposedAxis(*row) for row in rows]

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(NUMBERS, self.x, self.weight)
        x, weight = shape_of(self.x), shape_of(self.weight)
        element = self.check_types((4, 6), type_of(self.x), type_of(self.weight))
        if len(x) != len(weight) or not 3 <= len(x) <= 5:
            ranks = f"{len(x)} and {len(weight)}"
            self.reject(5, f"expected operands of one rank, 3 to 5, got ranks {ranks}")
        groups = self.check_groups(8, weight[0])
        if shapes.meet(x[1], weight[0]) is None:
            message = f"input has {x[1]} channels, weight expects {weight[0]}"
            self.reject(3, message, "the weight is [in, out / groups, ...]")
        axes = self.axes()
        if not shapes.is_static(weight[2:]):
            self.reject(10, f"expected a kernel of known sizes, got {shapes.text(weight[2:])}")
        size = [axis.spread(n) for axis, n in zip(axes, x[2:], strict=True)]
        known = [n for n in size if n is not None]
        if len(known) != len(size):
            got = f"kernel {shapes.text(weight[2:])} on image {shapes.text(x[2:])}"
            self.reject(9, f"expected a result that is not empty, got {got}")
        outputs = weight[1] if weight[1] == shapes.DYNAMIC else weight[1] * groups
        return [TensorType(element, (x[0], outputs, *known))]


@dataclass(frozen=True)
class TransposedAxis:
    """How a transposed convolution spreads one dimension."""

    kernel: int
    stride: int
    low: int
    high: int
    dilation: int
    extra: int

    def spread(self, size: int) -> int | None:
        """The size of the result; None when it is empty."""
        padding = self.low + self.high
        return shapes.spread(size, self.kernel, self.stride, padding, self.dilation, self.extra)
