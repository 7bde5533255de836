"""Elementwise ops: most have a `dl` op of the same meaning, the others a formula of some."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

from xdsl.dialects.builtin import IntegerType, Signedness, i1
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.dl import shapes
from dlir.dialects.dl.ops import activation as act
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops.base import element_of, shape_of
from dlir.dialects.dl.ops.bits import BitcastOp, ShiftLeftOp, ShiftRightOp
from dlir.dialects.stablehlo.attrs import kind_of
from dlir.dialects.stablehlo.rules import elementwise as rules
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, known_number, peel, unsupported

Rule = Callable[[Emitter, Any], Any]

UNARY: dict[str, type[Any]] = {
    "stablehlo.abs": m.AbsOp,
    "stablehlo.ceil": m.CeilOp,
    "stablehlo.cosine": m.CosOp,
    "stablehlo.exponential": m.ExpOp,
    "stablehlo.exponential_minus_one": m.Expm1Op,
    "stablehlo.floor": m.FloorOp,
    "stablehlo.log": m.LogOp,
    "stablehlo.log_plus_one": m.Log1pOp,
    "stablehlo.logistic": act.SigmoidOp,
    "stablehlo.not": m.NotOp,
    "stablehlo.round_nearest_even": m.RoundOp,
    "stablehlo.rsqrt": m.RsqrtOp,
    "stablehlo.sign": m.SignOp,
    "stablehlo.sine": m.SinOp,
    "stablehlo.sqrt": m.SqrtOp,
    "stablehlo.tan": m.TanOp,
    "stablehlo.tanh": m.TanhOp,
}

BINARY: dict[str, type[Any]] = {
    "add": b.AddOp,
    "and": b.AndOp,
    "atan2": b.Atan2Op,
    "divide": b.DivOp,
    "maximum": b.MaxOp,
    "minimum": b.MinOp,
    "multiply": b.MulOp,
    "or": b.OrOp,
    "power": b.PowOp,
    "remainder": b.FmodOp,
    "subtract": b.SubOp,
    "xor": b.XorOp,
}

OF_BOOLEANS = {"add": "or", "maximum": "or", "multiply": "and", "minimum": "and"}
"""What arithmetic on i1 means."""


def operands_of(op: Operation) -> list[SSAValue]:
    """The operands, without broadcasts that `dl` ops make by themselves."""
    peeled = [peel(value) for value in op.operands]
    wanted = shape_of(op.results[0])
    shape = shapes.broadcast(*map(shape_of, peeled))
    return peeled if shape == wanted else [*op.operands]


def negate(e: Emitter, op: Operation) -> SSAValue:
    """-x, of unsigned integers 0 - x."""
    x = op.operands[0]
    if kind_of(element_of(x)) == "u":
        return e.emit(b.SubOp(e.constant(0, element_of(x)), x))
    return e.emit(m.NegOp(x))


def unary(kind: type[Any]) -> Rule:
    def rule(e: Emitter, op: Operation) -> SSAValue:
        return e.emit(kind(op.operands[0]))

    return rule


def combine(e: Emitter, name: str, x: SSAValue, y: SSAValue) -> SSAValue:
    """The `dl` op for one of `BINARY` on two values, which may broadcast."""
    if element_of(x) == i1:
        name = OF_BOOLEANS.get(name, name)
    return e.emit(BINARY[name](x, y))


def binary(name: str) -> Rule:
    def rule(e: Emitter, op: Operation) -> SSAValue:
        return combine(e, name, *operands_of(op))

    return rule


def extreme(name: str, neutral: float) -> Rule:
    """Exporters take the maximum of something and -inf, which is that thing."""

    def rule(e: Emitter, op: Operation) -> SSAValue:
        for value, other in (op.operands, [*op.operands][::-1]):
            if kind_of(element_of(value)) == "f" and known_number(other) == neutral:
                return value
        return combine(e, name, *operands_of(op))

    return rule


def compare(e: Emitter, op: Operation) -> SSAValue:
    direction = cast(Any, op.properties["comparison_direction"]).data.value.lower()
    kind = op.properties.get("compare_type")
    x, y = operands_of(op)
    total = kind is not None and cast(Any, kind).data.value == "TOTALORDER"
    if total and kind_of(element_of(x)) == "f":
        x, y = in_total_order(e, x), in_total_order(e, y)
    if element_of(x) == i1:
        return compare_booleans(e, direction, x, y)
    return e.compare(direction, x, y)


def in_total_order(e: Emitter, x: SSAValue) -> SSAValue:
    """Integers in the order -NaN, -inf, .., -0, 0, .., inf, NaN: a negative float's bits without
    the first rise as it falls, so these are inverted."""
    width = bits_of(x)
    word = IntegerType(width)
    bits = reinterpreted(e, x, word)
    sign = e.emit(ShiftRightOp(bits, e.constant(width - 1, word)))
    return e.emit(b.XorOp(bits, e.emit(b.AndOp(sign, e.constant((1 << (width - 1)) - 1, word)))))


def compare_booleans(e: Emitter, direction: str, x: SSAValue, y: SSAValue) -> SSAValue:
    """eq is not xor; x < y is (not x) and y."""
    differ = {"eq": True, "ne": False}
    if direction in differ:
        found = e.emit(b.XorOp(x, y))
        return e.emit(m.NotOp(found)) if differ[direction] else found
    if direction in ("gt", "ge"):
        x, y, direction = y, x, {"gt": "lt", "ge": "le"}[direction]
    kind = b.AndOp if direction == "lt" else b.OrOp
    return e.emit(kind(e.emit(m.NotOp(x)), y))


def select(e: Emitter, op: Operation) -> SSAValue:
    return e.select(*operands_of(op))


def clamp(e: Emitter, op: Operation) -> SSAValue:
    low, x, high = op.operands[0], op.operands[1], op.operands[2]
    wanted = shape_of(op.results[0])
    low, high = (peel(v) if _fits(peel(v), wanted) else v for v in (low, high))
    return combine(e, "minimum", combine(e, "maximum", x, low), high)


def _fits(x: SSAValue, wanted: tuple[int, ...]) -> bool:
    return shapes.broadcast(shape_of(x), wanted) == wanted


def convert(e: Emitter, op: Operation) -> SSAValue:
    return e.cast(op.operands[0], element_of(op.results[0]))


def is_finite(e: Emitter, op: Operation) -> SSAValue:
    """|x| < inf, which a NaN is not."""
    x = op.operands[0]
    return e.compare("lt", e.emit(m.AbsOp(x)), e.constant(math.inf, element_of(x)))


def cbrt(e: Emitter, op: Operation) -> SSAValue:
    """sign(x) * |x|^(1/3)"""
    x = op.operands[0]
    third = e.constant(1 / 3, element_of(x))
    root = e.emit(b.PowOp(e.emit(m.AbsOp(x)), third))
    return e.emit(b.MulOp(e.emit(m.SignOp(x)), root))


def round_away(e: Emitter, op: Operation) -> SSAValue:
    """sign(x) * (floor |x| + 1 where |x| - floor |x| >= 1/2)"""
    x = op.operands[0]
    element = element_of(x)
    size = e.emit(m.AbsOp(x))
    down = e.emit(m.FloorOp(size))
    far = e.compare("ge", e.emit(b.SubOp(size, down)), e.constant(0.5, element))
    up = e.emit(b.AddOp(down, e.constant(1, element)))
    return e.emit(b.MulOp(e.emit(m.SignOp(x)), e.select(far, up, down)))


# Bits


def width_of(x: SSAValue) -> int:
    element = element_of(x)
    assert isinstance(element, IntegerType), "the op takes integers"
    return element.bitwidth


def twin(element: Attribute) -> Attribute:
    """The unsigned integer of a signed one's width, and the other way round."""
    assert isinstance(element, IntegerType), "the op takes integers"
    signed = kind_of(cast(Attribute, element)) == "s"
    return IntegerType(element.bitwidth, Signedness.UNSIGNED if signed else Signedness.SIGNLESS)


