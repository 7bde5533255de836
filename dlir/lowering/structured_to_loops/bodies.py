"""Scalar bodies put into loops: cloned as they are, or widened to vectors."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith, vector
from xdsl.dialects.builtin import FixedBitwidthType
from xdsl.ir import Attribute, Block, Operation, SSAValue

from dlir import types
from dlir.dialects.shared import vector_type
from dlir.dialects.structured.ops import IndexOp, YieldOp
from dlir.dialects.structured.roles import Factor
from dlir.dialects.vectorized import dense
from dlir.lowering.structured_to_loops.emitter import INDEX, Emitter, Index
from dlir.types import is_vector


class Body:
    """One region of a `structured.generic`, ready to be written out for concrete operands.

    `coordinates` gives `structured.index` its values; `lanes` is the iterator that runs along the
    last dimension of the vectors, if any.
    """

    def __init__(
        self,
        emit: Emitter,
        block: Block,
        coordinates: Sequence[Index],
        lanes: int | None = None,
    ):
        self._emit = emit
        self._block = block
        self._coordinates = coordinates
        self._lanes = lanes

    def __call__(self, arguments: Sequence[SSAValue], width: int = 1) -> SSAValue:
        """The yielded value. An op stays scalar while all of its operands are."""
        known: dict[SSAValue, SSAValue] = dict(zip(self._block.args, arguments, strict=True))
        for op in self._block.ops:
            if isinstance(op, YieldOp):
                return known[op.value]
            if isinstance(op, IndexOp):
                known[op.result] = self._index(op.dim.value.data, width)
            else:
                self._apply(op, known)
        raise ValueError("a body without structured.yield")

    def _apply(self, op: Operation, known: dict[SSAValue, SSAValue]) -> None:
        if isinstance(op, arith.ConstantOp):
            known[op.result] = self._emit.constant(op.value)
            return
        operands = [known[o] for o in op.operands]
        shape = common_shape(operands)
        if shape:
            operands = [self._emit.broadcast(o, shape) for o in operands]
        types = [vector_type(r.type, shape) if shape else r.type for r in op.results]
        new = type(op).create(
            operands=operands,
            result_types=types,
            properties=dict(op.properties),
            attributes=dict(op.attributes),
        )
        self._emit.insert_op(new)
        known.update(zip(op.results, new.results, strict=True))

    def _index(self, dim: int, width: int) -> SSAValue:
        at = self._emit.value(self._coordinates[dim])
        if dim != self._lanes or width == 1:
            return at
        steps = dense(vector_type(INDEX, [width]), list(range(width)))
        base = self._emit.broadcast(at, [width])
        return self._emit.insert(arith.AddiOp(base, self._emit.constant(steps)))


def as_factor(emit: Emitter, value: SSAValue, factor: Factor, element: Attribute) -> SSAValue:
    """A vector of an operand's elements as factors of a product of type `element`."""
    t = value.type
    assert is_vector(t)
    if factor.is_flipped:
        assert isinstance(t.element_type, FixedBitwidthType)
        sign = emit.splat(1 << (t.element_type.bitwidth - 1), t.element_type, t.get_shape())
        value = emit.insert(arith.XOrIOp(value, sign))
    if factor.extension is None:
        return value
    wide = vector_type(element, t.get_shape())
    return emit.insert(factor.extension.create(operands=[value], result_types=[wide]))


def shape_of_vector(value: SSAValue) -> tuple[int, ...]:
    """A vector's shape; a scalar has none."""
    return value.type.get_shape() if is_vector(value.type) else ()


def common_shape(values: Sequence[SSAValue]) -> tuple[int, ...]:
    """The shape that scalars and vectors broadcast to (trailing dimensions, 1 stretches)."""
    shapes = [shape_of_vector(v) for v in values]
    rank = max(map(len, shapes), default=0)
    padded = [(1,) * (rank - len(s)) + s for s in shapes]
    return tuple(max(sizes) for sizes in zip(*padded, strict=True))


def element_of(value: SSAValue) -> Attribute:
    """The element type of a vector; a scalar's own type."""
    return types.element_of(value.type)


# combiner op -> (its vector.reduction kind, neutral element); integers' extremes come from the type
COMBINERS: dict[type[Operation], tuple[vector.CombiningKindFlag, float | None]] = {
    arith.AddfOp: (vector.CombiningKindFlag.ADD, 0.0),
    arith.AddiOp: (vector.CombiningKindFlag.ADD, 0),
    arith.MulfOp: (vector.CombiningKindFlag.MUL, 1.0),
    arith.MuliOp: (vector.CombiningKindFlag.MUL, 1),
    arith.MaximumfOp: (vector.CombiningKindFlag.MAXIMUMF, float("-inf")),
    arith.MinimumfOp: (vector.CombiningKindFlag.MINIMUMF, float("inf")),
    arith.MaxSIOp: (vector.CombiningKindFlag.MAXSI, None),
    arith.MinSIOp: (vector.CombiningKindFlag.MINSI, None),
}


def combiner(block: Block) -> Operation | None:
    """The op that folds a new term into the accumulator: yield = op(term, acc), acc used once."""
    last = block.last_op
    if not isinstance(last, YieldOp) or not block.args:
        return None
    op, acc = last.value.owner, block.args[-1]
    if not isinstance(op, Operation) or type(op) not in COMBINERS:
        return None
    return op if list(op.operands).count(acc) == 1 and acc.has_one_use() else None
