"""Sizes of tensors as numbers or SSA `index` values, and arithmetic on them that folds numbers."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias, TypeVar, cast

from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import IndexType, IntegerAttr, TensorType
from xdsl.ir import Attribute, Block, BlockArgument, Operation, SSAValue

Size: TypeAlias = int | SSAValue
Tensor: TypeAlias = TensorType[Any]
OpT = TypeVar("OpT", bound=Operation)
Emit: TypeAlias = Callable[[Operation], Operation]

_INDEX = IndexType()


def tensor_type(value: SSAValue) -> Tensor:
    """The type of a value that is a tensor."""
    type: Attribute = value.type
    assert isinstance(type, TensorType)
    return cast(Tensor, type)


class Sizes:
    """The size of every dimension of every tensor in a function.

    Only values that come from elsewhere (function arguments, results of calls) are asked with
    `tensor.dim`, once each; all other sizes are arithmetic on those. Equal arithmetic is made once
    per block. `emit` inserts an op at the place that is being lowered.
    """

    def __init__(self, emit: Emit):
        self._emit = emit
        self._known: dict[SSAValue, tuple[Size, ...]] = {}
        self._made: dict[tuple[object, ...], SSAValue] = {}
        self._prelude_end: dict[Block, Operation] = {}

    # Asking and telling

    def of(self, value: SSAValue) -> tuple[Size, ...]:
        """The sizes of a tensor, one per dimension."""
        if value not in self._known:
            shape = tensor_type(value).get_shape()
            self._known[value] = tuple(
                n if n >= 0 else self._ask(value, axis) for axis, n in enumerate(shape)
            )
        return self._known[value]

    def tell(self, value: SSAValue, sizes: Sequence[Size]) -> None:
        """Record the sizes of a new tensor; what its type says counts more."""
        shape = tensor_type(value).get_shape()
        self._known[value] = tuple(n if n >= 0 else s for n, s in zip(shape, sizes, strict=True))

    def _ask(self, value: SSAValue, axis: int) -> SSAValue:
        number = _constant(axis)
        dim = tensor.DimOp(value, number)
        if isinstance(value, BlockArgument):
            self._insert_prelude(value.block, [number, dim])
        else:
            owner = value.owner
            assert isinstance(owner, Operation) and owner.parent is not None
            number.location = dim.location = owner.location
            owner.parent.insert_ops_after([number, dim], owner)
        dim.result.name_hint = f"{value.name_hint}_dim" if value.name_hint else "dim"
        return dim.result

    def _insert_prelude(self, block: Block, ops: list[Operation]) -> None:
        """Insert at the beginning of the block, after what was inserted there before."""
        last = self._prelude_end.get(block)
        if last is not None:
            block.insert_ops_after(ops, last)
        elif block.first_op is not None:
            block.insert_ops_before(ops, block.first_op)
        else:
            block.add_ops(ops)
        self._prelude_end[block] = ops[-1]

    # Arithmetic

    @contextmanager
    def block_scope(self) -> Generator[None]:
        """What is made inside is not used outside: it may not dominate what is there."""
        outer = self._made
        self._made = dict(outer)
        try:
            yield
        finally:
            self._made = outer

    def value(self, size: Size) -> SSAValue:
        """The size as an SSA value; a number becomes a constant."""
        if isinstance(size, SSAValue):
            return size
        return self._once((arith.ConstantOp, size), lambda: _constant(size))

    def number(self, value: SSAValue) -> Size:
        """An index value as a size: the number, when it is a constant."""
        owner = value.owner
        if isinstance(owner, arith.ConstantOp) and isinstance(owner.value, IntegerAttr):
            return owner.value.value.data
        return value

    def add(self, a: Size, b: Size) -> Size:
        if isinstance(a, int) and isinstance(b, int):
            return a + b
        if 0 in (a, b):
            return b if a == 0 else a
        return self._binary(arith.AddiOp, a, b)

    def mul(self, a: Size, b: Size) -> Size:
        if isinstance(a, int) and isinstance(b, int):
            return a * b
        if 1 in (a, b):
            return b if a == 1 else a
        return self._binary(arith.MuliOp, a, b)

    def div(self, a: Size, b: Size) -> Size:
        """The quotient of sizes, rounded down; a size divided by 0 is 0."""
        if isinstance(a, int) and isinstance(b, int):
            return a // b if b else 0
        return a if b == 1 else self._binary(arith.DivUIOp, a, b)

    def product(self, sizes: Sequence[Size]) -> Size:
        """All of them multiplied, the numbers first."""
        result: Size = 1
        for size in sorted(sizes, key=lambda size: isinstance(size, SSAValue)):
            result = self.mul(result, size)
        return result

    def window(self, size: Size, kernel: Size, stride: int, padding: int, dilation: int) -> Size:
        """How many places a window has: floor((size + padding - extent) / stride) + 1.

        Written as floor((size + padding - extent + stride) / stride), which is never negative.
        """
        rest = padding + stride + dilation - 1
        if isinstance(kernel, int):
            return self.div(self.add(size, rest - dilation * kernel), stride)
        extent = self.mul(kernel, dilation)
        negative = self._binary(arith.SubiOp, self.add(size, rest), extent)
        return self.div(negative, stride)

    def _binary(self, kind: Callable[[SSAValue, SSAValue], Operation], a: Size, b: Size) -> Size:
        x, y = self.value(a), self.value(b)
        return self._once((kind, x, y), lambda: kind(x, y))

    def _once(self, key: tuple[object, ...], make: Callable[[], Operation]) -> SSAValue:
        if key not in self._made:
            self._made[key] = self._emit(make()).results[0]
        return self._made[key]


def _constant(value: int) -> arith.ConstantOp:
    op = arith.ConstantOp(IntegerAttr(value, _INDEX))
    op.result.name_hint = f"c{value}"
    return op


def joined(columns: Sequence[tuple[int, Size]]) -> Size:
    """The size that (static or -1, size) pairs of one dimension broadcast to."""
    stretched = [size for static, size in columns if static != 1]
    numbers = [size for size in stretched if isinstance(size, int)]
    return (numbers or stretched or [1])[0]
