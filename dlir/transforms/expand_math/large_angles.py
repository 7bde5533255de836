"""Quarter turns of huge angles, exactly: what sin, cos and tan need beyond 2^45.

x 2/pi is needed modulo 4 only, to some bits behind the point, but 2/pi to as many bits as x has
before it (M. Payne, R. Hanek, "Radian reduction for trigonometric functions", 1983). Here 2/pi is a
sum of numbers of 24 bits: their products with (parts of) x are exact in f64, whole turns are taken
off each, and the rests are summed in three times the precision of f64.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any, cast

from xdsl.dialects import arith, scf, vector
from xdsl.dialects.builtin import IndexType, IntegerAttr, VectorType, f64
from xdsl.ir import Block, Region, SSAValue

from dlir.dialects.vectorized import as_vector, dense
from dlir.transforms.expand_math.builder import Builder, Term

CHUNK = 24
CHUNKS = {32: 10, 64: 49}
"""How many chunks of 2/pi matter, by the width of the format: its largest exponent and 110 bits."""
SCALE = 600
"""x 2^-600 times 2^600 times a chunk: neither is subnormal, and the product does not overflow."""
LOW_BITS = 26
HALF_PI = (1.5707963267948966, 6.123233995736766e-17)


@cache
def two_over_pi(count: int) -> tuple[float, ...]:
    """2/pi as chunks of 24 bits, scaled by 2^600; by Machin's formula for pi, in integers."""
    bits = CHUNK * count
    one = 1 << bits + 64
    pi = 4 * (4 * arctangent_of_inverse(5, one) - arctangent_of_inverse(239, one))
    quotient = (2 * one << bits) // pi
    digits = [quotient >> CHUNK * (count - 1 - i) & ((1 << CHUNK) - 1) for i in range(count)]
    return tuple(digit * 2.0**-CHUNK * 2.0 ** (SCALE - CHUNK * i) for i, digit in enumerate(digits))


def arctangent_of_inverse(n: int, one: int) -> int:
    """atan(1/n), as a multiple of 1/one."""
    total, power, k = 0, one // n, 1
    while power:
        total += power // k if k % 4 == 1 else -(power // k)
        power //= n * n
        k += 2
    return total


def reduced(x: Term, width: int, limit: float, r: Term, n: Term) -> tuple[Term, Term]:
    """`r` and `n` with x = n pi/2 + r where |x| is below `limit`, and computed here beyond.

    x and r are f64, n is i64; x is a widened number of a format of `width` bits.
    """
    builder, inner = x.builder, Builder()
    large = Term(inner, x.value)
    size = large.abs()
    turns, angle = _quarter_turns(size, width)
    negative = large < 0.0
    turns, angle = negative.where(0 - turns, turns), negative.where(-angle, angle)
    beyond = _at_least(size, limit)
    results = [beyond.where(angle, Term(inner, r.value)), beyond.where(turns, Term(inner, n.value))]
    then = Block([*inner.ops, scf.YieldOp(*(term.value for term in results))])
    otherwise = Block([scf.YieldOp(r.value, n.value)])
    condition = any_beyond(x, limit).value
    op = scf.IfOp(condition, [r.type, n.type], Region(then), Region(otherwise))
    first = builder.add(op)
    return first, Term(builder, op.results[1])


def _quarter_turns(size: Term, width: int) -> tuple[Term, Term]:
    """size / (pi/2) as a whole number modulo 4 and the rest, times pi/2."""
    sums = _sum_of_products(size, width)
    magic = size.format.magic
    shifted = sums[0] + magic
    n, count = shifted - magic, shifted.as_bits() - size.format.bits(magic)
    high, low = _two_sum(sums[0] - n, sums[1])
    low = low + sums[2]
    return count, high.fma(HALF_PI[0], high * HALF_PI[1] + low * HALF_PI[0])


def _sum_of_products(size: Term, width: int) -> list[Term]:
    """size times 2/pi without multiples of 4, as a sum of three."""
    builder, table = size.builder, two_over_pi(CHUNKS[width])
    numbers = VectorType(f64, [len(table)])
    chunks = builder.add(arith.ConstantOp(cast(Any, dense(numbers, table)), numbers))
    first, last, step = (_index(builder, n) for n in (0, len(table), 1))
    zero = size.like(0.0).value
    inner = Builder()
    block = Block(arg_types=[IndexType(), *[size.type] * 3])
    sums = [Term(inner, argument) for argument in block.args[1:]]
    chunk = inner.add(vector.ExtractOp(chunks.value, [block.args[0]], f64))
    if as_vector(size.type) is not None:
        chunk = inner.add(vector.BroadcastOp(chunk.value, cast(Any, size.type)))
    for part in _parts(Term(inner, size.value), width):
        whole = part * chunk
        rest = (whole * 0.25).floor().fma(-4.0, whole)
        for place in (0, 1):
            sums[place], rest = _two_sum(sums[place], rest)
        sums[2] = sums[2] + rest
    block.add_ops([*inner.ops, scf.YieldOp(*(term.value for term in sums))])
    op = scf.ForOp(first, last, step, [zero] * 3, Region(block))
    builder.add(op)
    return [Term(builder, result) for result in op.results]


def _parts(size: Term, width: int) -> list[Term]:
    """The number scaled, in parts of at most 27 bits."""
    scaled = size * 2.0**-SCALE
    if width < 64:
        return [scaled]
    high = (scaled.as_bits() & -(1 << LOW_BITS)).as_float()
    return [high, scaled - high]


def _two_sum(a: Term, b: Term) -> tuple[Term, Term]:
    """a + b rounded, and the error (Knuth)."""
    total = a + b
    back = total - a
    return total, (a - (total - back)) + (b - back)


def _index(builder: Builder, value: int) -> SSAValue:
    return builder.add(arith.ConstantOp(IntegerAttr(value, IndexType()))).value


def _at_least(size: Term, limit: float) -> Term:
    return size.builder.add(arith.CmpfOp(size.value, size.like(limit).value, "oge"))


def any_beyond(x: Term, limit: float) -> Term:
    """Whether the size of any element that is a number is at least `limit`: one `i1`."""
    builder, size = x.builder, x.abs()
    type_ = as_vector(x.type)
    if type_ is not None:
        *leading, length = type_.get_shape()
        row = VectorType(f64, [length])
        places = product(*map(range, leading)) if leading else ()
        rows = [builder.add(vector.ExtractOp(size.value, p, row)) for p in places] or [size]
        while len(rows) > 1:
            last = rows.pop()
            rows[0] = builder.add(arith.MaxnumfOp(rows[0].value, last.value))
        kind = vector.CombiningKindAttr(vector.CombiningKindFlag.MAXNUMF)
        size = builder.add(vector.ReductionOp(rows[0].value, kind))
    return _at_least(size, limit)
