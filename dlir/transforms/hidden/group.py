"""Attention within a block of rows: scores, what becomes of a hidden one, and the last product."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from xdsl.dialects import arith, math, memref
from xdsl.dialects.builtin import DYNAMIC_INDEX, f32
from xdsl.ir import Block, Operation, SSAValue

from dlir.dialects.structured.ops import GenericOp, ReshapeOp, YieldOp, shape_of
from dlir.dialects.structured.roles import (
    Contraction,
    Operand,
    match_contraction,
    may_fail,
    operands_of,
)
from dlir.transforms.hidden.mask import HIDDEN, gain_of
from dlir.transforms.hidden.views import base_of
from dlir.types import is_number

_VIEWS = (memref.AllocaOp, memref.SubviewOp, memref.CastOp, memref.DimOp, ReshapeOp)


class Part(Enum):
    """What a hidden key has in a tensor, or what a row has that was made of all keys.

    That holds for rows that have a visible key and whose scores are numbers. Others are computed
    in full, or are NaN whether their hidden keys are computed or not.
    """

    SCORE = auto()  # so low that it is nothing beside the largest one
    LARGEST = auto()
    SHIFTED = auto()  # a score less the largest one
    WEIGHT = auto()  # exp of that, which is 0
    SUM = auto()  # at least 1, and at most the number of keys
    INVERSE = auto()  # of the sum
    ZERO = auto()
    NUMBER = auto()


@dataclass
class Group:
    """A product that makes scores, the one that reads their softmax, and the ops between them."""

    first: GenericOp
    scores: Contraction
    gain: float
    between: list[tuple[GenericOp, int]] = field(default_factory=list[tuple[GenericOp, int]])
    """With the iterator over keys."""
    last: GenericOp | None = None
    mixture: Contraction | None = None

    @property
    def keys(self) -> int:
        return shape_of(self.scores.out.value)[-1]

    @property
    def panel(self) -> int:
        """How many keys are searched, and skipped, together: as many as a register tile has."""
        assert self.first.schedule is not None
        return (self.first.schedule.integers("vector") or (1, 1))[1]

    @property
    def rows(self) -> tuple[int, ...]:
        """The first product's iterators that number the rows."""
        row = self.scores.row
        return (*self.scores.outer, *(() if row is None else (row,)))

    @property
    def values_dim(self) -> int:
        """The last product's iterator over keys."""
        assert self.last is not None
        return self.last.reduction_dims[0]


def groups(block: Block, least_keys: int) -> Iterator[Group]:
    """Those of one block, of which hidden keys may be skipped, with so many keys or more."""
    for op in block.ops:
        group = _begin(op) if isinstance(op, GenericOp) else None
        if group is None or group.keys < max(least_keys, group.panel + 1):
            continue
        if _Flow(group).follow():
            yield group


def _begin(op: GenericOp) -> Group | None:
    """Of a product whose scores a mask may hide."""
    roles, gain = _product(op), gain_of(op)
    if roles is None or gain is None or roles.row is None or not _is_local(roles.out.value):
        return None
    if not all(_follows_scores(roles, x) for x in roles.extra):
        return None
    if not any(roles.out.forms[-1] in x.forms for x in roles.extra):
        return None
    return Group(op, roles, gain)


def _product(op: GenericOp) -> Contraction | None:
    if op.schedule is None or op.schedule.word("kernel") != "contraction" or may_fail(op):
        return None
    roles = match_contraction(op)
    if roles is None or roles.group is not None or op.accumulator_type != f32:
        return None
    return roles if {x.element for x in (roles.a, roles.b, roles.out)} == {f32} else None


def _is_local(value: SSAValue) -> bool:
    """Whether the ops of this block alone see it."""
    op = value.owner
    if not isinstance(op, memref.AllocaOp) or DYNAMIC_INDEX in shape_of(value):
        return False
    return all(use.operation.parent is op.parent for use in value.uses)


def _follows_scores(roles: Contraction, operand: Operand) -> bool:
    """Whether an operand has keys, if at all, in one dimension that counts them as scores do."""
    keys = roles.out.forms[-1]
    others = [f for f in operand.forms if f != keys]
    plain = all(not f.dims or f.plain_dim is not None for f in others)
    return (
        plain
        and len(others) >= len(operand.forms) - 1
        and not any(f.coefficients[d] for f in others for d in keys.dims)
    )


