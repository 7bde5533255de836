"""Writes ONNX graphs."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper, shape_inference

from bench.onnx_models import IR_VERSION, OPSET

INPUT_TYPES = {"float32": TensorProto.FLOAT, "int64": TensorProto.INT64}


class GraphWriter:
    """Collects inputs, nodes and weights; every method returns the name of its result."""

    def __init__(self, name: str, seed: int = 0) -> None:
        self.name = name
        self.rng = np.random.default_rng(seed)
        self.inputs: dict[str, np.ndarray] = {}
        self.nodes: list[NodeProto] = []
        self.initialisers: dict[str, TensorProto] = {}

    def input(self, name: str, example: np.ndarray) -> str:
        self.inputs[name] = example
        return name

    def normal_input(self, name: str, *shape: int) -> str:
        return self.input(name, self.rng.standard_normal(shape, np.float32))

    def constant(self, name: str, value: np.ndarray) -> str:
        self.initialisers[name] = numpy_helper.from_array(np.array(value, order="C"), name)
        return name

    def scalar(self, value: float) -> str:
        return self.constant(f"scalar_{value:g}", np.float32(value))

    def integers(self, *values: int) -> str:
        name = "integers_" + "_".join(map(str, values))
        return self.constant(name, np.array(values, np.int64))

    def random(self, *shape: int, scale: float = 1.0, offset: float = 0.0) -> str:
        """A new weight, normally distributed about `offset`."""
        values = self.rng.standard_normal(shape, np.float32) * np.float32(scale)
        return self.constant(f"weight_{len(self.initialisers)}", values + np.float32(offset))

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        return self.nodes_of(kind, *inputs, count=1, **attributes)[0]

    def nodes_of(self, kind: str, *inputs: str, count: int, **attributes: Any) -> list[str]:
        """A node with `count` results."""
        name = f"{kind}_{len(self.nodes)}"
        results = [name] if count == 1 else [f"{name}_{number}" for number in range(count)]
        self.nodes.append(helper.make_node(kind, inputs, results, name=name, **attributes))
        return results

    def linear(self, x: str, inner: int, columns: int) -> str:
        """A matrix is multiplied by a weight that lies transposed, as torch.nn.Linear keeps it."""
        weight = self.random(columns, inner, scale=inner**-0.5)
        return self.node("Gemm", x, weight, self.random(columns, scale=0.1), transB=1)

    def dense(self, x: str, inner: int, columns: int) -> str:
        """The same for an array of more dimensions."""
        product = self.node("MatMul", x, self.random(inner, columns, scale=inner**-0.5))
        return self.node("Add", product, self.random(columns, scale=0.1))

    def layer_norm(self, x: str, width: int, epsilon: float) -> str:
        scale, bias = self.random(width, scale=0.1, offset=1), self.random(width, scale=0.1)
        return self.node("LayerNormalization", x, scale, bias, axis=-1, epsilon=epsilon)

    def gelu(self, x: str) -> str:
        """With the error function, as it is written where there is no operator for it."""
        erf = self.node("Erf", self.node("Div", x, self.scalar(2**0.5)))
        sum_ = self.node("Add", erf, self.scalar(1.0))
        return self.node("Mul", self.node("Mul", x, sum_), self.scalar(0.5))

    def model(self, *outputs: str) -> ModelProto:
        """The model of these results; the last node's, without any."""
        names = outputs or (self.nodes[-1].output[0],)
        graph = helper.make_graph(
            self.nodes,
            self.name,
            [
                helper.make_tensor_value_info(name, INPUT_TYPES[array.dtype.name], array.shape)
                for name, array in self.inputs.items()
            ],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names],
            list(self.initialisers.values()),
        )
        opsets = [helper.make_opsetid("", OPSET)]
        made = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        return shape_inference.infer_shapes(made)
