"""Random numbers: the generators of bits that XLA has, bit by bit, and numbers of a distribution.

A generator turns a key and a counter into bits (Salmon et al., Parallel Random Numbers: As Easy as
1, 2, 3), and its next state is the counter behind the last that was used.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias, cast

from xdsl.dialects.builtin import IntegerType, Signedness, bf16, f16, f32, f64, i1, i64
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops.base import element_of, shape_of
from dlir.dialects.dl.ops.bits import ShiftLeftOp, ShiftRightOp
from dlir.dialects.dl.ops.random import RandomUniformOp
from dlir.dialects.stablehlo.attrs import kind_of
from dlir.dialects.stablehlo.rules.elementwise import width_of
from dlir.lowering.stablehlo_to_dl.dynamic import shape_in
from dlir.lowering.stablehlo_to_dl.elementwise import Rule, reinterpreted
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, Size, unsupported

U32 = IntegerType(32, Signedness.UNSIGNED)
U64 = IntegerType(64, Signedness.UNSIGNED)
Words: TypeAlias = Sequence[SSAValue]
"""Tensors of ui32 that belong together: counters, keys, or bits."""


def rng_bit_generator(e: Emitter, op: Operation) -> Sequence[SSAValue]:
    result = op.results[1]
    element = element_of(result)
    if kind_of(element) not in "suf":
        unsupported(f"bits of type {result.type}")
    algorithm = cast(Any, op.properties["rng_algorithm"]).data.value
    wide = width_of(element) > 32
    generate = _three_fry if algorithm == "THREE_FRY" else _philox
    state, bits = generate(e, op.operands[0], [*shape_of(result)], wide)
    narrow = e.cast(bits, IntegerType(width_of(element), Signedness.UNSIGNED))
    return [state, reinterpreted(e, narrow, element)]


# Words


def _word(e: Emitter, number: int) -> SSAValue:
    return e.constant(number, U32)


def _add(e: Emitter, x: SSAValue, y: SSAValue) -> SSAValue:
    return e.emit(b.AddOp(x, y))


def _xor(e: Emitter, x: SSAValue, y: SSAValue) -> SSAValue:
    return e.emit(b.XorOp(x, y))


def _high(e: Emitter, x: SSAValue) -> SSAValue:
    """The high word of numbers of 64 bits."""
    return e.cast(e.emit(ShiftRightOp(x, e.constant(32, U64))), U32)


def _halves(e: Emitter, x: SSAValue) -> tuple[SSAValue, SSAValue]:
    """The low and the high word of numbers of 64 bits."""
    return e.cast(x, U32), _high(e, x)


def _joined(e: Emitter, low: SSAValue, high: SSAValue) -> SSAValue:
    """Numbers of 64 bits."""
    moved = e.emit(ShiftLeftOp(e.cast(high, U64), e.constant(32, U64)))
    return e.emit(b.OrOp(e.cast(low, U64), moved))


def _item(e: Emitter, x: SSAValue, index: int) -> SSAValue:
    """One element of a vector, as a vector."""
    return e.slice(x, [index], [1])


# Threefry


ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY = 0x1BD11BDA


def _three_fry(
    e: Emitter, state: SSAValue, shape: Sequence[int], wide: bool
) -> tuple[SSAValue, SSAValue]:
    """Each counter gives two words: one number of 64 bits, or one of each half of the result."""
    key, counter = _item(e, state, 0), _item(e, state, 1)
    half, axis = ([*shape], 0) if wide else _half(shape)
    count = math.prod(half)
    counters = _add(e, counter, e.iota([count], 0, U64))
    words = [e.reshape(x, half) for x in _three_fry_words(e, _halves(e, counters), _halves(e, key))]
    used = _add(e, counter, e.constant(count, U64))
    next_state = e.emit(mv.ConcatOp([key, used], 0))
    bits = _joined(e, *words) if wide else _interleaved(e, words, axis, shape)
    return next_state, bits


def _half(shape: Sequence[int]) -> tuple[list[int], int]:
    """The shape of half the numbers, and the axis that is halved: the first of even size, else the
    longest, of which the last number is left out."""
    if not shape:
        return [1], 0
    even = [axis for axis, size in enumerate(shape) if size % 2 == 0]
    axis = even[0] if even else max(range(len(shape)), key=lambda axis: shape[axis])
    return [-(-n // 2) if i == axis else n for i, n in enumerate(shape)], axis


def _interleaved(e: Emitter, words: Words, axis: int, shape: Sequence[int]) -> SSAValue:
    """The words of each counter side by side along the axis that was halved."""
    half = e.shape(words[0])
    parts = [e.reshape(word, [*half[: axis + 1], 1, *half[axis + 1 :]]) for word in words]
    joined = e.emit(mv.ConcatOp(parts, axis + 1))
    doubled: list[Size] = [2 * cast(int, n) if i == axis else n for i, n in enumerate(half)]
    flat = e.reshape(joined, doubled)
    if not shape:
        return e.reshape(e.slice(flat, [0], [1]), [])
    return flat if shape_of(flat) == (*shape,) else e.slice(flat, [0] * len(shape), [*shape])


def _three_fry_words(e: Emitter, counter: Words, key: Words) -> Words:
    """Twenty rounds; every four of them the next words of the key are added."""
    keys = [*key, _xor(e, _xor(e, *key), _word(e, PARITY))]
    x, y = (_add(e, c, k) for c, k in zip(counter, key, strict=True))
    for step in range(5):
        for distance in ROTATIONS[step % 2]:
            x = _add(e, x, y)
            y = _xor(e, _rotated(e, y, distance), x)
        x = _add(e, x, keys[(step + 1) % 3])
        y = _add(e, _add(e, y, keys[(step + 2) % 3]), _word(e, step + 1))
    return x, y


def _rotated(e: Emitter, x: SSAValue, distance: int) -> SSAValue:
    left = e.emit(ShiftLeftOp(x, _word(e, distance)))
    return e.emit(b.OrOp(left, e.emit(ShiftRightOp(x, _word(e, 32 - distance)))))


# Philox


MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)


def _philox(
    e: Emitter, state: SSAValue, shape: Sequence[int], wide: bool
) -> tuple[SSAValue, SSAValue]:
    """Each counter of 128 bits gives four words: so many numbers, or two of 64 bits."""
    key, low = _item(e, state, 0), _item(e, state, 1)
    long = shape_of(state)[0] == 3
    # A state of two numbers has no high part of the counter: the key is taken for it.
    high = _item(e, state, 2) if long else key
    total = math.prod(shape)
    count = -(-total // (2 if wide else 4))
    counters = _counted(e, low, high, e.iota([count], 0, U64))
    words = _philox_words(e, [word for part in counters for word in _halves(e, part)], key)
    numbers = [_joined(e, *words[i : i + 2]) for i in (0, 2)] if wide else words
    columns = [e.reshape(x, [count, 1]) for x in numbers]
    flat = e.reshape(e.emit(mv.ConcatOp(columns, 1)), [count * len(columns)])
    bits = e.reshape(e.slice(flat, [0], [total]), [*shape])
    used = _counted(e, low, high, e.constant(count, U64))
    return e.emit(mv.ConcatOp([key, *(used if long else used[:1])], 0)), bits


def _counted(e: Emitter, low: SSAValue, high: SSAValue, steps: SSAValue) -> Words:
    """The low and the high part of a counter so many steps on."""
    moved = _add(e, low, steps)
    carry = e.cast(e.compare("lt", moved, low), U64)
    return moved, _add(e, high, carry)


def _philox_words(e: Emitter, counter: Words, key: SSAValue) -> Words:
    """Ten rounds."""
    keys = [*_halves(e, key)]
    for number in range(10):
        if number:
            keys = [_add(e, k, _word(e, step)) for k, step in zip(keys, WEYL, strict=True)]
        products = [
            e.emit(b.MulOp(e.cast(word, U64), e.constant(by, U64)))
            for word, by in zip(counter[::2], MULTIPLIERS, strict=True)
        ]
        (low0, high0), (low1, high1) = (_halves(e, product) for product in products)
        counter = [
            _xor(e, _xor(e, high1, counter[1]), keys[0]), low1,
            _xor(e, _xor(e, high0, counter[3]), keys[1]), low0,
        ]  # fmt: skip
    return counter


# Distributions


def rng(e: Emitter, op: Operation) -> SSAValue:
    """Numbers that follow from the op's number among the model's: every run gives the same."""
    low, high, result = op.operands[0], op.operands[1], op.results[0]
    around = op.parent_op()
    while around is not None:
        if around.name in ("stablehlo.while", "scf.while"):
            unsupported("random numbers that are the same in every round of a loop", KEYS)
        around = around.parent_op()
    if not isinstance(element_of(low), type(element_of(result))):
        unsupported(f"bounds of type {low.type}")
    shape = shape_in(e, op.operands[2], result.type)
    normal = cast(Any, op.properties["rng_distribution"]).data.value == "NORMAL"
    draw = _normal if normal else _uniform
    return draw(e, low, high, shape)


KEYS = "jax.random takes keys and exports plain ops; stablehlo.rng_bit_generator takes a state"


def _drawn(e: Emitter, shape: Sequence[Size], element: Attribute) -> SSAValue:
    """Numbers in [0, 1) that no other op of the model draws."""
    e.draws += 1
    return e.emit(RandomUniformOp(e.constant(0, i64), shape, element, e.draws))


def _uniform(e: Emitter, low: SSAValue, high: SSAValue, shape: Sequence[Size]) -> SSAValue:
    """low + u * (high - low), of integers rounded down"""
    element = element_of(low)
    if element == i1:
        half = e.constant(0.5, f32)
        flip = e.compare("ge", _drawn(e, shape, f32), half)
        return e.select(flip, high, low)
    is_float = kind_of(element) == "f"
    wide = element if is_float else f64
    begin, end = (e.cast(bound, wide) for bound in (low, high))
    scaled = e.emit(b.MulOp(_drawn(e, shape, wide), e.emit(b.SubOp(end, begin))))
    drawn = e.emit(b.AddOp(scaled, begin))
    return drawn if is_float else e.cast(e.emit(m.FloorOp(drawn)), element)


def _normal(e: Emitter, mean: SSAValue, scale: SSAValue, shape: Sequence[Size]) -> SSAValue:
    """mean + scale * sqrt(-2 ln(1 - u)) cos(2 pi v), in f32 at least (Box and Muller)"""
    element = element_of(mean)
    if kind_of(element) != "f":
        unsupported(f"normally distributed numbers of type {element}")
    wide = f32 if element in (f16, bf16) else element
    u, v = (_drawn(e, shape, wide) for _ in range(2))
    log = e.emit(m.Log1pOp(e.emit(m.NegOp(u))))
    radius = e.emit(m.SqrtOp(e.emit(b.MulOp(log, e.constant(-2.0, wide)))))
    turn = e.emit(m.CosOp(e.emit(b.MulOp(v, e.constant(2 * math.pi, wide)))))
    scaled = e.emit(b.MulOp(e.emit(b.MulOp(radius, turn)), e.cast(scale, wide)))
    return e.cast(e.emit(b.AddOp(scaled, e.cast(mean, wide))), element)


RULES: dict[str, Rule] = {
    "stablehlo.rng": rng,
    "stablehlo.rng_bit_generator": rng_bit_generator,
}
