"""Walks over rows cut into pieces that the fields of an instruction can hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dlir.dialects.isa.fields import ISA


class Walk(NamedTuple):
    """Rows `y * sy + x * sx` for y < ny, x < nx."""

    nx: int
    sx: int
    ny: int
    sy: int

    @property
    def fields(self) -> dict[str, int]:
        """As the instruction names them."""
        return {"nx": self.nx, "sx": self.sx, "ny": self.ny, "sy": self.sy}


class Piece(NamedTuple):
    """A part of a walk: how far behind its first row, and behind the first result, it begins."""

    walk: Walk
    source: int
    result: int


def canonical(walk: Walk) -> Walk:
    """The same rows with the steps of single rows at their defaults, and one dimension if that
    is all there is."""
    nx, sx, ny, sy = walk
    if nx == 1:
        nx, sx, ny, sy = ny, sy, 1, 0
    if ny > 1 and sy == nx * sx:
        nx, ny = nx * ny, 1
    return Walk(nx, sx if nx > 1 else 1, ny, sy if ny > 1 else 0)


def fits(mnemonic: str, walk: Walk) -> bool:
    """Whether the fields of an instruction hold a walk."""
    parts = ISA.layouts[mnemonic].fields
    return all(
        parts[name].minimum <= value <= parts[name].maximum for name, value in walk.fields.items()
    )


def pieces(mnemonic: str, walk: Walk) -> Iterator[Piece]:
    """A walk whose rows give one result each, in as few pieces as the fields allow."""
    for one in (walk, canonical(walk), _upright(canonical(walk))):
        if fits(mnemonic, one):
            yield Piece(one, 0, 0)
            return
    nx, sx, ny, sy = walk
    if ny > 1:
        yield from _cut(mnemonic, Walk(nx, sx, 1, 0), ny, sy, nx)
    else:
        most = _longest(mnemonic, sx)
        for first in range(0, nx, most):
            part = canonical(Walk(min(most, nx - first), sx, 1, 0))
            part = part if fits(mnemonic, part) else _upright(part)
            yield Piece(part, first * sx, first)


def _cut(mnemonic: str, row: Walk, ny: int, sy: int, results: int) -> Iterator[Piece]:
    """`ny` rows of a walk, several together where that fits."""
    parts = ISA.layouts[mnemonic].fields
    most = parts["ny"].maximum if fits(mnemonic, Walk(row.nx, row.sx, 2, sy)) else 1
    for first in range(0, ny, most):
        count = min(most, ny - first)
        piece = Walk(row.nx, row.sx, count, sy if count > 1 else 0)
        for walk, source, result in pieces(mnemonic, piece):
            yield Piece(walk, first * sy + source, first * results + result)


def _upright(walk: Walk) -> Walk:
    """One dimension as the outer one, whose step may be longer."""
    return Walk(1, 1, walk.nx, walk.sx) if walk.ny == 1 else walk


def _longest(mnemonic: str, step: int) -> int:
    """How many rows of one dimension an instruction takes."""
    parts = ISA.layouts[mnemonic].fields
    for count, stride in (("nx", "sx"), ("ny", "sy")):
        if parts[stride].minimum <= step <= parts[stride].maximum:
            return parts[count].maximum
    return 1