def shift(kind: type[Any], of: str) -> Rule:
    """A shift of integers of that kind; others are taken for those of their width."""

    def rule(e: Emitter, op: Operation) -> SSAValue:
        x, distance = operands_of(op)
        element = element_of(x)
        if kind_of(element) in of:
            return e.emit(kind(x, distance))
        turned = [e.emit(BitcastOp(value, twin(element))) for value in (x, distance)]
        return e.emit(BitcastOp(e.emit(kind(*turned)), element))

    return rule


def bitcast_convert(e: Emitter, op: Operation) -> SSAValue:
    """Of elements of several widths the wider ones' parts lie along a last dimension, the low bits
    first."""
    x, result = op.operands[0], op.results[0]
    if i1 in (element_of(x), element_of(result)):
        unsupported(f"bits of {x.type} as {result.type}", "stablehlo.convert makes 0 and 1 of i1")
    old, new = bits_of(x), bits_of(result)
    if old == new:
        return reinterpreted(e, x, element_of(result))
    words = reinterpreted(e, x, unsigned(old))
    if old < new:
        return reinterpreted(e, _gathered_bits(e, words, new), element_of(result))
    return reinterpreted(e, _spread_bits(e, words, new), element_of(result))


def bits_of(x: SSAValue) -> int:
    return rules.width_of(element_of(x))