class _Flow:
    """What becomes of hidden keys on the way to the last product."""

    def __init__(self, group: Group):
        self.group = group
        scores = group.scores.out.value
        self.parts: dict[SSAValue, Part | None] = {scores: Part.SCORE}
        self.keyed = {scores}
        """Tensors whose last dimension is that of the keys."""

    def follow(self) -> bool:
        """Whether what is computed of hidden keys adds nothing to anything."""
        op = self.group.first.next_op
        while op is not None and self.group.last is None:
            if isinstance(op, GenericOp):
                if not self._take(op):
                    return False
            elif not isinstance(op, _VIEWS) and not op.name.startswith("arith."):
                return False
            op = op.next_op
        return self.group.last is not None and all(map(self._is_seen, self.keyed))

    def _is_seen(self, value: SSAValue) -> bool:
        group = self.group
        known = {group.first, group.last, *(op for op, _ in group.between)}
        return all(use.operation in known for use in value.uses)

    def _take(self, op: GenericOp) -> bool:
        """One more op; whether all is well until there."""
        inputs, out, extra = operands_of(op)
        read = [*inputs, *extra]
        if not any(x.value in self.keyed for x in read):
            self.parts[out.value] = self._made(op, read)
            return out.value not in self.keyed
        if _product(op) is not None:
            return self._end(op)
        key = self._key_of(read)
        if key is None or may_fail(op) or op.domain is not None:
            return False
        self.group.between.append((op, key))
        if key in op.reduction_dims:
            self.parts[out.value] = self._folded(op, key)
            return self.parts[out.value] is not None
        return self._passed_on(op, key, read, out)

    def _key_of(self, operands: Sequence[Operand]) -> int | None:
        """The iterator over keys, if it is the same one in all that have keys, and in no other."""
        dims = {x.forms[-1].plain_dim for x in operands if x.value in self.keyed}
        key = dims.pop()
        if dims or key is None:
            return None
        for x in operands:
            forms = x.forms[:-1] if x.value in self.keyed else x.forms
            if any(f.coefficients[key] for f in forms):
                return None
        return key

    def _passed_on(self, op: GenericOp, key: int, read: Sequence[Operand], out: Operand) -> bool:
        """An op that makes something of each key."""
        part = self._made(op, read)
        plain = out.forms[-1].plain_dim == key and not any(
            f.coefficients[key] for f in out.forms[:-1]
        )
        if part is None or not plain or not _is_local(out.value):
            return False
        self.parts[out.value] = part
        self.keyed.add(out.value)
        return True

    def _made(self, op: GenericOp, read: Sequence[Operand]) -> Part | None:
        if op.reduction_dims or op.epilogue is not None:
            return None
        return _result(op.body.block, [self.parts.get(x.value) for x in read])

    def _folded(self, op: GenericOp, key: int) -> Part | None:
        """What a row has of all its keys, to which hidden ones add nothing."""
        if op.reduction_dims != (key,) or op.init is None or len(op.inputs) != 1:
            return None
        block = op.body.block
        *_, last = block.ops
        term, acc = block.args
        assert isinstance(last, YieldOp)
        fold, part = last.value.owner, self.parts.get(op.inputs[0])
        if not isinstance(fold, arith.MaximumfOp | arith.AddfOp):
            return None
        if {*fold.operands} != {term, acc}:
            return None
        if isinstance(fold, arith.MaximumfOp):
            low = is_number(op.init) and op.init.value.data <= HIDDEN
            plain = part is Part.SCORE and op.epilogue is None
            return Part.LARGEST if plain and low else None
        if part is not Part.WEIGHT or not (is_number(op.init) and op.init.value.data == 0):
            return None
        if op.epilogue is None:
            return Part.SUM
        late = [self.parts.get(v) for v in op.epilogue_inputs]
        return _result(op.epilogue.block, [Part.SUM, *late])

    def _end(self, op: GenericOp) -> bool:
        """The product of the weights and the values."""
        roles = match_contraction(op)
        assert roles is not None
        weights = roles.a
        if self.parts.get(weights.value) not in (Part.WEIGHT, Part.ZERO):
            return False
        others = [roles.b.value, roles.out.value, *(x.value for x in roles.extra)]
        key = self._key_of([weights])
        if key is None or op.reduction_dims != (key,):
            return False
        if {base_of(v) for v in self.parts} & {base_of(v) for v in others}:
            return False
        self.group.last, self.group.mixture = op, roles
        return True


def _result(block: Block, arguments: Sequence[Part | None]) -> Part | None:
    """What a body yields."""
    known: dict[SSAValue, Part | None] = dict(zip(block.args, arguments, strict=False))
    for op in block.ops:
        if isinstance(op, YieldOp):
            return known.get(op.value)
        if len(op.results) == 1:
            known[op.results[0]] = _apply(op, [known.get(o) for o in op.operands])
    return None


_NOTHING = (Part.WEIGHT, Part.ZERO)
_FINITE = (*_NOTHING, Part.NUMBER, Part.INVERSE)


def _apply(op: Operation, parts: Sequence[Part | None]) -> Part | None:
    match op, parts:
        case arith.ConstantOp(), _:
            return _constant(op)
        case arith.SubfOp(), [Part.SCORE, Part.LARGEST]:
            return Part.SHIFTED
        case math.ExpOp(), [Part.SHIFTED]:
            return Part.WEIGHT
        case arith.DivfOp(), [Part.NUMBER, Part.SUM]:
            return Part.INVERSE
        case arith.DivfOp(), [Part.WEIGHT | Part.ZERO, Part.SUM | Part.NUMBER]:
            return Part.ZERO
        case arith.MulfOp(), [a, b] if (a in _NOTHING or b in _NOTHING) and {a, b} <= {*_FINITE}:
            return Part.ZERO
        case arith.SelectOp(), [_, a, b] if a in _NOTHING and b in _NOTHING:
            return Part.ZERO
        case _:
            return None


def _constant(op: arith.ConstantOp) -> Part | None:
    """Zero, or another finite number that is large enough to divide by."""
    if not is_number(op.value):
        return None
    size = abs(float(op.value.value.data))
    if size == 0:
        return Part.ZERO
    return Part.NUMBER if 1e-30 < size < 1e30 else None
