"""Ops with maps, iterators and a body: one `structured.generic` for each of their results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import i1
from xdsl.ir import Attribute, SSAValue

from dlir import types
from dlir.diagnostics import fail
from dlir.dialects.linalg import FillOp
from dlir.dialects.linalg.ops import Structured
from dlir.dialects.structured.ops import FillOp as StructuredFillOp
from dlir.dialects.structured.ops import IndexOp as StructuredIndexOp
from dlir.lowering.linalg_to_structured.bodies import (
    assertions_of,
    check_body,
    flatten_conditions,
)
from dlir.lowering.linalg_to_structured.emitter import (
    PARALLEL,
    REDUCTION,
    Access,
    Emitter,
    identity,
    same,
)
from dlir.lowering.linalg_to_structured.nonlinear import with_linear_maps
from dlir.lowering.linalg_to_structured.pieces import Piece
from dlir.lowering.linalg_to_structured.reads import add_reads
from dlir.lowering.linalg_to_structured.space import Space
from dlir.types import element_of, is_number, is_tensor


def convert_structured(emitter: Emitter, op: Structured) -> list[SSAValue]:
    """One structured.generic per result, computed from what that result needs of the body."""
    for value in op.operands:
        if types.is_memref(value.type):
            fail(op, f"works on memory ({value.type})", help="only linalg on tensors is taken")
    flatten_conditions(op.body.block)
    check_body(op)
    if isinstance(op, FillOp) and op.inputs[0].type == element_of(op.outputs[0].type):
        return [emitter.insert(StructuredFillOp(op.inputs[0], op.outputs[0])).results[0]]
    linear = with_linear_maps(op)
    conversion = _Conversion(emitter, Space.of(emitter, linear))
    results = [conversion.result(number) for number in range(len(op.outputs))]
    if linear is not op and linear.parent is not None:
        linear.parent.erase_op(linear)
    return results


@dataclass
class _Conversion:
    """The results of one op; `running` holds the tensors made for those that others look at."""

    emitter: Emitter
    space: Space
    running: dict[int, SSAValue] = field(default_factory=dict[int, SSAValue])
    open: list[int] = field(default_factory=list[int])

    def result(self, number: int) -> SSAValue:
        """The value of an output after the op."""
        self.space.check_output(number)
        value = self._folded(number) if self.space.folded(number) else self._mapped(number)
        wanted = self.space.output(number).type
        assert is_tensor(wanted)
        return self.emitter.resized(value, wanted)

    def _mapped(self, number: int) -> SSAValue:
        """No reduction: outputs that the body reads are inputs."""
        space, piece = self.space, self._piece(number)
        for other in piece.outputs():
            piece.read(space.held(other), piece.operand(len(space.op.inputs) + other))
        return self._finished(number, piece, self._target(number), None)

    def _folded(self, number: int) -> SSAValue:
        """A reduction, from what the output holds: a number where it has been filled."""
        space, piece = self.space, self._piece(number)
        target, init = space.output(number), None
        if number not in piece.outputs():
            target, init = self._target(number), types.number(0, space.held(number).type)
        elif space.covers(number):
            target, init = _before_fill(target)
        self._read_running(piece, number)
        return self._finished(number, piece, target, init)

    def _finished(
        self, number: int, piece: Piece, target: SSAValue, init: Attribute | None
    ) -> SSAValue:
        space, forms = self.space, self.space.out_forms(number)
        extents = piece.tell_extents(forms)
        accumulator = space.held(number) if space.folded(number) else None
        body = piece.body(lambda: piece.known[space.yielded(number)], accumulator)
        out = Access(target, forms)
        return self.emitter.generic(
            piece.inputs, out, space.kinds(number), body, init=init, extents=extents
        )

    def _piece(self, number: int) -> Piece:
        checks = assertions_of(self.space.op) if number == 0 else []
        values = [self.space.yielded(number), *(check.arg for check in checks)]
        piece = Piece(self.space, values, self.space.dims, {}, checks)
        return add_reads(self.emitter, piece)

    def _target(self, number: int) -> SSAValue:
        """Where the result goes: into what the output holds, if some of that stays."""
        outs = self.space.output(number)
        if isinstance(outs.owner, tensor.EmptyOp) or not self.space.covers(number):
            return outs
        return self.emitter.empty(element_of(outs.type), self.emitter.sizes.all_of(outs))

    def _read_running(self, piece: Piece, number: int) -> None:
        """Other outputs that the body looks at, as they are before each point."""
        for other in piece.outputs():
            if other != number:
                value = self._running(number, other)
                piece.read(self.space.held(other), Access(value, identity(self.space.dims)))

    def _running(self, reader: int, number: int) -> SSAValue:
        """What an output holds before each point of the space: a tensor over all iterators."""
        self.open.append(reader)
        if number in self.open:
            fail(
                self.space.op,
                f"outputs {number} and {reader} are computed from each other",
                help="an output may look at another one's running value, but not in a circle",
            )
        if number not in self.running:
            self.running[number] = self._running_value(number)
        self.open.pop()
        return self.running[number]

    def _running_value(self, number: int) -> SSAValue:
        """For each point k a fold over the points before k: quadratic in the reduction's length."""
        space, dims = self.space, self.space.dims
        folded = space.folded(number)
        before = {d: dims + i for i, d in enumerate(folded)}
        total = dims + len(folded)
        piece = Piece(space, [space.yielded(number)], total, before)
        self._read_running(add_reads(self.emitter, piece), number)
        held, forms = space.held(number), identity(dims, total)
        extents = piece.tell_extents(forms)
        body = piece.body(lambda: _if_before(piece, before, held, space.yielded(number)), held)
        first = [Access(space.output(number), space.out_forms(number))]
        start = self.emitter.elementwise(first, held.type, space.sizes, same)
        kinds = [PARALLEL] * dims + [REDUCTION] * len(folded)
        return self.emitter.generic(
            piece.inputs, Access(start, forms), kinds, body, extents=extents
        )


def _before_fill(outs: SSAValue) -> tuple[SSAValue, Attribute | None]:
    """The tensor that a fill with a constant writes, and the constant; else the tensor itself."""
    fill = outs.owner
    if not isinstance(fill, StructuredFillOp):
        return outs, None
    number = fill.value.owner
    if isinstance(number, arith.ConstantOp) and is_number(number.value):
        return fill.outs, number.value
    return outs, None


def _if_before(
    piece: Piece, before: Mapping[int, int], held: SSAValue, yielded: SSAValue
) -> SSAValue:
    """What is yielded where the step comes before the point in loop order, else what was held."""
    add = piece.add
    earlier = add(arith.ConstantOp.from_int_and_width(0, i1))
    for d, s in reversed([*before.items()]):
        here, there = add(StructuredIndexOp(d)), add(StructuredIndexOp(s))
        tie = add(arith.AndIOp(add(arith.CmpiOp(there, here, "eq")), earlier))
        earlier = add(arith.OrIOp(add(arith.CmpiOp(there, here, "slt")), tie))
    return add(arith.SelectOp(earlier, piece.known[yielded], piece.known[held]))
