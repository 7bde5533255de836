"""Sizes of tensors as numbers or index values, asked without touching the tensors themselves.

Every tensor's size follows from the sizes of function arguments; asking a value for its size walks
up through destinations and reshapes to an argument, so that no size depends on computed data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar, get_args

from xdsl.builder import Builder
from xdsl.dialects import arith, memref, tensor
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    IndexType,
    IntegerAttr,
    LocationAttr,
    TensorType,
    UnrealizedConversionCastOp,
)
from xdsl.ir import Attribute, Block, BlockArgument, Operation, SSAValue
from xdsl.rewriter import InsertPoint

from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import (
    DestinationOp,
    GenericOp,
    ReshapeOp,
    element_type_of,
    shape_of,
)

OperationT = TypeVar("OperationT", bound=Operation)
Size = int | SSAValue
INDEX = IndexType()


class Sizes:
    """Size arithmetic that folds, written with `builder` where it must be computed at run time.

    `builder` may be exchanged to write into a loop; constants stay where the first one writes.
    Operations get the location `location`, if there is one.
    """

    def __init__(self, builder: Builder, location: LocationAttr | None = None):
        self.builder = builder
        self._outermost = builder
        self._location = location
        self._constants: dict[int, SSAValue] = {}

    @staticmethod
    def before(op: Operation) -> Sizes:
        """Write in front of `op`, in its name."""
        return Sizes(Builder(InsertPoint.before(op)), op.location)

    def insert(self, op: OperationT) -> OperationT:
        if self._location is not None:
            op.location = self._location
        return self.builder.insert(op)

    def constant(self, value: int) -> SSAValue:
        if value not in self._constants:
            op = arith.ConstantOp(IntegerAttr(value, INDEX))
            if self._location is not None:
                op.location = self._location
            op.result.name_hint = f"c{value}" if value >= 0 else f"cm{-value}"
            self._constants[value] = self._outermost.insert(op).result
        return self._constants[value]

    def value(self, size: Size) -> SSAValue:
        return self.constant(size) if isinstance(size, int) else size

    def add(self, a: Size, b: Size) -> Size:
        if isinstance(a, int) and isinstance(b, int):
            return a + b
        if 0 in (a, b):
            return b if a == 0 else a
        return self.insert(arith.AddiOp(self.value(a), self.value(b))).result

    def sub(self, a: Size, b: Size) -> Size:
        if isinstance(a, int) and isinstance(b, int):
            return a - b
        return a if b == 0 else self.insert(arith.SubiOp(self.value(a), self.value(b))).result

    def min(self, a: Size, b: Size) -> Size:
        if isinstance(a, int) and isinstance(b, int):
            return min(a, b)
        return self.insert(arith.MinSIOp(self.value(a), self.value(b))).result

    def mul(self, a: Size, b: Size) -> Size:
        if isinstance(a, int) and isinstance(b, int):
            return a * b
        if 0 in (a, b):
            return 0
        if 1 in (a, b):
            return b if a == 1 else a
        return self.insert(arith.MuliOp(self.value(a), self.value(b))).result

    def ceil_div(self, a: Size, b: int) -> Size:
        """How many blocks of b hold a."""
        if isinstance(a, int):
            return -(-a // b)
        up = self.value(self.add(a, b - 1))
        return self.insert(arith.DivUIOp(up, self.constant(b))).result

    def of(self, value: SSAValue, position: int) -> Size:
        """The size of one dimension of a tensor or memref."""
        static = shape_of(value)[position]
        if static != DYNAMIC_INDEX:
            return static
        owner = value.owner
        if isinstance(owner, Operation) and type(owner) in _SOURCES:
            return _SOURCES[type(owner)](self, owner, position)
        if isinstance(value, BlockArgument):
            return _dim_of_argument(value, position)
        return self.insert(_dim_op(value)(value, self.constant(position))).result

    def all_of(self, value: SSAValue) -> list[Size]:
        return [self.of(value, p) for p in range(len(shape_of(value)))]

    def extent(self, op: GenericOp, dim: int) -> Size:
        """The extent of an iterator."""
        source = op.extent_source(dim)
        return source if isinstance(source, int) else self.of(*source)

    def last_index(self, op: GenericOp, form: Linear) -> Size:
        """The largest index that a form reaches."""
        return self._reach(op, form, [d for d in form.dims if form.coefficients[d] > 0])

    def first_index(self, op: GenericOp, form: Linear) -> Size:
        """The smallest index that a form reaches."""
        return self._reach(op, form, [d for d in form.dims if form.coefficients[d] < 0])

    def _reach(self, op: GenericOp, form: Linear, dims: Sequence[int]) -> Size:
        """The form with these iterators at their last value and the others at zero."""
        total: Size = form.constant
        for d in dims:
            steps = self.add(self.extent(op, d), -1)
            total = self.add(total, self.mul(steps, form.coefficients[d]))
        return total

    def empty(
        self, sizes: list[Size], like: SSAValue, element: Attribute | None = None
    ) -> SSAValue:
        """A destination of these sizes; its element type is that of `like` if none is given."""
        shape = [s if isinstance(s, int) else DYNAMIC_INDEX for s in sizes]
        dynamic = [s for s in sizes if not isinstance(s, int)]
        result = TensorType(element or element_type_of(like), shape)
        return self.insert(tensor.EmptyOp(dynamic, result)).tensor


def _dim_op(value: SSAValue) -> type[tensor.DimOp] | type[memref.DimOp]:
    return tensor.DimOp if isinstance(value.type, TensorType) else memref.DimOp


def _dim_of_argument(argument: BlockArgument, position: int) -> SSAValue:
    """The one operation that asks for this size of an argument, at the start of its block."""
    block, kind = argument.block, _dim_op(argument)
    for use in argument.uses:
        op = use.operation
        if isinstance(op, kind) and op.parent is block and _number(op.index) == position:
            _move_to_start(op)
            return op.result
    index = arith.ConstantOp(IntegerAttr(position, INDEX))
    dim = kind(argument, index.result)
    block.insert_ops_before([index, dim], _first(block))
    return dim.result


def _first(block: Block) -> Operation:
    first = block.first_op
    assert first is not None
    return first


def _number(value: SSAValue) -> int | None:
    op = value.owner
    if isinstance(op, arith.ConstantOp) and isinstance(op.value, IntegerAttr):
        return op.value.value.data
    return None


def _move_to_start(dim: tensor.DimOp | memref.DimOp) -> None:
    """Move a size, and the constant that it asks with, before everything else in their block."""
    block = dim.parent
    assert block is not None
    for op in (dim, dim.index.owner):
        if isinstance(op, Operation) and op.parent is block and op is not block.first_op:
            op.detach()
            block.insert_op_before(op, _first(block))


def mixed(static: Sequence[int], dynamic: Sequence[SSAValue]) -> list[Size]:
    """Numbers, and values in order where there are none."""
    values = iter(dynamic)
    return [next(values) if n == DYNAMIC_INDEX else n for n in static]


def _nth_dynamic(shape: tuple[int, ...], position: int) -> int:
    return sum(n == DYNAMIC_INDEX for n in shape[:position])


def _of_outs(sizes: Sizes, op: Operation, position: int) -> Size:
    assert isinstance(op, DestinationOp)
    return sizes.of(op.outs, position)


def _of_dest(sizes: Sizes, op: Operation, position: int) -> Size:
    assert isinstance(op, tensor.InsertSliceOp)
    return sizes.of(op.dest, position)


def _of_empty(sizes: Sizes, op: Operation, position: int) -> Size:
    assert isinstance(op, tensor.EmptyOp)
    return op.dynamic_sizes[_nth_dynamic(shape_of(op.tensor), position)]


def _of_alloca(sizes: Sizes, op: Operation, position: int) -> Size:
    assert isinstance(op, memref.AllocaOp)
    return op.dynamic_sizes[_nth_dynamic(shape_of(op.memref), position)]


def _of_cast(sizes: Sizes, op: Operation, position: int) -> Size:
    """Of all rows, behind the memory of one block: see `structured-bufferize`."""
    return op.operands[1 + _nth_dynamic(shape_of(op.results[0]), position)]


def _of_reshape(sizes: Sizes, op: Operation, position: int) -> Size:
    assert isinstance(op, ReshapeOp)
    return op.sizes[_nth_dynamic(shape_of(op.result), position)]


_SOURCES: dict[type[Operation], Callable[[Sizes, Operation, int], Size]] = {
    **dict.fromkeys(get_args(DestinationOp), _of_outs),
    tensor.InsertSliceOp: _of_dest,
    tensor.EmptyOp: _of_empty,
    memref.AllocaOp: _of_alloca,
    UnrealizedConversionCastOp: _of_cast,
    ReshapeOp: _of_reshape,
}
