"""Images read at places between their pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import AnyTensorTypeConstr, IntegerAttr, TensorType, UnitAttr, i64
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import (
    BaseAttr,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    prop_def,
    result_def,
)

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import (
    FLOATS,
    INTS,
    Interpolation,
    InterpolationAttr,
    OpClass,
    Outside,
    OutsideAttr,
    integer,
    ints,
    real,
)
from dlir.dialects.dl.ops.activation import FLOAT
from dlir.dialects.dl.ops.base import DlOp, Operand, element_of, shape_of
from dlir.dialects.dl.ops.contraction import INTS_CONSTR, check_windows, image_after


class SampleOp(DlOp):
    """An op that reads an image [batch, channels, ...] at computed places."""

    OP_CLASS: ClassVar[OpClass] = OpClass.REDUCTION

    x = operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)

    def check_same_element(self, *values: SSAValue | None) -> None:
        """C1: all are of one float type."""
        self.check_elements(FLOATS, self.x)
        element = element_of(self.x)
        for value in values:
            if value is not None and element_of(value) != element:
                got = f"{element} and {element_of(value)}"
                self.reject(1, f"expected operands of one element type, got {got}")


def check_image(op: DlOp, rule: int, shape: Sequence[int], ranks: Sequence[int]) -> None:
    """The rank, and sizes of the image that are numbers >= 1."""
    if len(shape) not in ranks or any(size < 1 for size in shape[2:]):
        wanted = " or ".join(map(str, ranks))
        message = f"expected rank {wanted} and an image of known sizes >= 1"
        op.reject(rule, f"{message}, got {shapes.text(shape)}")


@irdl_op_definition
class GridSampleOp(SampleOp):
    """An image read at the places of a grid:
    `y[b, c, i..] = sum over pixels q of x[b, c, q] * weight(q - p(grid[b, i..]))`.

    The grid holds a place per point, its horizontal coordinate first. -1 and 1 are the outer edges
    of the first and the last pixel, p = ((g + 1) * n - 1) / 2, or with `align_corners` their
    centres, p = (g + 1) / 2 * (n - 1). The weights are those of the nearest pixel (ties to even),
    of the two next ones per axis (linear), or of the four next ones (cubic, a = -3/4). `outside`
    says what stands around the image: zeros, the nearest pixel, or the mirror image, which is
    mirrored at the edges that -1 and 1 name. Coordinates beyond 2^30 count as 2^30; where one is
    NaN, so is the result, but the nearest pixel to NaN is pixel 0.

    C1: the operands have one element type, a float
    C2: the result has shape [batch, channels, points...]
    C3: x has rank 4 or 5 and an image of known sizes >= 1
    C4: the grid has shape [batch, points..., image dimensions], and the operand's rank
    C5: the batches are one number

    ```mlir
    %y = dl.grid_sample %x, %g {mode = "linear"}
        : (tensor<?x3x16x16xf32>, tensor<?x8x8x2xf32>) -> tensor<?x3x8x8xf32>
    ```
    """

    name = "dl.grid_sample"

    x = operand_def(AnyTensorTypeConstr)
    grid = operand_def(AnyTensorTypeConstr)
    mode = opt_prop_def(
        BaseAttr(InterpolationAttr), default_value=InterpolationAttr(Interpolation.LINEAR)
    )
    outside = opt_prop_def(BaseAttr(OutsideAttr), default_value=OutsideAttr(Outside.ZEROS))
    align_corners = opt_prop_def(BaseAttr(UnitAttr))

    def __init__(
        self,
        x: Operand,
        grid: Operand,
        *,
        mode: Interpolation = Interpolation.LINEAR,
        outside: Outside = Outside.ZEROS,
        align_corners: bool = False,
    ):
        properties = {
            "mode": InterpolationAttr(mode),
            "outside": OutsideAttr(outside),
            "align_corners": UnitAttr() if align_corners else None,
        }
        self.initialise([x, grid], properties)

    def infer(self) -> Sequence[Attribute]:
        self.check_same_element(self.grid)
        x, grid = shape_of(self.x), shape_of(self.grid)
        check_image(self, 3, x, (4, 5))
        if len(grid) != len(x) or grid[-1] != len(x) - 2:
            message = f"expected a grid of rank {len(x)} and last size {len(x) - 2}"
            self.reject(4, f"{message}, got {shapes.text(grid)}")
        batch = shapes.meet(x[0], grid[0])
        if batch is None:
            self.reject(5, f"x has {x[0]} images, the grid is for {grid[0]}")
        return [TensorType(element_of(self.x), (batch, x[1], *grid[1:-1]))]


@irdl_op_definition
class RoiAlignOp(SampleOp):
    """Regions of images, each cut into a grid of bins, as the means of samples of the bins:
    `y[r, c, i, j] = mean over s, t of sample(x[batch_indices[r], c], r, i, j, s, t)`.

    A row of `rois` is [left, top, right, bottom], times `scale` in pixels of x; with `half_pixel`
    half a pixel less, as places count from the centre of the first pixel, and without it a region
    is at least one pixel wide and high. A bin holds `samples` rows and columns of places at equal
    distances, at each of which x is interpolated linearly; a place more than one pixel outside
    counts as 0, and others are moved onto the image. With `max` the greatest of all products of a
    pixel and its weight is taken instead of the mean.

    C1: x and the regions have one element type, a float, and the indices are integers
    C2: the result has shape [regions, channels, rows, columns]
    C3: x has rank 4 and an image of known sizes >= 1
    C4: rois has shape [regions, 4], and batch_indices [regions]
    C5: `bins` and `samples` hold two numbers >= 1 each: rows and columns

    ```mlir
    %y = dl.roi_align %x, %r, %i {bins = [7, 7], samples = [2, 2], scale = 0.25}
        : (tensor<?x64x50x50xf32>, tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x64x7x7xf32>
    ```
    """

    name = "dl.roi_align"

    x = operand_def(AnyTensorTypeConstr)
    rois = operand_def(AnyTensorTypeConstr)
    batch_indices = operand_def(AnyTensorTypeConstr)
    bins = prop_def(INTS_CONSTR)
    samples = prop_def(INTS_CONSTR)
    scale = opt_prop_def(FLOAT, default_value=real(1.0))
    half_pixel = opt_prop_def(BaseAttr(UnitAttr))
    max = opt_prop_def(BaseAttr(UnitAttr))

    def __init__(
        self,
        x: Operand,
        rois: Operand,
        batch_indices: Operand,
        bins: Sequence[int],
        samples: Sequence[int],
        *,
        scale: float = 1.0,
        half_pixel: bool = False,
        max: bool = False,
    ):
        properties = {
            "bins": ints(bins),
            "samples": ints(samples),
            "scale": real(scale),
            "half_pixel": UnitAttr() if half_pixel else None,
            "max": UnitAttr() if max else None,
        }
        self.initialise([x, rois, batch_indices], properties)

    def infer(self) -> Sequence[Attribute]:
        self.check_same_element(self.rois)
        self.check_elements(INTS, self.batch_indices)
        x, rois, batch = map(shape_of, (self.x, self.rois, self.batch_indices))
        check_image(self, 3, x, (4,))
        count = shapes.meet(rois[0], batch[0]) if len(rois) == 2 and len(batch) == 1 else None
        if count is None or rois[1] != 4:
            got = f"{shapes.text(rois)} and {shapes.text(batch)}"
            self.reject(4, f"expected rois of shape [n, 4] and n batch_indices, got {got}")
        bins, samples = self.bins.get_values(), self.samples.get_values()
        check_windows(self, 5, [("bins", bins, 2, 1), ("samples", samples, 2, 1)])
        return [TensorType(element_of(self.x), (count, x[1], *bins))]


@irdl_op_definition
class DeformConv2dOp(SampleOp):
    """Convolution whose kernel reads each input at a place of its own:
    `y[b, o, i, j] = sum over c, u, v of weight[o, c, u, v] * mask[b, d(c), u, v, i, j]
    * x[b, g(o) + c, i*sh + u*dh - top + dy, j*sw + v*dw - left + dx]`,
    with (dy, dx) = offset[b, d(c), u, v, :, i, j], and x interpolated linearly, 0 around the image.

    The channels of x are divided into groups d(c) that have offsets of their own:
    offset[b, (group, u, v, 2), i, j], mask[b, (group, u, v), i, j]. Without a mask its place is
    taken by 1. g(o) is the first input channel of the group of output channel o.

    C1: the operands have one element type, a float
    C2: the result has shape [batch, output channels, places]
    C3: x has rank 4 and an image of known sizes >= 1, the weight rank 4 and known sizes
    C4: two strides >= 1, two dilations >= 1, four paddings >= 0
    C5: the kernel fits into the padded image
    C6: groups >= 1 divides the output channels, and the input channels are groups times the
        weight's second size
    C7: offset_groups >= 1 divides the input channels
    C8: the offset has 2, the mask 1 number per offset group, place of the kernel and place of y

    ```mlir
    %y = dl.deform_conv2d %x, %w, %o {padding = [1, 1, 1, 1]}
        : (tensor<?x8x16x16xf32>, tensor<4x8x3x3xf32>, tensor<?x18x16x16xf32>)
        -> tensor<?x4x16x16xf32>
    ```
    """

    name = "dl.deform_conv2d"

    OP_CLASS: ClassVar[OpClass] = OpClass.CONTRACTION

    x = operand_def(AnyTensorTypeConstr)
    weight = operand_def(AnyTensorTypeConstr)
    offset = operand_def(AnyTensorTypeConstr)
    mask = opt_operand_def(AnyTensorTypeConstr)
    strides = opt_prop_def(INTS_CONSTR, default_value=ints([1, 1]))
    padding = opt_prop_def(INTS_CONSTR, default_value=ints([0, 0, 0, 0]))
    dilations = opt_prop_def(INTS_CONSTR, default_value=ints([1, 1]))
    groups = opt_prop_def(IntegerAttr.constr(i64), default_value=integer(1))
    offset_groups = opt_prop_def(IntegerAttr.constr(i64), default_value=integer(1))

    def __init__(
        self,
        x: Operand,
        weight: Operand,
        offset: Operand,
        mask: Operand | None = None,
        *,
        strides: Sequence[int] = (1, 1),
        padding: Sequence[int] = (0, 0, 0, 0),
        dilations: Sequence[int] = (1, 1),
        groups: int = 1,
        offset_groups: int = 1,
    ):
        properties = {
            "strides": ints(strides),
            "padding": ints(padding),
            "dilations": ints(dilations),
            "groups": integer(groups),
            "offset_groups": integer(offset_groups),
        }
        self.initialise([x, weight, offset, mask], properties)

    def infer(self) -> Sequence[Attribute]:
        self.check_same_element(self.weight, self.offset, self.mask)
        x, weight = shape_of(self.x), shape_of(self.weight)
        check_image(self, 3, x, (4,))
        if len(weight) != 4 or not shapes.is_static(weight) or x[1] == shapes.DYNAMIC:
            got = f"{shapes.text(weight)} and {shapes.text(x)}"
            self.reject(3, f"expected a weight of rank 4 and known channels, got {got}")
        image = self._places(x[2:], weight[2:])
        groups, own = self.groups.value.data, self.offset_groups.value.data
        if groups < 1 or weight[0] % groups or x[1] != weight[1] * groups:
            message = f"{groups} groups of weight {shapes.text(weight)} for {x[1]} channels"
            self.reject(6, f"expected groups that fit, got {message}")
        if own < 1 or x[1] % own:
            got = f"{own} for {x[1]} channels"
            self.reject(7, f"expected offset_groups >= 1 that divide the channels, got {got}")
        batch = self._check_offsets(x[0], own * weight[2] * weight[3], image)
        return [TensorType(element_of(self.x), (batch, weight[0], *image))]

    def _places(self, image: Sequence[int], kernel: Sequence[int]) -> shapes.Shape:
        """C4 and C5; the size of the result."""
        strides, padding = self.strides.get_values(), self.padding.get_values()
        dilations = self.dilations.get_values()
        lists = [
            ("strides", strides, 2, 1),
            ("dilations", dilations, 2, 1),
            ("paddings", padding, 4, 0),
        ]
        check_windows(self, 4, lists)
        return image_after(self, 5, image, kernel, strides, padding, dilations)

    def _check_offsets(self, batch: int, count: int, image: Sequence[int]) -> int:
        """C8; the batch."""
        for name, value, numbers in (("offset", self.offset, 2), ("mask", self.mask, 1)):
            if value is None:
                continue
            shape = shape_of(value)
            joined = shapes.meet_shapes(shape, (batch, numbers * count, *image))
            if joined is None:
                expected = shapes.text((batch, numbers * count, *image))
                self.reject(8, f"expected {name} of shape {expected}, got {shapes.text(shape)}")
            batch = joined[0]
        return batch
