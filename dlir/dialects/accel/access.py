"""Where an engine op finds a row: linear in the counters of the op's own loops.

An engine op stands for a nest of up to four loops around one instruction. Its text is

    accel.load %x[64 * d0 + 3] to %t[d0] for [4] ...

`Access` is the bracket: a first row, and how many rows each loop moves on.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from xdsl.dialects.builtin import DenseArrayBase, i64
from xdsl.parser import Parser

MAX_NEST = 4
"""Loops of one op; as many as the machine nests."""


class Access(NamedTuple):
    """Row `base + sum(steps[i] * d_i)`."""

    base: int
    steps: tuple[int, ...] = ()

    @staticmethod
    def of(attribute: DenseArrayBase) -> Access:
        """Read `[base, steps...]`."""
        base, *steps = integers(attribute)
        return Access(base, tuple(steps))

    def attribute(self) -> DenseArrayBase:
        """`[base, steps...]`."""
        return _written(self)

    def moved(self, rows: int) -> Access:
        """The same walk from `rows` further on."""
        return Access(self.base + rows, self.steps)

    def bounds(self, nest: Sequence[int]) -> tuple[int, int]:
        """The lowest and the highest row that the walk visits."""
        ends = [step * (count - 1) for step, count in zip(self.steps, nest, strict=True)]
        return self.base + sum(min(0, e) for e in ends), self.base + sum(max(0, e) for e in ends)

    def rows(self, nest: Sequence[int]) -> NDArray[np.int64]:
        """The row at every point of the nest, in order, the last loop fastest."""
        rows = np.array([self.base], np.int64)
        for step, count in zip(self.steps, nest, strict=True):
            rows = (rows[:, None] + np.arange(count, dtype=np.int64) * step).reshape(-1)
        return rows

    def text(self) -> str:
        """`64 * d0 + d1 + 12`."""
        terms = [_term(step, f"d{i}") for i, step in enumerate(self.steps) if step]
        if self.base or not terms:
            terms.append(str(self.base))
        first, *rest = terms
        return first + "".join(f" - {t[1:]}" if t[0] == "-" else f" + {t}" for t in rest)


def integers(attribute: DenseArrayBase) -> tuple[int, ...]:
    """The numbers of an array of i64; programs have few different arrays, and many ops."""
    return _unpacked(attribute.data.data)


@lru_cache(maxsize=1 << 16)
def _unpacked(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(data) // 8}q", data)


@lru_cache(maxsize=1 << 16)
def _written(access: Access) -> DenseArrayBase:
    return DenseArrayBase.from_list(i64, [access.base, *access.steps])


def _term(step: int, name: str) -> str:
    return {1: name, -1: f"-{name}"}.get(step, f"{step} * {name}")


def parse_access(parser: Parser) -> dict[int, int]:
    """`[64 * d0 + d1 + 12]` as loop -> step; the constant stands under -1."""
    found: dict[int, int] = {}
    parser.parse_punctuation("[")
    sign = -1 if parser.parse_optional_punctuation("-") else 1
    while True:
        factor = parser.parse_optional_integer(allow_boolean=False, allow_negative=False)
        loop = -1
        if factor is None or parser.parse_optional_punctuation("*"):
            loop = _parse_loop(parser)
        found[loop] = found.get(loop, 0) + sign * (1 if factor is None else factor)
        if parser.parse_optional_punctuation("+"):
            sign = 1
        elif parser.parse_optional_punctuation("-"):
            sign = -1
        else:
            parser.parse_punctuation("]")
            return found


def _parse_loop(parser: Parser) -> int:
    name = parser.parse_identifier(": a loop, d0 to d3")
    if name[:1] != "d" or not name[1:].isdecimal() or int(name[1:]) >= MAX_NEST:
        parser.raise_error(f"expected a loop, d0 to d{MAX_NEST - 1}, got '{name}'")
    return int(name[1:])


def access_of(found: dict[int, int], loops: int) -> Access:
    """What `parse_access` read, for a nest of so many loops."""
    return Access(found.get(-1, 0), tuple(found.get(i, 0) for i in range(loops)))
