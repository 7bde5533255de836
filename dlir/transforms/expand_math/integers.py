"""Integer functions without a machine instruction, from terms to terms."""

from __future__ import annotations

from collections.abc import Callable

from xdsl.dialects import arith, math, scf
from xdsl.dialects.builtin import IndexType, IntegerAttr
from xdsl.ir import Block, Operation, Region

from dlir.transforms.expand_math.builder import Builder, Term
from dlir.types import is_integer


def ipowi(base: Term, exponent: Term) -> Term:
    """`base ^ exponent`, wrapping; 1 / base ^ n is rounded toward zero, and 0 for base 0."""
    odd = (exponent & 1).equals(1)
    unit = (base.equals(-1) & odd).where(base, 1)
    inverse = (base.equals(1) | base.equals(-1)).where(unit, 0)
    return (exponent < 0).where(inverse, _power(base, exponent))


def _power(base: Term, exponent: Term) -> Term:
    """By squaring: a loop over the exponent's bits, the lowest first."""
    element = base.element
    assert is_integer(element)
    builder, index = base.builder, IndexType()
    first, last, step = (
        builder.add(arith.ConstantOp(IntegerAttr(n, index))).value
        for n in (0, element.width.data, 1)
    )
    inner = Builder()
    block = Block(arg_types=[index, base.type, base.type, base.type])
    result, square, bits = (Term(inner, argument) for argument in block.args[1:])
    product = (bits & 1).equals(1).where(result * square, result)
    following = (product, square * square, bits >> 1)
    block.add_ops([*inner.ops, scf.YieldOp(*(term.value for term in following))])
    initial = [term.value for term in (base.like(1), base, exponent)]
    return builder.add(scf.ForOp(first, last, step, initial, Region(block)))


INTEGER_EXPANSIONS: dict[type[Operation], Callable[..., Term]] = {math.IPowIOp: ipowi}
"""Operation class -> its expansion, a function of integer terms."""
