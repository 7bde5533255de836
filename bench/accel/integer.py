"""The same networks in int8: sums in i32, one requantisation for each, nothing in float between.

What the numbers are does not matter to cycles, so every scale is a parameter.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.accel.network import F32, Network, Value

FACTOR_BITS = 14
"""Addends of two scales are brought to one by factors of so many bits."""


@dataclass
class IntegerNetwork(Network):
    """Activations and weights in i8, as integerised models have them."""

    element: str = "i8"
    sums: str = "i32"

    def requantize(self, x: Value, channels: int = 0, axis: int = 1) -> Value:
        """By a multiplier and a shift per channel, or of the whole."""
        sizes = (channels,) if channels else ()
        parameters = [self.param(*sizes, element="i32") for _ in range(2)]
        properties = f"axis = {axis}" if channels else ""
        signature = self.signature("requantize", (x, *parameters), properties)
        return self.put(signature, x.shape, "i8")

    def normed_conv(
        self, x: Value, channels: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> Value:
        """The norm is a part of the weights and of the bias."""
        total = self.conv(x, channels, kernel, stride, groups)
        biased = self.binary("add", total, self.param(channels, 1, 1, element="i32"))
        return self.requantize(biased, channels)

    def dense(self, x: Value, width: int, *, bias: bool = True) -> Value:
        total = self.matmul(x, self.param(x.shape[-1], width))
        if bias:
            total = self.binary("add", total, self.param(width, element="i32"))
        return self.requantize(total, width, len(x.shape) - 1)

    def residual(self, x: Value, y: Value) -> Value:
        """Two scales: round((x * fx + y * fy) * m), with one rounding."""
        factor = f"dl.constant dense<{3 << FACTOR_BITS - 2}> : %"
        wide = [self.cast(v, "i32") for v in (x, y)]
        terms = [self.binary("mul", v, self.put(factor, (), "i32")) for v in wide]
        return self.requantize(self.binary("add", *terms))

    def relu6(self, x: Value) -> Value:
        """Six is some integer."""
        six = self.put("dl.constant dense<100> : %", (), "i8")
        return self.binary("min", self.relu(x), six)

    def mean(self, x: Value, *axes: int) -> Value:
        """A sum, of which the requantisation divides."""
        shape = [n for d, n in enumerate(x.shape) if d not in axes]
        wide = self.cast(x, "i32")
        text = f"dl.reduce_sum {wide} {{axes = {[*axes]}}} : {wide.type} -> %"
        return self.requantize(self.put(text, shape, "i32"))

    def softmax(self, x: Value) -> Value:
        """Of the real numbers."""
        scale = self.put("dl.constant dense<0.125> : %", (), F32)
        return super().softmax(self.put(self.signature("dequantize", (x, scale)), x.shape, F32))


class QuantizedNetwork(Network):
    """Float between products with weights, which are int8."""

    def dense(self, x: Value, width: int, *, bias: bool = True) -> Value:
        scale = self.put("dl.constant dense<0.05> : %", ())
        small = self.put(self.signature("quantize", (x, scale)), x.shape, "i8")
        weight = self.param(x.shape[-1], width, element="i8")
        shape = (*x.shape[:-1], width)
        total = self.put(self.signature("matmul acc i32", (small, weight)), shape, "i32")
        properties = f"axis = {len(shape) - 1}"
        real = self.signature("dequantize", (total, self.param(width)), properties)
        y = self.put(real, shape)
        return self.binary("add", y, self.param(width)) if bias else y
