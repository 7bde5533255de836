"""Single StableHLO ops at their edges, on ref and on cpu, against what numpy says of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import dlir

RNG = np.random.default_rng(7)
NAN, INF = np.nan, np.inf


class Case(NamedTuple):
    """A function's signature and body, its inputs, and what it gives."""

    name: str
    signature: str
    body: str
    inputs: tuple[Any, ...]
    expected: Any

    @property
    def text(self) -> str:
        return f"func.func @main{self.signature} {{\n{self.body}\n}}\n"


def f32(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


def i32(*items: Any) -> np.ndarray:
    return np.array(items, np.int32)


def unary(name: str, x: np.ndarray, expected: np.ndarray, element: str = "f32") -> Case:
    type = f"tensor<{x.size}x{element}>"
    body = f"  %y = stablehlo.{name} %x : {type}\n  func.return %y : {type}"
    return Case(name, f"(%x: {type}) -> {type}", body, (x,), expected)


EDGES = np.array([0.0, -0.0, 0.5, -0.5, 1.5, -2.5, 0.49999997, 1e30, INF, -INF, NAN], np.float32)


def away(x: np.ndarray) -> np.ndarray:
    """Rounded, of two to the one farther from zero."""
    whole = np.trunc(x)
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(x - whole) >= 0.5, whole + np.sign(x), whole)


def reduced(op: str, init: str, x: np.ndarray, fold: Callable[..., Any], start: float) -> Case:
    m, n = x.shape
    body = f"""  %v = stablehlo.constant dense<{init}> : tensor<f32>
  %y = stablehlo.reduce(%x init: %v) applies stablehlo.{op} across dimensions = [1]
      : (tensor<{m}x{n}xf32>, tensor<f32>) -> tensor<{m}xf32>
  func.return %y : tensor<{m}xf32>"""
    with np.errstate(all="ignore"):
        expected = fold(np.concatenate([np.full((m, 1), start, np.float32), x], 1), axis=1)
    name = f"reduce_{op}_{m}x{n}_from_{init}"
    return Case(name, f"(%x: tensor<{m}x{n}xf32>) -> tensor<{m}xf32>", body, (x,), expected)


REDUCTIONS = [
    reduced(op, init, x, fold, start)
    for x in (f32(3, 0), f32(2, 1), f32(3, 7), np.array([[1, NAN, 2]], np.float32))
    for op, init, fold, start in (
        ("add", "0.0", np.sum, 0.0),
        ("add", "2.0", np.sum, 2.0),
        ("multiply", "1.0", np.prod, 1.0),
        ("maximum", "0xFF800000", np.max, -INF),
        ("minimum", "0.5", np.min, 0.5),
    )
]


def window(n: int, k: int, stride: int, dilation: int, low: int, high: int) -> Case:
    """A sum over windows, by the definition."""
    x = f32(n)
    padded = np.concatenate([np.zeros(low), x, np.zeros(high)])
    reach = (k - 1) * dilation + 1
    count = 0 if reach > padded.size else (padded.size - reach) // stride + 1
    starts = range(0, count * stride, stride)
    expected = np.array([padded[i : i + reach : dilation].sum() for i in starts], np.float32)
    body = f"""  %v = stablehlo.constant dense<0.0> : tensor<f32>
  %y = "stablehlo.reduce_window"(%x, %v) <{{window_dimensions = array<i64: {k}>,
      window_strides = array<i64: {stride}>, window_dilations = array<i64: {dilation}>,
      padding = dense<[[{low}, {high}]]> : tensor<1x2xi64>}}> ({{
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %c : tensor<f32>
  }}) : (tensor<{n}xf32>, tensor<f32>) -> tensor<{count}xf32>
  func.return %y : tensor<{count}xf32>"""
    name = f"window_{n}_{k}_{stride}_{dilation}_{low}_{high}"
    return Case(name, f"(%x: tensor<{n}xf32>) -> tensor<{count}xf32>", body, (x,), expected)


WINDOWS = [
    window(*sizes)
    for sizes in ((8, 1, 1, 1, 0, 0), (8, 3, 1, 1, 1, 1), (13, 5, 2, 1, 0, 3), (9, 4, 1, 2, 2, 0),
                  (7, 7, 1, 1, 6, 0), (7, 7, 1, 1, 0, 6), (3, 5, 1, 1, 0, 0), (17, 6, 3, 1, 5, 5))
]  # fmt: skip


