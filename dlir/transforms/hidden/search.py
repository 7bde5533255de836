"""Code that finds out, before a block of rows, how many of its keys have to be computed."""

from __future__ import annotations

from collections.abc import Callable

from xdsl.builder import Builder
from xdsl.dialects import arith, memref, scf
from xdsl.dialects.builtin import IndexType, f32
from xdsl.ir import Block, Region, SSAValue
from xdsl.rewriter import InsertPoint

from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import FillOp, GenericOp, YieldOp, body_region, shape_of
from dlir.dialects.structured.rearrange import form
from dlir.dialects.structured.roles import Operand
from dlir.dialects.structured.shapes import Size, Sizes
from dlir.transforms.hidden.checks import Totals, compare, fold, hides_exactly, load, local, real
from dlir.transforms.hidden.group import Group
from dlir.transforms.hidden.mask import HIDDEN, VISIBLE
from dlir.types import is_memref, number


class Search:
    """The panels of keys behind which none of a block's rows sees anything."""

    def __init__(self, sizes: Sizes, group: Group, totals: Totals):
        self.sizes, self.group, self.totals = sizes, group, totals
        self.panels = -(-group.keys // group.panel)
        self.rows = [d for d in group.rows if any(x.depends_on(d) for x in group.scores.extra)]
        """The iterators of scores, but not of keys, that the mask depends on."""

    def write(self) -> SSAValue:
        """How many panels have to be computed, before the group."""
        sizes = self.sizes
        is_safe = hides_exactly(sizes, self.group, self.totals)
        some, least = local(sizes, ()), local(sizes, ())
        seen = local(sizes, self._row_sizes()) if self.rows else least
        for memory in dict.fromkeys((some, seen, least)):
            sizes.insert(FillOp(real(sizes, 0.0), memory))

        def look_at_rows(panel: Size) -> None:
            self._count(panel, seen, "oge", VISIBLE)
            if self.rows:
                fold(sizes, seen, least, arith.MinimumfOp, float("inf"))

        last = self._down(self.panels, some, lambda n: self._count(n, some, "ugt", HIDDEN))
        bound = sizes.add(last, 1)
        self._down(bound, least, look_at_rows)
        is_known = sizes.insert(arith.AndIOp(is_safe, self._is_some(least))).result
        every = sizes.constant(self.panels)
        return sizes.insert(arith.SelectOp(is_known, sizes.value(bound), every)).result

    def _is_some(self, count: SSAValue) -> SSAValue:
        return compare(self.sizes, "ogt", load(self.sizes, count), 0.0)

    def _row_sizes(self) -> tuple[int, ...]:
        extents = self.group.first.static_extents()
        return tuple(extents[d] for d in self.rows)

    def _down(self, start: Size, count: SSAValue, look: Callable[[Size], None]) -> SSAValue:
        """Look at one panel after the other, from number `start` - 1 down to the first one, until
        the count is not 0; the number of the last one that was looked at."""
        sizes = self.sizes
        before, after = (Block(arg_types=[IndexType()]) for _ in range(2))
        outside, sizes.builder = sizes.builder, Builder(InsertPoint.at_end(before))
        left = sizes.insert(arith.CmpiOp(before.args[0], sizes.constant(0), "ne")).result
        yes = sizes.insert(arith.ConstantOp.from_int_and_width(1, 1)).result
        go_on = sizes.insert(arith.XOrIOp(self._is_some(count), yes)).result
        both = sizes.insert(arith.AndIOp(left, go_on)).result
        sizes.insert(scf.ConditionOp(both, before.args[0]))
        sizes.builder = Builder(InsertPoint.at_end(after))
        panel = sizes.add(after.args[0], -1)
        look(panel)
        sizes.insert(scf.YieldOp(sizes.value(panel)))
        sizes.builder = outside
        loop = scf.WhileOp([sizes.value(start)], [IndexType()], Region(before), Region(after))
        return sizes.insert(loop).results[0]

    def _count(self, panel: Size, into: SSAValue, how: str, limit: float) -> None:
        """Add, per row or for all, how many scores of a product of 0 are beyond a limit."""
        sizes, group = self.sizes, self.group
        first, count = sizes.mul(panel, group.panel), self._width(panel)
        operands = [self._cut(x, first, count) for x in group.scores.extra]
        rank, kept = len(self.rows) + 1, len(shape_of(into))
        rows = [form(rank, {d: 1}) for d in range(kept)]
        sizes.insert(
            GenericOp(
                [value for value, _ in operands],
                into,
                [map_of(forms, rank) for forms in (*(f for _, f in operands), rows)],
                [*[Iterator.PARALLEL] * kept, *[Iterator.REDUCTION] * (rank - kept)],
                self._counting(how, limit),
            )
        )

    def _width(self, panel: Size) -> Size:
        """Keys in a panel; the last one may have fewer."""
        sizes, group = self.sizes, self.group
        if group.keys % group.panel == 0:
            return group.panel
        left = sizes.sub(group.keys, sizes.mul(panel, group.panel))
        return sizes.min(group.panel, left)

    def _counting(self, how: str, limit: float) -> Region:
        """One more if what the epilogue makes of 0 is beyond a limit; counted in floats, which
        take the fewest instructions."""
        epilogue = self.group.first.epilogue
        assert epilogue is not None
        region, block = body_region([*(a.type for a in epilogue.block.args[1:]), f32])
        zero, one, end = (arith.ConstantOp(number(n, f32)) for n in (0.0, 1.0, limit))
        block.add_ops([zero, one, end])
        arguments: list[SSAValue] = [zero.result, *block.args[:-1]]
        known: dict[SSAValue, SSAValue] = dict(zip(epilogue.block.args, arguments, strict=True))
        for op in epilogue.block.ops:
            if isinstance(op, YieldOp):
                test = arith.CmpfOp(known[op.value], end.result, how)
                term = arith.SelectOp(test, one.result, zero.result)
                total = arith.AddfOp(block.args[-1], term)
                block.add_ops([test, term, total, YieldOp(total.result)])
            else:
                block.add_op(op.clone(known))
        return region

    def _cut(self, x: Operand, first: Size, count: Size) -> tuple[SSAValue, list[Linear]]:
        """Some keys of what the epilogue reads, over the rows' iterators and one of keys."""
        last = len(self.rows)
        keys = self.group.scores.out.forms[-1]
        forms = [
            form(last + 1, {n: f.coefficients[d] for n, d in enumerate(self.rows)}, f.constant)
            for f in x.forms
        ]
        if keys not in x.forms:
            return x.value, forms
        place = x.forms.index(keys)
        forms[place] = form(last + 1, {last: 1})
        counts = self.sizes.all_of(x.value)
        offsets: list[Size] = [0] * len(counts)
        offsets[place], counts[place] = first, count
        ones = [1] * len(counts)
        assert is_memref(x.value.type)
        view = memref.SubviewOp.infer_result_type(x.value.type, offsets, counts, ones)
        part = memref.SubviewOp.get(x.value, offsets, counts, ones, view)
        return self.sizes.insert(part).result, forms
