"""The vector kernel: one iterator runs along vector lanes, the others are loops.

The lanes are either a parallel iterator (elementwise ops, copies, column reductions, pooling in
nhwc) or a reduction iterator (row sums, row maxima), whichever all operands have contiguous.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from xdsl.ir import SSAValue

from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.roles import (
    may_fail,
    operands_of,
    parallel_order,
)
from dlir.lowering.structured_to_loops.access import (
    Lanes,
    Space,
    read_lanes,
    when_written,
    write_lanes,
    written_lanes,
)
from dlir.lowering.structured_to_loops.bodies import Body, combiner
from dlir.lowering.structured_to_loops.depthwise import lower_depthwise
from dlir.lowering.structured_to_loops.emitter import Emitter
from dlir.lowering.structured_to_loops.rows import goes_by_rows, lower_rows
from dlir.lowering.structured_to_loops.scalar import (
    fold_over,
    loop_over,
)
from dlir.lowering.structured_to_loops.streaming import in_versions, takes_lines
from dlir.lowering.structured_to_loops.strips import strips, widest_vector
from dlir.lowering.structured_to_loops.sums import lower_sums


def lane_dim(op: GenericOp) -> int | None:
    """The iterator that can run along lanes: the result's last one, else a reduction."""
    inputs, out, extra = operands_of(op)
    if may_fail(op):
        return None  # lanes that are not in use hold zeros, which are no valid divisors
    candidates: list[int] = []
    if out.forms and out.forms[-1].dims:
        candidates.append(min(out.forms[-1].dims, key=lambda d: out.forms[-1].coefficients[d]))
    if op.reduction_dims and combiner(op.body.block) is not None:
        candidates += reversed(op.reduction_dims)
    for dim in candidates:
        parallel = dim in op.parallel_dims
        operands = [*inputs, out, *extra] if parallel else inputs
        moves = any(x.depends_on(dim) for x in operands)
        if moves and all(x.is_run_along(dim) for x in operands):
            return dim
    return None


def lower_lanes(emit: Emitter, op: GenericOp, dim: int) -> None:
    """Write the loops with iterator `dim` along the lanes."""
    if lower_depthwise(emit, op, dim):
        return
    if goes_by_rows(op, dim):
        lower_rows(emit, op, dim)
    elif dim in op.parallel_dims:
        in_versions(emit, op, partial(_lower_parallel, emit, op, dim))
    else:
        lower_sums(emit, op, dim)


def _lower_parallel(emit: Emitter, op: GenericOp, dim: int, streaming: bool) -> None:
    space = Space.of(emit, op)
    inputs, out, extra = operands_of(op)
    body = Body(emit, op.body.block, space.at, dim)
    outer = [d for d in parallel_order(op) if d != dim]

    def strip(lanes: Lanes, _: Sequence[SSAValue]) -> Sequence[SSAValue]:
        def fold(carried: Sequence[SSAValue]) -> list[SSAValue]:
            terms = [read_lanes(emit, x, space, lanes) for x in inputs]
            value = body([*terms, *carried], lanes.width)
            return [emit.broadcast(value, [lanes.width])]

        initial: list[SSAValue] = []
        if op.reduction_dims:
            first = (
                emit.constant(op.init)
                if op.init is not None
                else read_lanes(emit, out, space, written_lanes(emit, out, space, lanes))
            )
            initial = [emit.broadcast(first, [lanes.width])]
        result = fold_over(emit, space, op.reduction_dims, initial, fold)[0]
        lanes = written_lanes(emit, out, space, lanes)
        if op.epilogue is not None:
            terms = [read_lanes(emit, x, space, lanes) for x in extra]
            result = Body(emit, op.epilogue.block, space.at, dim)([result, *terms], lanes.width)
        write_lanes(emit, out, space, lanes, result, streaming and takes_lines(out, lanes))
        return []

    widest = widest_vector([*inputs, out, *extra])

    def row() -> None:
        strips(emit, space, dim, widest, [[], []], strip)

    loop_over(emit, space, outer, when_written(emit, out, space, row, dim))