def padding(low: int, high: int, interior: int) -> Case:
    x = f32(5)
    spread = np.full(4 * (interior + 1) + 1, 9.0, np.float32)
    spread[:: interior + 1] = x
    grown = np.concatenate([np.full(max(low, 0), 9.0), spread, np.full(max(high, 0), 9.0)])
    expected = grown[max(-low, 0) : grown.size - max(-high, 0)].astype(np.float32)
    type = f"tensor<{expected.size}xf32>"
    body = f"""  %y = stablehlo.pad %x, %v, low = [{low}], high = [{high}], interior = [{interior}]
      : (tensor<5xf32>, tensor<f32>) -> {type}
  func.return %y : {type}"""
    signature = f"(%x: tensor<5xf32>, %v: tensor<f32>) -> {type}"
    name = f"pad_{low}_{high}_{interior}"
    return Case(name, signature, body, (x, np.float32(9.0)), expected)


PADDINGS = [
    padding(*p) for p in ((0, 0, 0), (2, 1, 0), (-1, 3, 0), (-2, -2, 0), (0, 0, 2), (-3, 1, 1))
]

X45 = f32(4, 5)


def at_place(i: int, j: int) -> list[Case]:
    """Slices at places that may reach beyond: they are moved inside."""
    a, b = min(max(i, 0), 2), min(max(j, 0), 2)
    update = f32(2, 3)
    written = X45.copy()
    written[a : a + 2, b : b + 3] = update
    types = "tensor<i32>, tensor<i32>"
    return [
        Case(
            f"dynamic_slice_{i}_{j}",
            f"(%x: tensor<4x5xf32>, %i: {types.split(',')[0]}, %j: tensor<i32>) -> tensor<2x3xf32>",
            f"""  %y = stablehlo.dynamic_slice %x, %i, %j, sizes = [2, 3]
      : (tensor<4x5xf32>, {types}) -> tensor<2x3xf32>
  func.return %y : tensor<2x3xf32>""",
            (X45, np.int32(i), np.int32(j)), X45[a : a + 2, b : b + 3],
        ),
        Case(
            f"dynamic_update_slice_{i}_{j}",
            "(%x: tensor<4x5xf32>, %u: tensor<2x3xf32>, %i: tensor<i32>, %j: tensor<i32>)"
            " -> tensor<4x5xf32>",
            f"""  %y = stablehlo.dynamic_update_slice %x, %u, %i, %j
      : (tensor<4x5xf32>, tensor<2x3xf32>, {types}) -> tensor<4x5xf32>
  func.return %y : tensor<4x5xf32>""",
            (X45, update, np.int32(i), np.int32(j)), written,
        ),
    ]  # fmt: skip


PLACES = [case for i, j in ((0, 0), (1, 2), (-5, 9), (3, -1)) for case in at_place(i, j)]


def rows(indices: list[int]) -> Case:
    """An embedding with indices outside the table, which count as its first and last."""
    body = f"""  %y = "stablehlo.gather"(%x, %i) <{{
    dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0],
                                          start_index_map = [0], index_vector_dim = 1>,
    slice_sizes = array<i64: 1, 5>}}>
    : (tensor<4x5xf32>, tensor<{len(indices)}x1xi32>) -> tensor<{len(indices)}x5xf32>
  func.return %y : tensor<{len(indices)}x5xf32>"""
    n = len(indices)
    signature = f"(%x: tensor<4x5xf32>, %i: tensor<{n}x1xi32>) -> tensor<{n}x5xf32>"
    return Case(f"rows_{n}", signature, body, (X45, i32(*indices).reshape(n, 1)),
                X45[np.clip(i32(*indices), 0, 3)])  # fmt: skip


def scattered(indices: list[int]) -> Case:
    """Sums into rows; what lies outside is left out."""
    n, updates, expected = len(indices), f32(len(indices), 5), X45.copy()
    for index, update in zip(indices, updates, strict=True):
        if 0 <= index < 4:
            expected[index] += update
    body = f"""  %y = "stablehlo.scatter"(%x, %i, %u) <{{
    scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1],
      inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}}> ({{
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %c : tensor<f32>
  }}) : (tensor<4x5xf32>, tensor<{n}x1xi32>, tensor<{n}x5xf32>) -> tensor<4x5xf32>
  func.return %y : tensor<4x5xf32>"""
    signature = (
        f"(%x: tensor<4x5xf32>, %i: tensor<{n}x1xi32>, %u: tensor<{n}x5xf32>) -> tensor<4x5xf32>"
    )
    return Case(
        f"scatter_{n}", signature, body, (X45, i32(*indices).reshape(n, 1), updates), expected
    )


