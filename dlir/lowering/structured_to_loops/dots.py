"""The contraction kernel on groups of narrow numbers: a lane of 32 bits holds a whole group.

    for kg...:  acc += dot(groups(a, MR x 1), groups(b, NR))      one dot product per lane

`b` is packed in groups, `[N/NR, .., K/G, NR * G]`; neighbours in `a` are a group as they lie. The
last group of `a` may be cut short: its missing numbers are zeros, as they are in `b`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from xdsl.dialects import arith, vector
from xdsl.dialects.builtin import i32
from xdsl.ir import SSAValue

from dlir.diagnostics import fail
from dlir.dialects.shared import vector_type
from dlir.dialects.structured.dots import dot_of, factors_in_order, is_prepared
from dlir.dialects.structured.roles import Factor
from dlir.dialects.vector_dot import Dot, DotOp
from dlir.lowering.structured_to_loops.access import Lanes, evaluate, read_scalar
from dlir.lowering.structured_to_loops.contraction import Kernel
from dlir.lowering.structured_to_loops.emitter import Index
from dlir.types import is_vector

SIGN_BITS = -0x7F7F7F80
"""0x80808080: the sign bits of four bytes."""


class DotKernel(Kernel):
    """A contraction whose innermost loop takes a group of k at a time."""

    def products(
        self,
        height: int,
        lanes: Lanes,
        inner: int,
        prefetch: Callable[[], None],
        carried: Sequence[SSAValue],
    ) -> Sequence[SSAValue]:
        """Whole groups, then the one that is cut short."""
        emit, space, a = self.emit, self.space, self.roles.a
        count = space.extents[inner]
        whole = count
        if a.padding is not None:
            whole = emit.div(emit.dim(a.value, len(a.forms) - 1), self._group())

        column = self._whole_groups(height)

        def product(k: Index, acc: SSAValue) -> SSAValue:
            space.at[inner] = k
            prefetch()
            return self._dot(column(k), acc, lanes)

        def cut(k: Index, accs: Sequence[SSAValue]) -> list[SSAValue]:
            space.at[inner] = k
            return [self._dot(self._cut_groups(height), accs[0], lanes)]

        accs = self.in_parts(whole, product, carried)
        return [*emit.loop(whole, count, 1, accs[:1], cut), *accs[1:]]

    def _group(self) -> int:
        """Numbers in a group."""
        assert self.roles.group is not None
        return self.op.static_extents()[self.roles.group]

    def _dot(self, groups: SSAValue, acc: SSAValue, lanes: Lanes) -> SSAValue:
        """The tile with the products of a column of groups and a row of groups of b added."""
        emit, b = self.emit, self.roles.b
        shape = [*_shape(groups)[:1], lanes.width]
        size = self._group()
        at = emit.values([evaluate(emit, form, self.space.at) for form in b.forms])
        row_type = vector_type(b.element, [lanes.width * size])
        row = emit.insert(vector.LoadOp(b.value, at, row_type))
        left, right = factors_in_order(self.op, self.roles)
        x = self._flipped(emit.broadcast(self._as_lanes(groups, 1), shape), left)
        y = self._flipped(emit.broadcast(self._as_lanes(row, lanes.width), shape), right)
        dot = dot_of(self.op.schedule)
        if dot is None or not is_prepared(self.op, self.roles, dot):
            fail(
                self.op,
                "b is packed in groups, but no dot product of the schedule's takes the operands",
                help="run structured-prepare-dots before structured-pack",
            )
        if dot is Dot.U8S8 and right.is_unsigned:
            x, y = y, x
        return emit.insert(DotOp(dot, x, y, acc))

    def _as_lanes(self, groups: SSAValue, width: int) -> SSAValue:
        """Groups as lanes of 32 bits, `width` of them in a row."""
        lanes = vector_type(i32, [*_shape(groups)[:-1], width])
        return self.emit.insert(vector.BitcastOp(groups, lanes))

    def _flipped(self, lanes: SSAValue, factor: Factor) -> SSAValue:
        """Bytes with their sign bits inverted, if the factor says so."""
        if not factor.is_flipped:
            return lanes
        signs = self.emit.splat(SIGN_BITS, i32, _shape(lanes))
        return self.emit.insert(arith.XOrIOp(lanes, signs))

    def _whole_groups(self, height: int) -> Callable[[Index], SSAValue]:
        """How to read a column of groups, vector<MRxG>."""
        emit, a, size = self.emit, self.roles.a, self._group()
        view = self.rows_view(height)
        if view is not None:
            column = vector_type(a.element, [height, size])

            def load(k: Index) -> SSAValue:
                return emit.insert(vector.LoadOp(view, emit.values([0, emit.mul(k, size)]), column))

            return load
        group = vector_type(a.element, [size])

        def row() -> SSAValue:
            at = emit.values([evaluate(emit, form, self.space.at) for form in a.forms])
            return emit.insert(vector.LoadOp(a.value, at, group))

        return lambda _: self.stack([self.at_row(r, row) for r in range(height)])

    def _cut_groups(self, height: int) -> SSAValue:
        """A column of groups of which only the first numbers are there; the others are zeros."""

        def row() -> SSAValue:
            return self._cut_group()

        return self.stack([self.at_row(r, row) for r in range(height)])

    def _cut_group(self) -> SSAValue:
        emit, a, ahead = self.emit, self.roles.a, self.roles.group
        assert ahead is not None
        size, depth = self._group(), emit.dim(a.value, len(a.forms) - 1)
        result = emit.splat(0.0, a.element, [size])
        for place in range(size):
            self.space.at[ahead] = place
            index = evaluate(emit, a.forms[-1], self.space.at)
            if isinstance(index, int) and isinstance(depth, int) and index >= depth:
                break
            known = isinstance(index, int) and isinstance(depth, int)
            operand = replace(a, padding=None) if known else a
            value = read_scalar(emit, operand, self.space)
            result = emit.insert(vector.InsertOp(value, result, [place]))
        self.space.at[ahead] = 0
        return result


def _shape(value: SSAValue) -> tuple[int, ...]:
    assert is_vector(value.type)
    return value.type.get_shape()
