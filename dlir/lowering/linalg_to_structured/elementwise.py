"""`arith` and `math` ops on whole tensors: a body of one op."""

from __future__ import annotations

from xdsl.dialects import arith
from xdsl.ir import Operation, SSAValue

from dlir.lowering.linalg_to_structured.bodies import SCALAR_DIALECTS
from dlir.lowering.linalg_to_structured.emitter import Access, Add, Emitter, identity
from dlir.types import element_of, is_tensor


def is_elementwise(op: Operation) -> bool:
    """Whether this is scalar arithmetic on tensors."""
    return (
        op.dialect_name() in SCALAR_DIALECTS
        and not isinstance(op, arith.ConstantOp)
        and len(op.results) == 1
        and is_tensor(op.results[0].type)
    )


def convert_elementwise(emitter: Emitter, op: Operation) -> list[SSAValue]:
    """All tensors have one shape; a scalar, as the condition of a select, has a map of none."""
    like = next(v for v in op.operands if is_tensor(v.type))
    rank = len(emitter.sizes.all_of(like))
    inputs = [Access(v, identity(rank) if is_tensor(v.type) else ()) for v in op.operands]
    element, wanted = element_of(op.results[0].type), op.results[0].type

    def body(add: Add, *scalars: SSAValue) -> SSAValue:
        properties, attributes = dict(op.properties), dict(op.attributes)
        made = type(op).create(
            operands=scalars, result_types=[element], properties=properties, attributes=attributes
        )
        return add(made)

    result = emitter.elementwise(inputs, element, emitter.sizes.all_of(like), body)
    assert is_tensor(wanted)
    return [emitter.resized(result, wanted)]
