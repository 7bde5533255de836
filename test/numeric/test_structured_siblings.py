"""Kernels of siblings compute what their ops do, at edge sizes, with NaN, on one thread and two."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlir

SIZES = [(0, 5), (3, 0), (1, 1), (5, 15), (3, 16), (2, 17), (19, 64), (4, 67), (64, 700)]
DIVIDED = (2000, 519)
"""Enough work for two threads."""


def program(m: Any, n: Any, t: str) -> str:
    """Folds of rows, of columns and of all, and elementwise ops, of one tensor; with an epilogue
    (the mean), a reader of a sibling (`%p`), and another type (`%q`)."""
    x, rows, columns = f"tensor<{m}x{n}x{t}>", f"tensor<{m}x{t}>", f"tensor<{n}x{t}>"
    wide = f"tensor<{m}x{n}xf64>"
    results = [rows, rows, columns, columns, f"tensor<{t}>", f"tensor<{t}>", x, x, x, wide]
    return f"""
    func.func @main(%x: {x}, %y: {x}) -> ({", ".join(results)}) {{
      %a = dl.reduce_mean %x {{axes = [1]}} : {x} -> {rows}
      %b = dl.reduce_max %x {{axes = [1]}} : {x} -> {rows}
      %c = dl.reduce_sum %x {{axes = [0]}} : {x} -> {columns}
      %d = dl.reduce_min %x {{axes = [0]}} : {x} -> {columns}
      %e = dl.reduce_max %x {{axes = [0, 1]}} : {x} -> tensor<{t}>
      %f = dl.reduce_sum %x {{axes = [0, 1]}} : {x} -> tensor<{t}>
      %g = dl.mul %x, %y : ({x}, {x}) -> {x}
      %h = dl.relu %x : {x}
      %p = dl.sub %g, %h : ({x}, {x}) -> {x}
      %q = dl.cast %x : {x} -> {wide}
      func.return %a, %b, %c, %d, %e, %f, %g, %h, %p, %q : {", ".join(results)}
    }}"""


def arguments(m: int, n: int, t: str, special: bool) -> list[Any]:
    """Small whole numbers, of which sums are exact; `special` ones among them."""
    rng = np.random.default_rng(100 * m + n)
    values = [rng.integers(-3, 4, (m, n)).astype({"f32": "f4", "f64": "f8"}[t]) for _ in "xy"]
    if special:
        marks = [np.nan, np.inf, -np.inf, -0.0]
        for value in values:
            count = min(len(marks), value.size // 2)
            value.reshape(-1)[rng.permutation(value.size)[:count]] = marks[:count]
    return values


def check(text: str, given: list[Any], threads: int) -> Any:
    model = dlir.load(text)
    executable = dlir.compile(model, target="cpu", threads=threads, cache=False)
    expected = dlir.compile(model, target="ref")(*given)
    for got, wanted in zip(executable(*given), expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-6)  # a mean is a product with 1 / n
    return executable


@pytest.mark.parametrize("special", [False, True], ids=["numbers", "special"])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_siblings(sizes: tuple[int, int], special: bool) -> None:
    check(program(*sizes, "f32"), arguments(*sizes, "f32", special), threads=1)


@pytest.mark.parametrize("t", ["f32", "f64"])
def test_siblings_on_two_threads(t: str) -> None:
    given = arguments(*DIVIDED, t, special=False)
    executable = check(program(*DIVIDED, t), given, threads=2)
    check(program(*DIVIDED, t), arguments(*DIVIDED, t, special=True), threads=2)
    kernels = str(executable.stage("loops"))
    assert kernels.count("dlir.siblings") >= 3
    assert '"scf.parallel"' in kernels or "scf.parallel" in kernels


def test_sizes_that_are_not_known_have_no_siblings() -> None:
    given = arguments(5, 15, "f32", special=True)
    executable = check(program("?", "?", "f32"), given, threads=1)
    assert "dlir.siblings" not in str(executable.stage("loops"))


def test_the_report_tells_of_siblings() -> None:
    model = dlir.load(program(64, 64, "f32"))
    report = dlir.compile(model, target="cpu", explain_fusion=True).report
    found = [d for d in report.details["fusion"] if "siblings" in d["reason"]]
    assert all(d["fused"] and d["gain_s"] > 0 and len(d["consumers"]) > 1 for d in found)
    assert sum(d["bytes_saved"] for d in found) >= 3 * 64 * 64 * 4
