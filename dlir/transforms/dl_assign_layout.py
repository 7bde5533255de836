"""`dl-assign-layout`: one image layout for the convolutions and all that lies between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple, TypeVar, cast

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.passes import ModulePass

from dlir.diagnostics import fail
from dlir.dialects.dl import OPS
from dlir.dialects.dl.attrs import Layout, LayoutAttr, OpClass, Tensor, integer, ints
from dlir.dialects.dl.ops import composite as c
from dlir.dialects.dl.ops import movement as m
from dlir.dialects.dl.ops import quantization as q
from dlir.dialects.dl.ops.base import DlOp, shape_of
from dlir.dialects.dl.ops.contraction import Conv2dOp
from dlir.dialects.dl.ops.pooling import AvgPool2dOp, MaxPool2dOp
from dlir.dialects.dl.ops.reduction import ReduceOp
from dlir.dialects.dl.shapes import DYNAMIC

T = TypeVar("T")
OpT = TypeVar("OpT", bound=Operation)

Permutation = tuple[int, ...]
"""Dimension i of a value is dimension perm[i] of the tensor that stands for it."""

ImageOp = Conv2dOp | MaxPool2dOp | AvgPool2dOp

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

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if self.layout not in tuple(Layout):
            fail(op, f"layout '{self.layout}' is unknown", help="the layouts are nchw and nhwc")
        for function in list(op.walk()):
            if isinstance(function, FuncOp):
                for block in function.body.blocks:
                    assign_layout(block, Layout(self.layout))


def assign_layout(block: Block, layout: Layout) -> None:
    """Rewrite the ops of a block, and those inside it, in order."""
    images = Images(layout)
    replaced: list[Operation] = []
    for op in tuple(block.ops):
        images.move_to(op)
        rule = RULES.get(type(op))
        if rule is not None and images.knows(op) and rule(images, op):
            replaced.append(op)
            continue
        images.settle(op)
        for inner in (b for region in op.regions for b in region.blocks):
            assign_layout(inner, layout)
    images.release(replaced)
    for op in reversed(replaced):
        op.detach()
        op.erase()


class Held(NamedTuple):
    """A tensor that stands for a value, and how: `value = transpose(tensor, perm)`."""

    tensor: SSAValue
    perm: Permutation


def inverse(perm: Permutation) -> Permutation:
    return tuple(perm.index(axis) for axis in range(len(perm)))


def identity(rank: int) -> Permutation:
    return tuple(range(rank))


def to_tensor(perm: Permutation, values: Sequence[T]) -> list[T]:
    """One entry per dimension of a value, in the order of the dimensions of its tensor."""
    return [values[axis] for axis in inverse(perm)]


def held_type(type: Attribute, perm: Permutation) -> Tensor:
    """The type of the tensor that stands for a value of that type."""
    value_type = cast(Tensor, type)
    return TensorType(value_type.element_type, to_tensor(perm, value_type.get_shape()))


class Images:
    """The values of a block that are held in another order of dimensions."""

    def __init__(self, layout: Layout):
        self.layout = layout
        self._held: dict[SSAValue, Held] = {}
        self._made: dict[tuple[SSAValue, Permutation], SSAValue] = {}
        self._anchor: Operation | None = None

    def move_to(self, op: Operation) -> None:
        """New ops go before that op and take its location."""
        self._anchor = op

    def insert(self, op: OpT) -> OpT:
        assert self._anchor is not None and self._anchor.parent is not None
        op.location = self._anchor.location
        self._anchor.parent.insert_ops_before([op], self._anchor)
        return op

    def knows(self, op: Operation) -> bool:
        """Whether the op is to be rewritten: an image op, or one that reads a held value."""
        return isinstance(op, ImageOp) or any(map(self.is_held, op.operands))

    def is_held(self, value: SSAValue) -> bool:
        return value in self._held

    def of(self, value: SSAValue) -> Held:
        """The tensor that stands for a value: by default itself."""
        return self._held.get(value) or Held(value, identity(len(shape_of(value))))

    def order(self, *values: SSAValue) -> Permutation:
        """The order in which the first held one of the values is held."""
        return next(self._held[value].perm for value in values if value in self._held)

    def hold(self, value: SSAValue, tensor: SSAValue, perm: Permutation) -> None:
        """Let the tensor stand for the value from here on."""
        tensor.name_hint = tensor.name_hint or value.name_hint
        if perm == identity(len(perm)):
            value.replace_all_uses_with(tensor)
        else:
            self._held[value] = Held(tensor, perm)

    def read(self, value: SSAValue, perm: Permutation) -> SSAValue:
        """A tensor that holds the value in that order, transposed if need be."""
        tensor, held = self.of(value)
        order = tuple(to_tensor(perm, held))
        if order == identity(len(order)):
            return tensor
        if isinstance(before := tensor.owner, m.TransposeOp):
            first = before.perm.get_values()
            tensor, order = before.x, tuple(first[axis] for axis in order)
            if order == identity(len(order)):
                return tensor
        key = (tensor, order)
        if key not in self._made:
            self._made[key] = self.insert(m.TransposeOp(tensor, order)).result
        return self._made[key]

    def companion(self, value: SSAValue, perm: Permutation) -> SSAValue | None:
        """An operand that broadcasts against tensors of that order; None if there is none.

        With at most one dimension other than 1 a reshape will do, which moves no element.
        """
        own = [*shape_of(value)]
        shape = [*[1] * (len(perm) - len(own)), *own]
        wide = [n for n in shape if n != 1]
        if not wide:
            return value
        if self.is_held(value) or len(wide) > 1:
            if len(own) == len(perm):
                return self.read(value, perm)
            if self.is_held(value) or shape.count(DYNAMIC) > 1:
                return None
            return self.read(self._viewed(value, shape), perm)
        moved = to_tensor(perm, shape)
        return self._viewed(value, moved[moved.index(wide[0]) :])

    def _viewed(self, value: SSAValue, shape: Sequence[int]) -> SSAValue:
        if shape_of(value) == tuple(shape):
            return value
        return self.insert(m.ReshapeOp(value, [-1 if n == DYNAMIC else n for n in shape])).result

    def settle(self, op: Operation) -> None:
        """Give an op that is not rewritten, and the ops inside it, the values as they were."""
        for inner in op.walk():
            for number, value in enumerate(inner.operands):
                if value in self._held:
                    inner.operands[number] = self.read(value, identity(len(shape_of(value))))

    def release(self, replaced: Sequence[Operation]) -> None:
        """Let what remains of the uses of held values (in other blocks) read them as they were."""
        gone = set(replaced)
        for value in self._held:
            uses = [use for use in value.uses if use.operation not in gone]
            if not uses:
                continue
            block = self._held[value].tensor.owner.parent
            assert isinstance(block, Block) and block.last_op is not None
            self.move_to(block.last_op)
            tensor = self.read(value, identity(len(shape_of(value))))
            for use in uses:
                use.operation.operands[use.index] = tensor

    def remake(
        self, op: Operation, operands: Sequence[SSAValue], perm: Permutation,
        **properties: Attribute,
    ) -> bool:  # fmt: skip
        """Insert the op with other operands and properties; its results are held in that order."""
        made = type(op).create(
            operands=operands,
            properties={**op.properties, **properties},
            result_types=[held_type(r.type, perm) for r in op.results],
        )
        self.insert(made)
        for result, tensor in zip(op.results, made.results, strict=True):
            self.hold(result, tensor, perm)
        return True


# Rules: whether the op was rewritten


def image_op(images: Images, op: ImageOp) -> bool:
    """A convolution or pooling takes the chosen layout."""
    if op.layout.data is images.layout:
        return False
    perm = IMAGE[op.layout.data, images.layout]
    operands = [images.read(op.x, perm), *op.operands[1:]]
    return images.remake(op, operands, perm, layout=LayoutAttr(images.layout))


def elementwise(images: Images, op: DlOp) -> bool:
    """All operands in the order of the first held one of full rank."""
    rank = len(shape_of(op.results[0]))
    full = [value for value in op.operands if len(shape_of(value)) == rank]
    if not any(map(images.is_held, full)):
        return False
    perm = images.order(*full)
    operands = [images.companion(value, perm) for value in op.operands]
    present = [value for value in operands if value is not None]
    return len(present) == len(operands) and images.remake(op, present, perm)


def along_axis(images: Images, op: Any) -> bool:
    """Ops along one axis of their first operand; the other operands are vectors."""
    if not images.is_held(op.x):
        return False
    perm = images.order(op.x)
    operands = [images.read(op.x, perm), *op.operands[1:]]
    return images.remake(op, operands, perm, axis=integer(perm[cast(int, op.axis.value.data)]))


def affine(images: Images, op: q.AffineOp) -> bool:
    """Conversions by scales per tensor, or along an axis."""
    return (elementwise if op.axis is None else along_axis)(images, op)


def concat(images: Images, op: m.ConcatOp) -> bool:
    perm = images.order(*op.operands)
    operands = [images.read(value, perm) for value in op.operands]
    return images.remake(op, operands, perm, axis=integer(perm[op.axis.value.data]))


def pad(images: Images, op: m.PadOp) -> bool:
    perm = images.order(op.x)
    sizes = {
        name: ints(to_tensor(perm, values.get_values()))
        for name, values in (("low", op.low), ("high", op.high))
    }
    return images.remake(op, [images.read(op.x, perm)], perm, **sizes)


def slice_(images: Images, op: m.SliceOp) -> bool:
    """The sizes of `?` dimensions are operands, in the order of the dimensions."""
    perm = images.order(op.x)
    given = iter(op.sizes)
    sizes = [next(given) if n == DYNAMIC else None for n in shape_of(op.result)]
    moved = [size for size in to_tensor(perm, sizes) if size is not None]
    properties = {
        name: ints(to_tensor(perm, values.get_values()))
        for name, values in (("offsets", op.offsets), ("strides", op.strides))
    }
    return images.remake(op, [images.read(op.x, perm), *moved], perm, **properties)


def reduce(images: Images, op: ReduceOp) -> bool:
    """Without keepdims the order of the remaining dimensions stays."""
    perm, axes = images.order(op.x), op.axes.get_values()
    left = perm
    if op.keepdims is None:
        kept = [perm[axis] for axis in range(len(perm)) if axis not in axes]
        left = tuple(sorted(kept).index(axis) for axis in kept)
    moved = ints(sorted(perm[axis] for axis in axes))
    return images.remake(op, [images.read(op.x, perm)], left, axes=moved)


def transpose(images: Images, op: m.TransposeOp) -> bool:
    """No tensor changes: only how the result is held."""
    held = images.of(op.x)
    images.hold(op.result, held.tensor, tuple(held.perm[axis] for axis in op.perm.get_values()))
    return True


def reshape(images: Images, op: m.ReshapeOp) -> bool:
    """Splits and joins of dimensions, each where its dimensions are held."""
    groups = regroup(shape_of(op.x), shape_of(op.result))
    if groups is None:
        return False
    held, shape = images.of(op.x), shape_of(op.x)

    def place(group: Group) -> int:
        wide = [axis for axis in group.old if shape[axis] != 1] or list(group.old)
        return min((held.perm[axis] for axis in wide), default=-1)

    groups.sort(key=place)
    before = [axis for group in groups for axis in group.old]
    after = [axis for group in groups for axis in group.new]
    # Dimensions of size 1 do not change the order of elements, wherever they stand.
    in_order = [a for a in before if shape[a] != 1] == [
        a for a in inverse(held.perm) if shape[a] != 1
    ]
    x = held.tensor if in_order else images.read(op.x, inverse(tuple(before)))
    return images.remake(op, [x], inverse(tuple(after)))


class Group(NamedTuple):
    """Dimensions of a reshape's operand and result that hold the same elements."""

    old: range
    new: range


