"""Fourier transforms, windows of signals, mel filters, determinants, streamed convolution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.elements import numpy_type_of
from dlir.frontends.builder.values import Array, Constant, Tensor, Unsupported

from ..node import Node, normalize_axis
from ..operator import Build, tensor
from ..shapes import static_floats, static_ints
from .contraction import biased

LONGEST = 1 << 20
"""The most numbers in a window or a row of a table that is made at import."""


def _one(values: Sequence[Any], what: str) -> Any:
    if len(values) != 1:
        raise Unsupported(f"{what} = {list(values)}")
    return values[0]


def _integer(node: Node, index: int, what: str, least: int) -> int:
    """An operand of one integer that must be known at import."""
    number = int(_one(static_ints(node.input(index), what), what))
    if not least <= number <= LONGEST:
        raise Unsupported(f"{what} = {number}")
    return number


def _constant(node: Node, array: Array) -> Constant:
    """An array made at import, as the node's result."""
    return Constant(array.astype(node.element_type("output_datatype")), node.output_names[0])


# Fourier transforms


def _complex(context: Context, x: Tensor) -> Tensor:
    """Pairs of real and imaginary part; of real numbers the latter is 0."""
    if x.dims[-1] == 2:
        return x
    if x.dims[-1] != 1:
        raise Unsupported(f"numbers of {x.dims[-1]} parts")
    zeros = [0] * x.rank
    return context.pad(x, zeros, [*zeros[1:], 1], 0.0)


def _fitted(context: Context, x: Tensor, axis: int, size: int) -> Tensor:
    """An axis cut, or padded with zeros, to the size."""
    old = x.dims[axis]
    if not isinstance(old, int):
        raise Unsupported("a transform of dynamic size")
    if size <= old:
        return x if size == old else context.take(x, axis, 0, size)
    high = [size - old if i == axis else 0 for i in range(x.rank)]
    return context.pad(x, [0] * x.rank, high, 0.0)


def _transformed(context: Context, x: Tensor, axis: int, inverse: bool) -> Tensor:
    return context.emit(dl.DftOp(x.ssa, axis, inverse=inverse), x.dims)


