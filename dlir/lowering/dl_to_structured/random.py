"""Random bits: every element computes its own block of four words and takes one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from xdsl.dialects import arith
from xdsl.dialects.builtin import i32, i64
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.ops import random as r
from dlir.dialects.dl.random import MULTIPLIERS, ROUNDS, WEYL
from dlir.lowering.dl_to_structured.emitter import Access, Destination, Emitter, Space, typed
from dlir.lowering.dl_to_structured.movement import written_sizes
from dlir.lowering.dl_to_structured.scalar import Scalar, compare, from_index, resize, where
from dlir.lowering.dl_to_structured.sizes import tensor_type

WORD = 0xFFFFFFFF


def _shifted(x: Scalar, bits: int) -> Scalar:
    """x / 2^bits, x unsigned."""
    return x.body.add(arith.ShRUIOp(x.value, x.like(bits).value))


def _low(x: Scalar) -> Scalar:
    return x & x.like(WORD)


def philox(counter: Sequence[Scalar], key: Sequence[Scalar]) -> list[Scalar]:
    """The four words for a counter of four words and a key of two; all are i64 below 2^32."""
    a, b, c, d = counter
    k0, k1 = key
    for _ in range(ROUNDS):
        p, q = a * MULTIPLIERS[0], c * MULTIPLIERS[1]
        a, b, c, d = _shifted(q, 32) ^ b ^ k0, _low(q), _shifted(p, 32) ^ d ^ k1, _low(p)
        k0, k1 = _low(k0 + WEYL[0]), _low(k1 + WEYL[1])
    return [a, b, c, d]


def random_bits(emitter: Emitter, op: r.RandomBitsOp) -> SSAValue:
    """Word e mod 4 of the block e / 4, for e in row-major order."""
    stream = op.stream.value.data

    def make(at: Scalar, seed: Scalar) -> Scalar:
        place = from_index(at, i64)
        block, last = _shifted(place, 2), place.like(stream)
        counter = [_low(block), _shifted(block, 32), _low(last), _shifted(last, 32)]
        first, *others = philox(counter, [_low(seed), _shifted(seed, 32)])
        number, word = place & place.like(3), first
        for n, other in enumerate(others, start=1):
            word = where(compare("eq", number, n), other, word)
        return resize(word, i32)

    sizes = written_sizes(emitter, op.result, op.sizes)
    count = emitter.sizes.product(sizes)
    space = Space("e")
    out = Destination(emitter.empty(typed(i32, [count]), [count]), space.forms("e"))
    flat = emitter.generic(space, [Access(op.seed)], out, make, positions="e")
    return emitter.reshape(flat, tensor_type(op.result), sizes)


RULES: dict[type[Operation], Callable[[Emitter, Any], SSAValue]] = {r.RandomBitsOp: random_bits}
