"""`structured-fuse`: elementwise ops join the reductions and elementwise ops around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation, SSAValue, Use
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from dlir.dialects.structured.cost import (
    BYTES_PER_SECOND,
    LATENCY_SECONDS,
    PEAKS,
    Space,
    Work,
    gain,
)
from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.roles import is_copy, is_weight, may_fail
from dlir.drawing import short
from dlir.transforms.fusion import epilogue, inline
from dlir.transforms.fusion.decisions import (
    Decision,
    Listener,
    decision,
    listener,
    remark_on,
)

MOST_INPUTS = 16  # operands of one fused op: pointers stay in registers
MOST_READERS = 8  # that compute the same anew, which takes compile time as well


@dataclass(frozen=True)
class StructuredFuse(ModulePass):
    """Fuse elementwise structured ops so that intermediate tensors are never stored.

    - an elementwise consumer of a reduction or contraction becomes its epilogue, if it is the only
      reader; a permuting one (a transpose) permutes the map of `outs`;
    - an elementwise producer is computed inside of all of its readers, of which none may be a
      contraction; these take pure copies (transposes, slices) only, as long as their reads stay
      contiguous.

    It is done where it gains, by the formula of `dlir.dialects.structured.cost`: bytes that are
    saved against operations that are repeated, and against lanes that are lost where operands are
    contiguous along different iterators. With `by-cost=false`, for machines that keep what is
    between ops on the chip, it is done wherever nothing is repeated. With `remarks=true` each
    tensor between two ops gets a remark at its reader that says what was done and why.

    Before:
    ```mlir
    %0 = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
           iterators = [parallel, reduction], init = 0.0 : f32} ins(%x : tensor<4x8xf32>) ... {
      %s = arith.addf %acc, %a : f32
      ...
    %1 = structured.generic {maps = [(d0) -> (d0), (d0) -> (d0)], iterators = [parallel]}
           ins(%0 : tensor<4xf32>) ... {
      %r = math.sqrt %a : f32
    ```
    After:
    ```mlir
    %1 = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
           iterators = [parallel, reduction], init = 0.0 : f32} ins(%x : tensor<4x8xf32>) ... {
      %s = arith.addf %acc, %a : f32
      ...
    } epilogue {
      %r = math.sqrt %v : f32
    ```
    """

    name = "structured-fuse"

    remarks: bool = False
    by_cost: bool = True

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        tell = remark_on if self.remarks else listener()
        fuser = _Fuser(self.by_cost, tell)
        changed = True
        while changed:  # every fusion removes one op, so this ends
            changed = False
            for inner in list(op.walk()):
                if isinstance(inner, GenericOp) and inner.parent is not None:
                    changed |= any(map(fuser.try_to_fuse, inner.inputs))
        if tell is not None:
            for between in _between(op):
                tell(fuser.refused(between))


class _Fuser:
    """Decides on tensors, of which none is looked at twice while its readers stay the same."""

    def __init__(self, by_cost: bool, tell: Listener | None):
        self.by_cost, self.tell = by_cost, tell
        self.spaces: dict[GenericOp, Space] = {}
        self.works: dict[GenericOp, Work] = {}
        self.weights: dict[SSAValue, bool] = {}
        """Of the tensors that were asked for, whether they follow from weights alone."""
        self.kept: dict[SSAValue, list[Operation]] = {}
        """Tensors that stay for these readers."""

    def try_to_fuse(self, value: SSAValue) -> bool:
        """Do without a tensor, if that is possible and gains; True if something changed."""
        if not isinstance(value.owner, GenericOp):
            return False
        readers = [use.operation for use in value.uses]
        if self.kept.get(value) == readers:
            return False
        self.kept[value] = readers
        if self._surely_loses(value):
            return False
        plan = self._plan(value)
        if isinstance(plan, str):
            return False
        if self.objection(plan) is not None:
            self.discard(plan)
            return False
        if self.tell is not None:
            self.tell(self._decision(True, plan.reason, value, plan))
        self._apply(plan)
        return True

    def _apply(self, plan: _Plan) -> None:
        """Replace the ops, and forget what is known of them and of who reads the fused ones."""
        plan.apply()
        readers = (use.operation for op in plan.fused for r in op.results for use in r.uses)
        for op in (*plan.replaced, *readers):
            if isinstance(op, GenericOp):
                self.spaces.pop(op, None)

    def _surely_loses(self, value: SSAValue) -> bool:
        """Whether readers repeat more than all traffic is worth, as is seen without a plan."""
        producer = value.owner
        readers = {u.operation for u in value.uses if isinstance(u.operation, GenericOp)}
        assert isinstance(producer, GenericOp)
        if not 1 < len(readers) <= MOST_READERS or producer.reduction_dims or not self.by_cost:
            return False
        (work,) = self.works_of([producer])
        if work.kind != "lanes":
            return False
        # a reader that only writes over it moves none of it
        read = sum(self.space_of(reader).bytes_moved.get(value, 0) for reader in readers)
        written = self.space_of(producer).bytes_moved[value]
        repeated = work.operations * (read / max(1, written) - 1)
        saved = (work.bytes + read) / BYTES_PER_SECOND + LATENCY_SECONDS
        return repeated / PEAKS["lanes"] > saved

    def _plan(self, value: SSAValue) -> _Plan | str:
        """What would replace a tensor's producer and readers, or the rule that forbids it."""
        producer, uses = value.owner, list(reversed([*value.uses]))  # the last use comes first
        if not isinstance(producer, GenericOp):
            return "the producer has no scalar body"
        if len(uses) > MOST_READERS:
            return f"it is read {len(uses)} times"
        for use in uses:
            if (reason := _forbids(producer, use.operation, use.index)) is not None:
                return reason
        if producer.reduction_dims:
            return self._epilogue(producer, uses)
        return _inlined(producer, uses)

    def _epilogue(self, producer: GenericOp, uses: Sequence[Use]) -> _Plan | str:
        if len(uses) > 1:
            return f"it is read {len(uses)} times, and a reduction is not computed twice"
        consumer, number = uses[0].operation, uses[0].index
        assert isinstance(consumer, GenericOp)
        if (reason := epilogue.refusal(producer, consumer, number)) is not None:
            return reason
        fused = epilogue.fuse(producer, consumer, number)
        plan = _Plan(producer, (consumer,), (fused,), "the consumer becomes its epilogue")
        before, after = self.space_of(producer), self.space_of(fused)
        if epilogue.loses_tiles(before.contraction, after.contraction):
            self.discard(plan)
            return "a contraction would lose its register tiles"
        return plan

    def refused(self, value: SSAValue) -> Decision:
        """Why a tensor stays."""
        plan = self._plan(value)
        if isinstance(plan, str):
            readers = list(dict.fromkeys(use.operation for use in reversed([*value.uses])))
            ops = [op for op in (value.owner, *readers) if isinstance(op, GenericOp)]
            return decision(False, plan, value, readers, self.works_of(ops))
        reason = self.objection(plan) or "would repeat more than its traffic is worth"
        made = self._decision(False, reason, value, plan)
        self.discard(plan)
        return made

    def objection(self, plan: _Plan) -> str | None:
        """Why not to fuse; None if it is to be done."""
        repetition = self._repetition(plan)
        if not self.by_cost or (repetition is None and not self._may_lose_lanes(plan)):
            return repetition
        return _loss(self.works_of(plan.replaced), self.works_of(plan.fused))

    def _repetition(self, plan: _Plan) -> str | None:
        """What would be computed again, or by scalars."""
        producer, reader, (fused, *more) = plan.producer, plan.readers[0], plan.fused
        reads = [n for n, value in enumerate(reader.inputs) if value is producer.result]
        if more or len(reads) > 1:
            return "it is read more than once"
        if producer.reduction_dims:
            lost = self.space_of(producer).has_lanes and not self.space_of(fused).has_lanes
            return LOST if lost else None
        once = is_copy(producer) or inline.is_read_once(reader, reads[0])
        return None if once else "would be computed more than once"

    def _may_lose_lanes(self, plan: _Plan) -> bool:
        """Whether what is fused, if not a contraction still, goes point by point, or weights that
        are computed at load time join what every call computes."""
        (fused,), producer = plan.fused, plan.producer
        value = producer.result
        if value is not None and is_weight(value, self.weights) and not is_copy(producer):
            return True
        space = self.space_of(fused)
        return space.contraction is None and not space.has_lanes

    def discard(self, plan: _Plan) -> None:
        """Leave everything as it was."""
        for op in plan.fused:
            self.works.pop(op, None)
            self.spaces.pop(op, None)
        plan.discard()

    def works_of(self, ops: Sequence[GenericOp]) -> list[Work]:
        """The work of ops, which is found once."""
        for op in ops:
            if op not in self.works:
                self.works[op] = self.space_of(op).work(self.weights)
        return [self.works[op] for op in ops]

    def space_of(self, op: GenericOp) -> Space:
        """The points and operands of an op, which are found once while it reads the same."""
        if op not in self.spaces:
            self.spaces[op] = Space.of(op)
        return self.spaces[op]

    def _decision(self, fused: bool, reason: str, value: SSAValue, plan: _Plan) -> Decision:
        before, after = self.works_of(plan.replaced), self.works_of(plan.fused)
        return decision(fused, reason, value, plan.readers, before, after)


