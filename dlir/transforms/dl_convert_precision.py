"""`dl-convert-precision`: a model in f32 is stored, or multiplied, in a half-sized type."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, TensorType, bf16, f16, f32
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from dlir.dialects.dl.ops.base import DlOp
from dlir.dialects.dl.ops.binary import CastOp
from dlir.dialects.dl.ops.contraction import ContractionOp
from dlir.dialects.dl.ops.quantization import AffineOp
from dlir.dialects.dl.ops.source import DimOp, SourceOp
from dlir.types import is_tensor

TYPES: dict[str, Attribute] = {"bf16": bf16, "f16": f16}
KEPT = (SourceOp, AffineOp)
"""Weights keep the type they have in their file; the quantising ops know f32 only."""


ANY = (CastOp, DimOp)
"""They take every type, and what a cast was written for is left to it."""


@dataclass(frozen=True)
class DlConvertPrecision(ModulePass):
    """Store tensors of f32 in `to` (bf16 or f16), half the bytes; sums stay in f32.

    With `ops=all` every `dl` op on f32 reads and writes `to`; each still computes in f32 (`acc` is
    left as it is) and rounds its result once. With `ops=contractions` only matrix products and
    convolutions read `to`, and all results stay f32. Arguments, results and weights keep their
    types and are cast; the casts of weights are done once, when the model is loaded.

    f16 has the range of 6e-8 to 65504, bf16 that of f32 with 8 bits of precision: integers
    above 256 that were kept in f32 are rounded.

    Before:
    ```mlir
    func.func @f(%x: tensor<4x8xf32>, %w: tensor<8x8xf32>) -> tensor<4x8xf32> {
      %0 = dl.matmul %x, %w acc f32 : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
      %1 = dl.relu %0 : tensor<4x8xf32>
      func.return %1 : tensor<4x8xf32>
    }
    ```
    After:
    ```mlir
    func.func @f(%x: tensor<4x8xf32>, %w: tensor<8x8xf32>) -> tensor<4x8xf32> {
      %2 = dl.cast %w : tensor<8x8xf32> -> tensor<8x8xbf16>
      %3 = dl.cast %x : tensor<4x8xf32> -> tensor<4x8xbf16>
      %0 = dl.matmul %3, %2 acc f32 : (tensor<4x8xbf16>, tensor<8x8xbf16>) -> tensor<4x8xbf16>
      %1 = dl.relu %0 : tensor<4x8xbf16>
      %4 = dl.cast %1 : tensor<4x8xbf16> -> tensor<4x8xf32>
      func.return %4 : tensor<4x8xf32>
    }
    ```
    """

    name = "dl-convert-precision"

    to: Literal["bf16", "f16"] = "bf16"
    ops: Literal["all", "contractions"] = "all"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        conversion = _Conversion(TYPES[self.to], everything=self.ops == "all")
        for inner in list(op.walk()):
            conversion.convert(inner)


@dataclass
class _Conversion:
    """The conversion of the ops of a module, each after those whose results it reads."""

    to: Attribute
    everything: bool
    narrowed: set[SSAValue] = field(default_factory=set[SSAValue])
    """Results whose type was changed."""
    casts: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    """Value -> the same in the other type, which is made once."""

    def convert(self, op: Operation) -> None:
        if isinstance(op, ANY):
            return
        narrow = self._is_converted(op)
        for number, operand in enumerate(op.operands):
            if narrow and _is_f32(operand.type):
                op.operands[number] = self._cast(operand, self.to)
            elif not narrow and operand in self.narrowed:
                op.operands[number] = self._cast(operand, f32)
        if not (narrow and self.everything):
            return
        for result in op.results:
            if is_tensor(result.type) and _is_f32(result.type):
                changed = TensorType(self.to, result.type.get_shape())
                self.narrowed.add(Rewriter.replace_value_with_new_type(result, changed))

    def _is_converted(self, op: Operation) -> bool:
        if self.everything:
            return isinstance(op, DlOp) and not isinstance(op, KEPT)
        return isinstance(op, ContractionOp)

    def _cast(self, value: SSAValue, to: Attribute) -> SSAValue:
        """A cast right behind where the value comes from, so that all may use it."""
        if value not in self.casts:
            cast = CastOp(value, to)
            owner = value.owner
            if isinstance(owner, Block):
                point, source = InsertPoint.at_start(owner), owner.parent_op()
            else:
                point, source = InsertPoint.after(owner), owner
            assert source is not None, "blocks are inside functions"
            cast.location = source.location
            Rewriter.insert_op(cast, point)
            cast.result.name_hint = value.name_hint
            self.casts[value] = cast.result
        return self.casts[value]


def _is_f32(type: Attribute) -> bool:
    return is_tensor(type) and type.element_type == f32
