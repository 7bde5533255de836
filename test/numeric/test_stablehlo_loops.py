"""Loops that count, on ref and on cpu, against Python's."""

from __future__ import annotations

import numpy as np
import pytest

import dlir

TARGETS = pytest.mark.parametrize("target", ["ref", "cpu"])


def loop(element: str) -> str:
    """Two values that change places, the counter seen, and a bound among what is carried."""
    i = f"tensor<{element}>"
    types = f"{i}, {i}, tensor<2xf32>, tensor<2xf32>"
    return f"""func.func @main(%s: {i}, %n: {i}, %x: tensor<2xf32>)
    -> ({i}, {i}, tensor<2xf32>, tensor<2xf32>) {{
  %one = stablehlo.constant dense<1> : {i}
  %y:4 = stablehlo.while(%i = %s, %m = %n, %a = %x, %b = %x) : {types}
  cond {{
    %c = stablehlo.compare LT, %i, %m : ({i}, {i}) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  }} do {{
    %j = stablehlo.add %one, %i : {i}
    %k = stablehlo.convert %i : ({i}) -> tensor<f32>
    %l = stablehlo.broadcast_in_dim %k, dims = [] : (tensor<f32>) -> tensor<2xf32>
    %v = stablehlo.add %b, %l : tensor<2xf32>
    stablehlo.return %j, %m, %v, %a : {types}
  }}
  func.return %y#0, %y#1, %y#2, %y#3 : {types}
}}"""


@TARGETS
@pytest.mark.parametrize("element", ["i32", "i64"])
@pytest.mark.parametrize(("start", "bound"), [(0, 0), (0, 1), (0, 7), (-3, 4), (5, 2), (2, 18)])
def test_counted(start: int, bound: int, element: str, target: str) -> None:
    dtype = np.int32 if element == "i32" else np.int64
    x = np.array([1, 2], np.float32)
    i, a, b = start, x, x
    while i < bound:
        i, a, b = i + 1, b + np.float32(i), a
    given = dlir.run(loop(element), dtype(start), dtype(bound), x, target=target)
    for output, wanted in zip(given, (i, bound, a, b), strict=True):
        np.testing.assert_array_equal(output, wanted)
    assert given[0].dtype == dtype


@TARGETS
@pytest.mark.parametrize("rounds", [0, 1, 2, 50])
def test_repeated(rounds: int, target: str) -> None:
    """What JAX makes of `fori_loop(0, n, lambda i, z: z * w + i, x)`."""
    text = f"""func.func @main(%x: tensor<4xf32>, %w: tensor<4xf32>) -> tensor<4xf32> {{
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %y:2 = stablehlo.while(%i = %zero, %z = %x) : tensor<i32>, tensor<4xf32>
  cond {{
    %n = stablehlo.constant dense<{rounds}> : tensor<i32>
    %c = stablehlo.compare LT, %i, %n, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  }} do {{
    %one = stablehlo.constant dense<1> : tensor<i32>
    %k = stablehlo.convert %i : (tensor<i32>) -> tensor<f32>
    %l = stablehlo.broadcast_in_dim %k, dims = [] : (tensor<f32>) -> tensor<4xf32>
    %p = stablehlo.multiply %z, %w : tensor<4xf32>
    %q = stablehlo.add %p, %l : tensor<4xf32>
    %j = stablehlo.add %i, %one : tensor<i32>
    stablehlo.return %j, %q : tensor<i32>, tensor<4xf32>
  }}
  func.return %y#1 : tensor<4xf32>
}}"""
    x, w = np.random.default_rng(8).random((2, 4)).astype(np.float32)
    z = x.astype(np.float64)
    for i in range(rounds):
        z = z * w + i
    np.testing.assert_allclose(dlir.run(text, x, w, target=target), z, 1e-5)


def scan(count: int, rounds: int, start: int = 0) -> str:
    """What JAX makes of `scan`: round i puts its results into row i of two stacks."""
    x, s = f"tensor<{count}x3xf32>", "tensor<3xf32>"
    types = f"tensor<i32>, {s}, {x}, {x}"
    return f"""func.func @main(%x: {x}, %s: {s}) -> ({s}, {x}, {x}) {{
  %start = stablehlo.constant dense<{start}> : tensor<i32>
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %f = stablehlo.constant dense<0.0> : tensor<f32>
  %none = stablehlo.broadcast_in_dim %f, dims = [] : (tensor<f32>) -> {x}
  %y:4 = stablehlo.while(%i = %start, %a = %s, %p = %none, %q = %none) : {types}
  cond {{
    %n = stablehlo.constant dense<{rounds}> : tensor<i32>
    %c = stablehlo.compare LT, %i, %n, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  }} do {{
    %one = stablehlo.constant dense<1> : tensor<i32>
    %r = stablehlo.dynamic_slice %x, %i, %zero, sizes = [1, 3]
        : ({x}, tensor<i32>, tensor<i32>) -> tensor<1x3xf32>
    %row = stablehlo.reshape %r : (tensor<1x3xf32>) -> {s}
    %b = stablehlo.add %a, %row : {s}
    %u = stablehlo.reshape %b : ({s}) -> tensor<1x3xf32>
    %v = stablehlo.multiply %u, %r : tensor<1x3xf32>
    %k = stablehlo.dynamic_update_slice %p, %u, %i, %zero
        : ({x}, tensor<1x3xf32>, tensor<i32>, tensor<i32>) -> {x}
    %l = stablehlo.dynamic_update_slice %q, %v, %i, %zero
        : ({x}, tensor<1x3xf32>, tensor<i32>, tensor<i32>) -> {x}
    %j = stablehlo.add %i, %one : tensor<i32>
    stablehlo.return %j, %b, %k, %l : {types}
  }}
  func.return %y#1, %y#2, %y#3 : {s}, {x}, {x}
}}"""


@TARGETS
@pytest.mark.parametrize(
    ("count", "rounds", "start"), [(7, 7, 0), (2, 2, 0), (1, 1, 0), (5, 3, 0), (5, 5, 2), (4, 6, 0)]
)
def test_scan(count: int, rounds: int, start: int, target: str) -> None:
    """Rows that no round writes are zero; a place beyond the last is the last one."""
    x = np.random.default_rng(2).standard_normal((count, 3)).astype(np.float32)
    a = np.ones(3, np.float32)
    wanted = [np.zeros_like(x), np.zeros_like(x)]
    for i in range(start, rounds):
        place = min(i, count - 1)
        a = a + x[place]
        wanted[0][place], wanted[1][place] = a, a * x[place]
    text = scan(count, rounds, start)
    given = dlir.run(text, x, np.ones(3, np.float32), target=target)
    for output, expected in zip(given, (a, *wanted), strict=True):
        np.testing.assert_allclose(output, expected, 1e-5, 1e-5)


def test_scan_writes_in_place() -> None:
    """Neither stack goes into the segment, though they begin alike."""
    program = str(dlir.compile(scan(7, 7), "cpu").stage("host"))
    assert program.count("tensor.empty()") == 2 and program.count("tensor.insert_slice") == 2
    assert "dl.select" not in program