_UNKNOWN = (1 << 61) - 1
"""A prime that stands for the one `?`, which is the same size on both sides."""


def regroup(old: Sequence[int], new: Sequence[int]) -> list[Group] | None:
    """The smallest groups of a reshape; None if sizes are 0 or several, or one side's, `?`."""
    a = [_UNKNOWN if n == DYNAMIC else n for n in old]
    b = [_UNKNOWN if n == DYNAMIC else n for n in new]
    if prod(a) != prod(b) or prod(a) == 0 or a.count(_UNKNOWN) > 1:
        return None
    groups: list[Group] = []
    i = j = 0
    while i < len(a) and j < len(b):
        start, first = i, j
        i, j = i + 1, j + 1
        while prod(a[start:i]) != prod(b[first:j]):
            if prod(a[start:i]) < prod(b[first:j]):
                i += 1
            else:
                j += 1
            if i > len(a) or j > len(b):
                return None
        groups.append(Group(range(start, i), range(first, j)))
    if not groups:
        return None
    last = groups.pop()
    return [*groups, Group(range(last.old.start, len(a)), range(last.new.start, len(b)))]


Rule = Callable[[Images, Any], bool]


RULES: dict[type[Operation], Rule] = {
    **dict.fromkeys((op for op in OPS if op.OP_CLASS is OpClass.ELEMENTWISE), elementwise),
    **dict.fromkeys((op for op in OPS if issubclass(op, ReduceOp)), reduce),
    **dict.fromkeys((Conv2dOp, MaxPool2dOp, AvgPool2dOp), image_op),
    **dict.fromkeys((c.BatchNormOp, c.SoftmaxOp, c.LogSoftmaxOp, c.LrnOp, m.SplitOp), along_axis),
    **dict.fromkeys((op for op in OPS if issubclass(op, q.AffineOp)), affine),
    m.ConcatOp: concat,
    m.PadOp: pad,
    m.SliceOp: slice_,
    m.TransposeOp: transpose,
    m.ReshapeOp: reshape,
}
