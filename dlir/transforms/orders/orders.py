"""Which values are held in another order of dimensions, and the walk that carries orders along."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Block, Operation, SSAValue

from dlir.dialects.dl.attrs import Tensor
from dlir.dialects.dl.ops import movement as m
from dlir.dialects.dl.ops.base import shape_of
from dlir.dialects.dl.shapes import DYNAMIC

T = TypeVar("T")
OpT = TypeVar("OpT", bound=Operation)

Permutation = tuple[int, ...]
"""Dimension i of a value is dimension perm[i] of the tensor that stands for it."""


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


class Orders:
    """The values of a block that are held in another order of dimensions."""

    def __init__(self) -> None:
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
        """Whether the op is to be rewritten: by default one that reads a held value."""
        return any(map(self.is_held, op.operands))

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
        if not wide and not self.is_held(value):
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
            owner = self._held[value].tensor.owner
            block = owner if isinstance(owner, Block) else owner.parent
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


Rule: TypeAlias = Callable[[Any, Any], bool]
"""Rewrites an op over orders: `rule(orders, op)`; whether it did."""


def carry(block: Block, make: Callable[[], Orders], rules: Mapping[type[Operation], Rule]) -> None:
    """Rewrite the ops of a block by their rules, and the blocks inside it, in order."""
    orders = make()
    replaced: list[Operation] = []
    for op in tuple(block.ops):
        orders.move_to(op)
        rule = rules.get(type(op))
        if rule is not None and orders.knows(op) and rule(orders, op):
            replaced.append(op)
            continue
        orders.settle(op)
        for inner in (b for region in op.regions for b in region.blocks):
            carry(inner, make, rules)
    orders.release(replaced)
    for op in reversed(replaced):
        op.detach()
        op.erase()
