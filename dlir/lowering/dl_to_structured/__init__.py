"""`convert-dl-to-structured`: every `dl` op as iteration spaces with scalar bodies.

One walk with one table from op class to rule. Each rule is a function of (emitter, op) that inserts
the new ops and gives the value, or the values, that replace the results.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from xdsl.context import Context
from xdsl.dialects import arith
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.passes import ModulePass

from dlir.diagnostics import fail
from dlir.dialects.dl.ops.base import DlOp
from dlir.dialects.dl.ops.source import ConstantOp, ParamOp
from dlir.lowering.dl_to_structured import (
    contraction,
    elementwise,
    microscaling,
    movement,
    normalization,
    ordering,
    packing,
    quantization,
    random,
    reduction,
    scatter,
    sparse,
)
from dlir.lowering.dl_to_structured.emitter import Emitter
from dlir.lowering.dl_to_structured.holding import hold_elements

FAMILIES = (
    elementwise, contraction, quantization, microscaling, packing, reduction, normalization,
    movement, ordering, scatter, random,
)  # fmt: skip

RULES: dict[type[Operation], Callable[[Emitter, Any], SSAValue | Sequence[SSAValue]]] = {
    op: rule for family in FAMILIES for op, rule in family.RULES.items()
}


@dataclass(frozen=True)
class ConvertDlToStructured(ModulePass):
    """Lower `dl` ops to `structured.generic` and its companions.

    `dl.param` stays: it names a weight. Every tensor that a structured op writes begins as
    `tensor.empty`, whose sizes are arithmetic on the dimensions of the function's arguments.
    Unsigned integers become signless ones, on which ops such as `arith.divui` and `arith.maxui`
    work, and numbers of less than 8 bits, as well as floats of 8, are held in an `i8` each.
    Arguments, results and weights have their callers' type as `dlir.element` then.

    Before:
    ```mlir
    func.func @f(%x: tensor<?x4xf32>, %b: tensor<4xf32>) -> tensor<?x4xf32> {
      %y = dl.add %x, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
      func.return %y : tensor<?x4xf32>
    }
    ```
    After:
    ```mlir
    func.func @f(%x: tensor<?x4xf32>, %b: tensor<4xf32>) -> tensor<?x4xf32> {
      %c0 = arith.constant 0 : index
      %n = tensor.dim %x, %c0 : tensor<?x4xf32>
      %e = tensor.empty(%n) : tensor<?x4xf32>
      %y = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (j), (i, j) -> (i, j)],
                               iterators = [parallel, parallel]}
          ins(%x, %b : tensor<?x4xf32>, tensor<4xf32>) outs(%e : tensor<?x4xf32>) {
      ^bb0(%p: f32, %q: f32):
        %s = arith.addf %p, %q : f32
        structured.yield %s : f32
      } -> tensor<?x4xf32>
      func.return %y : tensor<?x4xf32>
    }
    ```
    """

    name = "convert-dl-to-structured"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in op.walk():
            if isinstance(function, FuncOp) and not function.is_declaration:
                emitter = Emitter()
                for block in function.body.blocks:
                    lower_block(emitter, block)
        hold_elements(op)


def lower_block(emitter: Emitter, block: Block) -> None:
    """Lower the ops of a block and of the blocks inside it; constants last, for their users look at
    their numbers."""
    constants: list[ConstantOp] = []
    with emitter.sizes.block_scope():
        for op in tuple(block.ops):
            if isinstance(op, ConstantOp):
                constants.append(op)
            elif isinstance(op, DlOp):
                lower_op(emitter, op)
            elif isinstance(op, sparse.OPS):
                sparse.lower_conversion(op)
            else:
                for inner in (b for region in op.regions for b in region.blocks):
                    lower_block(emitter, inner)
    sparse.erase_encoded(block)
    for constant in constants:
        lower_constant(emitter, constant)


def lower_op(emitter: Emitter, op: DlOp) -> None:
    """Replace an op by what its rule makes; CompileError if there is no rule."""
    if isinstance(op, ParamOp):
        return
    rule = RULES.get(type(op))
    if rule is None:
        fail(op, "has no lowering to the structured dialect", help="see dl-decompose")
    emitter.move_to(op)
    made = rule(emitter, op)
    replace(op, [made] if isinstance(made, SSAValue) else made)


def lower_constant(emitter: Emitter, op: ConstantOp) -> None:
    """A tensor that nothing reads (its number went into bodies) disappears."""
    if op.result.first_use is None:
        op.detach()
        op.erase()
        return
    emitter.move_to(op)
    replace(op, [emitter.insert(arith.ConstantOp(op.value)).result])


def replace(op: Operation, values: Sequence[SSAValue]) -> None:
    """Put the values in the place of the op's results, under their names."""
    for result, value in zip(op.results, values, strict=True):
        if result.name_hint is not None and value.name_hint is None:
            value.name_hint = result.name_hint
        result.replace_all_uses_with(value)
    assert op.parent is not None
    op.parent.erase_op(op)
