"""`convert-stablehlo-to-dl`: models of JAX and of exporters like torch_xla as `dl` ops.

One walk over each block in its order, with one table from op name to rule. A rule is a function of
(emitter, op) that inserts the new ops and gives the value, or the values, that replace the results.
Ops that cannot be converted are collected, so that one run reports all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from xdsl.context import Context
from xdsl.dialects.builtin import (
    FunctionType,
    ModuleOp,
    TensorType,
    UnrealizedConversionCastOp,
)
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import Rewriter as XdslRewriter
from xdsl.transforms.dead_code_elimination import is_trivially_dead
from xdsl.utils.exceptions import VerifyException

from dlir.diagnostics import CompileError, Diagnostic, RuleViolation, Severity, diagnose
from dlir.dialects.stablehlo.ops.base import HloOp, same_sizes
from dlir.lowering.stablehlo_to_dl import (
    chlo,
    collectives,
    contraction,
    control,
    convolution,
    dynamic,
    elementwise,
    gather,
    linear_algebra,
    movement,
    normalization,
    others,
    precision,
    quantization,
    random,
    reduction,
    scatter,
    select_and_scatter,
    sorting,
    vectorized,
    windows,
)
from dlir.lowering.stablehlo_to_dl.complex_parts import Split
from dlir.lowering.stablehlo_to_dl.elementwise import Rule
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, Unsupported, plain, values_of
from dlir.lowering.stablehlo_to_dl.inline import inline_calls

FAMILIES = (
    elementwise, chlo, movement, dynamic, contraction, convolution, vectorized, reduction, windows,
    select_and_scatter, sorting, gather, scatter, normalization, quantization, precision, random,
    linear_algebra, collectives, control, others,
)  # fmt: skip

RULES: dict[str, Rule] = {name: rule for family in FAMILIES for name, rule in family.RULES.items()}

CONTROL = frozenset(control.RULES)
"""Ops whose regions are converted before they are."""


@dataclass
class Conversion:
    """The conversion of one module; `faults` says what cannot be converted, in order."""

    emitter: Emitter = field(default_factory=Emitter)
    faults: list[Diagnostic] = field(default_factory=list[Diagnostic])
    faulty: list[str] = field(default_factory=list[str])
    """The names of the ops that the faults are about."""

    def convert(self, module: ModuleOp) -> None:
        """Convert all functions, and give them the types of what they return."""
        inline_calls(module, others.COMPOSITES)
        for function in module.ops:
            if isinstance(function, FuncOp) and not function.is_declaration:
                Split(self.emitter, self._report).function(function)
                self._convert_function(function)
        for op in module.walk():
            if op.name == "stablehlo.tuple" and any(result.uses for result in op.results):
                self._report(op, Unsupported("a tuple that is not taken apart"))

    def _convert_function(self, function: FuncOp) -> None:
        for block in function.body.blocks:
            self._convert_block(block)
        last = function.get_return_op()
        inputs = [argument.type for argument in function.body.blocks[0].args]
        if isinstance(last, ReturnOp):
            outputs = [value.type for value in last.operands]
            function.function_type = FunctionType.from_lists(inputs, outputs)

    def _convert_block(self, block: Block) -> None:
        for argument in block.args:
            if argument.type != plain(argument.type):
                XdslRewriter.replace_value_with_new_type(argument, plain(argument.type))
        for op in [*block.ops]:
            if op.parent is not block or not isinstance(op, HloOp) or op.name in _STAY:
                continue
            if op.name in CONTROL:
                for inner in (b for region in op.regions for b in region.blocks):
                    self._convert_block(inner)
            self._convert_op(op)

    def _convert_op(self, op: Operation) -> None:
        self.emitter.move_to(op)
        try:
            values = self._values(op)
        except (Unsupported, VerifyException) as error:
            self._report(op, error)
            types = [plain(type) for type in op.result_types]
            values = self.emitter.insert(
                UnrealizedConversionCastOp.create(result_types=types)
            ).results
        for result, value in zip(op.results, values, strict=True):
            value.name_hint = value.name_hint or result.name_hint
            result.replace_all_uses_with(value)
        op.detach()
        op.erase()

    def _report(self, op: Operation, error: Exception) -> None:
        self.faults.append(_fault(op, error))
        self.faulty.append(op.name)

    def _values(self, op: Operation) -> Sequence[SSAValue]:
        rule = RULES.get(op.name)
        if rule is None:
            raise Unsupported("no conversion is known")
        values = values_of(rule(self.emitter, op))
        for result, value in zip(op.results, values, strict=True):
            _check_type(value.type, plain(result.type))
        return values


_STAY = ("stablehlo.return", "stablehlo.tuple")
"""Ends of regions, and what `get_tuple_element` takes apart."""


def _check_type(made: Attribute, written: Attribute) -> None:
    """What was made has the type that the text says, but for sizes that it leaves open."""
    if made == written:
        return
    if isinstance(made, TensorType) and isinstance(written, TensorType):
        new, old = cast(TensorType[Attribute], made), cast(TensorType[Attribute], written)
        if new.element_type == old.element_type and same_sizes(new.get_shape(), old.get_shape()):
            return
    raise Unsupported(f"a result of type {written}: from the operands follows {made}")


def _fault(op: Operation, error: Exception) -> Diagnostic:
    if isinstance(error, Unsupported):
        message = f"is not supported with {error}"
        if str(error) == "no conversion is known":
            message = "is not supported"
        return diagnose(Severity.ERROR, op, message, rule="stablehlo-unsupported", help=error.help)
    rule = error.rule if isinstance(error, RuleViolation) else None
    return diagnose(Severity.ERROR, op, f"cannot be converted: {error}", rule=rule)


@dataclass(frozen=True)
class ConvertStablehloToDl(ModulePass):
    """Convert `stablehlo` and `chlo` to `dl`, `scf` and `func`.

    Calls are inlined first. Loops and branches become those of `scf`, whose conditions are taken
    out of their tensors. Broadcasts that `dl` ops make by themselves are left out.

    Before:
    ```mlir
    func.func @f(%x: tensor<2x4xf32>, %b: tensor<4xf32>) -> tensor<2x4xf32> {
      %0 = stablehlo.broadcast_in_dim %b, dims = [1] : (tensor<4xf32>) -> tensor<2x4xf32>
      %1 = stablehlo.add %x, %0 : tensor<2x4xf32>
      %2 = stablehlo.tanh %1 : tensor<2x4xf32>
      func.return %2 : tensor<2x4xf32>
    }
    ```
    After:
    ```mlir
    func.func @f(%x: tensor<2x4xf32>, %b: tensor<4xf32>) -> tensor<2x4xf32> {
      %0 = dl.add %x, %b : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
      %1 = dl.tanh %0 : tensor<2x4xf32>
      func.return %1 : tensor<2x4xf32>
    }
    ```
    """

    name = "convert-stablehlo-to-dl"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        conversion = Conversion()
        conversion.convert(op)
        if conversion.faults:
            raise CompileError(conversion.faults)
        remove_dead(op)


def remove_dead(module: ModuleOp) -> None:
    """Erase what nothing uses: shapes that were computed, and broadcasts that were left out."""
    for op in reversed([*module.walk()]):
        if op is not module and is_trivially_dead(op):
            op.detach()
            op.erase()
