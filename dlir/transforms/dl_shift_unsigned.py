"""`dl-shift-unsigned`: unsigned bytes become signed ones, for machines that have no others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, i8, i32
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from dlir.dialects.dl.attrs import ui8
from dlir.dialects.dl.constants import constant, follows_from_weights, known_array
from dlir.dialects.dl.ops.activation import ReluOp
from dlir.dialects.dl.ops.base import element_of, shape_of
from dlir.dialects.dl.ops.binary import AddOp, CastOp, MaxOp, MinOp, MulOp, XorOp
from dlir.dialects.dl.ops.bits import BitcastOp
from dlir.dialects.dl.ops.contraction import MatmulOp
from dlir.dialects.dl.ops.movement import (
    BroadcastOp,
    ConcatOp,
    GatherOp,
    PadOp,
    ReshapeOp,
    SliceOp,
    SplitOp,
    TransposeOp,
)
from dlir.dialects.dl.ops.pooling import MaxPool2dOp
from dlir.dialects.dl.ops.quantization import (
    AffineOp,
    DequantizeOp,
    QuantizeOp,
    RequantizeOp,
)
from dlir.dialects.dl.ops.reduction import ReduceSumOp
from dlir.dialects.dl.ops.source import ConstantOp
from dlir.dialects.dl.shapes import DYNAMIC
from dlir.rewrite import current_statistics
from dlir.types import is_tensor, number, with_element

HALF = 128

Signed: TypeAlias = Callable[[SSAValue], SSAValue]
Rule: TypeAlias = Callable[[Any, Signed], "list[Operation] | None"]
"""Makes of an op and the i8 of its operands ops that compute the same; the last has the results."""


@dataclass(frozen=True)
class DlShiftUnsigned(ModulePass):
    """Hold tensors of ui8 as i8, every number less 128: a zero point of z becomes one of z - 128.

    What quantises, dequantises, moves or orders numbers does the same to the smaller ones, to the
    last bit. A product with known i8 weights gets 128 times their sum added, computed once. Where
    another op reads or makes a ui8, the numbers are changed there; on targets that have ui8 there
    is no reason for this pass.

    Before:
    ```mlir
    %q = dl.quantize %x, %s, %z : (tensor<4xf32>, tensor<f32>, tensor<ui8>) -> tensor<4xui8>
    %r = dl.reshape %q : tensor<4xui8> -> tensor<2x2xui8>
    %y = dl.dequantize %r, %s, %z : (tensor<2x2xui8>, tensor<f32>, tensor<ui8>) -> tensor<2x2xf32>
    ```
    After:
    ```mlir
    %q = dl.quantize %x, %s, %z2 : (tensor<4xf32>, tensor<f32>, tensor<i8>) -> tensor<4xi8>
    %r = dl.reshape %q : tensor<4xi8> -> tensor<2x2xi8>
    %y = dl.dequantize %r, %s, %z2 : (tensor<2x2xi8>, tensor<f32>, tensor<i8>) -> tensor<2x2xf32>
    ```
    """

    name = "dl-shift-unsigned"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        count = 0
        for function in op.ops:
            if isinstance(function, FuncOp) and not function.is_declaration:
                count += _Shifting().run(function.body.block)
        if count:
            current_statistics().update({"ops on signed bytes": count})


@dataclass
class _Shifting:
    """One block: for each ui8 value the i8 that stands for it."""

    signed: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    replaced: list[Operation] = field(default_factory=list[Operation])

    def run(self, block: Block) -> int:
        """The number of ops that were replaced."""
        for op in [*block.ops]:
            rule = RULES.get(type(op))
            if rule is not None and _has_unsigned(op):
                self._replace(op, rule)
        for op in reversed(self.replaced):
            for result in op.results:
                if result.first_use is not None:
                    result.replace_all_uses_with(self._unsigned(self.signed[result], op))
            Rewriter.erase_op(op)
        for value in self.signed:
            if isinstance(value.owner, ConstantOp) and value.first_use is None:
                Rewriter.erase_op(value.owner)
        return len(self.replaced)

    def _replace(self, op: Operation, rule: Rule) -> None:
        made = rule(op, lambda value: self._signed(value, op))
        if made is None:
            return
        for new in made:
            new.location = op.location
        Rewriter.insert_op(made, InsertPoint.before(op))
        for old, new in zip(op.results, made[-1].results, strict=True):
            new.name_hint = old.name_hint
            if _is_unsigned(old):
                self.signed[old] = new
            else:
                old.replace_all_uses_with(new)
        self.replaced.append(op)

    def _signed(self, value: SSAValue, op: Operation) -> SSAValue:
        """The i8 of a ui8; other values are what they are."""
        if not _is_unsigned(value):
            return value
        if value not in self.signed:
            self.signed[value] = _inserted(_shifted(value), op)
        return self.signed[value]

    def _unsigned(self, value: SSAValue, op: Operation) -> SSAValue:
        return _inserted(_unshifted(value), op)


def _inserted(ops: list[Operation], before: Operation) -> SSAValue:
    Rewriter.insert_op(ops, InsertPoint.before(before))
    return ops[-1].results[0]


def _shifted(value: SSAValue) -> list[Operation]:
    """Ops that make the i8 of a ui8; of a known one, a constant."""
    if (array := known_array(value)) is not None:
        return [constant((array.astype("i2") - HALF).astype("i1"))]
    sign = _sign_bit()
    flipped = XorOp(value, sign.result)
    return [sign, flipped, BitcastOp(flipped.results[0], i8)]


def _unshifted(value: SSAValue) -> list[Operation]:
    """Ops that make the ui8 of an i8: 128 more or less is another highest bit."""
    bits, sign = BitcastOp(value, ui8), _sign_bit()
    return [bits, sign, XorOp(bits.result, sign.result)]


def _sign_bit() -> ConstantOp:
    import numpy as np

    return constant(np.array(HALF, np.uint8))


def _number(value: int) -> ConstantOp:
    import numpy as np

    return constant(np.array(value, np.int32))


def _is_unsigned(value: SSAValue) -> bool:
    return is_tensor(value.type) and value.type.element_type == ui8


def _has_unsigned(op: Operation) -> bool:
    return any(map(_is_unsigned, (*op.operands, *op.results)))


# --- rules ----------------------------------------------------------------------------------------


def _same(op: Operation, signed: Signed) -> list[Operation]:
    """What moves or orders numbers."""
    types = [with_element(r.type, i8) if _is_unsigned(r) else r.type for r in op.results]
    operands = [signed(o) for o in op.operands]
    return [op.create(operands=operands, properties=op.properties, result_types=types)]


def _padded(op: PadOp, signed: Signed) -> list[Operation]:
    """The border, too, is less 128."""
    (made,) = _same(op, signed)
    made.properties["value"] = number(op.value.value.data - HALF, i8)
    return [made]


def _affine(op: AffineOp, signed: Signed) -> list[Operation] | None:
    """What quantises, or is quantised: by another zero point; one that is not there is 0."""
    import numpy as np

    made: list[Operation] = []
    if op.zero_point is not None:
        zero = signed(op.zero_point)
    elif DYNAMIC in (shape := shape_of(op.parameters[0])):
        return None
    else:
        made = [constant(np.full(shape, -HALF, np.int8))]
        zero = made[0].results[0]
    operands = [signed(op.x), *op.parameters, zero]
    type = with_element(op.result.type, i8) if _is_unsigned(op.result) else op.result.type
    return [*made, op.create(operands=operands, properties=op.properties, result_types=[type])]


def _rectified(op: ReluOp, signed: Signed) -> list[Operation]:
    """None is below 0."""
    import numpy as np

    least = constant(np.array(-HALF, np.int8))
    return [least, MaxOp(signed(op.operands[0]), least.result)]


def _cast(op: CastOp, signed: Signed) -> list[Operation] | None:
    """Of the numbers themselves."""
    if _is_unsigned(op.result):
        return None
    wide, half = CastOp(signed(op.x), i32), _number(HALF)
    moved = AddOp(wide.result, half.result)
    return [wide, half, moved, CastOp(moved.result, element_of(op.result))]


def _product(op: MatmulOp, signed: Signed) -> list[Operation] | None:
    """(x + 128) w = x w + 128 * sum of w, for weights that are known before a call."""
    known = follows_from_weights(op.rhs) and len(shape_of(op.rhs)) == 2
    if not known or element_of(op.rhs) != i8 or element_of(op.result) != i32:
        return None
    (product,) = _same(op, signed)
    wide, half = CastOp(op.rhs, i32), _number(HALF)
    total = ReduceSumOp(wide.result, [0 if op.transpose_rhs is None else 1])
    extra = MulOp(total.result, half.result)
    return [product, wide, half, total, extra, AddOp(product.results[0], extra.results[0])]


RULES: dict[type[Operation], Rule] = {
    **dict.fromkeys((QuantizeOp, RequantizeOp, DequantizeOp), _affine),
    **dict.fromkeys((ReshapeOp, TransposeOp, BroadcastOp, SliceOp, ConcatOp, SplitOp), _same),
    **dict.fromkeys((GatherOp, MaxPool2dOp, MaxOp, MinOp), _same),
    PadOp: _padded,
    ReluOp: _rectified,
    CastOp: _cast,
    MatmulOp: _product,
}
"""What becomes of an op on unsigned bytes; ops that are not here keep them."""
