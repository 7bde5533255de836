"""`dl-assign-layout`: one image layout for the convolutions and all that lies between them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.passes import ModulePass

from dlir.diagnostics import fail
from dlir.dialects.dl.attrs import Layout, LayoutAttr
from dlir.dialects.dl.ops.base import shape_of
from dlir.dialects.dl.ops.contraction import Conv2dOp
from dlir.dialects.dl.ops.pooling import AvgPool2dOp, LpPool2dOp, MaxPool2dOp
from dlir.transforms.dl_convolution_algorithm.choice import is_product
from dlir.transforms.orders.orders import Orders, Permutation, carry
from dlir.transforms.orders.rules import RULES

ImageOp = Conv2dOp | MaxPool2dOp | AvgPool2dOp | LpPool2dOp
IMAGE_OPS = (Conv2dOp, MaxPool2dOp, AvgPool2dOp, LpPool2dOp)

IMAGE: dict[tuple[Layout, Layout], Permutation] = {
    (Layout.NCHW, Layout.NHWC): (0, 3, 1, 2),
    (Layout.NHWC, Layout.NCHW): (0, 2, 3, 1),
}
"""How an image in the first layout is held in the second."""


@dataclass(frozen=True)
class DlAssignLayout(ModulePass):
    """Compute convolutions and poolings in one layout, and move transposes out of the way.

    Whatever follows a convolution is computed in the convolution's layout as long as its meaning
    allows: elementwise ops (with their per-channel operands reshaped), batch_norm, concat, pad,
    slice, split, softmax, lrn, reductions, transposes, and reshapes that split or join channels.
    A transpose remains where a value enters from or leaves to anything else.

    With `keep-lone`, a convolution whose vectors may run along the image's rows stays as it is
    where its input is not held in another layout already, for two transposes would cost more than
    they bring: one of single channels with strides of 1, and one of single places (1 x 1) which no
    other convolution or pooling follows.

    Before:
    ```mlir
    func.func @f(%x: tensor<1x8x6x5xf32>, %w: tensor<4x8x3x3xf32>) -> tensor<1x4x4x3xf32> {
      %y = dl.conv2d %x, %w acc f32 : (tensor<1x8x6x5xf32>, tensor<4x8x3x3xf32>) -> tensor<1x4x4x3xf32>
      %z = dl.relu %y : tensor<1x4x4x3xf32>
      func.return %z : tensor<1x4x4x3xf32>
    }
    ```
    After:
    ```mlir
    func.func @f(%x: tensor<1x8x6x5xf32>, %w: tensor<4x8x3x3xf32>) -> tensor<1x4x4x3xf32> {
      %0 = dl.transpose %x {perm = [0, 2, 3, 1]} : tensor<1x8x6x5xf32> -> tensor<1x6x5x8xf32>
      %y = dl.conv2d %0, %w acc f32 {layout = "nhwc"} : (tensor<1x6x5x8xf32>, tensor<4x8x3x3xf32>) -> tensor<1x4x3x4xf32>
      %z = dl.relu %y : tensor<1x4x3x4xf32>
      %1 = dl.transpose %z {perm = [0, 3, 1, 2]} : tensor<1x4x3x4xf32> -> tensor<1x4x4x3xf32>
      func.return %1 : tensor<1x4x4x3xf32>
    }
    ```
    """  # noqa: E501

    name = "dl-assign-layout"

    layout: str = "nhwc"
    keep_lone: bool = False

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if self.layout not in tuple(Layout):
            fail(op, f"layout '{self.layout}' is unknown", help="the layouts are nchw and nhwc")
        for function in list(op.walk()):
            if isinstance(function, FuncOp):
                for block in function.body.blocks:
                    assign_layout(block, Layout(self.layout), self.keep_lone)


def assign_layout(block: Block, layout: Layout, keep_lone: bool = False) -> None:
    """Rewrite the ops of a block, and those inside it, in order."""
    images = partial(Images, layout, keep_lone)
    carry(block, images, {**RULES, **dict.fromkeys(IMAGE_OPS, image_op)})


class Images(Orders):
    """The values of a block that are held in another order, once images have the layout."""

    def __init__(self, layout: Layout, keep_lone: bool):
        super().__init__()
        self.layout, self.keep_lone = layout, keep_lone

    def knows(self, op: Operation) -> bool:
        return isinstance(op, ImageOp) or super().knows(op)


def image_op(images: Images, op: ImageOp) -> bool:
    """A convolution or pooling takes the chosen layout."""
    if op.layout.data is images.layout or _stays(images, op):
        return False
    perm = IMAGE[op.layout.data, images.layout]
    operands = [images.read(op.x, perm), *op.operands[1:]]
    return images.remake(op, operands, perm, layout=LayoutAttr(images.layout))


def _stays(images: Images, op: ImageOp) -> bool:
    """Whether a convolution is left as it is: one of single channels, or of single places."""
    if not images.keep_lone or not isinstance(op, Conv2dOp) or images.is_held(op.x):
        return False
    if tuple(op.strides.get_values()) != (1, 1):
        return False
    out, channels, *_ = shape_of(op.weight)
    if op.groups.value.data == out and channels == 1:
        return True
    return is_product(op) and not _is_followed(op)


def _is_followed(op: Conv2dOp) -> bool:
    """Whether a convolution or pooling that is no product reads what follows from the result."""
    seen: set[SSAValue] = {op.result}
    waiting = [*seen]
    while waiting:
        for use in waiting.pop().uses:
            reader = use.operation
            if isinstance(reader, ImageOp):
                if not (isinstance(reader, Conv2dOp) and is_product(reader)):
                    return True
            elif type(reader) not in RULES:
                continue
            fresh = [value for value in reader.results if value not in seen]
            seen.update(fresh)
            waiting.extend(fresh)
    return False
