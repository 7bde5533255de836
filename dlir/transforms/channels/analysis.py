"""Channels through a block of ops, forwards; and which may go, as those who read them allow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from xdsl.ir import Block, Operation, SSAValue

from dlir.dialects.dl.attrs import FLOATS, Layout
from dlir.dialects.dl.constants import known_array
from dlir.dialects.dl.ops import movement as m
from dlir.dialects.dl.ops.base import DlOp, element_of, rank_of, shape_of
from dlir.dialects.dl.ops.binary import CastOp
from dlir.dialects.dl.ops.composite import BatchNormOp
from dlir.dialects.dl.ops.contraction import Conv2dOp, MatmulOp
from dlir.dialects.dl.ops.elementwise import PlainBinaryOp, UnaryOp
from dlir.dialects.dl.ops.pooling import AvgPool2dOp, LpPool2dOp, PoolOp
from dlir.dialects.dl.ops.reduction import ReduceMaxOp, ReduceMeanOp, ReduceMinOp, ReduceOp
from dlir.dialects.dl.ops.source import DimOp, ParamOp
from dlir.dialects.sparse.attrs import is_encoded
from dlir.numpy_types import Array, dtype_of
from dlir.transforms.channels.facts import (
    Channels,
    Known,
    Unions,
    Units,
    constant_along,
    evaluated,
    flattened,
)

EVEN = (ReduceMeanOp, ReduceMaxOp, ReduceMinOp)
"""Reductions of equal numbers that give that number."""


class Analysis:
    """All channels of a block, and the units that may go."""

    def __init__(self, block: Block, weights: Mapping[str, Array]) -> None:
        self.weights = weights
        self.unions = Unions()
        self.channels: dict[SSAValue, Channels] = {}
        self.blocked: set[int] = set()
        self.sources: list[Units] = []
        """The units of each product; of each one has to stay."""
        for op in block.ops:
            self._visit(op)

    # Weights

    def weight(self, value: SSAValue) -> Array | None:
        """The array of a weight or constant whose values are known."""
        op = value.owner
        if isinstance(op, ParamOp):
            return self.weights.get(op.param_name.data)
        return known_array(value)

    # Forwards

    def _visit(self, op: Operation) -> None:
        inside = (inner for region in op.regions for inner in region.walk())
        for value in (value for inner in inside for value in inner.operands):
            if value in self.channels:
                self._keep(value)
        read = [value for value in op.operands if value in self.channels]
        found = self._after(op) if isinstance(op, DlOp) else None
        if found is None and not isinstance(op, DimOp):
            for value in read:
                self._keep(value)
        elif isinstance(op, DimOp) and read and op.axis.value.data == self.channels[op.x].axis:
            self._keep(op.x)
        if found is not None:
            self.channels[op.results[0]] = found

    def _keep(self, value: SSAValue) -> None:
        self.blocked.update(self.channels[value].units.tolist())

    def _after(self, op: DlOp) -> Channels | None:
        """The channels of the result; None if it has none, and what is read must then stay."""
        for kinds, rule in RULES:
            if isinstance(op, kinds):
                return rule(self, op)
        return None

    def _allow(self, value: SSAValue, ignored: Known, takes_numbers: bool) -> None:
        """A product reads channels: those it ignores may go, and known ones if it takes numbers.

        Zero may go wherever it is read.
        """
        known = self.channels[value]
        zero = known.known & (known.number == 0)
        allowed = ignored | zero | (known.known if takes_numbers else zero)
        self.blocked.update(known.units[~allowed].tolist())

    def _made(self, op: DlOp, axis: int, rows: Array) -> Channels:
        """New channels: rows of weights that are all zero give zero, as long as x is finite."""
        units = self.unions.new(len(rows))
        self.sources.append(units)
        dtype = dtype_of(op.results[0].type)
        known = _zero(rows, 0)
        return Channels(axis, units, known, np.zeros(len(rows), dtype))

    def matmul(self, op: MatmulOp) -> Channels | None:
        """x W, with the inputs along the last axis of x."""
        weight = self.weight(op.rhs)
        plain = op.transpose_lhs is None and not is_encoded(op.rhs.type)
        if weight is None or weight.ndim != 2 or not plain:
            return None
        rows = weight if op.transpose_rhs is not None else weight.T
        x = self.channels.get(op.lhs)
        if x is not None and x.axis == rank_of(op.lhs) - 1:
            self._allow(op.lhs, _zero(rows, 1), True)
        elif x is not None:
            return None
        return self._made(op, rank_of(op.result) - 1, rows)

    def conv2d(self, op: Conv2dOp) -> Channels | None:
        """A convolution; a number that is not zero meets zeros where the image is padded."""
        weight = self.weight(op.weight)
        axis = 3 if op.layout.data is Layout.NHWC else 1
        x, groups = self.channels.get(op.x), op.groups.value.data
        if weight is None or (x is not None and x.axis != axis):
            return None
        if groups == 1:
            if x is not None:
                self._allow(op.x, _zero(weight, 1), not any(op.padding.get_values()))
            return self._made(op, axis, weight)
        if x is None or weight.shape[:2] != (groups, 1):
            return None
        zero = x.known & (x.number == 0) | _zero(weight, 0)
        return replace(x, known=zero, number=np.zeros(groups, dtype_of(op.result.type)))

    def unary(self, op: UnaryOp | CastOp) -> Channels | None:
        """f of a number is a number."""
        if (x := self.channels.get(op.x)) is None:
            return None
        return self._computed(op, x, [x.spread(rank_of(op.x))])

    def _computed(self, op: DlOp, x: Channels, arrays: list[Any]) -> Channels:
        known, number = constant_along(x.axis, evaluated(op, arrays), x)
        return replace(x, known=known, number=number.astype(dtype_of(op.results[0].type)))

    def binary(self, op: PlainBinaryOp) -> Channels | None:
        """Channels with channels are joined; with weights or one number for all they stay apart."""
        found = [self._aligned(op, value) for value in op.operands]
        facts = [one for one in found if one is not None]
        if not facts or len({one.axis for one in facts}) > 1:
            return None
        first, rank = facts[0], rank_of(op.result)
        arrays: list[Any] = []
        for value, one in zip(op.operands, found, strict=True):
            array = one.spread(rank) if one is not None else self._companion(op, value, first)
            if array is None:
                return None
            arrays.append(array)
        if len(facts) == 2:
            self.unions.join(first.units, facts[1].units)
            first = replace(first, known=first.known & facts[1].known)
        return self._computed(op, first, arrays)

    def _aligned(self, op: PlainBinaryOp, value: SSAValue) -> Channels | None:
        """The channels of an operand, their axis counted in the result."""
        one = self.channels.get(value)
        if one is None:
            return None
        axis = one.axis + rank_of(op.result) - rank_of(value)
        return replace(one, axis=axis) if shape_of(op.result)[axis] == one.units.size else None

    def _companion(self, op: PlainBinaryOp, value: SSAValue, x: Channels) -> Array | None:
        """The values of an operand that has no channels: None if it would have to be cut and is no
        weight. What is computed but the same for all channels is left out of the numbers."""
        axis = x.axis - (rank_of(op.result) - rank_of(value))
        array = self.weight(value)
        if array is not None or value in self.channels:
            return array
        if element_of(value) not in FLOATS or (axis >= 0 and shape_of(value)[axis] != 1):
            return None
        return np.full((1,) * rank_of(value), np.nan, dtype_of(value.type))

    def batch_norm(self, op: BatchNormOp) -> Channels | None:
        """A number in each channel, by the statistics of that channel."""
        x = self.channels.get(op.x)
        statistics = [self.weight(value) for value in op.operands[1:]]
        if x is None or x.axis != op.axis.value.data or any(s is None for s in statistics):
            return None
        return self._computed(op, x, [x.spread(rank_of(op.x)), *statistics])

    def pool(self, op: PoolOp) -> Channels | None:
        """Windows of one number give it, unless they see none of it, or zeros beside it; a norm of
        many numbers is one of them for zeros."""
        x = self.channels.get(op.x)
        if x is None or x.axis != (3 if op.layout.data is Layout.NHWC else 1):
            return None
        padding = op.padding.get_values()
        sees = all(p < op.kernel.get_values()[i % 2] for i, p in enumerate(padding))
        if any(padding) and not (sees and {*op.dilations.get_values()} == {1}):
            return replace(x, known=np.zeros_like(x.known))
        padded = isinstance(op, AvgPool2dOp) and op.count_include_pad is not None and any(padding)
        zeros = padded or isinstance(op, LpPool2dOp)
        return replace(x, known=x.known & (x.number == 0)) if zeros else x

    def reduce(self, op: ReduceOp) -> Channels | None:
        """Reductions over other axes than the channels'."""
        x, axes = self.channels.get(op.x), op.axes.get_values()
        if x is None or x.axis in axes:
            return None
        shift = 0 if op.keepdims is not None else sum(axis < x.axis for axis in axes)
        nonempty = all(shape_of(op.x)[axis] > 0 for axis in axes)
        even = isinstance(op, EVEN) and nonempty
        known = x.known if even else np.zeros_like(x.known)
        return replace(x, axis=x.axis - shift, known=known)

    def reshape(self, op: m.ReshapeOp) -> Channels | None:
        """Channels that stay, or are flattened with what follows them."""
        x = self.channels.get(op.x)
        if x is None:
            return None
        place = flattened(shape_of(op.x), shape_of(op.result), x.axis)
        if place is None:
            return None
        axis, times = place
        return Channels(axis, x.units.repeat(times), x.known.repeat(times), x.number.repeat(times))

    def transpose(self, op: m.TransposeOp) -> Channels | None:
        """The channels are along another axis."""
        x = self.channels.get(op.x)
        return x and replace(x, axis=list(op.perm.get_values()).index(x.axis))

    def concat(self, op: m.ConcatOp) -> Channels | None:
        """Channels beside channels; of tensors joined along another axis they are joined."""
        found = [self.channels.get(value) for value in op.inputs]
        facts = [one for one in found if one is not None]
        if len(facts) < len(found) or len({one.axis for one in facts}) > 1:
            return None
        if facts[0].axis == op.axis.value.data:
            columns = zip(*((one.units, one.known, one.number) for one in facts), strict=True)
            return Channels(facts[0].axis, *(np.concatenate(column) for column in columns))
        for one in facts[1:]:
            self.unions.join(facts[0].units, one.units)
        same = np.all([one.known & (one.number == facts[0].number) for one in facts], axis=0)
        return replace(facts[0], known=same)

    # What goes

    def removed(self) -> set[int]:
        """The units that nobody needs; of each product one stays, so that no tensor is empty."""
        find = self.unions.find
        kept = {find(unit) for unit in self.blocked}
        for units in self.sources:
            if units.size and all(find(unit) not in kept for unit in units.tolist()):
                kept.add(find(int(units[0])))
        every = {find(unit) for units in self.sources for unit in units.tolist()}
        return every - kept

    def keeps(self, value: SSAValue, gone: set[int]) -> Known:
        """Which channels of a value stay."""
        units = self.channels[value].units.tolist()
        return np.array([self.unions.find(unit) not in gone for unit in units], np.bool_)


def _zero(weight: Array, axis: int) -> Known:
    """Where along an axis all weights are zero."""
    others = tuple(a for a in range(weight.ndim) if a != axis)
    return np.all(weight == 0, axis=others)


RULES: list[tuple[Any, Callable[[Analysis, Any], Channels | None]]] = [
    (MatmulOp, Analysis.matmul),
    (Conv2dOp, Analysis.conv2d),
    (UnaryOp | CastOp, Analysis.unary),
    (PlainBinaryOp, Analysis.binary),
    (BatchNormOp, Analysis.batch_norm),
    (PoolOp, Analysis.pool),
    (ReduceOp, Analysis.reduce),
    (m.ReshapeOp, Analysis.reshape),
    (m.TransposeOp, Analysis.transpose),
    (m.ConcatOp, Analysis.concat),
]
"""Op class -> the channels of its result."""