LOST = "no iterator would be contiguous in all operands: lanes would be lost"


@dataclass(frozen=True)
class _Plan:
    """Readers of a tensor, and the ops that take their place and the producer's."""

    producer: GenericOp
    readers: tuple[GenericOp, ...]
    fused: tuple[GenericOp, ...]
    reason: str

    @property
    def replaced(self) -> tuple[GenericOp, ...]:
        """What goes."""
        return (self.producer, *self.readers)

    def apply(self) -> None:
        for reader, fused in zip(self.readers, self.fused, strict=True):
            _replace(reader, fused)
        self.producer.detach()
        self.producer.erase()

    def discard(self) -> None:
        """Leave everything as it was."""
        for op in self.fused:
            op.erase()


TOLERANCE = 1e-12
"""Seconds: what rounding may make of a gain of zero."""


def _loss(before: Sequence[Work], after: Sequence[Work]) -> str | None:
    """What fusing loses, in numbers; None if it gains."""
    if gain(before, after) > -TOLERANCE:
        return None
    if any(w.kind == "points" for w in after) and not any(w.kind == "points" for w in before):
        return LOST
    if before[0].kind == "load":
        return "the producer runs once, at load time"
    repeated = sum(w.operations for w in after) - sum(w.operations for w in before)
    saved = sum(w.bytes for w in before) - sum(w.bytes for w in after)
    return f"would repeat {short(repeated, 4)} operations to save {short(saved, 4, 'B')}"


