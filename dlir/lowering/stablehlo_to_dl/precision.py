"""Rounding to a format of fewer bits, on the bits of numbers."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects.builtin import bf16, f16, f32, f64
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops.base import element_of
from dlir.dialects.dl.ops.bits import ShiftRightOp
from dlir.dialects.stablehlo.shapes import number_of
from dlir.lowering.stablehlo_to_dl.elementwise import Rule, bits_of, reinterpreted, unsigned
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, unsupported

MANTISSAS: dict[Attribute, int] = {bf16: 7, f16: 10, f32: 23, f64: 52}
"""Element type -> the bits of its mantissa that are stored."""


@dataclass(frozen=True)
class Bits:
    """The bits of numbers as unsigned integers, and where the mantissa ends in them."""

    e: Emitter
    value: SSAValue
    mantissa: int

    @property
    def exponent(self) -> int:
        return bits_of(self.value) - 1 - self.mantissa

    def constant(self, number: int) -> SSAValue:
        return self.e.constant(number, element_of(self.value))

    def masked(self, mask: int) -> SSAValue:
        return self.e.emit(b.AndOp(self.value, self.constant(mask)))

    def rounded(self, kept: int) -> Bits:
        """The mantissa in `kept` bits, to nearest even; a carry goes into the exponent."""
        dropped = self.mantissa - kept
        if dropped <= 0:
            return self
        e, last = self.e, self.constant(1)
        is_odd = e.emit(b.AndOp(e.emit(ShiftRightOp(self.value, self.constant(dropped))), last))
        half = e.emit(b.AddOp(self.constant((1 << (dropped - 1)) - 1), is_odd))
        total = Bits(e, e.emit(b.AddOp(self.value, half)), self.mantissa)
        every = (1 << bits_of(self.value)) - 1
        return Bits(e, total.masked(every - (1 << dropped) + 1), self.mantissa)

    def limited(self, width: int) -> Bits:
        """Infinity or zero of the same sign where the exponent does not fit into so many bits."""
        if width >= self.exponent:
            return self
        e, all_ones = self.e, ((1 << self.exponent) - 1) << self.mantissa
        sign = self.masked(1 << (bits_of(self.value) - 1))
        exponent = self.masked(all_ones)
        bias, own = (1 << (self.exponent - 1)) - 1, (1 << (width - 1)) - 1
        over = e.compare("gt", exponent, self.constant((bias + own) << self.mantissa))
        under = e.compare("le", exponent, self.constant((bias - own) << self.mantissa))
        infinite = e.emit(b.OrOp(sign, self.constant(all_ones)))
        return Bits(e, e.select(over, infinite, e.select(under, sign, self.value)), self.mantissa)


def reduce_precision(e: Emitter, op: Operation) -> SSAValue:
    """A NaN stays what it is; numbers below the format's smallest normal one become zero."""
    x, element = op.operands[0], element_of(op.operands[0])
    if element not in MANTISSAS:
        unsupported(f"elements of type {element}", "convert them to f32 first")
    bits = Bits(e, reinterpreted(e, x, unsigned(bits_of(x))), MANTISSAS[element])
    made = bits.rounded(number_of(op, "mantissa_bits")).limited(number_of(op, "exponent_bits"))
    is_nan = e.compare("ne", x, x)
    return e.select(is_nan, x, reinterpreted(e, made.value, element))


RULES: dict[str, Rule] = {"stablehlo.reduce_precision": reduce_precision}