def _dft(context: Context, node: Node) -> Tensor:
    x = tensor(context, node, 0)
    if node.opset < 20:
        axis = node.int("axis", 1)
    else:
        axis = int(_one(static_ints(node.input(2), "axis"), "axis")) if node.has(2) else -2
    axis = normalize_axis(axis, x.rank)
    size, last = x.dims[axis], x.rank - 1
    inverse, onesided = bool(node.int("inverse", 0)), bool(node.int("onesided", 0))
    if axis == last or not isinstance(size, int):
        raise Unsupported(f"a transform along axis {axis} of dynamic size, or of the parts")
    if onesided and not inverse and x.dims[-1] != 1:
        raise Unsupported("onesided for complex numbers")
    default = 2 * (size - 1) if inverse and onesided else size
    length = _integer(node, 1, "dft_length", 1) if node.has(1) else default
    if length < 1:
        raise Unsupported(f"a transform of {length} numbers")
    x = _complex(context, x)
    if not inverse:
        y = _transformed(context, _fitted(context, x, axis, length), axis, False)
        return context.take(y, axis, 0, length // 2 + 1) if onesided else y
    if not onesided:
        return _transformed(context, _fitted(context, x, axis, length), axis, True)
    y = _transformed(context, _mirrored(context, x, axis, length), axis, True)
    return context.take(y, last, 0, 1)


def _mirrored(context: Context, x: Tensor, axis: int, length: int) -> Tensor:
    """The whole spectrum of a real signal from its first half: the rest is conjugate.

    The imaginary part of the first number, and of the middle one, cannot be and does not count.
    """
    bins = length // 2 + 1
    half = _fitted(context, x, axis, bins)
    counts = np.ones((bins, 2))
    counts[[0, -1] if length % 2 == 0 else [0], 1] = 0
    shape = [bins if i == axis else 1 for i in range(x.rank - 1)]
    counts = Constant(counts.reshape(*shape, 2).astype(numpy_type_of(x.element)), "spectrum")
    half = context.itemwise(dl.MulOp, half, context.tensor(counts))
    rest = length - bins
    if rest == 0:
        return half
    offsets = [rest if i == axis else 0 for i in range(x.rank)]
    sizes = [rest if i == axis else n for i, n in enumerate(half.dims)]
    strides = [-1 if i == axis else 1 for i in range(x.rank)]
    back = context.emit(dl.SliceOp(half.ssa, offsets, context.shape(sizes), strides), sizes)
    conjugate = context.constant(np.array([1.0, -1.0]), x.element)
    back = context.itemwise(dl.MulOp, back, conjugate)
    dims = [length if i == axis else n for i, n in enumerate(half.dims)]
    return context.emit(dl.ConcatOp([half.ssa, back.ssa], axis), dims)


def _stft(context: Context, node: Node) -> Tensor:
    """Frames of the signal, weighted by the window, and transformed."""
    signal = tensor(context, node, 0)
    x = signal if signal.rank == 3 else context.reshape(signal, (*signal.dims, 1))
    if x.rank != 3:
        raise Unsupported(f"a signal of rank {signal.rank}")
    length, step = x.dims[1], _integer(node, 1, "frame_step", 1)
    if not isinstance(length, int):
        raise Unsupported("a signal of dynamic size")
    window = tensor(context, node, 2) if node.has(2) else None
    size = _frame_length(node, length, window)
    frames = (length - size) // step + 1
    onesided = bool(node.int("onesided", 1))
    if onesided and x.dims[-1] != 1:
        raise Unsupported("onesided for complex numbers")
    if size > length or frames * size > 1 << 26:
        raise Unsupported(f"{frames} frames of {size} numbers of a signal of {length}")
    places = np.arange(frames)[:, None] * step + np.arange(size)
    seen = context.gather(x, context.tensor(Constant(places, f"{node.name}.frames")), 1)
    if window is not None:
        seen = context.itemwise(dl.MulOp, seen, context.reshape(window, (size, 1)))
    y = _transformed(context, _complex(context, seen), 2, False)
    return context.take(y, 2, 0, size // 2 + 1) if onesided else y


def _frame_length(node: Node, length: int, window: Tensor | None) -> int:
    """Given, or that of the window, or all of the signal."""
    size = window.dims[0] if window is not None else length
    if node.has(3):
        given = _integer(node, 3, "frame_length", 1)
        if window is not None and given != size:
            raise Unsupported(f"frames of {given} numbers for a window of {size}")
        return given
    if not isinstance(size, int):
        raise Unsupported("a window of dynamic size")
    return size


# Tables that are made at import


def _window(*terms: float) -> Build:
    """The sum of `terms[k] * cos(2 pi k n / N)`, with N places, or one less if symmetric."""

    def build(_: Context, node: Node) -> Constant:
        size = _integer(node, 0, "size", 0)
        period = size if node.int("periodic", 1) else size - 1
        if period == 0 and size:
            raise Unsupported("a symmetric window of one place")
        angles = 2 * np.pi * np.arange(size) / max(period, 1)
        cosines = [a * np.cos(k * angles) for k, a in enumerate(terms)]
        return _constant(node, np.sum(cosines, axis=0))

    return build


def _mel_weights(_: Context, node: Node) -> Constant:
    """Triangles over the bins of a spectrum, equally wide in mel."""
    bands, length, rate = (
        _integer(node, i, name, 1)
        for i, name in enumerate(("num_mel_bins", "dft_length", "sample_rate"))
    )
    low, high = (
        float(_one(static_floats(node.input(i), name), name))
        for i, name in ((3, "lower_edge_hertz"), (4, "upper_edge_hertz"))
    )
    bins = length // 2 + 1
    if not 0 <= low < high or bands * bins > 1 << 26:
        raise Unsupported(f"{bands} bands from {low} to {high} Hz over {bins} bins")
    edges = _mel_edges(bands, length, rate, low, high)
    if edges[-1] > bins:
        raise Unsupported(f"bands up to {high} Hz at a sample rate of {rate}")
    table = np.zeros((bins, bands))
    for band, (left, centre, right) in enumerate(zip(edges, edges[1:], edges[2:], strict=False)):
        if centre < bins:
            table[centre, band] = 1.0
        for place in range(left, min(centre, bins - 1) + 1):
            table[place, band] = (place - left) / (centre - left) if centre > left else 1.0
        for place in range(centre, right):
            table[place, band] = (right - place) / (right - centre)
    return _constant(node, table)


def _mel_edges(bands: int, length: int, rate: int, low: float, high: float) -> list[int]:
    """The bins where the triangles begin and end."""
    mel_low, mel_high = (2595 * np.log10(1 + hertz / 700) for hertz in (low, high))
    mels = np.arange(bands + 2) * (mel_high - mel_low) / (bands + 2) + mel_low
    hertz = 700 * (10 ** (mels / 2595) - 1)
    return [int(edge) for edge in (length + 1) * hertz // rate]


# Determinants, streamed convolution


def _det(context: Context, node: Node) -> Tensor:
    x = tensor(context, node, 0)
    return context.emit(dl.DetOp(x.ssa), x.dims[:-2])


def _causal_conv(context: Context, node: Node) -> Sequence[Tensor]:
    """A depthwise convolution of what came before (zeros at first) and the input.

    The second result is what the next call must know: the last places of both.
    """
    x, weight = tensor(context, node, 0), tensor(context, node, 1)
    if x.rank != 3 or weight.rank != 3 or not isinstance(weight.dims[2], int):
        raise Unsupported("operands that are not lines of rank 3")
    past, length = weight.dims[2] - 1, x.dims[2]
    if node.has(3):
        before = tensor(context, node, 3)
        joined = (*x.dims[:2], d.add(length, past))
        x = context.emit(dl.ConcatOp([before.ssa, x.ssa], 2), joined) if past else x
    else:
        x = context.pad(x, (0, 0, past), (0, 0, 0), 0.0)
    image, kernel = (context.reshape(v, (*v.dims[:2], 1, v.dims[2])) for v in (x, weight))
    channels = x.dims[1]
    if not isinstance(channels, int):
        raise Unsupported("a dynamic number of channels")
    op = dl.Conv2dOp(image.ssa, kernel.ssa, groups=channels)
    y = context.emit(op, (*x.dims[:2], 1, length))
    y = biased(context, node, context.reshape(y, (*x.dims[:2], length)))
    activation = node.string("activation", "none")
    if activation in ("silu", "swish"):
        y = context.itemwise(dl.SiluOp, y)
    elif activation != "none":
        raise Unsupported(f"activation = {activation!r}")
    if not any(node.output_names[1:]):
        return (y,)
    if not isinstance(length, int):
        raise Unsupported("the present_state of an input of dynamic length")
    return y, context.take(x, 2, length, past)


OPERATORS: dict[str, Build] = {
    "BlackmanWindow": _window(0.42, -0.5, 0.08),
    "CausalConvWithState": _causal_conv,
    "DFT": _dft,
    "Det": _det,
    "HammingWindow": _window(25 / 46, -21 / 46),
    "HannWindow": _window(0.5, -0.5),
    "MelWeightMatrix": _mel_weights,
    "STFT": _stft,
}
