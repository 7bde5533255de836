"""A small builder for loop code: index arithmetic that folds, loops as Python callbacks.

An index is an `int` while it is known and an SSA value otherwise, so the same kernel writer serves
static and dynamic shapes and the text holds no arithmetic on constants.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from xdsl.builder import Builder
from xdsl.dialects import arith, memref, scf, vector
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    IndexType,
    LocationAttr,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.rewriter import InsertPoint

from dlir.dialects.shared import integer_attr, splat_attr, vector_type
from dlir.types import Dense, Number, element_of, is_memref, is_number, is_vector, number

Index = int | SSAValue
INDEX = IndexType()

_WRAPPING: dict[str, Attribute] = {"overflowFlags": arith.IntegerOverflowAttr("none")}
_ARITHMETIC: dict[type[Operation], tuple[Callable[[int, int], int], dict[str, Attribute]]] = {
    arith.AddiOp: (lambda a, b: a + b, _WRAPPING),
    arith.SubiOp: (lambda a, b: a - b, _WRAPPING),
    arith.MuliOp: (lambda a, b: a * b, _WRAPPING),
    arith.DivSIOp: (lambda a, b: a // b, {}),
    arith.MinSIOp: (min, {}),
}
"""Operation -> what it computes, and its properties."""


class Emitter:
    """Appends operations at an insertion point; constants go to the top of the function, once."""

    def __init__(self, builder: Builder, entry: Block, location: LocationAttr):
        self.builder = builder
        self._entry = entry
        self._location = location
        self._constants: dict[Attribute, SSAValue] = {}

    @staticmethod
    def before(op: Operation) -> Emitter:
        """Emit in front of `op`, with constants at the top of the enclosing function."""
        block = op.parent
        assert block is not None
        entry = block
        while (owner := entry.parent_op()) is not None and owner.name != "func.func":
            parent = owner.parent
            assert parent is not None
            entry = parent
        return Emitter(Builder(InsertPoint.before(op)), entry, op.location)

    def insert(self, op: Operation) -> SSAValue:
        """Insert an operation with one result, and give the result."""
        self.insert_op(op)
        return op.results[0]

    def insert_op(self, op: Operation) -> None:
        """Insert an operation; it inherits the location of the op that is being lowered."""
        op.location = self._location
        self.builder.insert(op)

    def constant(self, value: Attribute) -> SSAValue:
        """`arith.constant value`, one per function."""
        found = self._constants.get(value)
        if found is None:
            op = arith.ConstantOp(cast("Number | Dense", value))
            op.location = self._location
            if is_number(value) and value.type == INDEX:
                n = int(value.value.data)
                op.result.name_hint = f"c{n}" if n >= 0 else f"cm{-n}"
            first = self._entry.first_op
            if first is None:
                self._entry.add_op(op)
            else:
                self._entry.insert_op_before(op, first)
            found = self._constants[value] = op.result
        return found

    def value(self, index: Index) -> SSAValue:
        """An index as an SSA value."""
        if isinstance(index, int):
            return self.constant(integer_attr(index, INDEX))
        return index

    def values(self, indices: Sequence[Index]) -> list[SSAValue]:
        return [self.value(i) for i in indices]

    def splat(self, value: float, element: Attribute, shape: Sequence[int] = ()) -> SSAValue:
        """A constant scalar (no shape) or a constant vector with all elements equal."""
        if not shape:
            return self.constant(number(value, element))
        return self.constant(splat_attr(number(value, element), vector_type(element, shape)))

    def broadcast(self, value: SSAValue, shape: Sequence[int]) -> SSAValue:
        """Stretch a scalar or a smaller vector to a shape; constants are splat at once."""
        t = value.type
        element = element_of(t)
        if is_vector(t):
            if t.get_shape() == tuple(shape):
                return value
        elif isinstance(value.owner, arith.ConstantOp):
            attr = value.owner.value
            assert is_number(attr)
            return self.splat(attr.value.data, element, shape)
        wide = vector_type(element, shape)
        return self.insert(vector.BroadcastOp.create(operands=[value], result_types=[wide]))

    def _binary(self, kind: type[Operation], a: Index, b: Index) -> Index:
        fold, properties = _ARITHMETIC[kind]
        if isinstance(a, int) and isinstance(b, int):
            return fold(a, b)
        operands = [self.value(a), self.value(b)]
        op = kind.create(operands=operands, result_types=[INDEX], properties=dict(properties))
        return self.insert(op)

    def add(self, a: Index, b: Index) -> Index:
        if a == 0:
            return b
        return a if b == 0 else self._binary(arith.AddiOp, a, b)

    def sub(self, a: Index, b: Index) -> Index:
        return a if b == 0 else self._binary(arith.SubiOp, a, b)

    def mul(self, a: Index, b: Index) -> Index:
        if a == 1:
            return b
        return a if b == 1 else self._binary(arith.MuliOp, a, b)

    def div(self, a: Index, b: int) -> Index:
        """Quotient of a non-negative index."""
        return a if b == 1 else self._binary(arith.DivSIOp, a, b)

    def min(self, a: Index, b: Index) -> Index:
        return self._binary(arith.MinSIOp, a, b)

    def round_down(self, a: Index, step: int) -> Index:
        """The largest multiple of `step` that is not above `a`."""
        return self.mul(self.div(a, step), step)

    def compare(self, predicate: str, a: Index, b: Index) -> SSAValue:
        return self.insert(arith.CmpiOp(self.value(a), self.value(b), predicate))

    def dim(self, ref: SSAValue, position: int) -> Index:
        """The size of one dimension of a memref."""
        assert is_memref(ref.type)
        size = ref.type.get_shape()[position]
        if size != DYNAMIC_INDEX:
            return size
        return self.insert(memref.DimOp(ref, self.value(position)))

    def loop(
        self,
        low: Index,
        high: Index,
        step: int,
        initial: Sequence[SSAValue],
        body: Callable[[Index, Sequence[SSAValue]], Sequence[SSAValue]],
        *,
        shared: bool = False,
    ) -> Sequence[SSAValue]:
        """`for i in range(low, high, step): carried = body(i, carried)`; the final carried values.

        No loop is written for a trip count that is known to be zero or one. A `shared` loop, which
        carries nothing, is an `scf.parallel` even for one trip: so exactly one thread does it.
        """
        if isinstance(low, int) and isinstance(high, int):
            if low >= high:
                return initial
            if low + step >= high and not shared:
                return body(low, initial)
        if shared:
            self._shared_loop(low, high, step, body)
            return initial
        block = Block(arg_types=[INDEX, *(v.type for v in initial)])
        outer, self.builder = self.builder, Builder(InsertPoint.at_end(block))
        results = body(block.args[0], block.args[1:])
        self.insert_op(scf.YieldOp(*results))
        self.builder = outer
        op = scf.ForOp(
            self.value(low), self.value(high), self.value(step), list(initial), Region(block)
        )
        self.insert_op(op)
        return op.results

    def nest(
        self,
        sizes: Sequence[Index],
        body: Callable[[list[Index]], None],
        shared: int | None = None,
    ) -> None:
        """Loops over all dimensions of these sizes, in row-major order, for effects only.

        The iterations of one of them may be `shared` among threads.
        """

        def inner(at: list[Index]) -> None:
            if len(at) == len(sizes):
                body(at)
                return

            def step(i: Index, _: object) -> list[SSAValue]:
                inner([*at, i])
                return []

            self.loop(0, sizes[len(at)], 1, [], step, shared=len(at) == shared)

        inner([])

    def repeat(
        self,
        initial: Sequence[SSAValue],
        condition: Callable[..., SSAValue],
        body: Callable[..., Sequence[SSAValue]],
    ) -> Sequence[SSAValue]:
        """`while condition(*carried): carried = body(*carried)`; the final carried values."""
        types = [v.type for v in initial]
        outer = self.builder
        before, after = Block(arg_types=types), Block(arg_types=types)
        self.builder = Builder(InsertPoint.at_end(before))
        self.insert_op(scf.ConditionOp(condition(*before.args), *before.args))
        self.builder = Builder(InsertPoint.at_end(after))
        self.insert_op(scf.YieldOp(*body(*after.args)))
        self.builder = outer
        op = scf.WhileOp(list(initial), types, Region(before), Region(after))
        self.insert_op(op)
        return op.results

    def _shared_loop(
        self,
        low: Index,
        high: Index,
        step: int,
        body: Callable[[Index, Sequence[SSAValue]], Sequence[SSAValue]],
    ) -> None:
        block = Block(arg_types=[INDEX])
        outer, self.builder = self.builder, Builder(InsertPoint.at_end(block))
        body(block.args[0], [])
        self.insert_op(scf.ReduceOp())
        self.builder = outer
        lower, upper, stride = ([self.value(n)] for n in (low, high, step))
        self.insert_op(scf.ParallelOp(lower, upper, stride, Region(block)))

    def choose(
        self,
        condition: SSAValue,
        then: Callable[[], Sequence[SSAValue]],
        otherwise: Callable[[], Sequence[SSAValue]],
    ) -> Sequence[SSAValue]:
        """`if condition: then() else: otherwise()`, both giving values of the same types."""
        regions: list[Region] = []
        types: list[Attribute] = []
        for branch in (then, otherwise):
            block = Block()
            outer, self.builder = self.builder, Builder(InsertPoint.at_end(block))
            results = branch()
            types = [r.type for r in results]
            self.insert_op(scf.YieldOp(*results))
            self.builder = outer
            regions.append(Region(block))
        op = scf.IfOp(condition, types, regions[0], regions[1])
        self.insert_op(op)
        return op.results

    def when(self, condition: SSAValue, then: Callable[[], None]) -> None:
        """`if condition: then()` for effects only."""
        block = Block()
        outer, self.builder = self.builder, Builder(InsertPoint.at_end(block))
        then()
        self.insert_op(scf.YieldOp())
        self.builder = outer
        self.insert_op(scf.IfOp(condition, [], Region(block)))
