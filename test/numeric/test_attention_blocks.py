"""Attention in blocks of rows is what numpy computes, and its scores are never in memory whole."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import dlir

TOLERANCE = {"f32": 2e-5, "f64": 1e-12}
NUMPY = {"f32": np.float32, "f64": np.float64}


def _tensor(shape: tuple[int, ...], element: str) -> str:
    return f"tensor<{'x'.join(map(str, shape))}x{element}>"


def _program(shapes: list[tuple[int, ...]], element: str, mask: str | None) -> str:
    """`dl.attention` of q, k, v and maybe a mask of the given element type."""
    q, _, v = shapes[:3]
    elements = [element] * 3 + ([mask] if mask is not None else [])
    types = [_tensor(shape, of) for shape, of in zip(shapes, elements, strict=True)]
    names = ["%q", "%k", "%v", "%m"][: len(types)]
    arguments = ", ".join(f"{name}: {type_}" for name, type_ in zip(names, types, strict=True))
    batch = np.broadcast_shapes(*(shape[:-2] for shape in shapes[:3]))
    result = _tensor((*batch, q[-2], v[-1]), element)
    return f"""func.func @main({arguments}) -> {result} {{
  %y = dl.attention {", ".join(names)} {{scale = 0.25}} : ({", ".join(types)}) -> {result}
  func.return %y : {result}
}}"""


def _expected(q: Any, k: Any, v: Any, mask: Any = None) -> Any:
    scores = np.matmul(q.astype(np.float64), k.astype(np.float64).swapaxes(-1, -2)) * 0.25
    if mask is not None:
        scores = np.where(mask, scores, -np.inf) if mask.dtype == bool else scores + mask
    with np.errstate(invalid="ignore"):
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        return np.matmul(shares / shares.sum(-1, keepdims=True), v.astype(np.float64))


def _inputs(shapes: list[tuple[int, ...]], element: str, mask: str | None) -> list[Any]:
    random = np.random.default_rng(len(shapes) + shapes[0][-2])
    element_type = NUMPY[element]
    values: list[Any] = [random.standard_normal(shape).astype(element_type) for shape in shapes[:3]]
    if mask == "i1":
        values.append((random.random(shapes[3]) < 0.7) | (shapes[3][-1] == 1))
    elif mask is not None:
        values.append(random.standard_normal(shapes[3]).astype(element_type))
    return values


def _compiled(shapes: list[tuple[int, ...]], element: str, mask: str | None, threads: int) -> Any:
    program = _program(shapes, element, mask)
    return dlir.compile(program, target="cpu", threads=threads, cache=False)


def _check(
    shapes: list[tuple[int, ...]], element: str = "f32", mask: str | None = None, threads: int = 1
) -> Any:
    """What the CPU computes, behind comparison with numpy."""
    inputs = _inputs(shapes, element, mask)
    got = _compiled(shapes, element, mask, threads)(*inputs)
    tolerance = TOLERANCE[element]
    np.testing.assert_allclose(got, _expected(*inputs), rtol=tolerance, atol=tolerance)
    return got


# Rows, keys and sizes of heads around the register tile (13 x 32), the block of rows and vectors.
SIZES = [
    (1, 1, 1, 1),
    (1, 33, 16, 32),
    (12, 31, 15, 33),
    (13, 32, 16, 16),
    (14, 97, 17, 8),
    (65, 64, 32, 31),
    (127, 101, 7, 64),
    (131, 128, 64, 48),
]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("element", ["f32", "f64"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_sizes(size: tuple[int, int, int, int], element: str, threads: int) -> None:
    rows, keys, depth, width = size
    _check([(2, 3, rows, depth), (2, 3, keys, depth), (2, 3, keys, width)], element, None, threads)


@pytest.mark.parametrize("empty", range(3))
def test_nothing(empty: int) -> None:
    rows, keys, width = (0 if empty == number else 5 for number in range(3))
    shapes = [(2, 3, rows, 8), (2, 3, keys, 8), (2, 3, keys, width)]
    inputs = _inputs(shapes, "f32", None)
    got = _compiled(shapes, "f32", None, 1)(*inputs)
    assert got.shape == (2, 3, rows, width)
    assert not got.any()


MASKS = [(2, 3, 29, 37), (29, 37), (2, 1, 1, 37), (3, 29, 1)]


@pytest.mark.parametrize("mask", ["i1", "f32"])
@pytest.mark.parametrize("shape", MASKS, ids=str)
def test_masks(shape: tuple[int, ...], mask: str) -> None:
    _check([(2, 3, 29, 8), (2, 3, 37, 8), (2, 3, 37, 8), shape], "f32", mask)


def test_masks_of_f64() -> None:
    _check([(2, 3, 29, 8), (2, 3, 37, 8), (2, 3, 37, 8), (29, 37)], "f64", "f64")


@pytest.mark.parametrize("rows", [1, 37])
def test_rows_that_see_nothing(rows: int) -> None:
    """NaN there, and nowhere else."""
    shapes = [(2, 3, rows, 8), (2, 3, 37, 8), (2, 3, 37, 8), (rows, 37)]
    inputs = _inputs(shapes, "f32", "i1")
    inputs[3] = np.tri(rows, 37, dtype=bool)
    inputs[3][rows // 2] = False
    got = _compiled(shapes, "f32", "i1", 1)(*inputs)
    np.testing.assert_array_equal(np.isnan(got).all(-1), np.isnan(got).any(-1))
    np.testing.assert_array_equal(np.isnan(got)[0, 0, :, 0], np.arange(rows) == rows // 2)
    np.testing.assert_allclose(got, _expected(*inputs), rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("operand", range(3))
def test_one_number_that_is_none(operand: int, bad: float) -> None:
    shapes = [(1, 2, 19, 8), (1, 2, 21, 8), (1, 2, 21, 8)]
    inputs = _inputs(shapes, "f32", None)
    inputs[operand][0, 1, 5, 3] = bad
    got = _compiled(shapes, "f32", None, 1)(*inputs)
    np.testing.assert_allclose(got, _expected(*inputs), rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("queries", [1, 13, 30])
def test_groups_of_heads(queries: int, threads: int) -> None:
    """Four heads of queries share a head of keys and values."""
    shapes = [(2, 3, 4, queries, 16), (2, 3, 1, 40, 16), (2, 3, 1, 40, 32)]
    _check(shapes, threads=threads)


def test_one_head_of_many_rows() -> None:
    """Threads divide the rows."""
    _check([(1, 1, 301, 32), (1, 1, 400, 32), (1, 1, 400, 32)], threads=2)


@pytest.mark.parametrize("threads", [1, 2])
def test_batches_of_unknown_number(threads: int) -> None:
    program = _program([(7, 3, 29, 8), (7, 3, 37, 8), (7, 3, 37, 8)], "f32", None)
    program = program.replace("<7x", "<?x")
    executable = dlir.compile(program, target="cpu", threads=threads, cache=False)
    assert "memref<1x1x29x37xf32>" in str(executable.stage("buffers"))
    for batches in (0, 1, 3):
        keys = (batches, 3, 37, 8)
        inputs = _inputs([(batches, 3, 29, 8), keys, keys], "f32", None)
        np.testing.assert_allclose(executable(*inputs), _expected(*inputs), rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("unknown", ["rows", "keys", "both"])
def test_sizes_that_are_not_known(unknown: str, threads: int) -> None:
    """Walked in blocks as well, of scores that there is memory for one block of per head."""
    program = _program([(2, 3, 29, 8), (2, 3, 37, 8), (2, 3, 37, 64), (3, 1, 37)], "f32", "f32")
    sizes = {"rows": ["x29x"], "keys": ["x37x"], "both": ["x29x", "x37x"]}[unknown]
    for size in sizes:
        program = program.replace(size, "x?x")
    executable = dlir.compile(program, target="cpu", threads=threads, cache=False)
    buffers = str(executable.stage("buffers"))
    assert buffers.count("func private @rows_") == 1
    keys = "37" if unknown == "rows" else "[?]"
    (block,) = {int(found) for found in re.findall(rf"memref<2x3x(\d+)x{keys}xf32>", buffers)}
    for count in (0, 1, 13, block - 1, block, block + 1, 127, 2 * block):
        rows = count if "x29x" in sizes else 29
        keys = max(count, 1) if "x37x" in sizes else 37
        shapes = [(2, 3, rows, 8), (2, 3, keys, 8), (2, 3, keys, 64), (3, 1, keys)]
        inputs = _inputs(shapes, "f32", "f32")
        np.testing.assert_allclose(executable(*inputs), _expected(*inputs), rtol=2e-5, atol=2e-5)


def test_blocks_that_threads_divide() -> None:
    """One head, so that several blocks are computed at once: each has its scores for itself."""
    program = _program([(1, 1, 29, 8), (1, 1, 37, 8), (1, 1, 37, 64)], "f32", None)
    program = program.replace("x29x", "x?x").replace("x37x", "x?x")
    executable = dlir.compile(program, target="cpu", threads=2, cache=False)
    assert "memref<1x1x?x?xf32>" in str(executable.stage("buffers"))
    for rows, keys in ((1, 1), (61, 70), (301, 400)):
        inputs = _inputs([(1, 1, rows, 8), (1, 1, keys, 8), (1, 1, keys, 64)], "f32", None)
        for _ in range(20):
            got = executable(*inputs)
            np.testing.assert_allclose(got, _expected(*inputs), rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("operand", range(3))
def test_one_number_that_is_none_where_sizes_are_not_known(operand: int, bad: float) -> None:
    """One block's NaN are not left for the next one in the same memory."""
    program = _program([(1, 2, 19, 8), (1, 2, 21, 8), (1, 2, 21, 64), (19, 21)], "f32", "i1")
    program = program.replace("19x", "?x").replace("21x", "?x")
    executable = dlir.compile(program, target="cpu", threads=2, cache=False)
    assert "memref<1x2x?x?xf32>" not in str(executable.stage("buffers"))
    inputs = _inputs([(1, 2, 127, 8), (1, 2, 97, 8), (1, 2, 97, 64), (127, 97)], "f32", "i1")
    inputs[3][7] = False  # a row that sees nothing
    inputs[operand][0, 1, 5, 3] = bad
    expected = _expected(*inputs)
    assert np.isnan(expected).any() and not np.isnan(expected[:, :1, 8:]).any()
    np.testing.assert_allclose(executable(*inputs), expected, rtol=2e-5, atol=2e-5)


