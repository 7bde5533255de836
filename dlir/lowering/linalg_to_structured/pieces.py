"""The inputs of one structured op that is made of a `linalg` op, and the body that reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from xdsl.dialects import arith
from xdsl.ir import Block, BlockArgument, Operation, Region, SSAValue

from dlir.dialects.linalg import IndexOp
from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import IndexOp as StructuredIndexOp
from dlir.dialects.structured.ops import YieldOp
from dlir.lowering.linalg_to_structured.bodies import needs_of
from dlir.lowering.linalg_to_structured.emitter import Access
from dlir.lowering.linalg_to_structured.space import Space
from dlir.types import element_of, is_number


class Piece:
    """What some values of a body need, as inputs of a structured op with `dims` iterators.

    Iterators are those of the linalg op, but for the ones of `moved`: they have another number.
    """

    def __init__(
        self,
        space: Space,
        values: Sequence[SSAValue],
        dims: int,
        moved: Mapping[int, int],
        checks: Sequence[Operation] = (),
    ):
        self.space, self.dims, self.moved = space, dims, moved
        self.inputs: list[Access] = []
        self.block = Block()
        self.known: dict[SSAValue, SSAValue] = {}
        self.needs = needs_of(space.op.body.block, values)
        self.needs.ops += checks
        for number in sorted(a for a in self.needs.arguments if a < len(space.op.inputs)):
            self._read_operand(space.op.body.block.args[number], self.operand(number))
        for scalar in self.needs.scalars:
            self.read(scalar, Access(scalar))

    def _read_operand(self, argument: SSAValue, access: Access) -> None:
        """An input; a constant scalar goes into the body."""
        owner = access.value.owner
        if isinstance(owner, arith.ConstantOp) and is_number(owner.value):
            self.known[argument] = self.add(owner.clone())
        else:
            self.read(argument, access)

    def operand(self, number: int) -> Access:
        return Access(self.space.op.operands[number], self.space.forms[number])

    def outputs(self) -> list[int]:
        """The numbers of the outputs that the values look at."""
        inputs = len(self.space.op.inputs)
        return sorted(a - inputs for a in self.needs.arguments if a >= inputs)

    def read(self, key: SSAValue | None, access: Access) -> None:
        """One more input, which is `key` in the linalg body."""
        self.inputs.append(replace(access, forms=[self._moved(f) for f in access.forms]))
        argument = self.block.insert_arg(element_of(access.value.type), len(self.block.args))
        if key is not None:
            self.known[key] = argument

    def _moved(self, form: Linear) -> Linear:
        coefficients = [0] * self.dims
        for d in form.dims:
            coefficients[self.moved.get(d, d)] = form.coefficients[d]
        return Linear(tuple(coefficients), form.constant)

    def tell_extents(self, out_forms: Sequence[Linear]) -> dict[int, int]:
        """The extents that neither an input nor the output tells.

        Those that are numbers; the others are told by one more input, of which nothing is read.
        """
        numbers: dict[int, int] = {}
        for d, size in enumerate(self.space.sizes):
            place = self.moved.get(d, d)
            if place in self._told(out_forms):
                continue
            if isinstance(size, int):
                numbers[place] = size
            else:
                self.read(None, next(a for a in self._operands() if _tells(a.forms, d)))
        return numbers

    def _told(self, out_forms: Sequence[Linear]) -> set[int | None]:
        return {
            f.plain_dim for forms in (*(i.forms for i in self.inputs), out_forms) for f in forms
        }

    def _operands(self) -> list[Access]:
        return [self.operand(number) for number in range(len(self.space.forms))]

    def add(self, op: Operation) -> SSAValue:
        """Add an op to the body and give its result."""
        op.location = self.space.op.location
        self.block.add_op(op)
        return op.results[0]

    def body(
        self, result: Callable[[], SSAValue], accumulator: BlockArgument | None = None
    ) -> Region:
        """The body with the ops that are needed; afterwards `result` says what it yields."""
        if accumulator is not None:
            last = self.block.insert_arg(accumulator.type, len(self.block.args))
            self.known[accumulator] = last
        for op in self.needs.ops:
            if isinstance(op, IndexOp):
                place = op.dim.value.data
                self.known[op.result] = self.add(StructuredIndexOp(self.moved.get(place, place)))
            else:
                new = op.clone(self.known)
                new.location = op.location
                self.block.add_op(new)
        self.block.add_op(YieldOp(result()))
        return Region(self.block)


def _tells(forms: Sequence[Linear], dim: int) -> bool:
    return any(form.plain_dim == dim for form in forms)
