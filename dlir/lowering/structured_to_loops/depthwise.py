"""The depthwise kernel: lanes along the channels, and a tile of pixels that share what they read.

    for each tile of MR pixels of a row, for each strip of NR channels:
      acc_0 .. acc_MR : vector<NR> = 0
      for each tap k..:
        for each pixel p:  acc_p += x[p + k, channels] * w[k.., channels]

A weight is read once for all pixels of a tile, and a place of the image once for all taps that lead
there from one of the pixels. The taps are written out.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from xdsl.dialects import arith, vector
from xdsl.dialects.builtin import AnyFloat
from xdsl.ir import SSAValue

from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.roles import operands_of, parallel_order
from dlir.dialects.structured.windows import match_pixels
from dlir.lowering.structured_to_loops.access import (
    Lanes,
    Space,
    dropped,
    read_lanes,
    write_lanes,
)
from dlir.lowering.structured_to_loops.bodies import Body
from dlir.lowering.structured_to_loops.emitter import Emitter, Index
from dlir.lowering.structured_to_loops.scalar import loop_over
from dlir.lowering.structured_to_loops.strips import strips

Reads = dict[tuple[int, ...], SSAValue]
"""What was read so far: the number of an input and the place relative to the tile -> its value."""


def lower_depthwise(emit: Emitter, op: GenericOp, lanes: int) -> bool:
    """Write the loops if the schedule has a tile of pixels and every read is inside of its
    operand; returns whether it did."""
    tile = op.schedule.integers("vector") if op.schedule is not None else None
    row = match_pixels(op, lanes) if tile is not None and len(tile) == 2 else None
    if tile is None or row is None:
        return False
    space = Space.of(emit, op)
    inputs, out, extra = operands_of(op)
    if dropped(out, space) or any(x.escapes(space.extents) for x in (*inputs, *extra)):
        return False
    _Depthwise(emit, op, space, lanes, row, tile).write()
    return True


class _Depthwise:
    """One op while it is written."""

    def __init__(
        self, emit: Emitter, op: GenericOp, space: Space, lanes: int, row: int, tile: Sequence[int]
    ):
        self.emit, self.op, self.space = emit, op, space
        self.lanes, self.row = lanes, row
        self.height, self.columns = tile
        self.inputs, self.out, self.extra = operands_of(op)
        self.body = Body(emit, op.body.block, space.at, lanes)

    def write(self) -> None:
        outer = [d for d in parallel_order(self.op) if d not in (self.row, self.lanes)]
        loop_over(self.emit, self.space, outer, self._tiles)

    def _tiles(self) -> None:
        """Full tiles, then the rest: exact for a known extent, else single pixels."""
        extent = self.space.extents[self.row]
        full = self.emit.round_down(extent, self.height)
        self._loop(0, full, self.height)
        rest = extent % self.height if isinstance(extent, int) else 1
        if rest:
            self._loop(full, extent, rest)

    def _loop(self, start: Index, end: Index, height: int) -> None:
        def tile(first: Index, _: Sequence[SSAValue]) -> Sequence[SSAValue]:
            def strip(lanes: Lanes, _: Sequence[SSAValue]) -> Sequence[SSAValue]:
                self._strip(first, height, lanes)
                return []

            strips(self.emit, self.space, self.lanes, self.columns, [[], []], strip)
            return []

        self.emit.loop(start, end, height, [], tile, shared=self.row == self.space.shared)

    def _strip(self, first: Index, height: int, lanes: Lanes) -> None:
        sums = [self._start(first, pixel, lanes) for pixel in range(height)]
        dims = self.op.reduction_dims
        read: Reads = {}
        for taps in product(*(range(self.op.static_extents()[d]) for d in dims)):
            for d, tap in zip(dims, taps, strict=True):
                self.space.at[d] = tap
            for pixel in range(height):
                self.space.at[self.row] = self.emit.add(first, pixel)
                terms = [self._read(n, (pixel, *taps), read, lanes) for n in range(2)]
                sums[pixel] = self._added(terms, sums[pixel], lanes)
        for pixel, value in enumerate(sums):
            self.space.at[self.row] = self.emit.add(first, pixel)
            self._finish(value, lanes)

    def _start(self, first: Index, pixel: int, lanes: Lanes) -> SSAValue:
        if self.op.init is not None:
            return self.emit.broadcast(self.emit.constant(self.op.init), [lanes.width])
        self.space.at[self.row] = self.emit.add(first, pixel)
        return self.emit.broadcast(
            read_lanes(self.emit, self.out, self.space, lanes), [lanes.width]
        )

    def _read(self, number: int, at: tuple[int, ...], read: Reads, lanes: Lanes) -> SSAValue:
        """An input's lanes at a pixel of the tile and a tap, read only once for each place."""
        operand, dims = self.inputs[number], (self.row, *self.op.reduction_dims)
        moved = [
            sum(form.coefficients[d] * n for d, n in zip(dims, at, strict=True))
            for form in operand.forms
        ]
        place = (number, *moved)
        if place not in read:
            value = read_lanes(self.emit, operand, self.space, lanes)
            read[place] = self.emit.broadcast(value, [lanes.width])
        return read[place]

    def _added(self, terms: list[SSAValue], total: SSAValue, lanes: Lanes) -> SSAValue:
        """One product more; rounded once where the numbers are what is multiplied."""
        product, *rest = self.op.body.block.ops
        if isinstance(product, arith.MulfOp) and len(rest) == 2:
            assert isinstance(self.op.accumulator_type, AnyFloat)
            return self.emit.insert(vector.FMAOp(terms[0], terms[1], total))
        return self.emit.broadcast(self.body([*terms, total], lanes.width), [lanes.width])

    def _finish(self, value: SSAValue, lanes: Lanes) -> None:
        if self.op.epilogue is not None:
            terms = [read_lanes(self.emit, x, self.space, lanes) for x in self.extra]
            epilogue = Body(self.emit, self.op.epilogue.block, self.space.at, self.lanes)
            value = epilogue([value, *terms], lanes.width)
        write_lanes(self.emit, self.out, self.space, lanes, value)
