"""Operators of ai.onnx.ml, against the standard's reference and against walks down the trees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402
from unit.onnx_models import errors_of  # noqa: E402

import dlir  # noqa: E402

RANDOM = np.random.default_rng(7)
TARGETS = pytest.mark.parametrize("target", ["ref", "cpu"])
Array = np.ndarray


def model_of(op_type: str, arrays: list[Array], shapes: list | None = None, **attributes: Any):
    """A model of one node of the domain, with no other operator set."""
    infos = [
        helper.make_tensor_value_info(f"x{n}", helper.np_dtype_to_tensor_dtype(a.dtype), s)
        for n, (a, s) in enumerate(zip(arrays, shapes or [a.shape for a in arrays], strict=True))
    ]
    node = helper.make_node(
        op_type, [i.name for i in infos], ["y"], domain="ai.onnx.ml", **attributes
    )
    output = helper.make_tensor_value_info("y", infos[0].type.tensor_type.elem_type, None)
    graph = helper.make_graph([node], "g", infos, [output])
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("ai.onnx.ml", 5)], ir_version=10
    )


def run(model: Any, target: str, *arrays: Array) -> Array:
    return dlir.compile(model, target=target)(*arrays)


@TARGETS
@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4), (0, 4)], ids=str)
@pytest.mark.parametrize("indices", [[0, 3, 3], [[1, 2]]], ids=str)
def test_columns(target: str, shape: tuple[int, ...], indices: list) -> None:
    arrays = [RANDOM.standard_normal(shape).astype(np.float32), np.array(indices, np.int64)]
    model = model_of("ArrayFeatureExtractor", arrays)
    expected = ReferenceEvaluator(model).run(None, {f"x{n}": a for n, a in enumerate(arrays)})[0]
    np.testing.assert_array_equal(run(model, target, *arrays), expected)


@TARGETS
@pytest.mark.parametrize("type", [np.float32, np.float64, np.int64, np.int32])
@pytest.mark.parametrize("threshold", [1.0, -1.5])
def test_thresholds(target: str, type: Any, threshold: float) -> None:
    x = np.array([-3, -2, -1.5, -1, 0, 1, 1.5, 2]).astype(type)
    x = np.append(x, type(np.nan)) if issubclass(type, np.floating) else x
    got = run(model_of("Binarizer", [x], threshold=threshold), target, x)
    np.testing.assert_array_equal(got, (x > threshold).astype(type))


def grown(count: int, depth: int, modes: list[int], targets: int) -> dict[str, Any]:
    """Random trees of uneven depth, and attributes that only the standard has lists of."""
    columns: dict[str, list] = {name: [] for name in NAMES}
    leaves: list[tuple[float, int]] = []
    sets: list[float] = []

    def leaf() -> tuple[int, int]:
        leaves.append((float(RANDOM.integers(-9, 9)), int(RANDOM.integers(targets))))
        return len(leaves) - 1, 1

    def grow(levels: int) -> tuple[int, int]:
        if levels == 0 or (levels < depth and RANDOM.random() < 0.3):
            return leaf()
        place, mode = len(columns["modes"]), int(RANDOM.choice(modes))
        for name, value in {
            "modes": mode,
            "splits": float(RANDOM.integers(-2, 3)),
            "featureids": int(RANDOM.integers(3)),
            "missing_value_tracks_true": int(RANDOM.integers(2)),
        }.items():
            columns[name].append(value)
        if mode == 6:
            sets.extend([*RANDOM.integers(-2, 3, RANDOM.integers(1, 4)).tolist(), np.nan])
        for name in ("truenodeids", "trueleafs", "falsenodeids", "falseleafs"):
            columns[name].append(0)
        for way in ("true", "false"):
            columns[f"{way}nodeids"][place], columns[f"{way}leafs"][place] = grow(levels - 1)
        return place, 0

    roots = [grow(depth)[0] for _ in range(count)]
    return {"columns": columns, "leaves": leaves, "sets": sets, "roots": roots, "targets": targets}


NAMES = (
    "modes", "splits", "featureids", "missing_value_tracks_true", "truenodeids", "trueleafs",
    "falsenodeids", "falseleafs",
)  # fmt: skip


def attributes_of(trees: dict[str, Any], type: Any) -> dict[str, Any]:
    tensors = {"modes": np.uint8, "splits": type}
    attributes = {
        f"nodes_{name}": numpy_helper.from_array(np.array(values, tensors[name]))
        if name in tensors
        else values
        for name, values in trees["columns"].items()
    }
    weights, targets = zip(*trees["leaves"], strict=True)
    if trees["sets"]:
        attributes["membership_values"] = numpy_helper.from_array(np.array(trees["sets"], type))
    return attributes | {
        "leaf_weights": numpy_helper.from_array(np.array(weights, type)),
        "leaf_targetids": [*targets],
        "tree_roots": trees["roots"],
        "n_targets": trees["targets"],
    }


def walked(trees: dict[str, Any], x: Array) -> Array:
    """The sums of the leaves that each row reaches."""
    columns, y = trees["columns"], np.zeros((len(x), trees["targets"]))
    ends = [i for i, value in enumerate(trees["sets"]) if np.isnan(value)]
    sets, starts = {}, [0, *(end + 1 for end in ends)]
    for number, place in enumerate(i for i, mode in enumerate(columns["modes"]) if mode == 6):
        sets[place] = trees["sets"][starts[number] : ends[number]]
    compare = [np.less_equal, np.less, np.greater_equal, np.greater, np.equal, np.not_equal]
    for row, values in enumerate(x):
        for root in trees["roots"]:
            place, is_leaf = root, 0
            while not is_leaf:
                value, mode = values[columns["featureids"][place]], columns["modes"][place]
                split = columns["splits"][place]
                holds = value in sets[place] if mode == 6 else compare[mode](value, split)
                holds = holds or (np.isnan(value) and columns["missing_value_tracks_true"][place])
                way = "true" if holds else "false"
                place, is_leaf = columns[f"{way}nodeids"][place], columns[f"{way}leafs"][place]
            weight, target = trees["leaves"][place]
            y[row, target] += weight
    return y


def rows(count: int, type: Any) -> Array:
    x = RANDOM.integers(-3, 4, (count, 3)).astype(type)
    x.flat[::7] = np.nan
    return x


@TARGETS
@pytest.mark.parametrize("type", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize(
    ("count", "depth", "modes", "targets"),
    [(1, 1, [0], 1), (3, 4, [1], 2), (2, 5, [6], 3), (5, 6, [0, 1, 2, 3, 4, 5, 6], 4)],
    ids=str,
)
def test_trees(
    target: str, type: Any, count: int, depth: int, modes: list[int], targets: int
) -> None:
    trees, x = grown(count, depth, modes, targets), rows(29, type)
    attributes = attributes_of(trees, type)
    expected = walked(trees, x)
    model = model_of("TreeEnsemble", [x], [("n", 3)], **attributes)
    np.testing.assert_array_equal(run(model, target, x), expected.astype(type))
    assert run(model, target, x[:0]).shape == (0, targets)
    average = model_of("TreeEnsemble", [x], aggregate_function=0, **attributes)
    tolerance = 1e-3 if type == np.float16 else 1e-6
    np.testing.assert_allclose(run(average, target, x), expected / count, rtol=tolerance)


@pytest.mark.parametrize(("aggregate", "numpy"), [(2, np.min), (3, np.max)])
@pytest.mark.parametrize("transform", [0, 1, 2])
def test_what_is_done_with_leaves(aggregate: int, numpy: Any, transform: int) -> None:
    trees, x = grown(4, 3, [0, 3], 1), rows(9, np.float32)
    model = model_of(
        "TreeEnsemble", [x], aggregate_function=aggregate, post_transform=transform,
        **attributes_of(trees, np.float32),
    )  # fmt: skip
    single = [walked(trees | {"roots": [root]}, x) for root in trees["roots"]]
    expected = numpy(single, 0)
    after = [lambda y: y, np.ones_like, lambda y: 1 / (1 + np.exp(-y))][transform]
    np.testing.assert_allclose(run(model, "ref", x), after(expected), rtol=1e-5)


def modes(*numbers: int) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(numbers, np.uint8))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"nodes_truenodeids": [0, 0, 1], "nodes_trueleafs": [0, 1, 1]}, "a cycle"),
        ({"nodes_truenodeids": [7, 0, 1]}, "refer to nodes or leaves"),
        ({"nodes_falsenodeids": [-1, 2, 3]}, "refer to nodes or leaves"),
        ({"nodes_featureids": [0, 0, 3]}, "feature 3 of 3"),
        ({"nodes_featureids": [0, 0]}, "nodes whose attributes differ"),
        ({"nodes_trueleafs": [0, 1]}, "nodes whose attributes differ"),
        ({"leaf_targetids": [0, 1]}, "leaves whose attributes differ"),
        ({"leaf_targetids": [0, 1, 2, 1]}, "for 2 targets"),
        ({"tree_roots": [9]}, "refer to nodes or leaves"),
        ({"aggregate_function": 3}, "aggregate_function 3"),
        ({"post_transform": 4}, "post_transform 4"),
        ({"nodes_modes": modes(0, 7, 0)}, "nodes_modes"),
        ({"nodes_modes": modes(0, 6, 0)}, "sets of members"),
    ],
)  # fmt: skip
def test_what_is_no_tree(changes: dict[str, Any], reason: str) -> None:
    single = {
        "nodes_modes": modes(0, 0, 0),
        "nodes_splits": numpy_helper.from_array(np.array([3.1, 1.2, 4.2], np.float32)),
        "nodes_featureids": [0, 0, 0],
        "nodes_truenodeids": [1, 0, 1],
        "nodes_trueleafs": [0, 1, 1],
        "nodes_falsenodeids": [2, 2, 3],
        "nodes_falseleafs": [0, 1, 1],
        "leaf_targetids": [0, 1, 0, 1],
        "leaf_weights": numpy_helper.from_array(np.array([5.2, 12.1, -12.2, 7.2], np.float32)),
        "tree_roots": [0],
        "n_targets": 2,
    }
    x = np.zeros((2, 3), np.float32)
    assert reason in errors_of(model_of("TreeEnsemble", [x], **(single | changes)))[0]