def _between(module: ModuleOp) -> Iterator[SSAValue]:
    """Tensors that a structured op makes and another op reads."""
    for op in module.walk():
        if op.name.startswith("structured."):
            yield from (r for r in op.results if any(u.operation.results for u in r.uses))


def _forbids(producer: GenericOp, reader: Operation, number: int) -> str | None:
    """Why the tensor must be there for a reader, whatever it costs."""
    if not isinstance(reader, GenericOp):
        return f"'{reader.name}' reads the tensor as a whole"
    if number == len(reader.inputs):
        return "it is the destination of the consumer"
    if number > len(reader.inputs):
        return "the consumer's epilogue reads it"
    if reader.parent is not producer.parent:
        return "the consumer is in another block"
    if may_fail(producer) or may_fail(reader):
        return "a body checks every point"  # what is around it need not run point by point
    return None


def _inlined(producer: GenericOp, uses: Sequence[Use]) -> _Plan | str:
    readers: dict[GenericOp, None] = {}
    for use in uses:
        reader = use.operation
        assert isinstance(reader, GenericOp)
        if (reason := inline.refusal(producer, reader, use.index)) is not None:
            return reason
        readers[reader] = None
    reason = "a copy is read through its map" if is_copy(producer) else "computed where it is read"
    if len(readers) > 1:
        reason = f"{reason}, by {len(readers)} ops"
    fused = tuple(_joined(producer, reader) for reader in readers)
    plan = _Plan(producer, tuple(readers), fused, reason)
    if any(len(op.inputs) > MOST_INPUTS for op in fused):
        plan.discard()
        return f"more than {MOST_INPUTS} operands"
    return plan


def _joined(producer: GenericOp, reader: GenericOp) -> GenericOp:
    """A reader that computes the producer for itself, once for each map of its reads."""
    joined, value = reader, producer.result
    assert value is not None
    while value in joined.inputs:
        step = inline.fuse(producer, joined, list(joined.inputs).index(value))
        if joined is not reader:
            joined.erase()
        joined = step
    return joined


def _replace(consumer: GenericOp, fused: GenericOp) -> None:
    fused.location = consumer.location
    Rewriter.insert_op(fused, InsertPoint.before(consumer))
    assert consumer.result is not None and fused.result is not None
    fused.result.name_hint = consumer.result.name_hint
    consumer.result.replace_all_uses_with(fused.result)
    consumer.detach()
    consumer.erase()
