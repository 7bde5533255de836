"""`s (1 + erf(c x))` as one function: what gelu and the normal distribution are made of.

The sum would lose what `erf` knows about a negative x: erfc(-c x), which is small, is what is left
where two numbers near 1 cancel. To compute that instead takes fewer operations as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, Float32Type, FloatAttr
from xdsl.ir import Operation, SSAValue

from dlir.transforms.expand_math.builder import Term
from dlir.transforms.expand_math.constants import polynomial
from dlir.transforms.expand_math.exponentials import exp2_limits, nearest, scaled_exp2
from dlir.types import element_of

SCALES = (0.25, 0.5, 2.0)
"""Factors of the sum that change no digit of a polynomial's coefficients."""


@dataclass(frozen=True)
class ErfSum:
    """`scale (1 + erf(factor x))`, and the operations that it stands for, the result's last."""

    x: SSAValue
    operations: tuple[Operation, ...]
    factor: float = 1.0
    scale: float = 1.0

    def expanded(self, x: Term) -> Term:
        """scale erfc(|factor x|) where x is negative, else what that lacks of 2 scale.

        erfc as a power of two, which is 0 far from 0, where the polynomial falls without end.
        """
        size = x.abs()
        series = [c * self.factor**n for n, c in enumerate(polynomial("ERFC", x.format), 1)]
        lowest, _ = exp2_limits(x.format)
        q = (size * size.horner(series)).at_least(lowest)
        n, count = nearest(q)
        tail = scaled_exp2(q - n, n, count, self.scale)
        return (x < 0.0).where(tail, 2 * self.scale - tail)


def match_erf_sum(erf: Operation) -> ErfSum | None:
    """The sum that an `erf` of f32 is part of, if that is all it is for."""
    if not isinstance(erf, math.ErfOp) or not isinstance(element_of(erf.result.type), Float32Type):
        return None
    total, constant = _only_use(erf, arith.AddfOp)
    if total is None or constant != 1.0:
        return None
    found = ErfSum(erf.operand, (erf, total))
    product, scale = _only_use(total, arith.MulfOp)
    if product is not None and scale in SCALES:
        found = replace(found, operations=(erf, total, product), scale=scale)
    argument = erf.operand.owner
    if isinstance(argument, arith.MulfOp):
        for value, other in (argument.operands, reversed(argument.operands)):
            if (factor := _constant(other)) is not None and factor > 0:
                return replace(found, x=value, factor=factor)
    return found


def _only_use(
    op: Operation, kind: type[arith.AddfOp | arith.MulfOp]
) -> tuple[Operation | None, float | None]:
    """The operation of this kind that alone uses a result, and the constant beside it."""
    (result,) = op.results
    if not result.has_one_use():
        return None, None
    (use,) = result.uses
    user = use.operation
    if not isinstance(user, kind):
        return None, None
    return user, _constant(user.operands[1 - use.index])


def _constant(value: SSAValue) -> float | None:
    """A float, or what all elements of a vector are."""
    if not isinstance(value.owner, arith.ConstantOp):
        return None
    constant = value.owner.value
    if isinstance(constant, DenseIntOrFPElementsAttr) and constant.is_splat():
        return cast(float, constant.get_values()[0])
    return constant.value.data if isinstance(constant, FloatAttr) else None
