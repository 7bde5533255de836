"""What the regions of reductions, sorts and scatters do.

A region that consists of one op is what that op is. A region that only compares and chooses is
found by trying it: what it does depends on nothing but the order of its arguments (and of the
constants it compares with), so trying every order decides. Anything else is not recognised.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any, TypeAlias, cast

from xdsl.ir import Attribute, Block, Operation, OpResult, SSAValue

from dlir.dialects.dl.ops.source import ConstantOp as DlConstantOp
from dlir.dialects.stablehlo.attrs import kind_of
from dlir.dialects.stablehlo.shapes import element_of

Scalar: TypeAlias = Any

COMBINERS = frozenset({"add", "multiply", "maximum", "minimum", "and", "or", "xor"})
"""Ops of two operands whose order does not matter."""


def short_name(op: Operation) -> str:
    return op.name.partition(".")[2]


def combiner(block: Block) -> str | None:
    """The op that a region of two arguments consists of."""
    ops = [*block.ops]
    if len(block.args) != 2 or len(ops) != 2:
        return None
    inner, last = ops
    same = {*inner.operands} == {*block.args} and [*last.operands] == [*inner.results]
    return short_name(inner) if same and short_name(inner) in COMBINERS else None


def returned_argument(block: Block) -> int | None:
    """The number of the argument that a region gives back, doing nothing else."""
    last = block.last_op
    if last is None or len(last.operands) != 1 or last.operands[0] not in block.args:
        return None
    return block.args.index(cast(Any, last.operands[0]))


def text_of(op: Operation) -> str:
    """The regions of an op, for messages."""
    texts = ["\n".join(str(inner) for inner in block.ops)
             for region in op.regions for block in region.blocks]  # fmt: skip
    return "\n".join(texts)[:1000]


# Trying a region


class NotTried(Exception):
    """A region that does more than to compare and to choose."""


def total_order(value: float) -> int:
    """The place of a float among all: -NaN, -inf, ..., -0, 0, ..., inf, NaN."""
    (bits,) = struct.unpack("<q", struct.pack("<d", value))
    return bits if bits >= 0 else -(bits & 0x7FFFFFFFFFFFFFFF) - 1


_COMPARISONS: dict[str, Callable[[Scalar, Scalar], bool]] = {
    "EQ": lambda a, b: a == b,
    "NE": lambda a, b: a != b,
    "GE": lambda a, b: a >= b,
    "GT": lambda a, b: a > b,
    "LE": lambda a, b: a <= b,
    "LT": lambda a, b: a < b,
}


def _compare(op: Operation, a: Scalar, b: Scalar) -> bool:
    words = {name: cast(Any, value).data.value for name, value in op.properties.items()}
    if words.get("compare_type") == "TOTALORDER":
        a, b = total_order(a), total_order(b)
    return _COMPARISONS[words["comparison_direction"]](a, b)


def _select(op: Operation, condition: Scalar, a: Scalar, b: Scalar) -> Scalar:
    return a if condition else b


def _and(op: Operation, a: Scalar, b: Scalar) -> Scalar:
    return a and b


def _or(op: Operation, a: Scalar, b: Scalar) -> Scalar:
    return a or b


def _xor(op: Operation, a: Scalar, b: Scalar) -> Scalar:
    return a != b


def _not(op: Operation, a: Scalar) -> Scalar:
    return not a


_OPS: dict[str, Callable[..., Scalar]] = {
    "select": _select,
    "compare": _compare,
    "and": _and,
    "or": _or,
    "xor": _xor,
    "not": _not,
}


def constant_value(value: SSAValue) -> Scalar:
    """The number that a constant, converted or not, holds; raises NotTried for other values."""
    op = value.op if isinstance(value, OpResult) else None
    if op is None or not (isinstance(op, DlConstantOp) or op.name == "stablehlo.constant"):
        raise NotTried
    numbers = cast(Any, op.properties["value"]).get_values()
    if len(numbers) != 1:
        raise NotTried
    return numbers[0]


def evaluate(block: Block, arguments: Sequence[Scalar]) -> list[Scalar]:
    """What a region makes of numbers; raises NotTried."""
    values: dict[SSAValue, Scalar] = dict(zip(block.args, arguments, strict=True))

    def value_of(value: SSAValue) -> Scalar:
        return values[value] if value in values else constant_value(value)

    for op in block.ops:
        if op is block.last_op:
            return [value_of(value) for value in op.operands]
        name = short_name(op)
        if name == "constant":
            continue
        logical = name in ("and", "or", "xor", "not")
        if name not in _OPS or (logical and kind_of(element_of(op.results[0])) != "b"):
            raise NotTried
        values[op.results[0]] = _OPS[name](op, *map(value_of, op.operands))
    raise NotTried


def samples(block: Block, element: Attribute) -> list[Scalar]:
    """Numbers in every order to each other and to the constants that a region compares with."""
    constants = [c for c in _constants(block) if not isinstance(c, bool) and c == c]
    if kind_of(element) == "f":
        # Between and beyond the constants; two NaNs of different signs are not told apart.
        return [*sorted({-1.5, 0.0, 1.5, math.inf, -math.inf, *constants}), math.nan]
    around = {n + d for n in (0, *map(int, constants)) for d in (-1, 0, 1)}
    return sorted(n for n in around if kind_of(element) == "s" or n >= 0)


def _constants(block: Block) -> Iterable[Scalar]:
    for op in block.ops:
        for value in op.operands:
            if value not in block.args and not (
                isinstance(value, OpResult) and value.op.parent is block
                and value.op.name != "stablehlo.constant"
            ):  # fmt: skip
                yield constant_value(value)


# What regions may be


def sort_direction(block: Block, count: int) -> tuple[int, bool] | None:
    """(the number of the key, whether it descends) of a comparator of `count` tensors."""
    try:
        for key in range(count):
            for descends in (False, True):
                if _sorts_by(block, count, key, descends):
                    return key, descends
    except NotTried:
        return None
    return None


def _sorts_by(block: Block, count: int, key: int, descends: bool) -> bool:
    """Whether a comparator says which of two keys comes first, whatever else there is.

    Of equal keys it must say one thing, not look at other tensors. What it says of NaNs, and of
    zeros of two signs, is left open.
    """
    numbers = [n for n in samples(block, element_of(block.args[2 * key])) if n == n]
    said_of_equals: set[bool] = set()
    for a, b in product(numbers, numbers):
        for pair in ((0, 1), (1, 0), (1, 1)):
            arguments: list[Scalar] = [*pair] * count
            arguments[2 * key : 2 * key + 2] = a, b
            first = bool(evaluate(block, arguments)[0])
            if a == b:
                said_of_equals.add(first)
            elif first != (a > b if descends else a < b):
                return False
    return len(said_of_equals) <= 1


def sorts_by_two(block: Block, count: int) -> bool:
    """Whether a comparator of `count` >= 2 tensors orders rising by the first, then the second."""
    try:
        first, second = (
            [n for n in samples(block, element_of(block.args[2 * key])) if n == n] for key in (0, 1)
        )
        for (a, b), (c, d) in product(product(first, first), product(second, second)):
            for pair in ((0, 1), (1, 0)):
                (before,) = evaluate(block, [a, b, c, d, *[*pair] * (count - 2)])
                if bool(before) != ((a, c) < (b, d)):
                    return False
    except NotTried:
        return False
    return True


def arg_extreme(block: Block) -> str | None:
    """ "maximum" or "minimum" for a region of (value, index) pairs that finds it and its place.

    A NaN wins; among equal values the smaller index does, or the first argument's.
    """
    if len(block.args) != 4:
        return None
    for name, better in (("maximum", _COMPARISONS["GT"]), ("minimum", _COMPARISONS["LT"])):
        try:
            if _finds(block, better):
                return name
        except NotTried:
            return None
    return None


def _finds(block: Block, better: Callable[[Scalar, Scalar], bool]) -> bool:
    numbers = samples(block, element_of(block.args[0]))
    for a, b in product(numbers, numbers):
        for i, j in ((0, 1), (1, 0), (1, 1)):
            value, index = evaluate(block, [a, i, b, j])
            if better(a, b) or (a != a and b == b):
                expected = [(a, i)]
            elif better(b, a) or (b != b and a == a):
                expected = [(b, j)]
            else:
                expected = [(a, min(i, j)), (a, i)]
            if not any(_same(value, v) and index == k for v, k in expected):
                return False
    return True


def _same(a: Scalar, b: Scalar) -> bool:
    return a == b or (a != a and b != b)
