"""`structured-interchange`: another order of the iterators of structured ops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import (
    AffineMapAttr,
    ArrayAttr,
    DenseArrayBase,
    IntegerAttr,
    ModuleOp,
    i64,
)
from xdsl.passes import ModulePass

from dlir.diagnostics import fail
from dlir.dialects.structured.attrs import IteratorAttr, ScheduleAttr
from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import GenericOp, IndexOp
from dlir.dialects.structured.roles import folds_in_any_order


@dataclass(frozen=True)
class StructuredInterchange(ModulePass):
    """Permute the iterators of structured ops: iterator i becomes the old iterator `order[i]`.

    Maps, iterator kinds, domain, schedule and `structured.index` follow. `order` applies to every
    `structured.generic` with that many iterators; without it each op's schedule is asked for its
    `order`, which is then done with. A reduction whose order matters keeps the order of its
    reduction iterators, or the pass fails.

    Before:
    ```mlir
    %y = structured.generic {maps = [(d0, d1) -> (d1, d0), (d0, d1) -> (d0, d1)],
        iterators = [parallel, parallel]} ins(%x : tensor<8x4xf32>) outs(%e : tensor<4x8xf32>) ...
    ```
    After `structured-interchange{order=1,0}`:
    ```mlir
    %y = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d1, d0)],
        iterators = [parallel, parallel]} ins(%x : tensor<8x4xf32>) outs(%e : tensor<4x8xf32>) ...
    ```
    """

    name = "structured-interchange"

    order: tuple[int, ...] = ()

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if sorted(self.order) != list(range(len(self.order))):
            fail(None, f"structured-interchange: {list(self.order)} is not a permutation")
        for inner in op.walk():
            if not isinstance(inner, GenericOp):
                continue
            if not self.order:
                self._as_scheduled(inner)
            elif len(self.order) == len(inner.kinds):
                interchange(inner, self.order)

    def _as_scheduled(self, op: GenericOp) -> None:
        order = op.schedule.integers("order") if op.schedule is not None else None
        if order is None:
            return
        if sorted(order) != list(range(len(op.kinds))):
            fail(
                op,
                f"the schedule's order {list(order)} is not a permutation of the op's "
                f"{len(op.kinds)} iterators",
            )
        assert op.schedule is not None
        op.schedule = op.schedule.without("order")
        interchange(op, order)


def interchange(op: GenericOp, order: Sequence[int]) -> None:
    """Make iterator i the old iterator `order[i]`, in place."""
    reductions = [d for d in order if d in op.reduction_dims]
    if reductions != sorted(reductions) and not folds_in_any_order(op):
        fail(op, "this order would change the order of a reduction whose order matters")
    parallel = [op.parallel_dims.index(d) for d in order if d in op.parallel_dims]
    forms = [*op.input_forms, op.out_forms]
    epilogue_forms = op.epilogue_forms
    domain, kinds = op.fixed_domain, op.kinds
    _permute_indices(op, order)
    if op.epilogue_maps is not None:
        op.epilogue_maps = _permuted_maps(epilogue_forms, parallel)
    op.maps = _permuted_maps(forms, order)
    op.iterators = ArrayAttr([IteratorAttr(kinds[d]) for d in order])
    if op.domain is not None:
        values = [domain[d] if domain[d] >= 0 else -1 for d in order]
        op.domain = DenseArrayBase.from_list(i64, values)
    if op.schedule is not None:
        op.schedule = _permuted_schedule(op.schedule, order)


def _permuted_maps(
    forms: Sequence[Sequence[Linear]], order: Sequence[int]
) -> ArrayAttr[AffineMapAttr]:
    return ArrayAttr(
        [
            AffineMapAttr(
                map_of(
                    (Linear(tuple(f.coefficients[d] for d in order), f.constant) for f in operand),
                    len(order),
                )
            )
            for operand in forms
        ]
    )


def _permute_indices(op: GenericOp, order: Sequence[int]) -> None:
    regions = [op.body] if op.epilogue is None else [op.body, op.epilogue]
    for region in regions:
        for inner in region.block.ops:
            if isinstance(inner, IndexOp):
                inner.dim = IntegerAttr(order.index(inner.dim.value.data), i64)


def _permuted_schedule(schedule: ScheduleAttr, order: Sequence[int]) -> ScheduleAttr:
    """`tile` has one entry per iterator; `threads` and `order` name iterators."""
    entries: dict[str, str | Sequence[int]] = {}
    for key in schedule.entries.data:
        values = schedule.integers(key)
        if values is None:
            entries[key] = schedule.word(key) or ""
        elif key == "tile":
            tile = [*values, *([0] * len(order))]
            entries[key] = [tile[d] for d in order]
        elif key in ("threads", "order"):
            entries[key] = [order.index(d) for d in values]
        else:
            entries[key] = values
    return ScheduleAttr.get(entries)
