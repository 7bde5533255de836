"""Products with encoded matrices on cpu, beside their semantics and numpy, at all the edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlir
from dlir.diagnostics import CompileError
from dlir.dialects.sparse.attrs import BsrAttr, Encoding
from dlir.dialects.sparse.storage import bsr, csr, disassemble
from dlir.numpy_types import type_name
from dlir.transforms.dl_sparsify import DlSparsify

RANDOM = np.random.default_rng(7)
BLOCKS = [None, (1, 1), (4, 1), (8, 1), (16, 1), (2, 2), (8, 4)]
MATRICES = [(1, 4), (7, 8), (16, 16), (33, 12), (65, 40)]
COLUMNS = [0, 1, 2, 7, 8, 15, 16, 17, 33, 128, 131]


def matrix(shape: tuple[int, int], density: float, dtype: Any = np.float32) -> np.ndarray:
    keep = RANDOM.random(shape) < density
    keep[shape[0] // 2] = False  # a row with nothing
    return np.where(keep, RANDOM.standard_normal(shape), 0).astype(dtype)


def encoding_for(array: np.ndarray, block: tuple[int, int] | None) -> Encoding:
    return csr(array) if block is None else bsr(array, block)


def model(encoding: Encoding, array: np.ndarray, left: bool, columns: str) -> tuple[str, dict]:
    """The text of a product, and its weights."""
    parts = disassemble(encoding, array)
    (height, depth), e = array.shape, type_name(array).rpartition("x")[2]
    weights = dict(zip("vcr", parts, strict=True))
    types = ", ".join(f"tensor<{type_name(part)}>" for part in parts)
    params = "\n".join(
        f'  %{name} = dl.param "{name}" : tensor<{type_name(part)}>'
        for name, part in weights.items()
    )
    w = f"tensor<{height}x{depth}x{e}, {encoding}>"
    x, y = f"tensor<{columns}x{depth}x{e}>", f"tensor<{columns}x{height}x{e}>"
    if left:
        x, y = f"tensor<{depth}x{columns}x{e}>", f"tensor<{height}x{columns}x{e}>"
    operands, options = ("%w, %x", "") if left else ("%x, %w", " {transpose_rhs}")
    operand_types = f"{w}, {x}" if left else f"{x}, {w}"
    text = f"""func.func @main(%x: {x}) -> {y} {{
{params}
  %w = sparse.assemble %v, %c, %r : ({types}) -> {w}
  %y = dl.matmul {operands} acc {e}{options} : ({operand_types}) -> {y}
  func.return %y : {y}
}}"""
    return text, weights


def check(array: np.ndarray, block: Any, left: bool, columns: int, dynamic: bool) -> None:
    encoding = encoding_for(array, block)
    text, weights = model(encoding, array, left, "?" if dynamic else str(columns))
    shape = (array.shape[1], columns) if left else (columns, array.shape[1])
    x = RANDOM.standard_normal(shape).astype(array.dtype)
    wide = array.astype(np.float64) @ (x if left else x.T)
    exact = wide if left else wide.T
    bound = np.abs(array) @ np.abs(x if left else x.T)
    bound = (bound if left else bound.T) * array.shape[1] * np.finfo(array.dtype).eps
    for target in ("cpu", "ref"):
        y = dlir.compile(text, target=target, params=weights, cache=False)(x)
        assert y.dtype == array.dtype and (np.abs(y - exact) <= bound).all(), target


@pytest.mark.parametrize("block", BLOCKS, ids=str)
@pytest.mark.parametrize("shape", MATRICES, ids=str)
def test_shapes(shape: tuple[int, int], block: Any) -> None:
    """Every edge of a tile on one side or the other; the sizes are known, or they are not."""
    array = matrix(shape, 0.3)
    for number, columns in enumerate(COLUMNS[:: 1 if shape == (33, 12) else 4]):
        check(array, block, left=number % 2 == 0, columns=columns, dynamic=number % 3 == 0)


@pytest.mark.parametrize("density", [0.0, 1.0])
@pytest.mark.parametrize("columns", [1, 5, 40])
def test_all_and_nothing(density: float, columns: int) -> None:
    for block in (None, (16, 1)):
        check(matrix((20, 24), density), block, True, columns, False)


@pytest.mark.parametrize("block", [None, (8, 1), (4, 2)], ids=str)
def test_double_precision(block: Any) -> None:
    for columns in (1, 3, 20):
        check(matrix((19, 22), 0.4, np.float64), block, False, columns, False)


def test_threads_divide_rows() -> None:
    array = matrix((512, 256), 0.5)
    text, weights = model(csr(array), array, True, "256")
    x = RANDOM.standard_normal((256, 256)).astype(np.float32)
    one = dlir.compile(text, params=weights, threads=1, cache=False)(x)
    compiled = dlir.compile(text, params=weights, threads=2, cache=False)
    assert "threads = [0]" in str(compiled.stage("buffers"))
    np.testing.assert_array_equal(compiled(x), one)


@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("block", [None, (4, 1)], ids=str)
def test_what_is_not_stored_has_no_term(block: Any, special: float) -> None:
    array = matrix((12, 16), 0.2)
    x = RANDOM.standard_normal((16, 20)).astype(np.float32)
    x[3, 5] = x[9, 0] = special
    text, weights = model(encoding_for(array, block), array, True, "20")
    got, expected = (
        dlir.compile(text, target=target, params=weights, cache=False)(x)
        for target in ("cpu", "ref")
    )
    finite = np.isfinite(expected)
    assert finite.any() and not finite.all()
    np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("part", ["c", "r"])
@pytest.mark.parametrize("wrong", [-1, 1000])
@pytest.mark.parametrize("target", ["cpu", "ref"])
def test_positions_outside_are_refused(target: str, wrong: int, part: str) -> None:
    """A file of weights may hold anything: no memory outside of an operand is read."""
    array = matrix((12, 16), 0.5)
    text, weights = model(csr(array), array, True, "4")
    weights[part] = weights[part].copy()
    weights[part][2] = wrong
    x = np.ones((16, 4), np.float32)
    with pytest.raises((CompileError, ValueError, IndexError)):
        dlir.compile(text, target=target, params=weights, cache=False)(x)


@pytest.mark.parametrize("element", ["f16", "bf16", "i8"])
def test_types_without_a_kernel_are_refused(element: str) -> None:
    acc = "i32" if element == "i8" else "f32"
    text = f"""func.func @main(%x: tensor<2x4x{element}>, %v: tensor<1x{element}>,
                                %c: tensor<1xi32>, %r: tensor<4xi32>) -> tensor<2x3x{acc}> {{
  %w = sparse.assemble %v, %c, %r : (tensor<1x{element}>, tensor<1xi32>, tensor<4xi32>)
      -> tensor<3x4x{element}, #sparse.csr<1>>
  %y = dl.matmul %x, %w acc {acc} {{transpose_rhs}}
      : (tensor<2x4x{element}>, tensor<3x4x{element}, #sparse.csr<1>>) -> tensor<2x3x{acc}>
  func.return %y : tensor<2x3x{acc}>
}}"""
    with pytest.raises(CompileError, match="expected f32 or f64 throughout"):
        dlir.compile(text, target="cpu")


def test_blocks_must_divide_the_columns() -> None:
    array = matrix((8, 10), 0.5)
    text, weights = model(bsr(array, (2, 4)), array, True, "4")
    with pytest.raises(CompileError, match="blocks that do not divide the columns"):
        dlir.compile(text, target="cpu", params=weights)


LAYERS = """
func.func @main(%x: tensor<?x5x64xf32>) -> tensor<?x5x16xf32> {
  %w = dl.param "first" : tensor<64x48xf32>
  %b = dl.param "bias" : tensor<48xf32>
  %v = dl.param "second" : tensor<16x48xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<?x5x64xf32>, tensor<64x48xf32>) -> tensor<?x5x48xf32>
  %1 = dl.add %0, %b : (tensor<?x5x48xf32>, tensor<48xf32>) -> tensor<?x5x48xf32>
  %2 = dl.relu %1 : tensor<?x5x48xf32>
  %3 = dl.matmul %2, %v acc f32 {transpose_rhs}
      : (tensor<?x5x48xf32>, tensor<16x48xf32>) -> tensor<?x5x16xf32>
  func.return %3 : tensor<?x5x16xf32>
}
"""


@pytest.mark.parametrize("format", ["csr", "8x1", "auto"])
def test_sparsified_layers_compute_the_same(format: str) -> None:
    weights: dict[str, Any] = {
        "first": matrix((64, 48), 0.05),
        "bias": RANDOM.standard_normal(48).astype(np.float32),
        "second": matrix((16, 48), 0.5),
    }
    x = RANDOM.standard_normal((3, 5, 64)).astype(np.float32)
    expected = dlir.compile(LAYERS, target="ref", params=weights)(x)
    module = dlir.load(LAYERS).module
    DlSparsify(format=format).sparsify(module, weights)
    choices = [op.attributes["sparse.choice"] for op in module.walk() if op.name == "dl.matmul"]
    assert len(choices) == 2 and all(f"{format}:" in str(c) for c in choices if format != "auto")
    for target in ("cpu", "ref"):
        y = dlir.compile(module, target=target, params=weights, cache=False)(x)
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


def test_zeros_with_a_sign_are_not_stored() -> None:
    weights: dict[str, Any] = {"first": np.full((64, 48), -0.0, np.float32)}
    module = dlir.load(LAYERS).module
    DlSparsify(format="csr").sparsify(module, weights)
    assert weights["first.values"].size == 0
    assert isinstance(bsr(np.full((4, 4), -0.0, np.float32), (2, 2)), BsrAttr)
