"""ResNets for images, with the batch norms folded into the convolutions, as exporters do it."""

from __future__ import annotations

from bench.models.graph import GraphWriter

STAGES = {18: (2, 2, 2, 2), 50: (3, 4, 6, 3)}
DEEP = 50
"""From this depth on, a block squeezes the channels between two 1x1 convolutions."""
EXPANSION = 4


def resnet(depth: int, size: int = 224, width: int = 64, classes: int = 1000) -> GraphWriter:
    g = GraphWriter(f"resnet{depth}")
    x = g.normal_input("image", 1, 3, size, size)
    x = g.node("Relu", _conv(g, x, 3, width, kernel=7, stride=2))
    x = g.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    channels, block = width, _bottleneck if depth >= DEEP else _basic
    for stage, count in enumerate(STAGES[depth]):
        for number in range(count):
            stride = 2 if stage and not number else 1
            x, channels = block(g, x, channels, width << stage, stride)
    pooled = g.node("Flatten", g.node("GlobalAveragePool", x), axis=1)
    g.linear(pooled, channels, classes)
    return g


def _conv(
    g: GraphWriter,
    x: str,
    channels: int,
    filters: int,
    kernel: int,
    stride: int = 1,
    gain: float = 2.0,
) -> str:
    """`gain` is the variance of the result over that of the input."""
    scale = (gain / (channels * kernel * kernel)) ** 0.5
    weight = g.random(filters, channels, kernel, kernel, scale=scale)
    return g.node(
        "Conv",
        x,
        weight,
        g.random(filters, scale=0.1),
        kernel_shape=[kernel, kernel],
        strides=[stride, stride],
        pads=[kernel // 2] * 4,
    )


def _basic(g: GraphWriter, x: str, channels: int, filters: int, stride: int) -> tuple[str, int]:
    y = g.node("Relu", _conv(g, x, channels, filters, 3, stride))
    y = _conv(g, y, filters, filters, 3, gain=0.5)
    return _joined(g, x, y, channels, filters, stride), filters


def _bottleneck(
    g: GraphWriter, x: str, channels: int, filters: int, stride: int
) -> tuple[str, int]:
    wide = EXPANSION * filters
    y = g.node("Relu", _conv(g, x, channels, filters, 1))
    y = g.node("Relu", _conv(g, y, filters, filters, 3, stride))
    y = _conv(g, y, filters, wide, 1, gain=0.5)
    return _joined(g, x, y, channels, wide, stride), wide


def _joined(g: GraphWriter, x: str, y: str, channels: int, filters: int, stride: int) -> str:
    """The shortcut is a convolution where the sizes differ."""
    if stride > 1 or channels != filters:
        x = _conv(g, x, channels, filters, 1, stride, gain=1.0)
    return g.node("Relu", g.node("Add", y, x))
