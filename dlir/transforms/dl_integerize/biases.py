"""Biases that are known before a call, as whole steps of the sum that they are added to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from xdsl.dialects.builtin import i32
from xdsl.ir import SSAValue

from dlir.dialects.dl.ops.activation import ClipOp
from dlir.dialects.dl.ops.base import rank_of
from dlir.dialects.dl.ops.binary import AddOp, CastOp, DivOp
from dlir.dialects.dl.ops.math import RoundOp
from dlir.numpy_types import Array
from dlir.transforms.dl_integerize.forms import MOST, Sum, Target
from dlir.transforms.dl_integerize.known import Known

if TYPE_CHECKING:
    from dlir.transforms.dl_integerize.writing import Writer

LIMIT = 2.0**30
"""Biases that are not known yet are cut off here; what is beyond must saturate anyway."""

TINY = float(np.finfo(np.float32).tiny)
SURELY = 512.0
"""So many steps of an 8-bit result saturate, whatever its zero point is."""


class Biases:
    """The biases of a sum."""

    def __init__(self, sum: Sum) -> None:
        self.sum = sum

    def fit(self, known: Known, target: Target) -> bool:
        """Whether biases and sum fit into an i32, as far as the result does not saturate."""
        if not self.sum.biases:
            return True
        numbers = self.sum.scale.numbers
        assert numbers is not None
        if (whole := self._whole(known)) is not None:
            finite = bool(np.isfinite(whole).all())
            return finite and np.abs(whole).max(initial=0) + self.sum.terms.largest <= MOST
        least = float(numbers.min(initial=np.inf)) / target.scale
        return (LIMIT - self.sum.terms.largest) * least >= SURELY

    def _whole(self, known: Known) -> Array | None:
        """The biases in steps of the sum, if they are known."""
        total: Array = np.zeros(())
        for bias in self.sum.biases:
            if (array := known.array(bias)) is None:
                return None
            total = total + array.astype(np.float64)
        return np.rint(total / self._numbers())

    def _numbers(self) -> Array:
        """The scale as it broadcasts against the sum."""
        scale = self.sum.scale
        assert scale.numbers is not None
        if not scale.numbers.ndim or scale.axis is None:
            return scale.numbers
        return scale.numbers.reshape(-1, *[1] * (rank_of(self.sum.value) - scale.axis - 1))

    def write(self, writer: Writer) -> list[SSAValue]:
        """What is to be added to the sum, in i32."""
        if not self.sum.biases:
            return []
        if (whole := self._whole(writer.known)) is not None:
            return [writer.constant(whole.astype(np.int32))]
        total, *others = self.sum.biases
        for other in others:
            total = writer.value(AddOp(total, other))
        step = writer.constant(np.maximum(self._numbers(), TINY).astype(np.float32))
        nearest = writer.value(RoundOp(writer.value(DivOp(total, step))))
        limited = writer.value(ClipOp(nearest, min=-LIMIT, max=LIMIT))
        return [writer.value(CastOp(limited, i32))]
