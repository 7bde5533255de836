"""What follows for an op when its operands get types that say more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from xdsl.dialects import arith
from xdsl.dialects.builtin import DYNAMIC_INDEX, FunctionType, TensorType
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.rewriter import Rewriter

from dlir.diagnostics import fail
from dlir.dialects.dl import shapes
from dlir.dialects.dl.ops.base import DlOp
from dlir.dialects.dl.ops.source import DimOp
from dlir.registry import default_registry
from dlir.types import is_number, is_tensor, number, shape_of


def give_type(value: SSAValue, shape: Sequence[int]) -> None:
    type = value.type
    assert is_tensor(type)
    if type.get_shape() != tuple(shape):
        new = TensorType(type.element_type, shape, type.encoding)
        Rewriter.replace_value_with_new_type(value, new)


def visit(op: Operation) -> None:
    """One op whose operands have their final types."""
    if isinstance(op, DimOp):
        size = shape_of(op.x.type)[op.axis.value.data]
        if size != DYNAMIC_INDEX:
            _replace(op, size)
    elif isinstance(op, DlOp):
        _infer(op)
    elif op.name.startswith("arith.") and not isinstance(op, arith.ConstantOp):
        _compute(op)


def _infer(op: DlOp) -> None:
    """The result types as the operands now make them; what is written stays where it says more."""
    if op.SIZED:
        _write_sizes(op)
    for result, inferred in zip(list(op.results), op.infer(), strict=True):
        if not is_tensor(result.type):
            continue
        shape = shapes.meet_shapes(shape_of(result.type), shape_of(inferred))
        if shape is None:
            _contradiction(op, result.type, inferred)
        give_type(result, shape)


def _contradiction(op: DlOp, written: Attribute, inferred: Attribute) -> NoReturn:
    fail(op, f"has result type {written}, but the given shapes make it {inferred}")


def _write_sizes(op: DlOp) -> None:
    """Size operands that are numbers by now move into the result type."""
    result = op.results[0]
    shape = list(shape_of(result.type))
    unknown = [axis for axis, size in enumerate(shape) if size == DYNAMIC_INDEX]
    first = len(op.operands) - len(unknown)
    sizes = [v for v in op.operands if not is_tensor(v.type)]
    if not sizes or len(sizes) != len(unknown):
        return  # a reshape that infers its only `?`
    kept: list[SSAValue] = []
    for axis, value in zip(unknown, sizes, strict=True):
        known = _constant(value)
        if known is None:
            kept.append(value)
        else:
            shape[axis] = known
    op.operands = [*op.operands[:first], *kept]
    give_type(result, shape)


def _compute(op: Operation) -> None:
    """Arithmetic on numbers, by the reference semantics."""
    values = [_constant(v) for v in op.operands]
    function = default_registry().semantics("arith").get(type(op))
    if function is None or None in values or len(op.results) != 1 or not values:
        return
    from dlir.numpy_types import dtype_of

    pairs = zip(op.operands, values, strict=True)
    result = _evaluate(function, op, [dtype_of(o.type).type(v) for o, v in pairs])
    if result is not None:
        _replace(op, int(result))


def _evaluate(function: Callable[..., Any], op: Operation, values: Sequence[Any]) -> Any:
    """None where the op has no answer, such as a division by zero; running it will say so."""
    try:
        return function(None, op, *values)
    except (ValueError, ArithmeticError):
        return None


def _constant(value: SSAValue) -> int | None:
    """The integer that a value is, if that is known."""
    owner = value.owner
    held = owner.value if isinstance(owner, arith.ConstantOp) else None
    return held.value.data if is_number(held) and isinstance(held.value.data, int) else None


def _replace(op: Operation, value: int) -> None:
    constant = arith.ConstantOp(number(value, op.results[0].type))
    constant.location = op.location
    constant.result.name_hint = op.results[0].name_hint
    block = op.parent
    assert block is not None
    block.insert_op_before(constant, op)
    op.results[0].replace_all_uses_with(constant.result)
    op.detach()
    op.erase()


def update_type(function: FuncOp) -> None:
    """The signature as arguments and returned values have it."""
    outputs: Sequence[Attribute] = function.function_type.outputs.data
    last = function.body.block.last_op if function.body.first_block is not None else None
    if isinstance(last, ReturnOp):
        outputs = [value.type for value in last.operands]
    inputs = [argument.type for argument in function.args]
    function.function_type = FunctionType.from_lists(inputs, list(outputs))
