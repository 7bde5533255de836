"""Pairs of `dl.quantize` and `dl.dequantize` in the text: the QDQ form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeVar

import numpy as np
from xdsl.dialects.builtin import i8
from xdsl.ir import Attribute, BlockArgument, Operation, OpResult, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from dlir.dialects.dl.attrs import ui8
from dlir.dialects.dl.constants import ELEMENTS, constant
from dlir.dialects.dl.ops.quantization import DequantizeOp, QuantizeOp
from dlir.numpy_types import dtype_of
from dlir.scales import Affine

OpT = TypeVar("OpT", bound=Operation)

ACTIVATIONS: Mapping[str, Attribute] = {"i8": i8, "ui8": ui8}
WEIGHTS: Mapping[str, Attribute] = {
    "i8": i8,
    "i4": ELEMENTS["int4"],
    "ui4": ELEMENTS["uint4"],
    "i2": ELEMENTS["int2"],
}
"""Element types by their names in the text."""


class Granularity(NamedTuple):
    """How many numbers share a scale: all of them, those of a place, or of a block of places."""

    axis: int | None = None
    block: int | None = None


class Writer:
    """Inserts ops behind a value's definition, each with the location of what it is for."""

    def __init__(self, value: SSAValue) -> None:
        self.value = value
        if isinstance(value, OpResult):
            self._point = InsertPoint.after(value.op)
            self._location = value.op.location
        else:
            assert isinstance(value, BlockArgument)
            self._point = InsertPoint.at_start(value.block)
            self._location = value.location

    def insert(self, op: OpT) -> OpT:
        """Insert behind what was inserted before."""
        op.location = self._location
        Rewriter.insert_op(op, self._point)
        self._point = InsertPoint.after(op)
        return op

    def through(self, chosen: Affine, element: Attribute, granularity: Granularity) -> SSAValue:
        """The value quantised and dequantised with constant scales."""
        scale = self.insert(constant(np.asarray(chosen.scale, np.float32))).result
        zero: SSAValue | None = None
        if chosen.zero_point is not None:
            array = np.asarray(chosen.zero_point).astype(dtype_of(element))
            zero = self.insert(constant(array)).result
        return self.with_scale(scale, zero, element, granularity)

    def with_scale(
        self, scale: SSAValue, zero: SSAValue | None, element: Attribute, granularity: Granularity
    ) -> SSAValue:
        """The value quantised and dequantised."""
        axis, block = granularity
        q = QuantizeOp(self.value, scale, zero, axis=axis, block=block, element=element)
        x = DequantizeOp(self.insert(q), scale, zero, axis=axis, block=block)
        result = self.insert(x).result
        hint = self.value.name_hint
        q.result.name_hint, result.name_hint = (f"{hint}_q", f"{hint}_dq") if hint else (None, None)
        return result
