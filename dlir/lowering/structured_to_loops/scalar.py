"""The general kernel: one point at a time. Slow, and right for every structured op."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.ir import SSAValue

from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.roles import Operand, operands_of, parallel_order
from dlir.lowering.structured_to_loops.access import (
    Space,
    read_scalar,
    when_written,
    write_scalar,
)
from dlir.lowering.structured_to_loops.bodies import Body
from dlir.lowering.structured_to_loops.emitter import Emitter


def loop_over(emit: Emitter, space: Space, dims: Sequence[int], body: Callable[[], None]) -> None:
    """Nested loops over the iterators `dims`, outermost first, for effects only."""
    fold_over(emit, space, dims, [], lambda carried: (body(), carried)[1])


def fold_over(
    emit: Emitter,
    space: Space,
    dims: Sequence[int],
    initial: Sequence[SSAValue],
    body: Callable[[Sequence[SSAValue]], Sequence[SSAValue]],
) -> Sequence[SSAValue]:
    """Nested loops that carry values; `space.at` follows the iterators."""
    if not dims:
        return body(initial)
    first, rest = dims[0], dims[1:]

    def step(i: int | SSAValue, carried: Sequence[SSAValue]) -> Sequence[SSAValue]:
        space.at[first] = i
        return fold_over(emit, space, rest, carried, body)

    shared = first == space.shared
    return emit.loop(0, space.extents[first], 1, initial, step, shared=shared)


def lower_scalar(emit: Emitter, op: GenericOp) -> None:
    """`for parallel: acc = init; for reduction: acc = body(..); out = epilogue(acc)`."""
    space = Space.of(emit, op)
    inputs, out, extra = operands_of(op)
    body = Body(emit, op.body.block, space.at)

    def fold(carried: Sequence[SSAValue]) -> list[SSAValue]:
        return [body([*(read_scalar(emit, x, space) for x in inputs), *carried])]

    def point() -> None:
        initial = [first_value(emit, op, out, space)] if op.reduction_dims else []
        result = fold_over(emit, space, op.reduction_dims, initial, fold)[0]
        if op.epilogue is not None:
            scalars = [read_scalar(emit, x, space) for x in extra]
            result = Body(emit, op.epilogue.block, space.at)([result, *scalars])
        write_scalar(emit, out, space, result)

    loop_over(emit, space, parallel_order(op), when_written(emit, out, space, point))


def first_value(emit: Emitter, op: GenericOp, out: Operand, space: Space) -> SSAValue:
    """The accumulator before the reduction: `init`, else what `outs` holds."""
    if op.init is None:
        return read_scalar(emit, out, space)
    return emit.constant(op.init)