ONNX_CASES: list[dict[str, Any]] = [
    {},
    {"is_causal": 1},
    {"softcap": 2.0},
    {"heads": 2},
    {"mask": np.bool_},
    {"mask": np.float32},
]


def _onnx_case(heads: int = 4, mask: Any = None, **attributes: Any) -> tuple[Any, dict[str, Any]]:
    """A model of one Attention node with `heads` heads of keys, and its inputs."""
    onnx = pytest.importorskip("onnx")
    random = np.random.default_rng(heads)
    shapes = {"q": (2, 4, 29, 16), "k": (2, heads, 37, 16), "v": (2, heads, 37, 16)}
    inputs: dict[str, Any] = {n: random.standard_normal(x, np.float32) for n, x in shapes.items()}
    if mask is np.bool_:
        inputs["mask"] = random.random((29, 37)) < 0.7
        inputs["mask"][3] = False
    elif mask is not None:
        inputs["mask"] = random.standard_normal((29, 37), dtype=np.float32)
    infos = [
        onnx.helper.make_tensor_value_info(
            name, onnx.helper.np_dtype_to_tensor_dtype(x.dtype), x.shape
        )
        for name, x in inputs.items()
    ]
    node = onnx.helper.make_node("Attention", [*inputs], ["y"], **attributes)
    output = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)
    graph = onnx.helper.make_graph([node], "g", infos, [output])
    opsets = [onnx.helper.make_opsetid("", 23)]
    return onnx.helper.make_model(graph, opset_imports=opsets, ir_version=10), inputs


@pytest.mark.parametrize("case", ONNX_CASES, ids=str)
def test_operator_of_onnx(case: dict[str, Any]) -> None:
    """Its body of many ops becomes one walk over rows, with no contraction left alone."""
    model, inputs = _onnx_case(**case)
    reference = pytest.importorskip("onnx.reference").ReferenceEvaluator(model)
    executable = dlir.compile(model, target="cpu", cache=False)
    (expected,) = reference.run(None, inputs)
    np.testing.assert_allclose(executable(*inputs.values()), expected, rtol=2e-5, atol=2e-5)
    buffers = str(executable.stage("buffers"))
    assert "@contraction_" not in buffers and buffers.count("func private @rows_") == 1


def _arena(rows: int) -> int:
    """The bytes of the arena for `rows` queries and keys."""
    executable = _compiled([(1, 2, rows, 16)] * 3, "f32", None, 1)
    attributes = str(executable.stage("buffers")).split("dlir.arena", 1)[1]
    return int(attributes.split("bytes = ", 1)[1].split(" ", 1)[0])


def test_memory_grows_with_the_rows_alone() -> None:
    assert _arena(1024) == 2 * _arena(512) < 2 * 1024 * 1024
