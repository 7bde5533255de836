"""What is bound by memory rather than by arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from onnx import NodeProto

from bench import onnx_models
from bench.program import Case, Program, program_case
from bench.text import random, tensor

SQUARE = 1024, 1024
LARGE = 4096, 4096
EPSILON = 1e-5


@dataclass(frozen=True)
class Kernel:
    """Ops in `dl` text, where `{x}` and `{r}` stand for the types of input and result."""

    shape: tuple[int, ...]
    result: tuple[int, ...]
    body: str
    nodes: list[NodeProto]
    inputs: str = "x"
    params: Mapping[str, np.ndarray] = field(default_factory=dict)

    def program(self) -> Program:
        inputs = {name: random(*self.shape) for name in self.inputs}
        types = {"x": tensor(self.shape), "r": tensor(self.result)}
        arguments = ", ".join(f"%{name}: {types['x']}" for name in self.inputs)
        weights = (f'%{n} = dl.param "{n}" : {tensor(a)}\n' for n, a in self.params.items())
        text = f"""
        func.func @main({arguments}) -> {types["r"]} {{
          {"".join(weights)}
          {self.body.format(**types)}
          func.return %r : {types["r"]}
        }}"""
        elements = np.prod(self.shape) * len(inputs) + np.prod(self.result)
        return Program(
            text,
            inputs,
            lambda: onnx_models.model(self.nodes, inputs, {**self.params, **_AXES}),
            params=self.params,
            kind="memory",
            moved=4 * float(elements),
        )


_AXES = {f"axis{n}": np.array([n], np.int64) for n in (0, 1)}


node = onnx_models.node
KERNELS = {
    "softmax": Kernel(
        SQUARE, SQUARE, "%r = dl.softmax %x {{axis = 1}} : {x}", [node("Softmax", "x", axis=1)],
    ),
    "layer-norm": Kernel(
        SQUARE, SQUARE,
        f"%r = dl.layer_norm %x, %s, %b {{{{axis = 1, epsilon = {EPSILON:.1e}}}}} : "
        "({x}, tensor<1024xf32>, tensor<1024xf32>) -> {x}",
        [node("LayerNormalization", "xsb", axis=1, epsilon=EPSILON)],
        params={"s": random(1024), "b": random(1024)},
    ),
    "gelu": Kernel(
        (1 << 20,), (1 << 20,), "%r = dl.gelu %x : {x}", [node("Gelu", "x")],
    ),
    "relu-add-16M": Kernel(
        (1 << 24,), (1 << 24,), "%a = dl.add %x, %y : {x}\n%r = dl.relu %a : {x}",
        [node("Add", "xy"), node("Relu", ["Add"])],
        inputs="xy",
    ),
    "row-sum": Kernel(
        LARGE, LARGE[:1], "%r = dl.reduce_sum %x {{axes = [1]}} : {x} -> {r}",
        [node("ReduceSum", ["x", "axis1"], keepdims=0)],
    ),
    "column-sum": Kernel(
        LARGE, LARGE[:1], "%r = dl.reduce_sum %x {{axes = [0]}} : {x} -> {r}",
        [node("ReduceSum", ["x", "axis0"], keepdims=0)],
    ),
    "transpose": Kernel(
        LARGE, LARGE, "%r = dl.transpose %x {{perm = [1, 0]}} : {x} -> {r}",
        [node("Transpose", "x", perm=[1, 0])],
    ),
}  # fmt: skip
CASES: list[Case] = [
    program_case(f"memory/{name}", kernel.program, suite=True) for name, kernel in KERNELS.items()
]
