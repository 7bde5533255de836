"""Writes `dl` text: one method per op, on values that know their shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

F32 = "f32"


@dataclass(frozen=True)
class Value:
    """A name and a type."""

    name: str
    shape: tuple[int, ...]
    element: str = F32

    @property
    def type(self) -> str:
        return f"tensor<{''.join(f'{n}x' for n in self.shape)}{self.element}>"

    def __str__(self) -> str:
        return self.name


@dataclass
class Network:
    """One function; what its weights hold is not its matter."""

    element: str = F32
    sums: str = F32
    """The types of activations and weights, and of sums of products."""
    lines: list[str] = field(default_factory=list[str])
    arguments: list[Value] = field(default_factory=list[Value])
    params: int = 0

    def text(self, *results: Value) -> str:
        """The module."""
        taken = ", ".join(f"{a}: {a.type}" for a in self.arguments)
        names, types = ", ".join(map(str, results)), ", ".join(r.type for r in results)
        body = "\n".join(f"  {line}" for line in self.lines)
        head = f"func.func @main({taken}) -> ({types})"
        return f"{head} {{\n{body}\n  func.return {names} : {types}\n}}\n"

    def argument(self, *shape: int, element: str = "") -> Value:
        value = Value(f"%x{len(self.arguments)}", shape, element or self.element)
        self.arguments.append(value)
        return value

    def param(self, *shape: int, element: str = "") -> Value:
        self.params += 1
        return self.put(f'dl.param "w{self.params}" : %', shape, element or self.element)

    def constant(self, value: float) -> Value:
        return self.put(f"dl.constant dense<{value:.8e}> : %", ())

    def put(self, text: str, shape: Sequence[int], element: str = F32) -> Value:
        """A line whose `%` at the end stands for the type of the result."""
        value = Value(f"%v{len(self.lines)}", tuple(shape), element)
        self.lines.append(f"{value} = {text.removesuffix('%')}{value.type}")
        return value

    def signature(self, name: str, operands: Sequence[Value], properties: str = "") -> str:
        listed, types = ", ".join(map(str, operands)), ", ".join(o.type for o in operands)
        inside = f" {{{properties}}}" if properties else ""
        head, _, acc = name.partition(" ")
        return f"dl.{head} {listed}{' ' + acc if acc else ''}{inside} : ({types}) -> %"

    # --- elementwise ------------------------------------------------------------------------------

    def unary(self, name: str, x: Value) -> Value:
        return self.put(f"dl.{name} {x} : %", x.shape, x.element)

    def binary(self, name: str, x: Value, y: Value) -> Value:
        """The first operand has the shape of the result."""
        return self.put(self.signature(name, (x, y)), x.shape, x.element)

    def residual(self, x: Value, y: Value) -> Value:
        """The sum of two branches."""
        return self.binary("add", x, y)

    def cast(self, x: Value, element: str) -> Value:
        return self.put(f"dl.cast {x} : {x.type} -> %", x.shape, element)

    def relu(self, x: Value) -> Value:
        return self.unary("relu", x)

    def relu6(self, x: Value) -> Value:
        return self.binary("min", self.relu(x), self.constant(6))

    # --- sums of products -------------------------------------------------------------------------

    def matmul(self, x: Value, y: Value, *, transposed: bool = False) -> Value:
        columns = y.shape[-2] if transposed else y.shape[-1]
        properties = "transpose_rhs" if transposed else ""
        text = self.signature(f"matmul acc {self.sums}", (x, y), properties)
        return self.put(text, (*x.shape[:-1], columns), self.sums)

    def dense(self, x: Value, width: int, *, bias: bool = True) -> Value:
        product = self.matmul(x, self.param(x.shape[-1], width))
        return self.binary("add", product, self.param(width)) if bias else product

    def conv(self, x: Value, channels: int, kernel: int, stride: int = 1, groups: int = 1) -> Value:
        """With padding that keeps the size at stride 1."""
        batch, before, *image = x.shape
        around = kernel // 2
        weight = self.param(channels, before // groups, kernel, kernel)
        size = [(n + 2 * around - kernel) // stride + 1 for n in image]
        properties = f"strides = [{stride}, {stride}], padding = [{', '.join([str(around)] * 4)}]"
        properties += f", groups = {groups}" * (groups > 1)
        text = self.signature(f"conv2d acc {self.sums}", (x, weight), properties)
        return self.put(text, (batch, channels, *size), self.sums)

    def normed_conv(
        self, x: Value, channels: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> Value:
        """A convolution and a batch norm."""
        y = self.conv(x, channels, kernel, stride, groups)
        operands = (y, *(self.param(channels) for _ in range(4)))
        return self.put(self.signature("batch_norm", operands, "epsilon = 1.0e-05"), y.shape)

    def lstm(self, x: Value, hidden: int) -> Value:
        """The states after every step; x is [sequence, batch, input], first states arguments."""
        steps, batch, width = x.shape
        weights = [self.param(4 * hidden, width), self.param(4 * hidden, hidden)]
        operands = (x, *weights, self.param(4 * hidden), self.param(4 * hidden))
        operands += (self.argument(batch, hidden), self.argument(batch, hidden))
        y = Value(f"%v{len(self.lines)}", (steps, batch, hidden))
        state = Value("", (batch, hidden)).type
        signature = self.signature("lstm", operands).removesuffix("%")
        self.lines.append(f"{y}, {y}h, {y}c = {signature}({y.type}, {state}, {state})")
        return y

    # --- reductions and shapes --------------------------------------------------------------------

    def max_pool(self, x: Value) -> Value:
        """3 x 3, stride 2."""
        size = [(n - 1) // 2 + 1 for n in x.shape[2:]]
        properties = "kernel = [3, 3], strides = [2, 2], padding = [1, 1, 1, 1]"
        text = f"dl.max_pool2d {x} {{{properties}}} : {x.type} -> %"
        return self.put(text, (*x.shape[:2], *size), x.element)

    def mean(self, x: Value, *axes: int) -> Value:
        shape = [n for d, n in enumerate(x.shape) if d not in axes]
        return self.put(f"dl.reduce_mean {x} {{axes = {[*axes]}}} : {x.type} -> %", shape)

    def softmax(self, x: Value) -> Value:
        return self.put(f"dl.softmax {x} {{axis = {len(x.shape) - 1}}} : %", x.shape)

    def layer_norm(self, x: Value) -> Value:
        width, axis = x.shape[-1], len(x.shape) - 1
        operands = (x, self.param(width), self.param(width))
        properties = f"axis = {axis}, epsilon = 1.0e-12"
        return self.put(self.signature("layer_norm", operands, properties), x.shape)

    def reshape(self, x: Value, *shape: int) -> Value:
        assert prod(shape) == prod(x.shape)
        return self.put(f"dl.reshape {x} : {x.type} -> %", shape, x.element)

    def transpose(self, x: Value, *perm: int) -> Value:
        text = f"dl.transpose {x} {{perm = {[*perm]}}} : {x.type} -> %"
        return self.put(text, [x.shape[p] for p in perm], x.element)

    def concat(self, axis: int, *parts: Value) -> Value:
        shape = [*parts[0].shape]
        shape[axis] = sum(part.shape[axis] for part in parts)
        signature = self.signature("concat", parts, f"axis = {axis}")
        return self.put(signature, shape, parts[0].element)

    def split(self, x: Value, axis: int, count: int) -> list[Value]:
        """Equal parts."""
        shape = [*x.shape]
        shape[axis] //= count
        name = f"%v{len(self.lines)}"
        parts = [Value(f"{name}p{i}", tuple(shape), x.element) for i in range(count)]
        sizes, types = [shape[axis]] * count, ", ".join(p.type for p in parts)
        listed = ", ".join(map(str, parts))
        properties = f"{{axis = {axis}, sizes = {sizes}}}"
        self.lines.append(f"{listed} = dl.split {x} {properties} : {x.type} -> ({types})")
        return parts

    def gather(self, table: Value, indices: Value) -> Value:
        """Rows of a table."""
        text = self.signature("gather", (table, indices), "axis = 0")
        return self.put(text, (*indices.shape, *table.shape[1:]))
