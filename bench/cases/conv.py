"""Convolutions of ResNet-50 and one of MobileNet, and transposed ones of stride 2 as decoders of
images have them; channels first, with constant weights."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bench import onnx_models
from bench.program import Case, Goal, Program, program_case
from bench.text import random, tensor

SPEED = 0.8  # of onnxruntime's


@dataclass(frozen=True)
class Conv:
    """A square convolution that keeps the size of the image, up to its stride."""

    channels: int
    filters: int
    size: int
    kernel: int
    stride: int = 1
    groups: int = 1

    def program(self) -> Program:
        x = random(1, self.channels, self.size, self.size)
        w = random(self.filters, self.channels // self.groups, self.kernel, self.kernel)
        out = 1, self.filters, self.size // self.stride, self.size // self.stride
        pads = [self.kernel // 2] * 4
        strides = [self.stride] * 2
        properties = f"{{strides = {strides}, padding = {pads}, groups = {self.groups}}}"
        text = f"""
        func.func @main(%x: {tensor(x)}) -> {tensor(out)} {{
          %w = dl.param "w" : {tensor(w)}
          %r = dl.conv2d %x, %w acc f32 {properties} : ({tensor(x)}, {tensor(w)}) -> {tensor(out)}
          func.return %r : {tensor(out)}
        }}"""
        conv = onnx_models.node("Conv", "xw", strides=strides, pads=pads, group=self.groups)
        return Program(
            text,
            {"x": x},
            lambda: onnx_models.model([conv], {"x": x}, {"w": w}),
            params={"w": w},
            kind="conv",
            flop=2 * math.prod(out) * math.prod(w.shape[1:]),
        )


@dataclass(frozen=True)
class Transposed:
    """A transposed convolution that doubles the size of the image."""

    channels: int
    filters: int
    size: int
    kernel: int

    def program(self) -> Program:
        x = random(1, self.channels, self.size, self.size)
        w = random(self.channels, self.filters, self.kernel, self.kernel)
        out = 1, self.filters, 2 * self.size, 2 * self.size
        cut = self.kernel - 2
        pads = [cut // 2, cut // 2, cut - cut // 2, cut - cut // 2]
        properties = f"{{strides = [2, 2], padding = {pads}}}"
        types = f"({tensor(x)}, {tensor(w)}) -> {tensor(out)}"
        text = f"""
        func.func @main(%x: {tensor(x)}) -> {tensor(out)} {{
          %w = dl.param "w" : {tensor(w)}
          %r = dl.conv_transpose %x, %w acc f32 {properties} : {types}
          func.return %r : {tensor(out)}
        }}"""
        conv = onnx_models.node("ConvTranspose", "xw", strides=[2, 2], pads=pads)
        return Program(
            text,
            {"x": x},
            lambda: onnx_models.model([conv], {"x": x}, {"w": w}),
            params={"w": w},
            kind="conv",
            flop=2 * math.prod(x.shape[2:]) * math.prod(w.shape),
        )


CONVS = {
    "3x3-64-56": Conv(64, 64, 56, 3),
    "1x1-256-64-56": Conv(256, 64, 56, 1),
    "7x7-stem-224": Conv(3, 64, 224, 7, stride=2),
    "3x3-512-7": Conv(512, 512, 7, 3),
    "3x3-depthwise-32-112": Conv(32, 32, 112, 3, groups=32),
}
GOALS = {"3x3-64-56": Goal(1 / SPEED, "onnxruntime")}
CASES: list[Case] = [
    program_case(f"conv/{name}", conv.program, GOALS.get(name), suite=True)
    for name, conv in CONVS.items()
] + [
    program_case(f"conv/transposed-{kernel}x{kernel}-{channels}-{size}", conv.program)
    for kernel in (2, 3, 4)
    for channels, size in ((64, 56), (128, 28), (256, 28))
    for conv in [Transposed(channels, channels // 2, size, kernel)]
]
