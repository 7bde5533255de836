"""Sorting: a heap of places in the row of `outs`, which needs no other memory.

The heap holds as many places as `outs` has room for, the last of them in the order at its root. One
element after the other takes the root's place if it comes before it; in the end the roots are taken
off, last ones first. That is O(n log k) for the first k of n elements, and heapsort for all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects import arith, memref
from xdsl.dialects.builtin import i1, i64
from xdsl.ir import SSAValue

from dlir.dialects.structured.ops import SortOp, shape_of
from dlir.lowering.structured_to_loops.bodies import Body
from dlir.lowering.structured_to_loops.emitter import INDEX, Emitter, Index
from dlir.lowering.structured_to_loops.sequential import shared_row


class _Row:
    """The heap in one row of `outs`; `at` is the row's position in the other dimensions."""

    def __init__(self, emit: Emitter, op: SortOp, at: Sequence[Index]):
        self.emit, self.op, self.at = emit, op, at
        self.axis = op.axis.value.data
        self.body = Body(emit, op.body.block, ())

    def _position(self, place: Index) -> list[SSAValue]:
        return self.emit.values([*self.at[: self.axis], place, *self.at[self.axis :]])

    def get(self, slot: Index) -> SSAValue:
        """The place that the heap holds in a slot."""
        held = self.emit.insert(memref.LoadOp.get(self.op.outs, self._position(slot)))
        return self.emit.insert(arith.IndexCastOp(held, INDEX))

    def put(self, slot: Index, place: Index) -> None:
        value = self.emit.insert(arith.IndexCastOp(self.emit.value(place), i64))
        self.emit.insert_op(memref.StoreOp.get(value, self.op.outs, self._position(slot)))

    def precedes(self, a: Index, b: Index) -> SSAValue:
        """Whether the element at place a comes before that at b: by the body, else by place."""
        emit = self.emit
        x, y = ([self._element(v, place) for v in self.op.inputs] for place in (a, b))
        earlier = emit.compare("slt", a, b)
        tie = emit.insert(arith.SelectOp(self.body([*y, *x]), self._truth(False), earlier))
        return emit.insert(arith.OrIOp(self.body([*x, *y]), tie))

    def _element(self, value: SSAValue, place: Index) -> SSAValue:
        return self.emit.insert(memref.LoadOp.get(value, self._position(place)))

    def _truth(self, value: bool) -> SSAValue:
        return self.emit.splat(value, i1)

    def sift(self, start: Index, size: Index, place: Index) -> None:
        """Put a place into the slot `start` or below, so that each slot's place comes after those
        of the two slots below.

        The later ones move up along a path to the bottom, where the place mostly belongs; it then
        goes up that path. So a level costs one comparison, not two.
        """
        emit = self.emit

        def below(slot: SSAValue) -> Index:
            return emit.add(emit.mul(slot, 2), 1)

        def sink(slot: SSAValue) -> list[SSAValue]:
            lower, held = self._later(below(slot), size)
            self.put(slot, held)
            return [lower]

        def above(slot: SSAValue) -> tuple[Index, SSAValue]:
            parent = emit.div(emit.sub(slot, 1), 2)
            return parent, self.get(parent)

        def rises(slot: SSAValue) -> SSAValue:
            return emit.choose(
                emit.compare("sgt", slot, start),
                lambda: [self.precedes(above(slot)[1], place)],
                lambda: [self._truth(False)],
            )[0]

        def rise(slot: SSAValue) -> list[SSAValue]:
            parent, held = above(slot)
            self.put(slot, held)
            return [emit.value(parent)]

        def has_leaves(slot: SSAValue) -> SSAValue:
            return emit.compare("slt", below(slot), size)

        bottom = emit.repeat([emit.value(start)], has_leaves, sink)
        slot = emit.repeat(bottom, rises, rise)[0]
        self.put(slot, place)

    def _later(self, slot: Index, size: Index) -> tuple[SSAValue, SSAValue]:
        """Of a slot and the next one, if the heap has it, the one whose place comes later."""
        emit, held, next_slot = self.emit, self.get(slot), self.emit.add(slot, 1)

        def of_two() -> list[SSAValue]:
            other = self.get(next_slot)
            later = self.precedes(held, other)
            pairs = ((next_slot, slot), (other, held))
            return [
                emit.insert(arith.SelectOp(later, emit.value(a), emit.value(b))) for a, b in pairs
            ]

        has_two = emit.compare("slt", next_slot, size)
        lower, place = emit.choose(has_two, of_two, lambda: [emit.value(slot), held])
        return lower, place


def lower_sort(op: SortOp) -> None:
    """for p: out[p] = the first places of x[p] in order"""
    emit = Emitter.before(op)
    axis, rank = op.axis.value.data, len(shape_of(op.outs))
    size, room = emit.dim(op.inputs[0], axis), emit.dim(op.outs, axis)

    def row(at: list[Index]) -> None:
        _sort_row(emit, _Row(emit, op, at), size, room)

    def rows() -> None:
        emit.nest([emit.dim(op.outs, p) for p in range(rank) if p != axis], row, shared_row(op))

    if not isinstance(room, int):
        emit.when(emit.compare("sgt", room, 0), rows)
    elif room:
        rows()


def _sort_row(emit: Emitter, heap: _Row, size: Index, room: Index) -> None:
    def each(low: Index, high: Index, body: Callable[[Index], None]) -> None:
        def step(i: Index, _: object) -> list[SSAValue]:
            body(i)
            return []

        emit.loop(low, high, 1, [], step)

    def enter(place: Index) -> None:
        emit.when(heap.precedes(place, heap.get(0)), lambda: heap.sift(0, room, place))

    def arrange(count: Index) -> None:
        """The lower half of the slots has nothing below."""
        slot = emit.sub(emit.sub(emit.div(room, 2), 1), count)
        heap.sift(slot, room, heap.get(slot))

    def take(count: Index) -> None:
        """The root goes behind the heap, whose last place goes in from the top."""
        last = emit.sub(emit.sub(room, 1), count)
        place = heap.get(last)
        heap.put(last, heap.get(0))
        heap.sift(0, last, place)

    each(0, room, lambda slot: heap.put(slot, slot))
    each(0, emit.div(room, 2), arrange)
    each(room, size, enter)
    each(0, emit.sub(room, 1), take)