def unsigned(width: int) -> IntegerType:
    return IntegerType(width, Signedness.UNSIGNED)


def reinterpreted(e: Emitter, x: SSAValue, element: Attribute) -> SSAValue:
    """The bits of x as elements of another type of the same width."""
    return x if element_of(x) == element else e.emit(BitcastOp(x, element))


def _gathered_bits(e: Emitter, parts: SSAValue, width: int) -> SSAValue:
    """Words of that many bits from their parts along the last dimension."""
    *shape, _ = e.shape(parts)
    last, step = len(shape), bits_of(parts)
    total: SSAValue | None = None
    for place in range(width // step):
        part = e.reshape(e.slice(parts, [*[0] * last, place], [*shape, 1]), shape)
        distance = e.constant(place * step, unsigned(width))
        moved = e.emit(ShiftLeftOp(e.cast(part, unsigned(width)), distance))
        total = moved if total is None else e.emit(b.OrOp(total, moved))
    assert total is not None, "a word has parts"
    return total


def _spread_bits(e: Emitter, words: SSAValue, width: int) -> SSAValue:
    """The parts of words, of that many bits each, along a last dimension."""
    shape, wide = e.shape(words), element_of(words)
    parts = [
        e.cast(e.emit(ShiftRightOp(words, e.constant(place, wide))), unsigned(width))
        for place in range(0, bits_of(words), width)
    ]
    return e.emit(mv.ConcatOp([e.reshape(part, [*shape, 1]) for part in parts], len(shape)))


def popcnt(e: Emitter, op: Operation) -> SSAValue:
    return set_bits(e, op.operands[0])


def set_bits(e: Emitter, x: SSAValue) -> SSAValue:
    """The sum of all bits, each shifted to the lowest place."""
    element = element_of(x)
    one = e.constant(1, element)
    total = e.emit(b.AndOp(x, one))
    for place in range(1, width_of(x)):
        low = e.emit(b.AndOp(e.emit(ShiftRightOp(x, e.constant(place, element))), one))
        total = e.emit(b.AddOp(total, low))
    return total


def count_leading_zeros(e: Emitter, op: Operation) -> SSAValue:
    """The zeros after every bit below a set one has been set: x | x >> 1 | x >> 2 | ..."""
    x, element = op.operands[0], element_of(op.operands[0])
    signed = kind_of(element) == "s"
    x = e.emit(BitcastOp(x, twin(element))) if signed else x
    distance = 1
    while distance < width_of(x):
        moved = e.emit(ShiftRightOp(x, e.constant(distance, element_of(x))))
        x, distance = e.emit(b.OrOp(x, moved)), distance * 2
    zeros = set_bits(e, e.emit(m.NotOp(x)))
    return e.emit(BitcastOp(zeros, element)) if signed else zeros


RULES: dict[str, Rule] = {
    **{name: unary(kind) for name, kind in UNARY.items()},
    **{f"stablehlo.{name}": binary(name) for name in BINARY},
    "stablehlo.maximum": extreme("maximum", -math.inf),
    "stablehlo.minimum": extreme("minimum", math.inf),
    "stablehlo.cbrt": cbrt,
    "stablehlo.clamp": clamp,
    "stablehlo.compare": compare,
    "stablehlo.convert": convert,
    "stablehlo.is_finite": is_finite,
    "stablehlo.round_nearest_afz": round_away,
    "stablehlo.select": select,
    "stablehlo.bitcast_convert": bitcast_convert,
    "stablehlo.count_leading_zeros": count_leading_zeros,
    "stablehlo.negate": negate,
    "stablehlo.popcnt": popcnt,
    "stablehlo.shift_left": shift(ShiftLeftOp, of="su"),
    "stablehlo.shift_right_arithmetic": shift(ShiftRightOp, of="s"),
    "stablehlo.shift_right_logical": shift(ShiftRightOp, of="u"),
}
