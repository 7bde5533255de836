"""`dl-specialize`: a function for arguments of given sizes, with as few `?` as these leave."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from xdsl.context import Context
from xdsl.dialects import arith
from xdsl.dialects.builtin import DYNAMIC_INDEX, FunctionType, ModuleOp, TensorType
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, BlockArgument, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import Rewriter

from dlir.diagnostics import compile_errors, fail
from dlir.dialects.dl import shapes
from dlir.dialects.dl.ops.base import DlOp
from dlir.dialects.dl.ops.source import DimOp
from dlir.registry import default_registry
from dlir.signature import argument_names, entry_function
from dlir.types import is_number, is_tensor, number, shape_of

_SHAPE = re.compile(r"(?P<argument>.+)[=:](?P<sizes>(\d+|\?)(x(\d+|\?))*)")
FORM = "write x=1x128: an argument by its name, or by its number from 0, and all of its sizes"


@dataclass(frozen=True)
class DlSpecialize(ModulePass):
    """Give the arguments of `function` (`main`, or the only one) sizes, and compute what follows.

    `shapes` names arguments by name or number: `shapes=x:1x128,mask:1x128`. `batch` is the size of
    every first dimension that is still a `?`. Result types are inferred anew, `dl.dim` of what is
    known becomes a number, and so does arithmetic on such numbers.

    Before, with `shapes=x:2x4`:
    ```mlir
    func.func @main(%x: tensor<?x4xf32>) -> tensor<?xf32> {
      %n = dl.dim %x, 0 : tensor<?x4xf32>
      %c4 = arith.constant 4 : index
      %m = arith.muli %n, %c4 : index
      %y = dl.reshape %x [%m] : tensor<?x4xf32> -> tensor<?xf32>
      func.return %y : tensor<?xf32>
    }
    ```
    After:
    ```mlir
    func.func @main(%x: tensor<2x4xf32>) -> tensor<8xf32> {
      %y = dl.reshape %x : tensor<2x4xf32> -> tensor<8xf32>
      func.return %y : tensor<8xf32>
    }
    ```
    """

    name = "dl-specialize"

    shapes: tuple[str, ...] = ()
    batch: int | None = None
    function: str | None = None

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        function = entry_function(op, self.function)
        for argument, sizes in _requested(function, self.shapes, self.batch).items():
            _give_type(argument, sizes)
        for inner in list(function.body.walk()):
            with compile_errors(inner):
                _visit(inner)
        _update_type(function)


# --- what is asked for ----------------------------------------------------------------------------


def _requested(
    function: FuncOp, texts: Sequence[str], batch: int | None
) -> dict[BlockArgument, shapes.Shape]:
    """The arguments that get another type, with their new shapes."""
    wanted: dict[BlockArgument, shapes.Shape] = {}
    for text in texts:
        match = _SHAPE.fullmatch(text)
        if match is None:
            fail(None, f"bad shape '{text}'", help=FORM)
        argument = _argument(function, match["argument"])
        sizes = [shapes.DYNAMIC if s == "?" else int(s) for s in match["sizes"].split("x")]
        wanted[argument] = _fitting(function, argument, sizes)
    if batch is not None:
        for argument in function.args:
            shape = wanted.get(argument, shape_of(argument.type))
            if shape[:1] == (DYNAMIC_INDEX,):
                wanted[argument] = (batch, *shape[1:])
    return wanted


def _argument(function: FuncOp, name: str) -> BlockArgument:
    names = argument_names(function)
    for known, argument in zip(names, function.args, strict=True):
        if name in (known, known.removeprefix("%")):
            return argument
    if name.isdecimal() and int(name) < len(names):
        return function.args[int(name)]
    fail(
        function,
        f"@{function.sym_name.data} has no argument '{name}'",
        help=f"its arguments: {', '.join(names) or 'none'}",
    )


def _fitting(function: FuncOp, argument: BlockArgument, sizes: Sequence[int]) -> shapes.Shape:
    """The argument's shape with the sizes put in; they must agree with what is static."""
    type = argument.type
    shape = shapes.meet_shapes(shape_of(type), sizes) if is_tensor(type) else None
    if shape is None:
        name = argument_names(function)[argument.index]
        fail(
            function,
            f"argument {name} is a {type}, which cannot have shape {shapes.text(sizes)}",
            help="give every size, those that the type has as they are",
        )
    return shape


# --- what follows ---------------------------------------------------------------------------------


def _give_type(value: SSAValue, shape: Sequence[int]) -> None:
    type = value.type
    assert is_tensor(type)
    if type.get_shape() != tuple(shape):
        new = TensorType(type.element_type, shape, type.encoding)
        Rewriter.replace_value_with_new_type(value, new)


def _visit(op: Operation) -> None:
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
        _give_type(result, shape)


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
    _give_type(result, shape)


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


def _update_type(function: FuncOp) -> None:
    """The signature as arguments and returned values have it."""
    outputs: Sequence[Attribute] = function.function_type.outputs.data
    last = function.body.block.last_op if function.body.first_block is not None else None
    if isinstance(last, ReturnOp):
        outputs = [value.type for value in last.operands]
    inputs = [argument.type for argument in function.args]
    function.function_type = FunctionType.from_lists(inputs, list(outputs))
