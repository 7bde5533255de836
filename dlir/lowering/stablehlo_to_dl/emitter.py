"""Where converted ops go, and what the rules need to make them.

A *size* is an `int`, or an `index` value where it is known at run time only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn, TypeAlias, cast

from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    DenseIntOrFPElementsAttr,
    IndexType,
    IntegerAttr,
    LocationAttr,
    TensorType,
    i1,
    i64,
)
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops import reduction as r
from dlir.dialects.dl.ops.base import DlOp, element_of, rank_of, shape_of
from dlir.dialects.dl.ops.source import ConstantOp, DimOp, IotaOp
from dlir.dialects.dl.rules import definer, splat

Size: TypeAlias = int | SSAValue
Number: TypeAlias = float | int | bool


class Unsupported(Exception):
    """An op that cannot be converted, and why."""

    def __init__(self, message: str, help: str | None = None):
        super().__init__(message)
        self.help = help


def unsupported(message: str, help: str | None = None) -> NoReturn:
    raise Unsupported(message, help)


class WrittenRow(NamedTuple):
    """A row of a tensor replaced by another one; the place is moved inside."""

    x: SSAValue
    row: SSAValue
    place: SSAValue


class Emitter:
    """Inserts ops before the one that is being converted."""

    def __init__(self) -> None:
        self.at: Operation | None = None
        self.location: LocationAttr | None = None
        self.sizes_of: dict[SSAValue, Size] = {}
        """Tensors of rank 0 that are known to hold a size."""
        self.rows: dict[SSAValue, WrittenRow] = {}
        """Tensors that are others but for one row."""
        self.draws = 0
        """How many tensors of random numbers were drawn."""

    def move_to(self, op: Operation) -> None:
        self.at, self.location = op, op.location

    def insert(self, op: Operation) -> Operation:
        assert self.at is not None and self.at.parent is not None, "move_to comes first"
        if self.location is not None:
            op.location = self.location
        self.at.parent.insert_op_before(op, self.at)
        return op

    def emit(self, op: Operation) -> SSAValue:
        return self.insert(op).results[0]

    # Constants

    def constant(self, number: Number, element: Attribute) -> SSAValue:
        """A number as a tensor of rank 0, which broadcasts."""
        return self.constants([number], element, ())

    def constants(
        self, numbers: Sequence[Number], element: Attribute, shape: Sequence[int]
    ) -> SSAValue:
        type = cast(Any, TensorType(element, shape))
        stored = [-int(n) for n in numbers] if element == i1 else numbers
        return self.emit(ConstantOp(DenseIntOrFPElementsAttr.from_list(type, stored)))

    # Sizes

    def size(self, x: SSAValue, axis: int) -> Size:
        n = shape_of(x)[axis]
        return self.emit(DimOp(x, axis)) if n == DYNAMIC_INDEX else n

    def shape(self, x: SSAValue) -> list[Size]:
        return [self.size(x, axis) for axis in range(rank_of(x))]

    def index(self, size: Size) -> SSAValue:
        """A size as a value."""
        if isinstance(size, int):
            return self.emit(arith.ConstantOp(IntegerAttr(size, IndexType())))
        return size

    def product(self, sizes: Sequence[Size]) -> Size:
        total: Size = 1
        for size in sizes:
            if isinstance(total, int) and isinstance(size, int):
                total *= size
            elif size != 1:
                total = size if total == 1 else self.emit(
                    arith.MuliOp(self.index(total), self.index(size))
                )  # fmt: skip
        return total

    def counted(self, size: Size, element: Attribute) -> SSAValue:
        """A size as a tensor of rank 0: the sum of as many ones.

        Sizes are operands of `dl` ops and never their elements; this is the one way over.
        """
        if isinstance(size, int):
            return self.constant(size, element)
        ones = self.broadcast(self.constant(1, element), [size])
        value = self.emit(r.ReduceSumOp(ones, [0]))
        self.sizes_of[value] = size
        return value

    # Ops that many rules make

    def cast(self, x: SSAValue, element: Attribute) -> SSAValue:
        return x if element_of(x) == element else self.emit(b.CastOp(x, element))

    def reshape(self, x: SSAValue, shape: Sequence[Size]) -> SSAValue:
        """x under another shape; what a reshape undoes disappears with it."""
        static = static_shape(shape)
        source = definer(x, mv.ReshapeOp)
        for same in (x,) if source is None else (x, source.x):
            # Equally many elements leave one choice for a single `?`.
            if shape_of(same) == static and static.count(DYNAMIC_INDEX) <= (0 not in static):
                return same
        return self.emit(mv.ReshapeOp(x, shape))

    def broadcast(self, x: SSAValue, shape: Sequence[Size]) -> SSAValue:
        """x repeated to that shape; a `?` does not stretch."""
        return x if shape_of(x) == static_shape(shape) else self.emit(mv.BroadcastOp(x, shape))

    def transpose(self, x: SSAValue, perm: Sequence[int]) -> SSAValue:
        if [*perm] == [*range(len(perm))]:
            return x
        return self.emit(mv.TransposeOp(x, perm))

    def slice(
        self,
        x: SSAValue,
        offsets: Sequence[int],
        shape: Sequence[Size],
        strides: Sequence[int] | None = None,
    ) -> SSAValue:
        return self.emit(mv.SliceOp(x, offsets, shape, strides))

    def pad(self, x: SSAValue, low: Sequence[int], high: Sequence[int], value: Number) -> SSAValue:
        return x if not any((*low, *high)) else self.emit(mv.PadOp(x, low, high, value))

    def iota(self, shape: Sequence[Size], axis: int, element: Attribute) -> SSAValue:
        return self.emit(IotaOp(shape, axis, element))

    def compare(self, predicate: str, x: SSAValue, y: SSAValue) -> SSAValue:
        return self.emit(b.CompareOp(predicate, x, y))

    def select(self, condition: SSAValue, x: SSAValue, y: SSAValue) -> SSAValue:
        return self.emit(b.SelectOp(condition, x, y))

    def clamp_index(self, index: SSAValue, last: Size) -> SSAValue:
        """Indices limited to 0 to `last`."""
        element = element_of(index)
        zero, end = self.constant(0, element), self.counted(last, element)
        return self.emit(b.MinOp(self.emit(b.MaxOp(index, zero)), end))

    def widened(self, index: SSAValue) -> SSAValue:
        """Indices as i64."""
        return self.cast(index, i64)

    def difference(self, size: Size, other: Size) -> Size:
        if isinstance(size, int) and isinstance(other, int):
            return size - other
        return self.emit(arith.SubiOp(self.index(size), self.index(other)))

    def scalar(self, x: SSAValue) -> SSAValue:
        """The one element of a tensor of rank 0."""
        element = cast(TensorType[Attribute], x.type).element_type
        return self.emit(tensor.ExtractOp(x, [], element))

    def as_type(self, x: SSAValue, type: Attribute) -> SSAValue:
        """x with exactly that type: sizes that are known may have to be forgotten."""
        if x.type == type:
            return x
        wanted = cast(TensorType[Attribute], type).get_shape()
        sizes = [
            self.index(self.size(x, axis)) if n == DYNAMIC_INDEX else n
            for axis, n in enumerate(wanted)
        ]
        return self.emit(mv.ReshapeOp(x, sizes))


def values_of(made: SSAValue | Sequence[SSAValue]) -> Sequence[SSAValue]:
    """What a rule gave, as a sequence."""
    return [made] if isinstance(made, SSAValue) else made


def plain(type: Attribute) -> Attribute:
    """A tensor type without bounds."""
    if isinstance(type, TensorType):
        tensor = cast(TensorType[Attribute], type)
        return TensorType(tensor.element_type, tensor.get_shape())
    return type


def static_shape(shape: Sequence[Size]) -> tuple[int, ...]:
    return tuple(n if isinstance(n, int) else DYNAMIC_INDEX for n in shape)


def is_static(shape: Sequence[int]) -> bool:
    return DYNAMIC_INDEX not in shape


def peel(x: SSAValue) -> SSAValue:
    """x before it was broadcast."""
    while (op := definer(x, mv.BroadcastOp)) is not None:
        x = op.x
    return x


def counts_along(counting: IotaOp, rank: int) -> int:
    """The axis along which `dl.iota` counts once it is broadcast to that rank."""
    return rank - rank_of(counting.result) + counting.axis.value.data


def known_number(x: SSAValue) -> Number | None:
    """The number that fills a tensor, if that is known."""
    source = peel(x)
    while (op := definer(source, mv.ReshapeOp)) is not None:
        source = peel(op.x)
    found = splat(source)
    return None if found is None else found.item()


def dl_op(x: SSAValue) -> DlOp | None:
    """The `dl` op that makes a value."""
    return definer(x, DlOp)
