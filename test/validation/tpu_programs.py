"""Programs for the TPU of 2015, written by hand: layers of published or reconstructed shapes.

Weights stream through four tiles of `wbuf`, activations stay in the scratchpad, as on the chip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dlir.targets.accel.description import Machine
from dlir.targets.accel.program import Program, ProgramBuilder

TILE, FREE, SUMS, READY, DRAINED, WRITTEN = range(1, 7)
HALF_SUMS, HALF_WRITTEN = (10, 11), (12, 13)
"""Semaphores: tile in wbuf / used, sums complete, input there, sums taken, activations written; the
last two pairs for each half of a batch."""
WBUF_TILES = 4
PIECE = 1 << 16
"""Bytes of a row of LD at most."""
PLANES = 48
"""Channels of a network's input (those of AlphaGo); the lanes behind them are zero."""


@dataclass
class Writer:
    """Streams `total` weight tiles, which follow each other from `weights` on, through `wbuf`."""

    b: ProgramBuilder
    machine: Machine
    weights: int
    total: int
    sent: int = 0
    used: int = 0

    def fill(self, count: int) -> None:
        """Load tiles until `count` have been, of those that find an empty slot at the start."""
        while self.sent < min(count, self.total):
            self._send()

    def _send(self) -> None:
        rows, cols = self.machine.array.rows, self.machine.array.cols
        wait = {"wait": FREE} if self.sent >= WBUF_TILES else {}
        size = rows * cols
        line = (self.sent % WBUF_TILES) * rows
        for first in range(0, size, PIECE):
            piece = min(PIECE, size - first)
            last = {"sig": TILE} if first + piece == size else {}
            self.b.emit("ld", "ld", mem="wbuf", line=line + first // cols,
                        dram=self.weights + self.sent * size + first, rows=1, len=piece,
                        **wait, **last)  # fmt: skip
            wait = {}
        self.sent += 1

    def take(self) -> None:
        """LW of the next tile. The tile four places on will take its slot."""
        rows, cols = self.machine.array.rows, self.machine.array.cols
        line = (self.used % WBUF_TILES) * rows
        self.b.emit("mx", "lw", mem="wbuf", line=line, k=rows, n=cols, wait=TILE)
        self.used += 1
        if self.sent < self.total:
            self._send()

    def release(self) -> dict[str, int]:
        """The signal that the tile's slot is free, as long as it will be filled again."""
        return {"sig": FREE} if self.used + WBUF_TILES <= self.total else {}


