"""`structured-fuse-siblings`: ops over the same points that read the same become one kernel."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

from xdsl.context import Context
from xdsl.dialects import tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.ir.affine import AffineMap
from xdsl.passes import ModulePass

from dlir.dialects.structured.attrs import ScheduleAttr
from dlir.dialects.structured.cost import LATENCY_SECONDS, Work, bytes_moved, work_of
from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.roles import covers_outs, is_weight, match_contraction, may_fail
from dlir.transforms.fusion.decisions import decision, listener

MOST_OPERANDS = 16
"""Of one kernel: pointers stay in registers."""
MOST_BETWEEN = 64
"""Ops that a sibling is moved across: its result lives as much longer."""
SMALL_SECONDS = 5 * LATENCY_SECONDS
"""Of ops that share nothing but are worth one call together."""


@dataclass(frozen=True)
class StructuredFuseSiblings(ModulePass):
    """Give ops that are to be one kernel the same `siblings` entry in their schedules.

    Siblings walk the same points, none reads what another makes, and they read a tensor in the same
    way, or are so small that the call is a good part of their time. They are moved next to the
    first of them. `structured-bufferize` keeps their memory apart, `structured-outline` makes one
    kernel of them, and `scf-fuse-siblings` one loop nest, which reads what they share once.

    Before:
    ```mlir
    %a = structured.generic {..., iterators = [parallel, reduction], init = 0.0 : f32}
        ins(%x : tensor<8x64xf32>) ... { ... arith.addf ... }
    %b = structured.generic {..., iterators = [parallel, reduction], init = 0xff800000 : f32}
        ins(%x : tensor<8x64xf32>) ... { ... arith.maximumf ... }
    ```
    After:
    ```mlir
    %a = structured.generic {..., schedule = #structured.schedule<siblings = [0]>}
        ins(%x : tensor<8x64xf32>) ... { ... arith.addf ... }
    %b = structured.generic {..., schedule = #structured.schedule<siblings = [0]>}
        ins(%x : tensor<8x64xf32>) ... { ... arith.maximumf ... }
    ```
    """

    name = "structured-fuse-siblings"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in op.body.block.ops:
            if isinstance(function, FuncOp) and function.body.blocks:
                groups = (g for g in _groups(function.body.block) if len(g.members) > 1)
                for number, group in enumerate(groups):
                    group.mark(number)


@dataclass
class _Group:
    """Siblings, at the place of the first."""

    place: int
    members: list[GenericOp]
    late: list[Operation] = field(default_factory=list[Operation])
    """What members write to and what stands behind the first of them."""

    def shared_with(self, op: GenericOp) -> int:
        """Bytes that the op reads as a member does."""
        known = {read for member in self.members for read in _reads(member)}
        sizes = bytes_moved(op)
        return sum(sizes[value] for value, _ in {*_reads(op)} & known)

    def takes(self, op: GenericOp) -> bool:
        """Whether one kernel with the op is better than two."""
        if self._operands(op) > MOST_OPERANDS:
            return False
        if self.shared_with(op):
            return True
        return all(work_of(o).seconds < SMALL_SECONDS for o in (*self.members, op))

    def _operands(self, op: GenericOp) -> int:
        members = (*self.members, op)
        return len({v for o in members for v in (*o.inputs, *o.epilogue_inputs)}) + len(members)

    def add(self, op: GenericOp, places: dict[Operation, int]) -> None:
        """Let an op join, which will stand where the first member does."""
        self.members.append(op)
        empty = op.outs.owner
        assert isinstance(empty, Operation)
        if places[empty] > self.place:
            self.late.append(empty)
            places[empty] = self.place
        places[op] = self.place

    def mark(self, number: int) -> None:
        """Write it down, with the members next to each other."""
        self._tell()
        after, block = self.members[0], self.members[0].parent
        assert block is not None
        for empty in self.late:
            empty.detach()
            block.insert_op_before(empty, after)
        for op in self.members:
            schedule = op.schedule or ScheduleAttr.get({})
            op.schedule = schedule.updated({"siblings": [number]})
            if op is not after:
                op.detach()
                block.insert_op_after(op, after)
            after = op

    def _tell(self) -> None:
        tell = listener()
        if tell is None:
            return
        before = [work_of(op) for op in self.members]
        shared, grown = 0, _Group(self.place, self.members[:1])
        for op in self.members[1:]:
            shared += grown.shared_with(op)
            grown.members.append(op)
        after = Work(
            max(before, key=lambda work: work.seconds).kind,
            before[0].element,
            sum(work.operations for work in before),
            sum(work.bytes for work in before) - shared,
        )
        reason = "siblings read it together" if shared else "siblings share a call"
        tell(decision(True, reason, self._common(), self.members, before, [after]))

    def _common(self) -> SSAValue:
        """What all read, if there is that; else what the first one does."""
        first, *others = self.members
        everywhere = (v for v in first.inputs if all(v in op.inputs for op in others))
        return next(everywhere, first.operands[0])


def _groups(block: Block) -> Iterator[_Group]:
    """Siblings in order; an op joins the first group that takes it."""
    places: dict[Operation, int] = {op: i for i, op in enumerate(block.ops)}
    known: dict[Hashable, list[_Group]] = {}
    weights: dict[SSAValue, bool] = {}
    for op in [o for o in block.ops if isinstance(o, GenericOp) and _is_candidate(o, weights)]:
        place, groups = places[op], known.setdefault(_space(op), [])
        near = (g for g in groups if g.place >= place - MOST_BETWEEN)
        found = (g for g in near if _can_move(op, g.place, places) and g.takes(op))
        if (group := next(found, None)) is not None:
            group.add(op, places)
        else:
            groups.append(_Group(place, [op]))
    yield from (group for groups in known.values() for group in groups)


def _is_candidate(op: GenericOp, weights: dict[SSAValue, bool]) -> bool:
    """Whether a general kernel computes the op at every call, into fresh memory.

    `weights` keeps what is known of tensors.
    """
    words = ("kernel", "rows", "siblings")
    taken = op.schedule is not None and any(word in op.schedule.entries.data for word in words)
    return (
        op.result is not None
        and not taken
        and isinstance(op.outs.owner, tensor.EmptyOp)
        and (op.init is not None or not op.reduction_dims)
        and DYNAMIC_INDEX not in op.static_extents()
        and covers_outs(op)
        and not may_fail(op)
        and match_contraction(op) is None
        and not is_weight(op.result, weights)
    )


def _can_move(op: GenericOp, place: int, places: dict[Operation, int]) -> bool:
    """Whether all that an op reads is there at an earlier place."""
    empty = op.outs.owner
    assert isinstance(empty, tensor.EmptyOp)
    values = (*op.inputs, *op.epilogue_inputs, *empty.operands)
    return all(not isinstance(v.owner, Operation) or places[v.owner] < place for v in values)


def _space(op: GenericOp) -> Hashable:
    """What siblings have in common: points, and by whom they are divided."""
    threads = op.schedule.integers("threads") if op.schedule is not None else None
    return (op.kinds, op.static_extents(), threads)


def _reads(op: GenericOp) -> list[tuple[SSAValue, AffineMap]]:
    return list(zip(op.inputs, op.map_list, strict=False))
