"""What a float value of a QDQ program is made of, if it is made of integers.

    Codes    (q - zero_point) * scale, for a tensor q of integers
    Sum      scale * (an i32 sum of codes or of their products) + biases
    Moved    such values in other places: reshaped, joined, the largest of a window
    Bounded  such a value within limits

Codes and sums are exact but for the roundings of f32; to quantise a moved or bounded value is to
quantise what it is made of, and to move or bound the integers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from xdsl.ir import SSAValue

from dlir.dialects.dl.ops.base import element_of
from dlir.dialects.dl.ops.quantization import DequantizeOp
from dlir.numpy_types import Array
from dlir.transforms.dl_integerize.known import Known
from dlir.types import Integer, is_integer, limits_of

if TYPE_CHECKING:
    from dlir.transforms.dl_integerize.writing import Writer

MOST = 2**31 - 1
"""The greatest i32."""


@dataclass(frozen=True)
class Parameters:
    """Scale and zero point: per tensor, or vectors along `axis`; numbers where they are known."""

    scale: SSAValue
    zero_point: SSAValue | None
    axis: int | None
    scales: Array | None
    zeros: Array | None
    """0 without a zero point; one number if all are the same."""

    @property
    def zero(self) -> int | None:
        """The zero point, if it is one known number."""
        return int(self.zeros) if self.zeros is not None and self.zeros.ndim == 0 else None

    @property
    def step(self) -> float | None:
        """The scale, if it is one known number."""
        return float(self.scales) if self.scales is not None and self.scales.ndim == 0 else None

    def on(self, axis: int | None) -> Parameters:
        """The same along another axis."""
        return Parameters(self.scale, self.zero_point, axis, self.scales, self.zeros)

    def same(self, other: Parameters) -> bool:
        """Whether both are per tensor, and the same."""
        if self.axis is not None or other.axis is not None:
            return False
        if self.scale is other.scale and self.zero_point is other.zero_point:
            return True
        known = None not in (self.step, other.step, self.zero, other.zero)
        return known and (self.step, self.zero) == (other.step, other.zero)


def parameters_of(op: DequantizeOp, known: Known) -> Parameters:
    """Those of an op without blocks."""
    scales, zeros = known.array(op.scale), np.zeros((), np.int64)
    if op.zero_point is not None:
        found = known.array(op.zero_point)
        zeros = None if found is None else found.astype(np.int64)
        if zeros is not None and zeros.size and (zeros == zeros.flat[0]).all():
            zeros = zeros.reshape(-1)[0]
    axis = None if op.axis is None else op.axis.value.data
    wide = None if scales is None else scales.astype(np.float64)
    return Parameters(op.scale, op.zero_point, axis, wide, zeros)


@dataclass(eq=False)
class Codes:
    """`(q - zero_point) * scale`; q is what the op that defines `value` dequantises, or moves."""

    value: SSAValue
    parameters: Parameters
    element: Integer
    sources: Sequence[Codes] = ()

    @property
    def distance(self) -> int:
        """The most that a code, or its distance from the zero point, may be."""
        least, greatest = limits_of(self.element)
        zeros = self.parameters.zeros
        points = [least, greatest] if zeros is None else [0, int(zeros.min()), int(zeros.max())]
        if zeros is None:
            points = [0, least, greatest]
        return max(abs(end - point) for end in (least, greatest) for point in points)


class Scale(NamedTuple):
    """What one step of a sum stands for: products of parameters' scales, each along an axis."""

    factors: tuple[tuple[SSAValue, int | None], ...]
    numbers: Array | None
    """Their product, if it is known, times what only numbers say; a scalar or a vector."""
    axis: int | None
    """Where the vector lies; -1 if the factors lie along different axes."""


class Terms(ABC):
    """An i32 sum of codes or of their products."""

    scale: Scale
    largest: int
    """A bound of the magnitude of the sum, whatever the codes are."""

    @abstractmethod
    def write(self, writer: Writer) -> list[SSAValue]:
        """The sum as it is computed on codes, and what must be added for their zero points."""


@dataclass(eq=False)
class Sum:
    """`scale * terms + biases`; the biases are f32 values that are known before a call."""

    value: SSAValue
    origin: SSAValue
    """The value that stands for the terms alone."""
    terms: Terms
    scale: Scale
    biases: tuple[SSAValue, ...] = ()


@dataclass(eq=False)
class Moved:
    """The results of an op that moves elements; None stands for an operand that is only a float."""

    value: SSAValue
    sources: Sequence[Form | None]


@dataclass(eq=False)
class Bounded:
    """A value within limits."""

    value: SSAValue
    source: Form
    low: float
    high: float


Form: TypeAlias = Codes | Sum | Moved | Bounded
Forms: TypeAlias = dict[SSAValue, Form]


class Target(NamedTuple):
    """How a value is quantised: per tensor, by known numbers."""

    scale: float
    zero: int
    element: Integer

    def code(self, number: float) -> int:
        """What a number becomes, by the rule of `dl.quantize`."""
        least, greatest = limits_of(self.element)
        with np.errstate(over="ignore"):
            nearest = np.rint(np.float32(number) / np.float32(self.scale))
        return int(np.clip(nearest + self.zero, least, greatest))


def integers_of(value: SSAValue) -> Integer | None:
    """The element type of codes: 8 bits or fewer, or an i32 that a bias may be."""
    element = element_of(value)
    if not is_integer(element):
        return None
    return element if element.bitwidth in (2, 4, 8, 32) else None
