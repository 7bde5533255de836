"""`structured-pack`: bring the operands of scheduled contractions into the layout they ask for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from xdsl.builder import Builder
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint

from dlir.dialects.structured.attrs import Iterator, ScheduleAttr
from dlir.dialects.structured.copies import (
    add_borders,
    copy_op,
    substitute,
    with_inputs,
    zero_of,
)
from dlir.dialects.structured.maps import Linear, map_of, projection
from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.roles import (
    Contraction,
    match_contraction,
    operands_of,
    spread,
)
from dlir.dialects.structured.shapes import Size, Sizes


@dataclass(frozen=True)
class StructuredPack(ModulePass):
    """Make borders explicit and pack the right side of contractions, as ops of their own.

    A zero-padded input becomes a copy with borders. An operand named by `pack` is copied to
    `[.., N/NR, k.., NR]`, and the contraction counts its columns as `NR * nb + nr`. Both copies are
    plain structured ops: for weights they are constant and leave the model's hot path.

    Before:
    ```mlir
    structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)], ...
        schedule = #structured.schedule<kernel = contraction, vector = [6, 64], pack = [1]>}
        ins(%x, %w : tensor<32x784xf32>, tensor<784x512xf32>) ...
    ```
    After:
    ```mlir
    %p = structured.generic {maps = [(nb, k, nr) -> (k, 64 * nb + nr), (nb, k, nr) -> (nb, k, nr)],
       padding = [0.0 : f32], ...} ins(%w : tensor<784x512xf32>) outs(%e : tensor<8x784x64xf32>) ...
    structured.generic {maps = [(m, nb, k, nr) -> (m, k), (m, nb, k, nr) -> (nb, k, nr),
                                (m, nb, k, nr) -> (m, 64 * nb + nr)], ...}
        ins(%x, %p : tensor<32x784xf32>, tensor<8x784x64xf32>) ...
    ```
    """

    name = "structured-pack"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for inner in list(op.walk()):
            if not isinstance(inner, GenericOp) or inner.schedule is None:
                continue
            if inner.schedule.word("kernel") not in ("contraction", "vector"):
                continue
            bordered = add_borders(inner)
            roles = match_contraction(bordered)
            if roles is None:
                _reorder(bordered)
            elif packed_operands(bordered):
                _pack_columns(bordered, roles)


def packed_operands(op: GenericOp) -> tuple[int, ...]:
    """The operands that the schedule wants packed."""
    return (op.schedule and op.schedule.integers("pack")) or ()


# --- reordering ---------------------------------------------------------------------------------


def _reorder(op: GenericOp) -> GenericOp:
    """Copy the packed operands of a vector kernel so that the lanes' iterator is their last one."""
    inputs, _, _ = operands_of(op)
    lanes = op.out_forms[-1].plain_dim
    sizes = Sizes(Builder(InsertPoint.before(op)))
    values, maps = [x.value for x in inputs], list(op.map_list)
    for index in packed_operands(op):
        x = inputs[index]
        order = sorted((d for d in range(len(op.kinds)) if x.depends_on(d)), key=lanes.__eq__)
        reads = [Linear(tuple(f.coefficients[d] for d in order), f.constant) for f in x.forms]
        copy = copy_op(sizes, x.value, reads, [sizes.extent(op, d) for d in order], None)
        copy.location = op.location
        sizes.builder.insert(copy)
        assert copy.result is not None
        values[index] = copy.result
        maps[index] = projection(len(op.kinds), order)
    return with_inputs(op, values, maps)


# --- packing ------------------------------------------------------------------------------------


def _pack_columns(op: GenericOp, roles: Contraction) -> GenericOp:
    """Replace iterator n by nb (in its place) and nr (last); b by its packed copy."""
    assert op.schedule is not None
    tile = op.schedule.integers("vector")
    assert tile is not None
    width, n = tile[1], roles.lanes
    sizes = Sizes(Builder(InsertPoint.before(op)))
    dims = len(op.kinds) + 1

    def split(form: Linear) -> Linear:
        c = form.coefficients[n]
        head = [width * x if d == n else x for d, x in enumerate(form.coefficients)]
        return Linear((*head, c), form.constant)

    packed, b_forms = _packed(sizes, op, roles, width, split)
    maps = [map_of(map(split, forms), dims) for forms in (*op.input_forms, op.out_forms)]
    packed_input = [i for i, v in enumerate(op.inputs) if v is roles.b.value][-1]
    maps[packed_input] = map_of(b_forms, dims)
    kinds = [*op.kinds, Iterator.PARALLEL]
    parallel = [d for d, k in enumerate(kinds) if k is Iterator.PARALLEL]

    def split_parallel(form: Linear) -> Linear:
        whole = split(spread(op, form))
        return Linear(tuple(whole.coefficients[d] for d in parallel), whole.constant)

    domain = [*op.fixed_domain, -1]
    domain[n] = -1
    new = GenericOp(
        [packed if i == packed_input else v for i, v in enumerate(op.inputs)],
        op.outs,
        maps,
        kinds,
        op.body.clone(),
        init=op.init,
        domain=[e if e >= 0 else -1 for e in domain] if op.domain is not None else None,
        schedule=_in_panels(op.schedule, n, width),
        epilogue_inputs=list(op.epilogue_inputs),
        epilogue_maps=[map_of(map(split_parallel, f), len(parallel)) for f in op.epilogue_forms],
        epilogue=op.epilogue.clone() if op.epilogue is not None else None,
    )
    return substitute(op, new)


def _in_panels(schedule: ScheduleAttr, n: int, width: int) -> ScheduleAttr:
    """The tile of columns as one of whole panels."""
    tile = schedule.integers("tile")
    if tile is None:
        return schedule
    panels = [-(-size // width) if d == n else size for d, size in enumerate(tile)]
    return schedule.updated({"tile": [*panels, 0]})


def _packed(
    sizes: Sizes,
    op: GenericOp,
    roles: Contraction,
    width: int,
    split: Callable[[Linear], Linear],
) -> tuple[SSAValue, tuple[Linear, ...]]:
    """b as [shared.., nb, k.., nr], and its forms over the new iterators."""
    b, n = roles.b, roles.lanes
    dims = len(op.kinds) + 1
    used = [d for d in range(len(op.kinds)) if b.depends_on(d)]
    order = [d for d in used if d not in op.reduction_dims and d != n]
    order += [n, *(d for d in used if d in op.reduction_dims), dims - 1]
    result_sizes: list[Size] = []
    for d in order:
        if d == n:
            result_sizes.append(sizes.ceil_div(sizes.extent(op, n), width))
        else:
            result_sizes.append(width if d == dims - 1 else sizes.extent(op, d))
    reads = [Linear(tuple(split(f).coefficients[d] for d in order), f.constant) for f in b.forms]
    copy = copy_op(sizes, b.value, reads, result_sizes, zero_of(b))
    copy.location = op.location
    sizes.builder.insert(copy)
    assert copy.result is not None
    forms = tuple(Linear(tuple(int(d == e) for e in range(dims)), 0) for d in order)
    return copy.result, forms