def switched(index: int) -> Case:
    """`case`: numbers that no branch has mean the last one."""
    body = """  %y = "stablehlo.case"(%i) ({
    %a = stablehlo.add %x, %x : tensor<2xf32>
    stablehlo.return %a : tensor<2xf32>
  }, {
    %b = stablehlo.negate %x : tensor<2xf32>
    stablehlo.return %b : tensor<2xf32>
  }) : (tensor<i32>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>"""
    x = f32(2)
    signature = "(%i: tensor<i32>, %x: tensor<2xf32>) -> tensor<2xf32>"
    return Case(f"case_{index}", signature, body, (np.int32(index), x), x + x if index == 0 else -x)


def switched_among(count: int, index: int) -> Case:
    """A `case` of many branches, each of which gives its number."""
    branches = ", ".join(
        f"""{{
    %c = stablehlo.constant dense<{number}> : tensor<i32>
    stablehlo.return %c : tensor<i32>
  }}"""
        for number in range(count)
    )
    body = f"""  %y = "stablehlo.case"(%i) ({branches}) : (tensor<i32>) -> tensor<i32>
  func.return %y : tensor<i32>"""
    chosen = index if 0 <= index < count else count - 1
    signature = "(%i: tensor<i32>) -> tensor<i32>"
    return Case(f"case_{index}_of_{count}", signature, body, (np.int32(index),), np.int32(chosen))


def norm_grad() -> Case:
    """The gradient of sum(g * batch_norm_training(x)), by differences in f64."""
    x, g, scale = RNG.random((3, 2, 4)), RNG.random((3, 2, 4)), RNG.random(2)
    mean, variance = x.mean((0, 2)), x.var((0, 2))

    def loss(x: np.ndarray, scale: np.ndarray, offset: np.ndarray) -> float:
        m, v = x.mean((0, 2), keepdims=True), x.var((0, 2), keepdims=True)
        y = (x - m) / np.sqrt(v + 1e-3) * scale[:, None] + offset[:, None]
        return float((g * y).sum())

    def difference(which: int) -> np.ndarray:
        values = [x.copy(), scale.copy(), np.zeros(2)]
        result = np.empty_like(values[which])
        for place in np.ndindex(result.shape):
            sides = []
            for step in (1e-6, -1e-6):
                moved = [value.copy() for value in values]
                moved[which][place] += step
                sides.append(loss(*moved))
            result[place] = (sides[0] - sides[1]) / 2e-6
        return result

    big, small = "tensor<3x2x4xf64>", "tensor<2xf64>"
    types = f"({big}, {small}, {small}, {small}, {big}) -> ({big}, {small}, {small})"
    body = f"""  %a, %b, %c = "stablehlo.batch_norm_grad"(%x, %s, %m, %v, %g) <{{
    epsilon = 1.000000e-03 : f32, feature_index = 1 : i64}}> : {types}
  func.return %a, %b, %c : {big}, {small}, {small}"""
    signature = (
        f"(%x: {big}, %s: {small}, %m: {small}, %v: {small}, %g: {big})"
        f" -> ({big}, {small}, {small})"
    )
    expected = tuple(difference(which) for which in range(3))
    return Case("batch_norm_grad", signature, body, (x, scale, mean, variance, g), expected)


U = np.array([0, 1, 2, 255, 1 << 31, (1 << 32) - 1], np.uint32)
CASES = [
    unary("round_nearest_afz", EDGES, away(EDGES)),
    unary("cbrt", EDGES, np.cbrt(EDGES)),
    unary("popcnt", U, np.array([0, 1, 1, 8, 1, 32], np.uint32), "ui32"),
    unary("count_leading_zeros", U, np.array([32, 31, 30, 24, 0, 0], np.uint32), "ui32"),
    unary("negate", U, -U, "ui32"),
    *REDUCTIONS, *WINDOWS, *PADDINGS, *PLACES,
    rows([0, 3, 7, -2, 1]), rows([]), scattered([3, 0, 3, 9, -1]), scattered([]),
    switched(0), switched(1), switched(5), switched(-1), norm_grad(),
    *(switched_among(count, index) for count in (1, 3, 7) for index in (-1, 0, 2, 5, 6, 7)),
]  # fmt: skip


@pytest.mark.parametrize("target", ["ref", "cpu"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_op(case: Case, target: str) -> None:
    given = dlir.run(case.text, *case.inputs, target=target)
    outputs = given if isinstance(given, tuple) else (given,)
    expected = case.expected if isinstance(case.expected, tuple) else (case.expected,)
    for output, wanted in zip(outputs, expected, strict=True):
        assert output.shape == wanted.shape
        np.testing.assert_allclose(output, wanted, 2e-5, 2e-6)
