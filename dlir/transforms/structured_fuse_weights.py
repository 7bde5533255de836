"""`structured-fuse-weights`: narrow weights are dequantised where a contraction reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX, FixedBitwidthType, ModuleOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass

from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.copies import substitute, zero_of
from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import (
    GenericOp,
    IndexOp,
    ReshapeOp,
    YieldOp,
    shape_of,
)
from dlir.dialects.structured.roles import (
    Contraction,
    Operand,
    is_copy,
    is_elementwise,
    is_weight,
    match_contraction,
    may_fail,
    operands_of,
)
from dlir.dialects.structured.weight_only import match_weight_only


@dataclass(frozen=True)
class StructuredFuseWeights(ModulePass):
    """Put the elementwise op that makes a weight wider into the contraction that reads it.

    Weights of 8 bits or less stay so in memory: `structured-hoist-constants` would compute the wide
    ones once, at load time, and every call would read four or eight times the bytes. Scales of
    blocks along the sum divide its iterator into blocks and places.

    Before:
    ```mlir
    %w = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d1), (d0, d1) -> (d0, d1)],
           iterators = [parallel, parallel]} ins(%q, %s : tensor<64x80xi8>, tensor<80xf32>) ... {
      %i = arith.extsi %p0 : i8 to i32
      %f = arith.sitofp %i : i32 to f32
      %r = arith.mulf %f, %p1 : f32
      ...
    %y = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
           ...} ins(%x, %w : tensor<3x64xf32>, tensor<64x80xf32>) ...
    ```
    After:
    ```mlir
    %y = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (n),
                                     (m, n, k) -> (m, n)], ...}
        ins(%x, %q, %s : tensor<3x64xf32>, tensor<64x80xi8>, tensor<80xf32>) ... {
      %i = arith.extsi %p1 : i8 to i32
      %f = arith.sitofp %i : i32 to f32
      %r = arith.mulf %f, %p2 : f32
      %p = arith.mulf %p0, %r : f32
      %t = arith.addf %acc, %p : f32
      ...
    ```
    """

    name = "structured-fuse-weights"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for inner in list(op.walk()):
            if isinstance(inner, GenericOp) and inner.result is not None:
                roles = match_contraction(inner)
                if roles is not None and inner.schedule is None:
                    _fuse(inner, roles)


@dataclass(frozen=True)
class _Source:
    """What makes a weight wider, and the dimension of the weight that is made of two of its own."""

    op: GenericOp
    blocks: int | None = None
    block: int = 1


def _fuse(op: GenericOp, roles: Contraction) -> None:
    weight, source = roles.b.value, _source(roles.b.value)
    if source is None or roles.a.value is weight:
        return
    divided = None
    if source.blocks is not None:
        divided = roles.b.forms[source.blocks].plain_dim
        if divided not in op.reduction_dims:
            return
    fused = _Fusion(op, roles, source, divided).made()
    if match_weight_only(fused) is None:
        fused.erase()
        return
    substitute(op, fused)
    _erase_unread(weight.owner)


def _source(value: SSAValue) -> _Source | None:
    """The op behind a weight, by way of what cuts off the end of its last block, and of the
    reshape that joins blocks and places."""
    owner, divided = value.owner, None
    if isinstance(owner, GenericOp) and _is_beginning(owner):
        value, owner = owner.inputs[0], owner.inputs[0].owner
        if not isinstance(owner, ReshapeOp):
            return None
    if isinstance(owner, ReshapeOp):
        divided = _joined(shape_of(owner.input), shape_of(value))
        if divided is None:
            return None
        value, owner = owner.input, owner.input.owner
    if not isinstance(owner, GenericOp) or not is_elementwise(owner) or may_fail(owner):
        return None
    if any(isinstance(o, IndexOp) for o in owner.body.block.ops):
        return None
    if not _widens(owner) or not is_weight(value):
        return None
    return (
        _Source(owner) if divided is None else _Source(owner, divided, shape_of(value)[divided + 1])
    )


def _is_beginning(op: GenericOp) -> bool:
    """Whether the op copies the beginning of its input along every dimension."""
    return is_copy(op) and op.map_list[0] == op.map_list[1] and op.paddings == (None,)


def _joined(apart: Sequence[int], flat: Sequence[int]) -> int | None:
    """The dimension of `flat` that is two of `apart`, all else being equal."""
    if DYNAMIC_INDEX in apart or len(apart) != len(flat) + 1:
        return None
    for at in range(len(flat)):
        joined = [*apart[:at], apart[at] * apart[at + 1], *apart[at + 2 :]]
        if joined == [*flat]:
            return at
    return None


def _widens(op: GenericOp) -> bool:
    """Whether fewer bits are read per element of the result than it has."""
    inputs, out, _ = operands_of(op)
    whole = [x for x in inputs if all(x.depends_on(d) for d in range(len(op.kinds)))]
    return bool(whole) and sum(_bits(x.element) for x in whole) < _bits(out.element)


def _bits(element: Attribute) -> int:
    return element.bitwidth if isinstance(element, FixedBitwidthType) else 64


class _Fusion:
    """One contraction with the op in front of it.

    Where the weight's dimension is divided, its iterator counts blocks, and a new one behind it the
    places in a block.
    """

    def __init__(self, op: GenericOp, roles: Contraction, source: _Source, divided: int | None):
        self.op, self.roles, self.source, self.divided = op, roles, source, divided
        self.number = next(i for i, v in enumerate(op.inputs) if v is roles.b.value)
        self.dims = len(op.kinds) + (divided is not None)

    def made(self) -> GenericOp:
        op = self.op
        others = [i for i in range(len(op.inputs)) if i != self.number]
        extents = self._extents()
        operands = [*self._others(others), *self._composed()]
        out = [self._spread(f) for f in op.out_forms]
        kinds = list(op.kinds)
        if self.divided is not None:
            kinds.insert(self.divided + 1, Iterator.REDUCTION)
        return GenericOp(
            [x.value for x in operands],
            op.outs,
            [map_of(forms, self.dims) for forms in (*(x.forms for x in operands), out)],
            kinds,
            Region(self._body(others)),
            init=op.init,
            padding=[x.padding if x.escapes(extents) else None for x in operands],
            domain=[e if e >= 0 else -1 for e in extents],
            epilogue_inputs=list(op.epilogue_inputs),
            epilogue_maps=[m.data for m in op.epilogue_maps.data] if op.epilogue_maps else [],
            epilogue=op.epilogue.clone() if op.epilogue is not None else None,
        )

    def _extents(self) -> list[int]:
        extents = list(self.op.static_extents())
        if self.divided is not None and (at := self.source.blocks) is not None:
            made = shape_of(self.source.op.outs)
            extents[self.divided : self.divided + 1] = made[at : at + 2]
        return extents

    def _others(self, numbers: Sequence[int]) -> list[Operand]:
        """The contraction's other inputs; the last block may reach beyond: zeros meet zeros."""
        inputs, _, _ = operands_of(self.op)
        return [
            Operand(
                inputs[i].value,
                tuple(map(self._spread, inputs[i].forms)),
                inputs[i].padding or (zero_of(inputs[i]) if self.divided is not None else None),
            )
            for i in numbers
        ]

    def _spread(self, form: Linear) -> Linear:
        """The form over the new iterators."""
        if self.divided is None:
            return form
        c = [*form.coefficients]
        whole = c[self.divided]
        c[self.divided : self.divided + 1] = [whole * self.source.block, whole]
        return Linear(tuple(c), form.constant)

    def _composed(self) -> list[Operand]:
        """How the inputs of the op in front are read."""
        before, reads = self.source.op, [self._spread(f) for f in self.roles.b.forms]
        if self.divided is not None and (at := self.source.blocks) is not None:
            reads[at : at + 1] = [self._unit(self.divided), self._unit(self.divided + 1)]
        read = {
            written.plain_dim: form for written, form in zip(before.out_forms, reads, strict=True)
        }
        inputs, _, _ = operands_of(before)
        return [
            Operand(x.value, tuple(self._compose(f, read) for f in x.forms), x.padding)
            for x in inputs
        ]

    def _unit(self, dim: int) -> Linear:
        return Linear(tuple(int(d == dim) for d in range(self.dims)), 0)

    def _compose(self, form: Linear, read: dict[int | None, Linear]) -> Linear:
        total, constant = [0] * self.dims, form.constant
        for d in form.dims:
            factor, inner = form.coefficients[d], read[d]
            constant += factor * inner.constant
            total = [t + factor * c for t, c in zip(total, inner.coefficients, strict=True)]
        return Linear(tuple(total), constant)

    def _body(self, others: Sequence[int]) -> Block:
        """The body in front, then the contraction's on what it yields."""
        old, front = self.op.body.block, self.source.op.body.block
        block = Block(
            arg_types=[
                *(old.args[i].type for i in others),
                *(a.type for a in front.args),
                old.args[-1].type,
            ]
        )
        count = len(others)
        known: dict[SSAValue, SSAValue] = dict(zip(front.args, block.args[count:-1], strict=True))
        last = front.last_op
        assert isinstance(last, YieldOp)
        for inner in front.ops:
            if inner is not last:
                block.add_op(inner.clone(known))
        known |= dict(zip((old.args[i] for i in others), block.args[:count], strict=True))
        known[old.args[self.number]] = known[last.value]
        known[old.args[-1]] = block.args[-1]
        for inner in old.ops:
            block.add_op(inner.clone(known))
        return block


def _erase_unread(op: Operation | Block) -> None:
    """Erase what nobody reads any more, from a weight back to what it was made of."""
    going = isinstance(op, GenericOp | ReshapeOp | tensor.EmptyOp)
    if not going or any(r.first_use for r in op.results):
        return
    sources = [operand.owner for operand in op.operands]
    op.detach()
    op.erase()
    for source in sources:
        _erase_unread(source)
