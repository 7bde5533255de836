"""What every rule of the conversion uses: inserting ops, sizes, structured.generic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from xdsl.builder import Builder
from xdsl.dialects import tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX, TensorType
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.rewriter import InsertPoint

from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import FillOp, GatherOp, GenericOp, ReshapeOp, YieldOp
from dlir.dialects.structured.shapes import Size, Sizes
from dlir.types import AnyTensor, element_of

OpT = TypeVar("OpT", bound=Operation)
Add = Callable[[Operation], SSAValue]
PARALLEL, REDUCTION = Iterator.PARALLEL, Iterator.REDUCTION


@dataclass(frozen=True)
class Access:
    """An operand of a structured op: a value, one linear form per dimension, its padding."""

    value: SSAValue
    forms: Sequence[Linear] = ()
    padding: Attribute | None = None


def dim_form(dim: int, dims: int, factor: int = 1, constant: int = 0) -> Linear:
    """`factor * d + constant` among `dims` iterators."""
    return Linear(tuple(factor if d == dim else 0 for d in range(dims)), constant)


def identity(rank: int, dims: int | None = None) -> list[Linear]:
    """One form per dimension: the iterator of the same number."""
    return [dim_form(d, rank if dims is None else dims) for d in range(rank)]


class Emitter:
    """Inserts ops in front of the op that is being converted, with its location."""

    def __init__(self, op: Operation):
        self.op = op
        self.sizes = Sizes(Builder(InsertPoint.before(op)), op.location)

    def insert(self, op: OpT) -> OpT:
        return self.sizes.insert(op)

    def empty(self, element: Attribute, sizes: Sequence[Size]) -> SSAValue:
        """A tensor whose elements will be written."""
        dynamic = [size for size in sizes if not isinstance(size, int)]
        return self.insert(tensor.EmptyOp(dynamic, typed(element, sizes))).tensor

    def filled(self, value: SSAValue, sizes: Sequence[Size]) -> SSAValue:
        return self.insert(FillOp(value, self.empty(value.type, sizes))).results[0]

    def reshape(
        self, x: SSAValue, sizes: Sequence[Size], type: AnyTensor | None = None
    ) -> SSAValue:
        """The elements of x under other sizes, as a tensor of `type` if that is given."""
        type = typed(element_of(x.type), sizes) if type is None else type
        pairs = zip(type.get_shape(), sizes, strict=True)
        dynamic = [self.sizes.value(size) for n, size in pairs if n == DYNAMIC_INDEX]
        return self.insert(ReshapeOp(x, dynamic, type)).result

    def resized(self, x: SSAValue, type: AnyTensor) -> SSAValue:
        """x, whose sizes are known better or worse, as a tensor of this type."""
        return x if x.type == type else self.reshape(x, self.sizes.all_of(x), type)

    def gather(self, x: SSAValue, indices: SSAValue, axis: int) -> SSAValue:
        sizes = self.sizes.all_of(x)
        shape = [*sizes[:axis], *self.sizes.all_of(indices), *sizes[axis + 1 :]]
        out = self.empty(element_of(x.type), shape)
        return self.insert(GatherOp(x, indices, out, axis)).results[0]

    def generic(
        self,
        inputs: Sequence[Access],
        out: Access,
        kinds: Sequence[Iterator],
        body: Region,
        *,
        init: Attribute | None = None,
        extents: Mapping[int, int] | None = None,
    ) -> SSAValue:
        """A structured.generic; `extents` are those iterators' that no operand tells."""
        dims = len(kinds)
        domain = [(extents or {}).get(d, DYNAMIC_INDEX) for d in range(dims)]
        op = GenericOp(
            [i.value for i in inputs],
            out.value,
            [map_of(access.forms, dims) for access in (*inputs, out)],
            kinds,
            body,
            init=init,
            padding=[i.padding for i in inputs],
            domain=[-1 if n == DYNAMIC_INDEX else n for n in domain] if extents else None,
        )
        return self.insert(op).results[0]

    def elementwise(
        self, inputs: Sequence[Access], element: Attribute, sizes: Sequence[Size],
        make: Callable[..., SSAValue],
    ) -> SSAValue:  # fmt: skip
        """A new tensor of `make(add, *scalars)` over all points of `sizes`."""
        out = Access(self.empty(element, sizes), identity(len(sizes)))
        body = self.body([element_of(i.value.type) for i in inputs], make)
        return self.generic(inputs, out, [PARALLEL] * len(sizes), body)

    def body(self, types: Sequence[Attribute], make: Callable[..., SSAValue]) -> Region:
        """A body that yields `make(add, *arguments)`."""
        block = Block(arg_types=types)

        def add(op: Operation) -> SSAValue:
            op.location = self.op.location
            block.add_op(op)
            return op.results[0]

        result = make(add, *block.args)
        block.add_op(YieldOp(result))
        return Region(block)


def typed(element: Attribute, sizes: Sequence[Size]) -> AnyTensor:
    """A tensor type as static as the sizes are."""
    return TensorType(element, [n if isinstance(n, int) else DYNAMIC_INDEX for n in sizes])


def same(add: Add, value: SSAValue, *_: SSAValue) -> SSAValue:
    """The body of a copy."""
    return value


def replace(op: Operation, values: Sequence[SSAValue]) -> None:
    """Put the values in the place of the op's results, under their names."""
    for result, value in zip(op.results, values, strict=True):
        if result.name_hint is not None and value.name_hint is None:
            value.name_hint = result.name_hint
        result.replace_all_uses_with(value)
    assert op.parent is not None
    op.parent.erase_op(op)
