"""`convert-linalg-to-structured`: linalg on tensors, as upstream tools write it, comes in.

One walk with one table from op class to rule, as in `convert-dl-to-structured`. Named ops need no
rule of their own: each knows its maps, its iterators and its body.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import arith, ml_program, tensor
from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, FunctionType, ModuleOp, StringAttr
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Block, BlockArgument
from xdsl.passes import ModulePass

from dlir.dialects.dl.ops.source import ParamOp
from dlir.dialects.linalg.ops import Structured
from dlir.dialects.structured.ops import FillOp, GenericOp, ReshapeOp
from dlir.lowering.linalg_to_structured import tensors
from dlir.lowering.linalg_to_structured.elementwise import convert_elementwise, is_elementwise
from dlir.lowering.linalg_to_structured.emitter import Emitter, replace
from dlir.lowering.linalg_to_structured.generic import convert_structured
from dlir.types import is_tensor

PARAM = "dl.param"
"""The attribute of a function's argument that is a weight: its name."""


@dataclass(frozen=True)
class ConvertLinalgToStructured(ModulePass):
    """Lower `linalg` on tensors, and what stands beside it, to the structured dialect.

    Beside it: ops of `tensor`, and of `arith` and `math` on tensors. Arguments with the attribute
    `dl.param` become weights. An output that looks at another one's running value (the index of a
    maximum) gets it as a tensor, for which the work is quadratic in the reduction's length.

    Before:
    ```mlir
    func.func @f(%x: tensor<?x8xf32>, %w: tensor<8x4xf32>, %n: index) -> tensor<?x4xf32> {
      %zero = arith.constant 0.0 : f32
      %e = tensor.empty(%n) : tensor<?x4xf32>
      %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
      %y = linalg.matmul ins(%x, %w : tensor<?x8xf32>, tensor<8x4xf32>)
             outs(%f : tensor<?x4xf32>) -> tensor<?x4xf32>
      func.return %y : tensor<?x4xf32>
    }
    ```
    After:
    ```mlir
    func.func @f(%x: tensor<?x8xf32>, %w: tensor<8x4xf32>, %n: index) -> tensor<?x4xf32> {
      %e = tensor.empty(%n) : tensor<?x4xf32>
      %y = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n),
                                       (m, n, k) -> (m, n)],
                               iterators = [parallel, parallel, reduction], init = 0.0 : f32}
          ins(%x, %w : tensor<?x8xf32>, tensor<8x4xf32>) outs(%e : tensor<?x4xf32>) {
      ^bb0(%a: f32, %b: f32, %acc: f32):
        %p = arith.mulf %a, %b : f32
        %s = arith.addf %acc, %p : f32
        structured.yield %s : f32
      } -> tensor<?x4xf32>
      func.return %y : tensor<?x4xf32>
    }
    ```
    """

    name = "convert-linalg-to-structured"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in op.walk():
            if isinstance(function, FuncOp) and not function.is_declaration:
                _take_params(function)
                for block in function.body.blocks:
                    convert_block(block)
                    remove_unused(block)
        _remove_unused_globals(op)


def convert_block(block: Block) -> None:
    """Convert the ops of a block, and those in control flow inside it."""
    for op in tuple(block.ops):
        if isinstance(op, Structured):
            replace(op, convert_structured(Emitter(op), op))
        elif is_elementwise(op):
            replace(op, convert_elementwise(Emitter(op), op))
        elif (rule := tensors.RULES.get(type(op))) is not None:
            if (made := rule(Emitter(op), op)) is not None:
                replace(op, [made])
        elif not isinstance(op, GenericOp):
            for inner in (b for region in op.regions for b in region.blocks):
                convert_block(inner)


UNUSED = (
    arith.ConstantOp, tensor.EmptyOp, tensor.DimOp, tensor.ExtractOp, tensor.FromElementsOp,
    FillOp, GenericOp, ReshapeOp,
)  # fmt: skip
"""What goes when nothing uses it: fills became first values, window shapes sizes, ..."""


def remove_unused(block: Block) -> None:
    for op in reversed(tuple(block.ops)):
        pure = isinstance(op, UNUSED) or op.dialect_name() in ("arith", "math")
        if pure and op.results and not any(result.first_use for result in op.results):
            block.erase_op(op)


def _take_params(function: FuncOp) -> None:
    """Arguments that name a weight become `dl.param`."""
    given, block = function.arg_attrs, function.body.block
    if given is None:
        return
    kept: list[DictionaryAttr] = []
    for argument, attributes in zip(tuple(block.args), given.data, strict=True):
        name = attributes.data.get(PARAM)
        if isinstance(name, StringAttr) and is_tensor(argument.type):
            more = {k: v for k, v in attributes.data.items() if k != PARAM}
            _take_param(block, argument, name.data, more)
        else:
            kept.append(attributes)
    outputs = function.function_type.outputs.data
    function.function_type = FunctionType.from_lists([a.type for a in block.args], [*outputs])
    function.arg_attrs = ArrayAttr(kept) if kept else None


def _take_param(
    block: Block, argument: BlockArgument, name: str, attributes: dict[str, Attribute]
) -> None:
    assert is_tensor(argument.type) and block.first_op is not None
    param = ParamOp(name, argument.type)
    param.location = argument.location
    param.attributes.update(attributes)
    param.result.name_hint = argument.name_hint
    block.insert_op_before(param, block.first_op)
    argument.replace_all_uses_with(param.result)
    block.erase_arg(argument)


def _remove_unused_globals(module: ModuleOp) -> None:
    """The seed of a random generator that torch-mlir always writes, when nothing refers to it."""
    used = {
        str(attribute)
        for op in module.walk()
        for attribute in (*op.properties.values(), *op.attributes.values())
    }
    for op in tuple(module.ops):
        if isinstance(op, ml_program.GlobalOp) and f"@{op.sym_name.data}" not in used:
            module.body.block.erase_op(op)
