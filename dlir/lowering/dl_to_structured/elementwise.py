"""Elementwise ops: one structured.generic over the result's dimensions, broadcasting by maps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from xdsl.dialects import arith
from xdsl.dialects.builtin import PackableType, i1
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import bits, source
from dlir.dialects.dl.ops.casting import StochasticCastOp
from dlir.dialects.structured.ops import element_type_of
from dlir.lowering.dl_to_structured.emitter import (
    Access,
    Destination,
    Emitter,
    Space,
    broadcast_letters,
    dimensions,
)
from dlir.lowering.dl_to_structured.narrow import Rounding
from dlir.lowering.dl_to_structured.scalar import (
    Form,
    Number,
    Scalar,
    computing_type,
    number,
)
from dlir.lowering.dl_to_structured.scalar_forms import (
    ELEMENTWISE,
    convert,
    rounded_form,
    same_bits,
    scalar_form,
)
from dlir.lowering.dl_to_structured.sizes import Size, joined, tensor_type
from dlir.printer import is_splat


def elementwise(emitter: Emitter, op: Operation) -> SSAValue:
    """An op with a scalar form: computed in the computing type, rounded to the result's."""
    computing = computing_type(element_type_of(op.operands[0]))
    result = element_type_of(op.results[0])
    return pointwise(emitter, op, rounded_form(scalar_form(op), computing, result))


def select(emitter: Emitter, op: Operation) -> SSAValue:
    """Moves values as they are."""

    def make(condition: Scalar, x: Scalar, y: Scalar) -> Scalar:
        return condition.body.add(arith.SelectOp(condition.value, x.value, y.value))

    return pointwise(emitter, op, make)


def cast_elements(emitter: Emitter, op: b.CastOp) -> SSAValue:
    """A conversion of each number."""
    how = Rounding(op.round_mode.data, op.saturate is not None)
    return pointwise(emitter, op, lambda x: convert(x, element_type_of(op.result), how))


def stochastic_cast(emitter: Emitter, op: StochasticCastOp) -> SSAValue:
    """A conversion of each number, with random bits of its own."""
    saturate = op.saturate is not None

    def make(x: Scalar, random: Scalar) -> Scalar:
        how = Rounding(saturate=saturate, random=random)
        return convert(x, element_type_of(op.result), how)

    return pointwise(emitter, op, make)


def bitcast(emitter: Emitter, op: Operation) -> SSAValue:
    """The bits of each number."""
    return pointwise(emitter, op, lambda x: same_bits(x, element_type_of(op.results[0])))


def pointwise(emitter: Emitter, op: Operation, make: Form) -> SSAValue:
    """`result[i] = make(operands at i)`; operands that hold one number become constants."""
    result = op.results[0]
    out = emitter.empty(tensor_type(result), broadcast_sizes(emitter, op.operands))
    letters = dimensions(len(emitter.sizes.of(out)))
    constants = [splat(x) for x in op.operands]
    if all(c is not None for c in constants):
        constants[0] = None
    tensors = [x for x, c in zip(op.operands, constants, strict=True) if c is None]
    space = Space(letters)
    inputs = [Access(x, space.forms(broadcast_letters(x, out, letters))) for x in tensors]

    def body(*scalars: Scalar) -> Scalar:
        left = iter(scalars)
        return make(*(next(left) if c is None else scalars[0].body.constant(c) for c in constants))

    return emitter.generic(space, inputs, Destination(out, space.forms(letters)), body)


def broadcast_sizes(emitter: Emitter, values: Sequence[SSAValue]) -> list[Size]:
    """The sizes of the shape that the values broadcast to."""
    rank = max(len(emitter.sizes.of(x)) for x in values)
    columns: list[list[tuple[int, Size]]] = [[] for _ in range(rank)]
    for x in values:
        sizes = emitter.sizes.of(x)
        pairs = zip(tensor_type(x).get_shape(), sizes, strict=True)
        for column, pair in zip(columns[rank - len(sizes) :], pairs, strict=True):
            column.append(pair)
    return [joined(column) for column in columns]


def splat(x: SSAValue) -> Number | None:
    """The number that a constant tensor holds everywhere, or None."""
    owner = x.owner
    if not isinstance(owner, source.ConstantOp):
        return None
    element = cast(PackableType[float], tensor_type(x).element_type)
    data, size = owner.value.data.data, element.compile_time_size
    if not is_splat(data, size):
        return None
    value = element.unpack(data[:size], 1)[0]
    return number(bool(value) if element == i1 else value, element)


RULES: dict[type[Operation], Callable[[Emitter, Any], SSAValue]] = {
    **dict.fromkeys(ELEMENTWISE, elementwise),
    b.SelectOp: select,
    b.CastOp: cast_elements,
    StochasticCastOp: stochastic_cast,
    bits.BitcastOp: bitcast,
}
