"""Control flow on tensors: `scf.if`, `scf.for` and `scf.while` around what a frontend imports.

Sizes that a loop changes become `?`: the body is imported with the sizes that the loop begins with,
and again with fewer of them as long as it does not keep them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import DYNAMIC_INDEX, IndexType, TensorType, i1
from xdsl.ir import Attribute, Block, SSAValue

from . import dims as d
from . import dl
from .context import Context
from .dims import Dim
from .values import TRUE, Tensor, Unsupported, Value, truth_of

Sizes: TypeAlias = Sequence[Dim | None]
"""What is known of the sizes of a tensor."""


@dataclass(frozen=True)
class Rounds:
    """How long a loop goes on: for `count` rounds, or less if `go_on` becomes false."""

    count: Dim | None
    go_on: Value


@dataclass(frozen=True)
class Made:
    """What one round makes: whether to go on, the carried values, and items to be stacked."""

    go_on: Value
    carried: Sequence[Value]
    items: Sequence[Value]


Body: TypeAlias = Callable[[Dim, Sequence[Tensor]], Made]
"""Imports one round at the place of insertion, from its number and the carried values."""


@dataclass(frozen=True)
class Loop:
    """A loop to be built. `reverse` says of each stack whether its last item comes first."""

    context: Context
    rounds: Rounds
    initial: Sequence[Tensor]
    body: Body
    reverse: Sequence[bool] = ()

    def build(self) -> tuple[list[Tensor], list[Tensor]]:
        """The carried values and the stacks after the last round.

        Raises Unsupported for a value whose element type or rank changes.
        """
        kept: list[Sizes] = [x.dims for x in self.initial]
        while True:
            params = dict(self.context.params)
            attempt = _Round.of(self, kept)
            changed = [_kept(a, b.dims) for a, b in zip(kept, attempt.carried, strict=True)]
            if changed == [tuple(sizes) for sizes in kept]:
                return self._finish(kept, attempt)
            attempt.block.erase(safe_erase=False)
            self.context.params = params
            kept = [*changed]

    def _finish(self, kept: Sequence[Sizes], one: _Round) -> tuple[list[Tensor], list[Tensor]]:
        context = self.context
        stacks = [self._empty(item) for item in one.items]
        reverse = self.reverse or [False] * len(stacks)
        for item, last_first in zip(one.items, reverse, strict=True):
            one.carried.append(self._grown(one.block, item, last_first))
        starts = [*self.initial, *stacks]
        types = [a.type for a in one.block.args[1:]]
        begin = [
            context.cast_type(x, cast(TensorType[Attribute], type))
            for x, type in zip(starts, types, strict=True)
        ]
        ends = one.goes_on is None and truth_of(self.rounds.go_on) is True
        if ends and self.rounds.count is None:
            raise Unsupported("a loop without end")
        if ends and self.rounds.count is not None:
            results, count = self._for(one, begin, self.rounds.count)
        else:
            results, count = self._while(one, begin), None
        sizes = [*kept, *((count, *self._sizes(item)) for item in one.items)]
        found = [context.known(r, s) for r, s in zip(results, sizes, strict=True)]
        return found[: len(kept)], found[len(kept) :]

    # Stacks: one more carried value each, to which a round adds a row

    def _sizes(self, item: Tensor) -> Sizes:
        """The sizes of an item that are known outside of the loop."""
        return [n if self.context.is_known(n) else None for n in item.dims]

    def _empty(self, item: Tensor) -> Tensor:
        sizes = [0 if n is None else n for n in self._sizes(item)]
        return self.context.broadcast(self.context.constant(0, item.element), (0, *sizes))

    def _grown(self, block: Block, item: Tensor, last_first: bool) -> Tensor:
        """The stack with a row more; the first row brings the sizes that only the loop knows."""
        context, sizes = self.context, self._sizes(item)
        argument = block.insert_arg(open_type(item.element, [None, *sizes]), len(block.args))
        with context.inside(block):
            row = context.reshape(item, (1, *item.dims))

            def joined() -> Sequence[Tensor]:
                rows = [argument, row.ssa]
                return [context.emit(dl.ConcatOp(rows[::-1] if last_first else rows, 0))]

            if None not in sizes:
                return joined()[0]
            first = arith.CmpiOp(block.args[0], context.index(0), "eq")
            is_first = context.insert(first).results[0]
            return branch(context, is_first, [lambda: [row], joined])[0]

    # The op

    def _for(
        self, one: _Round, begin: Sequence[SSAValue], count: Dim
    ) -> tuple[Sequence[SSAValue], Dim]:
        context = self.context
        self._yield(one, [])
        bounds = [context.index(n) for n in (0, count, 1)]
        op = context.insert(scf.ForOp(bounds[0], bounds[1], bounds[2], begin, one.block))
        return op.results, d.maximum(count, 0)

    def _while(self, one: _Round, begin: Sequence[SSAValue]) -> Sequence[SSAValue]:
        """The number of the round and whether to go on are carried, too."""
        context, index = self.context, IndexType()
        one.block.insert_arg(i1, 1)
        types = [a.type for a in one.block.args]
        with context.inside(one.block):
            following = context.insert(arith.AddiOp(one.block.args[0], context.index(1)))
            go_on = context.truth(one.goes_on or TRUE)
        self._yield(one, [following.results[0], go_on])
        test = Block(arg_types=types)
        with context.inside(test):
            number, going = test.args[:2]
            if self.rounds.count is not None:
                below = arith.CmpiOp(number, context.index(self.rounds.count), "slt")
                going = context.insert(arith.AndIOp(context.insert(below).results[0], going))
            context.insert(scf.ConditionOp(going, *test.args))
        start = [context.index(0), context.truth(self.rounds.go_on)]
        op = scf.WhileOp([*start, *begin], [index, i1, *types[2:]], [test], [one.block])
        return context.insert(op).results[2:]

    def _yield(self, one: _Round, first: Sequence[SSAValue]) -> None:
        types = [a.type for a in one.block.args[-len(one.carried) :]] if one.carried else []
        yield_values(self.context, one.block, one.carried, types, first)


@dataclass
class _Round:
    """The body of a loop as imported, and what it makes."""

    block: Block
    carried: list[Tensor]
    items: Sequence[Tensor]
    goes_on: Value | None
    """None if the body always says so."""

    @staticmethod
    def of(loop: Loop, kept: Sequence[Sizes]) -> _Round:
        """Import the body, with carried values of which the sizes `kept` are known."""
        context = loop.context
        types = [open_type(x.element, k) for x, k in zip(loop.initial, kept, strict=True)]
        block = Block(arg_types=[IndexType(), *types])
        with context.inside(block):
            number = context.integer(block.args[0], signed=False)
            arguments = zip(block.args[1:], kept, strict=True)
            made = loop.body(number, [context.known(a, k) for a, k in arguments])
            carried = [context.tensor(value) for value in made.carried]
            items = [context.tensor(item) for item in made.items]
        for old, new in zip(loop.initial, carried, strict=True):
            if old.element != new.element or old.rank != new.rank:
                raise Unsupported(f"a value of type {old.ssa.type} that becomes {new.ssa.type}")
        goes_on = None if truth_of(made.go_on) is True else made.go_on
        return _Round(block, carried, items, goes_on)


def _kept(before: Sizes, after: Sequence[Dim]) -> tuple[Dim | None, ...]:
    """The sizes that a round leaves as they are."""
    return tuple(m if m == n else None for m, n in zip(before, after, strict=True))


def branch(
    context: Context, condition: SSAValue, branches: Sequence[Callable[[], Sequence[Value]]]
) -> list[Tensor]:
    """The results of the first branch if the condition holds, else of the second.

    Sizes in which the branches differ become `?`. Raises Unsupported for results whose element type
    or rank differs.
    """
    blocks, made = [Block(), Block()], list[list[Tensor]]()
    for block, build in zip(blocks, branches, strict=True):
        with context.inside(block):
            made.append([context.tensor(value) for value in build()])
    if len(made[0]) != len(made[1]):
        raise Unsupported("branches with different numbers of results")
    sizes = [_common(context, a, b) for a, b in zip(*made, strict=True)]
    types = [open_type(x.element, s) for x, s in zip(made[0], sizes, strict=True)]
    for block, values in zip(blocks, made, strict=True):
        yield_values(context, block, values, types)
    op = context.insert(scf.IfOp(condition, types, [blocks[0]], [blocks[1]]))
    return [context.known(result, s) for result, s in zip(op.results, sizes, strict=True)]


def _common(context: Context, a: Tensor, b: Tensor) -> Sizes:
    """The sizes that two tensors have in common."""
    if a.element != b.element or a.rank != b.rank:
        raise Unsupported(f"branches of types {a.ssa.type} and {b.ssa.type}")
    pairs = zip(a.dims, b.dims, strict=True)
    return tuple(m if m == n and context.is_known(m) else None for m, n in pairs)


def open_type(element: Attribute, sizes: Sizes) -> TensorType[Attribute]:
    """A type with `?` for all sizes that are no numbers."""
    return TensorType(element, [n if isinstance(n, int) else DYNAMIC_INDEX for n in sizes])


def yield_values(
    context: Context,
    block: Block,
    values: Sequence[Tensor],
    types: Sequence[Attribute],
    first: Sequence[SSAValue] = (),
) -> None:
    """End a block: `first`, and then the tensors under these types."""
    with context.inside(block):
        cast_values = [
            context.cast_type(x, cast(TensorType[Attribute], type))
            for x, type in zip(values, types, strict=True)
        ]
        context.insert(scf.YieldOp(*first, *cast_values))