def dense_layers(machine: Machine, sizes: Sequence[int], batch: int) -> Program:
    """Fully connected layers sizes[0] -> sizes[1] -> ..., with relu.

    Tiles are whole, as the paper's 9 steps of 2 us for a matrix of 600 x 600 say. Sums of one
    column of tiles are in one of the halves of the accumulators. A layer begins when the one before
    it is written back.
    """
    array, b = machine.array, ProgramBuilder(machine)
    cols = array.cols
    pairs = list(pairwise(sizes))
    columns = [-(-n // cols) for _, n in pairs]
    tiles = sum(-(-k // array.rows) * n for (k, _), n in zip(pairs, columns, strict=True))
    size = tiles * array.rows * cols
    weights = b.symbol("w", size, kind="weight", contents=np.zeros(size, np.int8))
    lines = batch * max(-(-size // cols) for size in sizes)
    entries = batch * -(-sizes[0] // cols)
    x = b.symbol("x", entries * cols, kind="input", host=True)
    writer = Writer(b, machine, weights, tiles)
    writer.fill(1)
    b.emit("ld", "ld", line=0, dram=x, rows=entries, len=cols, stride=cols, sig=READY)
    writer.fill(WBUF_TILES)
    done = 0
    for layer, (k, _) in enumerate(pairs):
        for stream in machine.streams:
            b.mark(stream, layer + 1, f"fc{layer}@mlp")
        source, target = (lines * ((layer + i) % 2) for i in (0, 1))
        ready = {"sem": READY} if layer == 0 else {"sem": WRITTEN, "count": columns[layer - 1]}
        for n in range(columns[layer]):
            for tile in range(-(-k // array.rows)):
                writer.take()
                if n == 0 and tile == 0:
                    b.emit("mx", "sync", dir="take", **ready)
                drained = {"wait": DRAINED} if tile == 0 and done >= 2 else {}
                b.emit("mx", "mm", a=source + tile * batch, c=done % 2 * batch, nx=batch,
                       k=array.rows, n=cols, swap=1, acc=int(tile > 0), **drained,
                       **writer.release())  # fmt: skip
            b.emit("mx", "sync", dir="give", sem=SUMS)
            written = {} if layer == len(pairs) - 1 else {"sig": WRITTEN}
            b.emit("vx", "vs", fn="relu", d=target + n * batch, x_mem="acc", x=done % 2 * batch,
                   nx=batch, dt_s="i32", dt_d="i8", wait=SUMS, **written)  # fmt: skip
            done += 1
            if done + 2 <= sum(columns):
                b.emit("vx", "sync", dir="give", sem=DRAINED)
    return b.build()


def conv_layers(machine: Machine, layers: int, side: int, batch: int, channels: int) -> Program:
    """3x3 convolutions of `channels` = array width over square images, zero border of one line.

    Two halves of the batch take turns with each weight tile, so that one is drained while the other
    streams. An image of one channel block is (side + 2)^2 lines.
    """
    array, b = machine.array, ProgramBuilder(machine)
    assert channels == array.rows == array.cols and batch % 2 == 0
    size, image = channels * channels, (side + 2) ** 2
    weights = b.symbol("w", 9 * layers * size, kind="weight",
                       contents=np.zeros(9 * layers * size, np.int8))  # fmt: skip
    writer = Writer(b, machine, weights, 9 * layers)
    writer.fill(1)
    x = b.symbol("x", batch * image * PLANES, kind="input", host=True)
    b.emit("ld", "ld", line=0, dram=x, rows=batch * image, len=PLANES, stride=PLANES, sig=READY)
    writer.fill(WBUF_TILES)
    b.emit("vx", "vv", fn="fill", d=batch * image, x=0, y=0, rows=batch * image, ymode="imm")
    b.emit("mx", "sync", dir="take", sem=READY)
    for layer in range(layers):
        for stream in machine.streams:
            b.mark(stream, layer + 1, f"conv{layer}@cnn")
        source, target = (batch * image * ((layer + i) % 2) for i in (0, 1))
        for tap in range(9):
            _conv_tap(b, writer, layer, tap, (source, image, side, batch))
        for half in (0, 1):
            _conv_drain(b, half, target, (image, side, batch), last=layer == layers - 1)
    return b.build()


def _conv_tap(
    b: ProgramBuilder, writer: Writer, layer: int, tap: int, shape: tuple[int, int, int, int]
) -> None:
    """One weight tile over all images; halves signal when their sums are complete."""
    source, image, side, batch = shape
    channels = b.machine.array.cols
    offset = tap // 3 * (side + 2) + tap % 3
    writer.take()
    for i in range(batch):
        half, first = divmod(i, batch // 2)
        wait = {"wait": HALF_WRITTEN[half]} if layer and tap == 0 and first == 0 else {}
        done = {"sig": HALF_SUMS[half]} if tap == 8 and first == batch // 2 - 1 else {}
        free = writer.release() if i == batch - 1 and not done else {}
        b.emit("mx", "mm", a=source + i * image + offset, c=i * side * side, nx=side, ny=side,
               sy=side + 2, k=channels, n=channels, swap=int(i == 0), acc=int(tap > 0),
               **wait, **done, **free)  # fmt: skip
    if tap == 8 and (free := writer.release()):
        b.emit("mx", "sync", dir="give", sem=free["sig"])


def _conv_drain(
    b: ProgramBuilder, half: int, target: int, shape: tuple[int, int, int], *, last: bool
) -> None:
    """Write one half of the batch back, row by row of each image, inside its border."""
    image, side, batch = shape
    images = range(half * batch // 2, (half + 1) * batch // 2)
    for i in images:
        for y in range(side):
            start = {"wait": HALF_SUMS[half]} if i == images[0] and y == 0 else {}
            end = {"sig": HALF_WRITTEN[half]} if i == images[-1] and y == side - 1 else {}
            b.emit("vx", "vs", fn="relu", x_mem="acc", x=(i * side + y) * side, nx=side,
                   d=target + i * image + (y + 1) * (side + 2) + 1, dt_s="i32", dt_d="i8",
                   **start, **({} if last else end))  # fmt: skip
