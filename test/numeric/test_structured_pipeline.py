"""Structured ops mean the same after every pass, as loops, and as machine code, bit by bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numeric.structured_cases import all_cases
from numeric.structured_contraction_cases import contractions, windows
from numeric.structured_runs import (
    BUFFERS,
    LOOPS,
    Native,
    interpreted,
    interpreted_buffers,
    lowered,
    parse,
    same,
)
from numeric.structured_text import Case

from dlir.diagnostics import CompileError
from dlir.interpreter import ExecutionError

SCHEDULED = "structured-schedule,structured-pack,"
CASES = all_cases()
QUICK, MANY = 6, 100
KERNELS = [*contractions(), *windows()]

ON_TENSORS = (
    "structured-fuse",
    "structured-insert-checks,cse",
    "structured-schedule,structured-pack",
    "structured-schedule{vector-bits=128 registers=16},structured-pack",
    "canonicalize",
)


def each(cases: list[Case]) -> Any:
    """All cases; of many, all but each `QUICK`th are slow."""
    slow = [pytest.mark.slow] if len(cases) > MANY else []
    marked = [pytest.param(c, marks=slow if n % QUICK else []) for n, c in enumerate(cases)]
    return pytest.mark.parametrize("case", marked, ids=str)


def expected(case: Case) -> tuple[Any, ...]:
    return interpreted(parse(case.text), case.values())


@each(CASES)
def test_on_tensors(case: Case) -> None:
    results = expected(case)
    for passes in ON_TENSORS:
        same(interpreted(lowered(parse(case.text), passes), case.values()), results)


@pytest.mark.slow
@each(CASES)
def test_on_buffers(case: Case) -> None:
    module = lowered(parse(case.text), BUFFERS)
    same(interpreted_buffers(module, case.values()), expected(case))


@each(CASES)
def test_as_loops(case: Case) -> None:
    module = lowered(parse(case.text), LOOPS)
    same(interpreted_buffers(module, case.values()), expected(case))


@each(KERNELS)
def test_kernels_as_loops(case: Case) -> None:
    """With register tiles, packed operands and explicit borders."""
    module = lowered(parse(case.text), SCHEDULED + LOOPS)
    same(interpreted_buffers(module, case.values()), expected(case))


@each(CASES)
def test_natively(case: Case) -> None:
    """Each array ends at a page that nobody may touch."""
    native = Native(lowered(parse(case.text), SCHEDULED + LOOPS), checked=False)
    same(native.run(case.values()), expected(case))


@pytest.mark.slow
@each(CASES)
def test_natively_with_bounds_checks(case: Case) -> None:
    native = Native(lowered(parse(case.text), SCHEDULED + LOOPS), checked=True)
    same(native.run(case.values()), expected(case))


@pytest.mark.parametrize("tile", ["1, 16", "2, 32", "3, 16", "5, 16", "30, 16", "6, 64"])
@pytest.mark.parametrize("m", [1, 2, 5, 6, 7, 13])
def test_every_register_tile(tile: str, m: int) -> None:
    """Rows of tiles, pairs and singles; a column rest under a mask."""
    text = MATMUL.replace("TILE", tile)
    rng = np.random.default_rng(m)
    x, w = (rng.integers(-3, 4, s).astype(np.float32) for s in [(m, 5), (5, 37)])
    module = lowered(parse(text), f"structured-pack,{LOOPS}")
    same(interpreted_buffers(module, [x, w]), [x @ w])


MATMUL = """
func.func @f(%x: tensor<?x5xf32>, %w: tensor<5x37xf32>) -> tensor<?x37xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x5xf32>
  %e = tensor.empty(%n) : tensor<?x37xf32>
  %r = structured.generic {
      maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
      iterators = [parallel, parallel, reduction], init = 0.0 : f32,
      schedule = #structured.schedule<kernel = contraction, vector = [TILE], pack = [1]>}
      ins(%x, %w : tensor<?x5xf32>, tensor<5x37xf32>) outs(%e : tensor<?x37xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<?x37xf32>
  func.return %r : tensor<?x37xf32>
}"""

SUM = """
func.func @f(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %r = structured.generic {maps = [(d) -> (d), (d) -> (d + 2), (d) -> (d)],
                           iterators = [parallel]}
      ins(%x, %y : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    structured.yield %s : f32
  } -> tensor<?xf32>
  func.return %r : tensor<?xf32>
}"""


def test_a_window_that_leaves_its_operand_is_reported() -> None:
    module = lowered(parse(SUM), LOOPS)
    native = Native(module, checked=False)
    fine = [np.ones(5, np.float32), np.ones(7, np.float32)]
    same(interpreted_buffers(module, fine), [np.full(5, 2, np.float32)])
    same(native.run(fine), [np.full(5, 2, np.float32)])
    short = [np.ones(5, np.float32), np.ones(6, np.float32)]
    with pytest.raises(ExecutionError, match="too small in dimension 0"):
        interpreted_buffers(module, short)
    with pytest.raises(ValueError, match="too small in dimension 0"):
        native.run(short)


GATHER = """
func.func @f(%x: tensor<9x4xf32>, %i: tensor<3xi64>) -> tensor<3x4xf32> {
  %e = tensor.empty() : tensor<3x4xf32>
  %r = structured.gather axis 0 ins(%x, %i : tensor<9x4xf32>, tensor<3xi64>)
      outs(%e : tensor<3x4xf32>) -> tensor<3x4xf32>
  func.return %r : tensor<3x4xf32>
}"""


@pytest.mark.parametrize("wrong", [9, -10, 1 << 40, -(1 << 62)])
def test_an_index_out_of_range_is_reported_and_reads_nothing(wrong: int) -> None:
    module = lowered(parse(GATHER), LOOPS)
    arguments = [np.ones((9, 4), np.float32), np.array([0, wrong, 8])]
    with pytest.raises(ExecutionError, match="out of range"):
        interpreted_buffers(module, arguments)
    with pytest.raises(ValueError, match="out of range"):
        Native(module, checked=False).run(arguments)


def test_a_wrong_schedule_is_refused_at_its_place() -> None:
    text = SUM.replace("[parallel]}", "[parallel], schedule = #structured.schedule"
                       "<kernel = contraction, vector = [6, 64]>}")  # fmt: skip
    with pytest.raises(CompileError, match="asks for kernel = contraction") as error:
        lowered(parse(text), LOOPS)
    assert "case.mlir:6" in str(error.value)
