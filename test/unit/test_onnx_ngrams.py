"""TfIdfVectorizer, against the standard's reference."""

from __future__ import annotations

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402
from unit.onnx_models import errors_of  # noqa: E402

import dlir  # noqa: E402

POOL = {
    "pool_int64s": [2, 3, 5, 4, 5, 6, 7, 8, 6, 7, 1, 2, 3, 2, 2, 2],
    "ngram_counts": [0, 4, 10],
    "ngram_indexes": [0, 1, 2, 3, 4, 5, 6, 7, 8],
    "min_gram_length": 1,
    "max_gram_length": 3,
    "max_skip_count": 0,
    "mode": "TF",
}
WEIGHTS = [0.5 * n for n in range(9)]


def model_of(shape: tuple, element: int = TensorProto.INT64, **attributes) -> onnx.ModelProto:
    x = helper.make_tensor_value_info("x", element, shape)
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    given = {name: value for name, value in (POOL | attributes).items() if value is not None}
    node = helper.make_node("TfIdfVectorizer", ["x"], ["y"], **given)
    graph = helper.make_graph([node], "g", [x], [y])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


@pytest.mark.parametrize("shape", [(12,), (3, 12), (3, 2), (2, 1), (0, 5), (1, 0)], ids=str)
@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"max_skip_count": 5},
        {"max_skip_count": 100, "min_gram_length": 2},
        {"max_gram_length": 2, "ngram_indexes": [8, 0, 3, 1, 2, 11, 5, 4, 7]},
        {"mode": "IDF"},
        {"mode": "IDF", "weights": WEIGHTS},
        {"mode": "TFIDF", "weights": WEIGHTS, "max_skip_count": 2},
        {"mode": "TFIDF"},
    ],
    ids=str,
)
def test_counts(shape: tuple[int, ...], attributes: dict) -> None:
    x = np.random.default_rng(1).integers(1, 9, shape)
    x.flat[:4] = 2
    model = model_of(shape, **attributes)
    got = dlir.compile(model, target="ref")(x)
    if x.size:
        weighted = model_of(shape, **{"weights": [1.0] * 12} | attributes)  # it asks for weights
        np.testing.assert_array_equal(got, ReferenceEvaluator(weighted).run(None, {"x": x})[0])
    else:
        width = max(attributes.get("ngram_indexes", [8])) + 1
        np.testing.assert_array_equal(got, np.zeros((shape[0], width), np.float32))


@pytest.mark.parametrize("rows", [1, 3])
def test_on_cpu_with_rows_of_unknown_number(rows: int) -> None:
    x = np.random.default_rng(2).integers(1, 9, (rows, 12)).astype(np.int32)
    model = model_of(("n", 12), TensorProto.INT32, max_skip_count=2)
    got = dlir.compile(model, target="cpu")(x)
    np.testing.assert_array_equal(got, ReferenceEvaluator(model).run(None, {"x": x})[0])


@pytest.mark.parametrize(
    ("shape", "attributes", "reason"),
    [
        ((3, "n"), {}, "rows of dynamic size"),
        ((3,), {"pool_int64s": None, "pool_strings": ["a"]}, "other than integers"),
        ((3,), {"ngram_counts": [0, 4, 9]}, "ngram_counts"),
        ((3,), {"ngram_indexes": [0, 1, 2, 3, 4, 5, 6, 7, 7]}, "ngram_indexes"),
        ((3,), {"ngram_indexes": [0, 1, 2, 3, 4, 5, 6, 7, 1 << 40]}, "columns"),
        ((3,), {"pool_int64s": [2, 2, 5, 4, 5, 6, 7, 8, 6, 7, 1, 2, 3, 2, 2, 2]}, "named twice"),
        (
            (3,),
            {"mode": "IDF", "weights": WEIGHTS, "ngram_indexes": [1, 0, 2, 3, 4, 5, 6, 7, 8]},
            "not in the order",
        ),
        ((5000,), {"max_skip_count": 1 << 40}, "distances"),
        ((3,), {"mode": "DF"}, "mode 'DF'"),
    ],
    ids=str,
)
def test_what_is_refused(shape: tuple, attributes: dict, reason: str) -> None:
    assert reason in errors_of(model_of(shape, **attributes))[0]
