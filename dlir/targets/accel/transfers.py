"""Loads and stores: loops over rows become the rows, the length and the stride of one instruction.

A transfer moves pieces of `run` bytes that follow each other in both memories; `rows` of them in
one instruction as long as they also follow each other on the chip.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dlir.dialects.isa.fields import ISA
from dlir.targets.accel.code import Code, Instruction, Operand, Vector, repeat

_FIELDS = ISA.layouts["ld"].fields
MAX_BYTES, MAX_ROWS = _FIELDS["len"].maximum, _FIELDS["rows"].maximum
MAX_STRIDE = _FIELDS["stride"].maximum


class Dimension(NamedTuple):
    """A loop over bytes of both memories."""

    trips: int
    tile: int
    dram: int


def transfer_code(
    mnemonic: str,
    tile: int,
    trips: Vector,
    steps: Sequence[Vector],
    count: int,
    operands: Sequence[Operand],
    loops: bool,
) -> Code:
    """The instructions of a nest of copies of `count` rows; operand `tile` lies on the chip."""
    line, row = operands[tile].line, operands[tile].unit * operands[tile].line
    dims = [
        Dimension(n, steps[tile][i] * line, steps[1 - tile][i])
        for i, n in enumerate(trips)
        if n > 1
    ]
    inner, *outer = merged(
        [Dimension(count, row, row), *reversed(ordered(dims, mnemonic, count * row))]
    )
    run, rows, stride = inner.trips * row, 1, 0
    if outer and outer[0].tile == run and abs(outer[0].dram) <= MAX_STRIDE and run <= MAX_BYTES:
        rows, stride = outer[0].trips, outer[0].dram
        outer = outer[1:]
    code = tuple(
        Instruction(
            mnemonic, {"mem": str(operands[tile].memory), **fields}, _vector(tile, at // line, to)
        )
        for fields, at, to in cut(run, rows, stride, row)
    )
    for dim in outer:
        code = repeat(dim.trips, _vector(tile, dim.tile // line, dim.dram), code, loops=loops)
    return code


def _vector(tile: int, lines: int, dram: int) -> Vector:
    return (lines, dram, 0) if tile == 0 else (dram, lines, 0)


def ordered(dims: list[Dimension], mnemonic: str, size: int) -> list[Dimension]:
    """Loops, outermost first, by their steps on the chip where their order does not matter:
    where no two points write the same bytes."""
    written = 1 if mnemonic == "ld" else 2
    end = size
    for dim in sorted(dims, key=lambda dim: abs(dim[written])):
        if abs(dim[written]) < end:
            return dims
        end += abs(dim[written]) * (dim.trips - 1)
    return sorted(dims, key=lambda dim: -dim.tile)


def merged(dims: list[Dimension]) -> list[Dimension]:
    """Loops, innermost first, with those that go on where the one inside of them ends joined."""
    found = dims[:1]
    for dim in dims[1:]:
        trips, tile, dram = found[-1]
        if dim.tile == trips * tile and dim.dram == trips * dram:
            found[-1] = Dimension(trips * dim.trips, tile, dram)
        else:
            found.append(dim)
    return found


def cut(run: int, rows: int, stride: int, row: int) -> list[tuple[dict[str, int], int, int]]:
    """(fields, byte on the chip, byte in DRAM) of the instructions for `rows` pieces of `run`."""
    if rows == 1 and run > MAX_BYTES:
        length = MAX_BYTES // row * row
        whole, rest = divmod(run, length)
        parts = [({"rows": whole, "len": length, "stride": length}, 0, 0)]
        if rest:
            parts.append(({"rows": 1, "len": rest}, whole * length, whole * length))
        return parts
    return [
        (
            {"rows": min(MAX_ROWS, rows - first), "len": run, "stride": stride if rows > 1 else 0},
            first * run,
            first * stride,
        )
        for first in range(0, rows, MAX_ROWS)
    ]
