"""Parts of models as exporters write them, against onnxruntime: attention with a cache of keys and
values under a causal mask, and Einsum."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

import dlir  # noqa: E402
from dlir.parser import parse_module  # noqa: E402
from dlir.registry import default_registry  # noqa: E402
from dlir.transforms.dl_raise_composites import DlRaiseComposites  # noqa: E402

HEADS, SIZE, LONGEST = 2, 4, 32
RANDOM = np.random.default_rng(7)


def node(kind: str, inputs: str, output: str, **attributes: Any) -> Any:
    return helper.make_node(kind, inputs.split(), output.split(), **attributes)


def model_of(nodes: Any, inputs: dict[str, Any], outputs: Any, weights: dict[str, Any]) -> Any:
    infos = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs.items()]
    results = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in outputs]
    arrays = [numpy_helper.from_array(np.asarray(a), n) for n, a in weights.items()]
    graph = helper.make_graph(nodes, "block", infos, results, arrays)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def cached_attention(masked: str) -> Any:
    """Keys and values of the past joined with new ones; a token sees those up to itself."""
    lowest = np.float32(np.finfo(np.float32).min)
    hide = {
        "where": [node("Where", "seen scores lowest", "hidden")],
        "add": [
            node("Cast", "seen", "number", to=TensorProto.FLOAT),
            node("Sub", "one number", "gap"),
            node("Mul", "gap lowest", "penalty"),
            node("Add", "scores penalty", "hidden"),
        ],
    }
    nodes = [
        node("Concat", "past_k k", "keys", axis=2),
        node("Concat", "past_v v", "values", axis=2),
        node("Shape", "q", "q_shape"),
        node("Shape", "keys", "k_shape"),
        node("Gather", "q_shape two", "new"),
        node("Gather", "k_shape two", "all"),
        node("Sub", "all new", "start"),
        node("Slice", "triangle start all two", "rows"),
        node("Slice", "rows zero all three", "seen"),
        node("Transpose", "keys", "turned", perm=[0, 1, 3, 2]),
        node("MatMul", "q turned", "products"),
        node("Div", "products root", "scores"),
        *hide[masked],
        node("Softmax", "hidden", "shares", axis=-1),
        node("MatMul", "shares values", "mixed"),
    ]
    new, past = ["b", HEADS, "s", SIZE], ["b", HEADS, "p", SIZE]
    weights = {
        "triangle": np.tril(np.ones((1, 1, LONGEST, LONGEST), bool)),
        "zero": np.array([0]), "two": np.array([2]), "three": np.array([3]),
        "one": np.float32(1), "root": np.float32(SIZE**0.5), "lowest": lowest,
    }  # fmt: skip
    inputs = {"q": new, "k": new, "v": new, "past_k": past, "past_v": past}
    return model_of(nodes, inputs, ["mixed", "keys", "values"], weights)


@pytest.mark.parametrize("masked", ["where", "add"])
def test_attention_with_cache(masked: str) -> None:
    model = cached_attention(masked)
    loaded = dlir.load(model)
    module = parse_module(str(loaded.module), default_registry().context(), "block")
    DlRaiseComposites().apply(default_registry().context(), module)
    assert "dl.attention" in {op.name for op in module.walk()}
    session = onnxruntime.InferenceSession(model.SerializeToString())
    compiled = dlir.compile(loaded, target="cpu")
    for new, past in ((1, 5), (5, 0), (3, 17)):
        arrays = [
            RANDOM.standard_normal((2, HEADS, n, SIZE)).astype(np.float32)
            for n in (new, new, new, past, past)
        ]
        names = ("q", "k", "v", "past_k", "past_v")
        expected = session.run(None, dict(zip(names, arrays, strict=True)))
        for got, want in zip(compiled(*arrays), expected, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "equation",
    ["bij,bjk->bik", "bij,bkj->bik", "bqhd,bkhd->bhqk", "bhqk,bkhd->bqhd", "ab,cd->acbd",
     "ijk,jkl->il", "ij,jk", "i,i", "ijk->ki", "ij->", "ba"],
)  # fmt: skip
def test_einsum(equation: str) -> None:
    terms = equation.partition("->")[0].split(",")
    sizes = {letter: 2 + number for number, letter in enumerate(sorted({*"".join(terms)}))}
    shapes = {f"x{n}": [sizes[c] for c in term] for n, term in enumerate(terms)}
    arrays = [RANDOM.standard_normal(shape).astype(np.float32) for shape in shapes.values()]
    model = model_of([node("Einsum", " ".join(shapes), "y", equation=equation)], shapes, ["y"], {})
    got = dlir.compile(dlir.load(model), target="ref")(*arrays)
    np.testing.assert_allclose(got, np.einsum(equation, *arrays), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("equation", ["ij,jk,kl->il", "ij->ik"])
def test_einsum_that_is_refused(equation: str) -> None:
    names = [f"x{n}" for n in range(equation.count(",") + 1)]
    nodes = [node("Einsum", " ".join(names), "y", equation=equation)]
    with pytest.raises(dlir.CompileError, match="Einsum"):
        dlir.load(model_of(nodes, {name: [2, 2] for name in names}, ["y"], {}))
