"""A synthetic network for the accelerator's tools: 3x3 convolutions, each fed by the one before.

Machine code as a compiler would write it for a machine with a 16 x 16 array: weights resident for
a layer, input tiles, accumulators and results double-buffered, the windows read by the two strides
of MM, layers overlapped by tokens per tile. Everything is unrolled, so that instructions in the
file are instructions executed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlir.dialects.accel.arithmetic import multiply_planes
from dlir.numpy_types import BFLOAT16
from dlir.requantize import requantize
from dlir.targets.accel.description import Machine, load_machine
from dlir.targets.accel.program import Program, ProgramBuilder

FULL, EMPTY, SUMMED, DRAINED, FINISHED, STORED, NEXT = range(1, 8)
"""Semaphores: input there / used, sums there / drained, results there / stored, tile of a layer."""
ROWS = 2  # rows of the image in a tile
DEPTH = 2  # slots of everything that is double-buffered
CHANNELS = 64
BLOCK = 16  # rows and columns of the array
BLOCKS = CHANNELS // BLOCK
TAPS = 9


@dataclass(frozen=True)
class Network:
    """`layers` convolutions of a square image of 64 channels in `dtype`, with ReLU after each."""

    layers: int = 35
    size: int = 56
    dtype: str = "bf16"

    @property
    def macs(self) -> int:
        """Multiply-accumulates."""
        return self.layers * self.size**2 * CHANNELS**2 * TAPS

    @property
    def item(self) -> int:
        """Bytes of an element, which are also the lines of a row of 16 elements."""
        return 2 if self.dtype == "bf16" else 1

    @property
    def padded(self) -> int:
        """Pixels of a row with the zeros around the image."""
        return self.size + 2

    def weights(self) -> list[np.ndarray]:
        """Per layer, (9 * 64, 64): taps and input channels by output channels."""
        rng = np.random.default_rng(1)
        shape = (TAPS * CHANNELS, CHANNELS)
        if self.dtype == "bf16":
            scale = (TAPS * CHANNELS / 2) ** -0.5
            return [
                (rng.standard_normal(shape) * scale).astype(BFLOAT16) for _ in range(self.layers)
            ]
        return [rng.integers(-9, 10, shape).astype(np.int8) for _ in range(self.layers)]

    def params(self) -> np.ndarray:
        """What the vector unit adds (bf16), or multiplies and shifts by (int8), per channel."""
        if self.dtype == "bf16":
            return np.linspace(-0.1, 0.1, CHANNELS, dtype=np.float32)
        rows = np.empty((BLOCKS, 2, BLOCK), np.int32)
        rows[:, 0], rows[:, 1] = 1 << 30, 5
        return rows.reshape(-1)

    def image(self) -> np.ndarray:
        """An input, with its border of zeros."""
        rng = np.random.default_rng(0)
        x = np.zeros((self.padded, self.padded, CHANNELS), np.float32)
        scale = 1 if self.dtype == "bf16" else 40
        inner = rng.standard_normal((self.size, self.size, CHANNELS)) * scale
        x[1:-1, 1:-1] = inner if self.dtype == "bf16" else np.clip(np.rint(inner), -128, 127)
        return x.astype(BFLOAT16 if self.dtype == "bf16" else np.int8)


def network_program(network: Network, machine: Machine | None = None) -> Program:
    """The program, with the input `x` (padded) and the output `y` (padded, zeros written too)."""
    return _Writer(network, machine or load_machine("gemmini")).program()


class _Writer:
    """Writes the streams tile by tile."""

    def __init__(self, net: Network, machine: Machine) -> None:
        self.net, self.b = net, ProgramBuilder(machine)
        self.pixel = CHANNELS * net.item  # bytes
        self.lines = self.pixel // BLOCK  # of a pixel
        self.tile_lines = (ROWS + 2) * net.padded * self.lines
        self.weight_lines = TAPS * CHANNELS * self.lines
        self.param_lines = net.params().nbytes // BLOCK
        self.result_lines = ROWS * net.size * net.item
        self.acc_rows = ROWS * net.size
        starts = np.cumsum(
            [0, DEPTH * self.weight_lines, DEPTH * self.param_lines, DEPTH * self.tile_lines]
        )
        self.weights_at, self.params_at, self.input_at, self.results_at = starts.tolist()
        self.tiles = net.size // ROWS

    def program(self) -> Program:
        """All layers."""
        b, net = self.b, self.net
        size = net.padded**2 * self.pixel
        places = [b.symbol("x", size, kind="input")]
        places += [b.symbol(f"t{i}", size) for i in range(DEPTH)]
        places.append(b.symbol("y", size, kind="output"))
        params = b.symbol("params", net.params().nbytes, kind="weight", contents=net.params())
        for layer, contents in enumerate(net.weights()):
            weights = b.symbol(f"w{layer}", contents.nbytes, kind="weight", contents=contents)
            for stream in ("ld", "mx", "vx", "st"):
                b.mark(stream, 1 + layer, f"conv{layer}@network")
            source = places[0 if layer == 0 else 1 + (layer - 1) % DEPTH]
            target = places[-1 if layer == net.layers - 1 else 1 + layer % DEPTH]
            self._layer(layer, source, target, weights, params)
        return b.build()

    def _layer(self, layer: int, source: int, target: int, weights: int, params: int) -> None:
        slot = layer % DEPTH
        for tile in range(self.tiles):
            use = layer * self.tiles + tile
            self._tokens(layer, tile)
            if tile == 0:
                self._resident(slot, weights, params)
            self._load(use, source + tile * ROWS * self.net.padded * self.pixel)
            self._multiply(use, slot)
            self._finish(use, slot, layer, target + tile * ROWS * self.net.padded * self.pixel)

    def _tokens(self, layer: int, tile: int) -> None:
        """A tile needs its own rows of the layer before, and those of the tile behind it."""
        count = min(2, self.tiles) if tile == 0 else int(tile < self.tiles - 1)
        if layer and count:
            self.b.emit("ld", "sync", dir="take", sem=NEXT, count=count)

    def _resident(self, slot: int, weights: int, params: int) -> None:
        b = self.b
        b.emit("ld", "ld", line=self.weights_at + slot * self.weight_lines, dram=weights,
               rows=TAPS * CHANNELS, len=self.pixel, stride=self.pixel)  # fmt: skip
        size = self.param_lines * BLOCK
        b.emit("ld", "ld", line=self.params_at + slot * self.param_lines, dram=params,
               rows=1, len=size)  # fmt: skip

    def _load(self, use: int, source: int) -> None:
        wait = {"wait": EMPTY} if use >= DEPTH else {}
        self.b.emit("ld", "ld", line=self.input_at + use % DEPTH * self.tile_lines, dram=source,
                    rows=(ROWS + 2) * self.net.padded, len=self.pixel, stride=self.pixel,
                    sig=FULL, **wait)  # fmt: skip

    def _multiply(self, use: int, slot: int) -> None:
        net, item = self.net, self.net.item
        total = net.layers * self.tiles
        for n in range(BLOCKS):
            for step in range(TAPS * BLOCKS):
                tap, k = divmod(step, BLOCKS)
                first, last = step == 0, step == TAPS * BLOCKS - 1
                full = {"wait": FULL} if n == 0 and first else {}
                drained = {"wait": DRAINED} if first and use >= DEPTH else {}
                line = self.weights_at + slot * self.weight_lines + n * item
                self.b.emit("mx", "lw", line=line + (tap * CHANNELS + k * BLOCK) * self.lines,
                            step=self.lines, k=BLOCK, n=BLOCK, dt=net.dtype, **full)  # fmt: skip
                a = self.input_at + use % DEPTH * self.tile_lines + k * item
                self.b.emit(
                    "mx", "mm", a=a + (tap // 3 * net.padded + tap % 3) * self.lines,
                    c=(use % DEPTH * BLOCKS + n) * self.acc_rows, nx=net.size, sx=self.lines,
                    ny=ROWS, sy=net.padded * self.lines, k=BLOCK, n=BLOCK, dt=net.dtype,
                    acc=int(not first), swap=1, **drained, **({"sig": SUMMED} if last else {}),
                )  # fmt: skip
        if use + DEPTH < total:
            self.b.emit("mx", "sync", dir="give", sem=EMPTY)

    def _finish(self, use: int, slot: int, layer: int, target: int) -> None:
        net, b = self.net, self.b
        more = use + DEPTH < net.layers * self.tiles
        for n in range(BLOCKS):
            acc = (use % DEPTH * BLOCKS + n) * self.acc_rows
            out = self.results_at + (use % DEPTH * BLOCKS + n) * self.result_lines
            at = self.params_at + slot * self.param_lines + n * self.param_lines // BLOCKS
            if use >= DEPTH:
                b.emit("vx", "sync", dir="take", sem=STORED)
            drained = {"sig": DRAINED} if more else {}
            if net.dtype == "bf16":
                b.emit("vx", "vv", fn="add", d_mem="acc", d=acc, x_mem="acc", x=acc, y=at,
                       rows=self.acc_rows, ymode="all", dt_s="f32", dt_d="f32",
                       wait=SUMMED)  # fmt: skip
                b.emit("vx", "vs", fn="relu", d=out, x_mem="acc", x=acc, nx=self.acc_rows,
                       dt_s="f32", dt_d="bf16", **drained)  # fmt: skip
            else:
                b.emit("vx", "vv", fn="requant", d=out, x_mem="acc", x=acc, y=at,
                       rows=self.acc_rows, ymode="all", dt_s="i32", dt_d="i8", wait=SUMMED,
                       **drained)  # fmt: skip
                b.emit("vx", "vs", fn="relu", d=out, x=out, nx=self.acc_rows, dt_s="i8",
                       dt_d="i8")  # fmt: skip
            b.emit("vx", "sync", dir="give", sem=FINISHED)
            self._store(n, out, target, more)
        if layer < net.layers - 1:
            b.emit("st", "sync", dir="give", sem=NEXT)

    def _store(self, n: int, out: int, target: int, more: bool) -> None:
        net, width = self.net, BLOCK * self.net.item
        for row in range(ROWS):
            place = target + ((row + 1) * net.padded + 1) * self.pixel + n * width
            wait = {"wait": FINISHED} if row == 0 else {}
            stored = {"sig": STORED} if row == ROWS - 1 and more else {}
            self.b.emit("st", "st", line=out + row * net.size * net.item, dram=place,
                        rows=net.size, len=width, stride=self.pixel, **wait, **stored)  # fmt: skip


def reference(network: Network) -> np.ndarray:
    """What the program must give, bit for bit: layer by layer with numpy."""
    x = network.image()
    params = network.params()
    for weights in network.weights():
        if network.dtype == "bf16":
            result = np.maximum(_sums(x, weights, network.size) + params, np.float32(0))
        else:
            rows = params.reshape(BLOCKS, 2, BLOCK)
            sums = _sums(x, weights, network.size).astype(np.int32)
            shift, scale = rows[:, 1].reshape(-1), rows[:, 0].reshape(-1)
            result = np.maximum(requantize(sums, scale, shift, 0), 0)
        x = np.zeros_like(x)
        x[1:-1, 1:-1] = result
    return x


def _sums(x: np.ndarray, weights: np.ndarray, size: int) -> np.ndarray:
    """A 3x3 convolution, summed tile of weights by tile of weights."""
    total = np.zeros((size, size, CHANNELS), np.float32)
    for step in range(TAPS * BLOCKS):
        tap, k = divmod(step, BLOCKS)
        window = x[tap // 3 :, tap % 3 :, k * BLOCK : (k + 1) * BLOCK][:size, :size]
        tile = weights[tap * CHANNELS + k * BLOCK :][:BLOCK]
        total += multiply_planes(window.reshape(-1, BLOCK), tile).reshape(total.shape)
    return total
