"""Which part of memory each thread touches, so that ops in a row can be divided alike.

Threads take parts of an iterator in turn. In row-major memory the parts of a dimension follow each
other, and begin again with the next value of the dimension before it: after `extent * stride`
elements, the division's period. Two divisions of the same memory that have one period are the same,
up to the width of a tile, whatever shapes the memory is seen as: 14 rows of tiles, 56 rows of
pixels, or 196 pixels of the same image.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import prod

from xdsl.dialects.builtin import FixedBitwidthType, ModuleOp
from xdsl.ir import SSAValue

from dlir.dialects.structured.cost import BYTES_PER_SECOND
from dlir.dialects.structured.ops import GenericOp, ReshapeOp, shape_of
from dlir.dialects.structured.roles import Operand, is_weight, operands_of, planned
from dlir.types import is_memref, is_tensor

FOREIGN_BYTES_PER_SECOND = 1e10
"""What a core reads of what another one has just written: measured from 5 GB/s, where the two share
no cache, to 80, where they do."""


@dataclass(frozen=True)
class Read:
    """What an op reads, and the op that wrote it, if that is known."""

    operand: Operand
    writer: GenericOp | None


class Traffic:
    """Who writes what the ops of a module read, and what of it crosses between cores.

    `divided` holds for each op that was looked at the iterator that threads share, or None where
    one thread does all.
    """

    def __init__(self, module: ModuleOp, threads: int) -> None:
        self.threads = threads
        self.divided: dict[GenericOp, int | None] = {}
        self.reads: dict[GenericOp, list[Read]] = {}
        self._readers: dict[GenericOp, list[tuple[GenericOp, Operand]]] = defaultdict(list)
        self._written: dict[GenericOp, Operand] = {}
        self._writers: dict[SSAValue, GenericOp] = {}
        self._weights: dict[SSAValue, bool] = {}
        for op in module.walk():
            if isinstance(op, GenericOp):
                self._add(op)

    def _add(self, op: GenericOp) -> None:
        inputs, out, extra = operands_of(op)
        self.reads[op] = [Read(x, self._writer(x.value)) for x in (*inputs, *extra)]
        self._written[op] = out
        self._writers[_origin(out.value) if is_memref(out.value.type) else op.results[0]] = op
        for read in self.reads[op]:
            if read.writer is not None:
                self._readers[read.writer].append((op, read.operand))

    def _writer(self, value: SSAValue) -> GenericOp | None:
        """The op of the same call that writes a tensor or buffer: none does weights."""
        if is_tensor(value.type) and is_weight(value, self._weights):
            return None
        return self._writers.get(_origin(value))

    def operands(self, op: GenericOp) -> list[Operand]:
        return [*(read.operand for read in self.reads[op]), self._written[op]]

    def seconds(self, op: GenericOp, dim: int) -> float:
        """What a thread waits for what others have written, before and behind an op."""
        before = sum(self._reading(read, dim) for read in self.reads[op])
        behind = 0.0
        for reader, operand in self._readers[op]:
            theirs = self.divided.get(reader)
            if theirs is not None:
                behind += self._crossing(operand, theirs, period(self._written[op], dim))
        return before + behind

    def _reading(self, read: Read, dim: int) -> float:
        if read.writer is None:
            return self._bytes(read.operand, dim) / BYTES_PER_SECOND
        if read.writer not in self.divided:
            return 0
        theirs = self.divided[read.writer]
        written = period(self._written[read.writer], theirs) if theirs is not None else None
        return self._crossing(read.operand, dim, written)

    def _crossing(self, operand: Operand, dim: int, written: int | None) -> float:
        """Of memory that was divided with a period, or written by one thread."""
        if written is not None and period(operand, dim) == written:
            return 0
        foreign = 1 if written is None else 1 - 1 / self.threads
        return self._bytes(operand, dim) * foreign / FOREIGN_BYTES_PER_SECOND

    def _bytes(self, operand: Operand, dim: int) -> float:
        """What one thread reads."""
        return bytes_of(operand) / (self.threads if operand.depends_on(dim) else 1)


def period(operand: Operand, dim: int) -> int | None:
    """Elements of row-major memory behind which the parts of an iterator begin again.

    None where every thread touches all.
    """
    positions = (p for p, form in enumerate(operand.forms) if form.coefficients[dim])
    first = next(positions, None)
    return None if first is None else prod(map(planned, shape_of(operand.value)[first:]))


def bytes_of(operand: Operand) -> int:
    element = operand.element
    width = element.bitwidth if isinstance(element, FixedBitwidthType) else 64
    return prod(map(planned, shape_of(operand.value))) * width // 8


def _origin(value: SSAValue) -> SSAValue:
    """The tensor or buffer that is seen as another shape."""
    while isinstance(value.owner, ReshapeOp):
        value = value.owner.operands[0]
    return value
