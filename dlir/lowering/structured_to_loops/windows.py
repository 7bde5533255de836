"""The window kernel: rows of an image are read once for all of the results that they reach.

    for each tile of MR rows, for each panel of NR columns:
      acc_0 .. acc_MR : vector<NR> = 0
      for each row i that their windows reach, for each tap k.. within a row:
        v = b[i, k..]                         read once
        acc_(i - r) += a[r, k..] * v          for every r that leads to one of the rows

The taps are written out, so that loads and multiply-adds are all that is done.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from xdsl.ir import SSAValue

from dlir.dialects.structured.dots import factors_in_order
from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.roles import Contraction
from dlir.dialects.structured.windows import Window
from dlir.lowering.structured_to_loops.access import Lanes, read_lanes, read_scalar
from dlir.lowering.structured_to_loops.contraction import Kernel
from dlir.lowering.structured_to_loops.emitter import Emitter
from dlir.lowering.structured_to_loops.scalar import loop_over


class WindowKernel(Kernel):
    """A contraction whose tile's rows are those that the windows slide down."""

    def __init__(
        self,
        emit: Emitter,
        op: GenericOp,
        roles: Contraction,
        rows: int,
        columns: int,
        window: Window,
    ):
        outer = tuple(d for d in roles.outer if d != window.row)
        super().__init__(emit, op, replace(roles, row=window.row, outer=outer), rows, columns)
        self.window = window

    def write(self) -> None:
        """Tiles of rows outside: what two of them share of `b` is still near."""
        every = Lanes(self.roles.lanes, self.columns)
        loop_over(self.emit, self.space, self.roles.outer, lambda: self._row_tiles(every))

    def _tile(self, height: int, lanes: Lanes) -> None:
        self._panels(lambda panel: self._finish(self._sums(height, panel), height, panel))

    def _sums(self, height: int, lanes: Lanes) -> SSAValue:
        """The accumulators, in the order in which each of them adds its products."""
        emit, space = self.emit, self.space
        row, tap = self.window.row, self.window.tap
        others = [d for d in self.op.reduction_dims if d != tap]
        reach = self._extent(tap)
        sums = [emit.splat(0.0, self.element, [lanes.width]) for _ in range(height)]
        first = space.at[row]
        for i in range(height + reach - 1):
            for taps in product(*(range(self._extent(d)) for d in others)):
                for d, at in zip(others, taps, strict=True):
                    space.at[d] = at
                space.at[row], space.at[tap] = emit.add(first, i), 0
                line = self._line(lanes)
                for r in range(max(0, i - height + 1), min(i + 1, reach)):
                    space.at[tap] = r
                    sums[i - r] = self._multiply_add(self._factor(lanes), line, sums[i - r])
        space.at[row] = first
        return self.stack(sums)

    def _extent(self, dim: int) -> int:
        return self.op.static_extents()[dim]

    def _line(self, lanes: Lanes) -> SSAValue:
        _, right = factors_in_order(self.op, self.roles)
        return self._as_factor(read_lanes(self.emit, self.roles.b, self.space, lanes), right)

    def _factor(self, lanes: Lanes) -> SSAValue:
        left, _ = factors_in_order(self.op, self.roles)
        weight = self.emit.broadcast(read_scalar(self.emit, self.roles.a, self.space), [1])
        return self.emit.broadcast(self._as_factor(weight, left), [lanes.width])
