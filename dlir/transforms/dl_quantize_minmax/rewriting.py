"""Writes the int8 form of the layers of a plan and of the values between them."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
from xdsl.dialects.builtin import TensorType, i8, i32
from xdsl.ir import Attribute, Block, Operation, OpResult, SSAValue

from dlir.diagnostics import fail
from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import Tensor
from dlir.dialects.dl.constants import constant
from dlir.dialects.dl.ops.base import shape_of, type_of
from dlir.dialects.dl.ops.binary import AddOp, CastOp, MulOp
from dlir.dialects.dl.ops.contraction import MatmulOp
from dlir.dialects.dl.ops.quantization import DequantizeOp, QuantizeOp, RequantizeOp
from dlir.dialects.dl.ops.reduction import ReduceSumOp
from dlir.numpy_types import Array
from dlir.requantize import multiplier_and_shift
from dlir.transforms.dl_quantize_minmax.calibration import Seen
from dlir.transforms.dl_quantize_minmax.plan import SAME_SCALE, SUMS, Layer, Plan, averaged

OpT = TypeVar("OpT", bound=Operation)

ADDEND_BITS = 14
"""Addends are brought to one scale by factors of so many bits, whose products fit into an i32."""

LARGEST_BIAS = 2.0**30

_SATURATING = 2.0**31 - 1
"""A factor of this size, or a larger one, saturates whatever is not 0."""


class Quantized(NamedTuple):
    """An int8 tensor and its scale."""

    tensor: SSAValue
    scale: float


class Rewriting:
    """Replaces float ops one by one; what is left of the float values is dequantised at the end."""

    def __init__(self, plan: Plan, seen: Seen) -> None:
        self.plan = plan
        self.seen = seen
        self.int8: dict[SSAValue, Quantized] = {}
        self.floats: dict[SSAValue, SSAValue] = {}
        """What stands for the float results of layers."""
        self.replaced: list[Operation] = []
        self._anchor: Operation | None = None

    def run(self, block: Block) -> None:
        """Rewrite the ops of the block that the plan names."""
        parts = {part for layer in self.plan.layers.values() for part in layer.parts[1:]}
        for op in [*block.ops]:
            if op in parts:
                continue
            self._anchor = op
            if op in self.plan.layers:
                self._layer(self.plan.layers[op])
            elif isinstance(op, SAME_SCALE) and op.result in self.plan.int8:
                self._same_scale(op)
            elif isinstance(op, SUMS) and op.results[0] in self.plan.int8:
                self._sum(op, averaged(op) or [])
        self._finish()

    def _insert(self, op: OpT) -> OpT:
        assert self._anchor is not None and self._anchor.parent is not None
        op.location = self._anchor.location
        self._anchor.parent.insert_op_before(op, self._anchor)
        return op

    def _constant(self, array: Array) -> SSAValue:
        return self._insert(constant(array)).result

    # Ops

    def _layer(self, layer: Layer) -> None:
        """x8 * w8 + bias, in i32; then int8 or float, as the readers want it."""
        x = self._quantized(layer.x)
        self._anchor = layer.parts[-1]
        weight, scales = self._weight(layer, x.scale)
        total = self._product(layer, x.tensor, weight)
        if len(layer.parts) > 1:
            total = self._biased(layer, total, scales)
        axis, result = layer.axes.result, layer.result
        if result in self.plan.int8:
            scale = self._scale(result)
            parts = multiplier_and_shift(np.minimum(scales / scale, _SATURATING))
            multiplier, shift = map(self._constant, parts)
            self._hold(
                result, self._insert(RequantizeOp(total, multiplier, shift, axis=axis)), scale
            )
        else:
            scale = self._constant(np.clip(scales, _TINY, _HUGE).astype(np.float32))
            self.floats[result] = self._insert(DequantizeOp(total, scale, axis=axis)).result
        self.replaced += layer.parts

    def _weight(self, layer: Layer, x_scale: float) -> tuple[SSAValue, Array]:
        """(the int8 weight, what one step of each channel's sums stands for)."""
        weight, array = layer.weight, self.seen.constants[layer.weight]
        axis = layer.axes.weight
        along = [-1 if a == axis else 1 for a in range(array.ndim)]
        if (layer.factor != 1).any():
            factor = layer.factor.astype(np.float32).reshape(along)
            weight = self._insert(MulOp(weight, self._constant(factor))).results[0]
            array = array * factor
        others = tuple(a for a in range(array.ndim) if a != axis)
        largest = np.abs(array).max(axis=others, initial=0.0).astype(np.float64)
        least = 127 * np.abs(layer.bias) / (LARGEST_BIAS * x_scale)
        scales = np.array([step(n) for n in np.maximum(largest, least)], np.float32)
        made = self._insert(QuantizeOp(weight, self._constant(scales), axis=axis))
        return made.result, scales.astype(np.float64) * x_scale

    def _product(self, layer: Layer, x: SSAValue, weight: SSAValue) -> SSAValue:
        op = layer.op
        kind: type[Operation] = type(op)
        made = kind.create(
            operands=[x, weight],
            properties={**op.properties, "acc": i32},
            result_types=[_typed(type_of(op.result), i32)],
        )
        return self._insert(made).results[0]

    def _biased(self, layer: Layer, total: SSAValue, scales: Array) -> SSAValue:
        whole = np.rint(layer.bias / scales).astype(np.int32)
        behind = (
            0 if isinstance(layer.op, MatmulOp) else len(shape_of(total)) - layer.axes.result - 1
        )
        bias = self._constant(whole.reshape(-1, *[1] * behind))
        return self._insert(AddOp(total, bias)).results[0]

    def _same_scale(self, op: Operation) -> None:
        """The op itself on int8, all operands in the scale of the coarsest."""
        addends = [self.int8[value] for value in op.operands]
        scale = max(addend.scale for addend in addends)
        made = type(op).create(
            operands=[self._rescaled(addend, scale) for addend in addends],
            properties=op.properties,
            result_types=[_typed(type_of(op.results[0]), i8)],
        )
        self._hold(op.results[0], self._insert(made), scale)
        self.replaced.append(op)

    def _rescaled(self, value: Quantized, scale: float) -> SSAValue:
        if value.scale == scale:
            return value.tensor
        wide = self._insert(CastOp(value.tensor, i32))
        parts = map(self._constant, multiplier_and_shift(value.scale / scale))
        return self._insert(RequantizeOp(wide, *parts)).result

    def _sum(self, op: Operation, axes: list[int]) -> None:
        """round((a * fa + b * fb) * m), or round(sum of a * m): one rounding.

        The factors fa and fb, which bring addends to one scale, have `ADDEND_BITS`.
        """
        addends = [self.int8[value] for value in op.operands]
        wide = [self._insert(CastOp(addend.tensor, i32)).result for addend in addends]
        if isinstance(op, AddOp):
            unit = max(addend.scale for addend in addends) / 2**ADDEND_BITS
            factors = [np.array(round(addend.scale / unit), np.int32) for addend in addends]
            terms = [
                self._insert(MulOp(x, self._constant(factor)))
                for x, factor in zip(wide, factors, strict=True)
            ]
            total = self._insert(AddOp(*terms)).results[0]
        else:
            shape = shape_of(op.operands[0])
            unit = addends[0].scale / shapes.element_count([shape[axis] for axis in axes])
            kept = len(shape_of(op.results[0])) == len(shape)
            total = self._insert(ReduceSumOp(wide[0], axes, keepdims=kept)).results[0]
        scale = self._scale(op.results[0])
        parts = map(self._constant, multiplier_and_shift(min(unit / scale, _SATURATING)))
        self._hold(op.results[0], self._insert(RequantizeOp(total, *parts)), scale)
        self.replaced.append(op)

    # Values

    def _hold(self, value: SSAValue, made: Operation, scale: float) -> None:
        made.results[0].name_hint = value.name_hint
        self.int8[value] = Quantized(made.results[0], scale)

    def _scale(self, value: SSAValue) -> float:
        """What one step stands for: by the largest value behind the monotone ops that follow alone.

        What they cut off, such as all below 0, needs no steps: they commute with saturation.
        """
        while (use := value.get_unique_use()) is not None and isinstance(use.operation, SAME_SCALE):
            value = use.operation.results[0]
        return self._step(value)

    def _step(self, value: SSAValue) -> float:
        """The scale for what was seen of a value; CompileError for NaN and infinities."""
        largest = self.seen.largest[value]
        if largest == np.inf:
            where = value.op if isinstance(value, OpResult) else value.owner.parent_op()
            what = f"the value '%{value.name_hint}'" if value.name_hint else "a value"
            fail(
                where,
                f"{what} is to become int8, but is not finite for some calibration sample",
                help="NaN and infinities have no place among 255 equal steps; leave them out",
            )
        return step(largest)

    def _quantized(self, value: SSAValue) -> Quantized:
        """The int8 form of a value, made where the value is, for all readers."""
        if value not in self.int8:
            scale = self._step(value)
            source = self.floats.get(value, value)
            self._anchor = _next_op(source)
            operand = self._constant(np.array(scale, np.float32))
            self.int8[value] = Quantized(self._insert(QuantizeOp(source, operand)).result, scale)
        return self.int8[value]

    def _finish(self) -> None:
        """Give the float readers that are left float values, and erase what was replaced."""
        gone = set(self.replaced)
        for op in self.replaced:
            for result in op.results:
                uses = [use for use in result.uses if use.operation not in gone]
                if uses:
                    value = self._float(result)
                    value.name_hint = value.name_hint or result.name_hint
                    for use in uses:
                        use.operation.operands[use.index] = value
        for op in reversed(self.replaced):
            erase(op)
        for value in reversed(self.seen.constants):
            op = value.owner
            assert isinstance(op, Operation)
            if op.parent is not None and not any(result.first_use for result in op.results):
                erase(op)

    def _float(self, value: SSAValue) -> SSAValue:
        if value not in self.floats:
            tensor, scale = self.int8[value]
            self._anchor = _next_op(tensor)
            operand = self._constant(np.array(scale, np.float32))
            self.floats[value] = self._insert(DequantizeOp(tensor, operand)).result
        return self.floats[value]


_TINY = float(np.finfo(np.float32).tiny)
_HUGE = float(np.finfo(np.float32).max)


def step(largest: float) -> float:
    """The f32 scale by which `largest` becomes 127; that of zeros is 1."""
    return float(np.float32(max(largest / 127, _TINY))) if largest else 1.0


def erase(op: Operation) -> None:
    """Take an op without uses out of its block."""
    op.detach()
    op.erase()


def _next_op(value: SSAValue) -> Operation:
    """The op behind the definition of a value."""
    if isinstance(value, OpResult):
        found = value.op.next_op
    else:
        block = value.owner
        assert isinstance(block, Block)
        found = block.first_op
    assert found is not None
    return found


def _typed(type: Tensor, element: Attribute) -> Tensor:
    return TensorType(element, type.get_shape())
