"""The general kernel: one point at a time. Slow, and right for every structured op."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.ir import SSAValue

from dlir.dialects.structured.ops import GenericOp
from dlir.lowering.structured_to_loops.access import (
    Operand,
    Space,
    read_scalar,
    write_scalar,
    written_inside,
)
from dlir.lowering.structured_to_loops.bodies import Body
from dlir.lowering.structured_to_loops.emitter import Emitter


def operands_of(op: GenericOp) -> tuple[list[Operand], Operand, list[Operand]]:
    """Inputs, `outs` and epilogue inputs, each with its forms over all iterators."""
    inputs = [
        Operand(value, forms, padding)
        for value, forms, padding in zip(op.inputs, op.input_forms, op.paddings, strict=True)
    ]
    return inputs, Operand(op.outs, op.out_forms), epilogue_operands(op)


def epilogue_operands(op: GenericOp) -> list[Operand]:
    """Epilogue inputs; their maps, over parallel iterators, are spread over all iterators."""
    from dlir.dialects.structured.maps import Linear

    def spread(form: Linear) -> Linear:
        coefficients = [0] * len(op.kinds)
        for d, c in zip(op.parallel_dims, form.coefficients, strict=True):
            coefficients[d] = c
        return Linear(tuple(coefficients), form.constant)

    return [
        Operand(value, tuple(spread(f) for f in forms))
        for value, forms in zip(op.epilogue_inputs, op.epilogue_forms, strict=True)
    ]


def loop_over(
    emit: Emitter, space: Space, dims: Sequence[int], body: Callable[[], None]
) -> None:
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

    return emit.loop(0, space.extents[first], 1, initial, step)


def parallel_order(op: GenericOp) -> list[int]:
    """Parallel iterators in the schedule's order, else in the order of the result's dimensions."""
    scheduled = op.schedule.integers("order") if op.schedule is not None else None
    if scheduled is not None:
        return [d for d in scheduled if d in op.parallel_dims]
    order: list[int] = []
    for form in op.out_forms:
        order += sorted(form.dims, key=lambda d: -form.coefficients[d])
    return order


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

    def guarded_point() -> None:
        inside = written_inside(emit, out, space)
        point() if inside is None else emit.when(inside, point)

    loop_over(emit, space, parallel_order(op), guarded_point)


def first_value(emit: Emitter, op: GenericOp, out: Operand, space: Space) -> SSAValue:
    """The accumulator before the reduction: `init`, else what `outs` holds."""
    if op.init is None:
        return read_scalar(emit, out, space)
    assert hasattr(op.init, "value")
    return emit.constant(op.init)


