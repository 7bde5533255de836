"""all-MiniLM-L6-v2 as an ONNX model, built from the same weights as examples/minilm.

For the measurements only: onnxruntime runs it beside dlir. The graph is the one that exporters
write (MatMul + Add, Erf for gelu, LayerNormalization), so onnxruntime's own fusions apply.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from onnx import ModelProto, TensorProto, checker, helper

from bench.models.graph import GraphWriter

LAYERS, HEADS, WIDTH = 6, 12, 384
HEAD_WIDTH = WIDTH // HEADS
OPSET = 17
EPSILON = 1e-12


class MiniLmWriter(GraphWriter):
    """Takes weights by name, of torch's modules."""

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        super().__init__("all-MiniLM-L6-v2")
        self.weights = weights

    def weight(self, name: str, transposed: bool = False) -> str:
        array = self.weights[name]
        return self.constant(name, array.T if transposed else array)

    def named_dense(self, x: str, name: str) -> str:
        product = self.node("MatMul", x, self.weight(f"{name}.weight", transposed=True))
        return self.node("Add", product, self.weight(f"{name}.bias"))

    def named_norm(self, x: str, name: str) -> str:
        scale, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.node("LayerNormalization", x, scale, bias, axis=-1, epsilon=EPSILON)

    def heads(self, x: str, perm: list[int]) -> str:
        split = self.node("Reshape", x, self.integers(0, 0, HEADS, HEAD_WIDTH))
        return self.node("Transpose", split, perm=perm)


def build(weights: Mapping[str, np.ndarray]) -> ModelProto:
    """Inputs `ids` and `mask`, int64 [batch, length]; output `embedding`, float32 [batch, 384]."""
    g = MiniLmWriter(weights)
    x = _embeddings(g)
    mask = g.node("Cast", "mask", to=TensorProto.FLOAT)
    gap = g.node("Sub", mask, g.scalar(1.0))
    keys = g.node("Unsqueeze", gap, g.integers(1, 2))
    penalty = g.node("Mul", keys, g.scalar(3e38))
    for number in range(LAYERS):
        x = _layer(g, f"encoder.layer.{number}", x, penalty)
    _pooling(g, x, mask)
    ids_type = TensorProto.INT64
    graph = helper.make_graph(
        g.nodes,
        "all-MiniLM-L6-v2",
        [helper.make_tensor_value_info(n, ids_type, ["batch", "length"]) for n in ("ids", "mask")],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", WIDTH])],
        list(g.initialisers.values()),
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    checker.check_model(model)
    return model


def _embeddings(g: MiniLmWriter) -> str:
    word = g.node("Gather", g.weight("embeddings.word_embeddings.weight"), "ids")
    length = g.node("Slice", g.node("Shape", "ids"), g.integers(1), g.integers(2))
    places = g.weight("embeddings.position_embeddings.weight")
    place = g.node("Slice", places, g.integers(0), length, g.integers(0))
    kind = g.constant("type_0", g.weights["embeddings.token_type_embeddings.weight"][:1])
    summed = g.node("Add", g.node("Add", word, place), kind)
    return g.named_norm(summed, "embeddings.LayerNorm")


def _layer(g: MiniLmWriter, name: str, x: str, penalty: str) -> str:
    part = f"{name}.attention"
    q = g.heads(g.named_dense(x, f"{part}.self.query"), [0, 2, 1, 3])
    k = g.heads(g.named_dense(x, f"{part}.self.key"), [0, 2, 3, 1])
    v = g.heads(g.named_dense(x, f"{part}.self.value"), [0, 2, 1, 3])
    scores = g.node("Mul", g.node("MatMul", q, k), g.scalar(HEAD_WIDTH**-0.5))
    share = g.node("Softmax", g.node("Add", scores, penalty), axis=-1)
    mixed = g.node("Transpose", g.node("MatMul", share, v), perm=[0, 2, 1, 3])
    joined = g.node("Reshape", mixed, g.integers(0, 0, WIDTH))
    attended = g.node("Add", g.named_dense(joined, f"{part}.output.dense"), x)
    x = g.named_norm(attended, f"{part}.output.LayerNorm")
    wide = g.gelu(g.named_dense(x, f"{name}.intermediate.dense"))
    narrow = g.node("Add", g.named_dense(wide, f"{name}.output.dense"), x)
    return g.named_norm(narrow, f"{name}.output.LayerNorm")


def _pooling(g: MiniLmWriter, x: str, mask: str) -> None:
    keep = g.node("Unsqueeze", mask, g.integers(2))
    total = g.node("ReduceSum", g.node("Mul", x, keep), g.integers(1), keepdims=0)
    count = g.node("ReduceSum", keep, g.integers(1), keepdims=0)
    mean = g.node("Div", total, g.node("Max", count, g.scalar(1e-9)))
    norm = g.node("ReduceL2", mean, axes=[1], keepdims=1)
    divisor = g.node("Max", norm, g.scalar(1e-12))
    g.nodes.append(helper.make_node("Div", [mean, divisor], ["embedding"]))


def build_from_package(weights_file: Path) -> ModelProto:
    """The model with the trained weights of `model.safetensors`."""
    from safetensors.numpy import load_file

    return build(load_file(weights_file))
