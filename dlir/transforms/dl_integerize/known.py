"""The numbers of a program that are known: constants, weights at hand, what ops make of these."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from xdsl.ir import OpResult, SSAValue

from dlir.dialects.dl import shapes
from dlir.dialects.dl.constants import constant_array
from dlir.dialects.dl.ops.base import DlOp, shape_of
from dlir.dialects.dl.ops.source import ConstantOp, ParamOp
from dlir.numpy_types import Array

MOST_ITEMS = 1 << 26
"""Larger values are not computed here."""


class Known:
    """Arrays by value, computed by the reference semantics when they are asked for."""

    def __init__(self, params: Mapping[str, Array]) -> None:
        self.params = params
        self._arrays: dict[SSAValue, Array | None] = {}

    def array(self, value: SSAValue) -> Array | None:
        """The value's elements, if they are known."""
        if value not in self._arrays:
            self._arrays[value] = self._find(value)
        return self._arrays[value]

    def _find(self, value: SSAValue) -> Array | None:
        op = value.op if isinstance(value, OpResult) else None
        if isinstance(op, ConstantOp):
            return constant_array(op)
        if isinstance(op, ParamOp):
            return self.params.get(op.param_name.data)
        if not isinstance(op, DlOp) or not op.operands or len(op.results) != 1:
            return None
        if not 0 <= shapes.element_count(shape_of(value)) <= MOST_ITEMS:
            return None
        arrays: list[Array] = []
        for operand in op.operands:
            if (array := self.array(operand)) is None:
                return None
            arrays.append(array)
        return _evaluated(op, arrays)


def _evaluated(op: DlOp, arrays: list[Array]) -> Array | None:
    from dlir.dialects.dl.semantics import SEMANTICS

    try:
        with np.errstate(all="ignore"):
            return SEMANTICS[type(op)](None, op, *arrays)[0]
    except (ValueError, IndexError):
        return None
