"""Tiled, interchanged and fused structured ops mean the same as before, bit by bit."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from numeric.structured_cases import all_cases
from numeric.structured_runs import interpreted, interpreted_buffers, lowered, parse, same
from numeric.structured_text import Case
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.scf import ForOp

from dlir.diagnostics import CompileError
from dlir.dialects.structured.ops import GenericOp

TILES = ("4,4,4,4,4,4,4", "1,16,3,2,2,2,3", "0,7,0,5,0,1,2", "17,64,64,64", "3", "8,33,5")
CASES = all_cases()
REFUSALS = (
    "cannot be tiled under an epilogue",
    "does not fit into outs",
    "reduction whose order matters",
    "a padded input cannot be cut into slices of a memref",
    "may end within a tile",
    "the map of outs has gaps",
    "counts backwards",
    "counts within blocks",
    "only `domain` tells the extent",
)
"""What the pass says where it cannot tile; every one is shown in structured-tile-invalid.mlir."""


def tiled(case: Case, before: str, sizes: str) -> ModuleOp | None:
    """The case with the pass, or None if the pass refuses it for a known reason."""
    try:
        return lowered(parse(case.text), f"{before}structured-tile{{sizes={sizes}}},cse")
    except CompileError as error:
        assert any(reason in str(error) for reason in REFUSALS), str(error)
        assert "case.mlir:" in str(error)
        return None


def check_tiles(case: Case, tiles: Sequence[str]) -> None:
    expected = interpreted(parse(case.text), case.values())
    for sizes in tiles:
        module = tiled(case, "", sizes)
        if module is not None:
            same(interpreted(module, case.values()), expected)
        module = tiled(case, "structured-bufferize,", sizes)
        if module is not None:
            same(interpreted_buffers(module, case.values()), expected)
            loops = lowered(module, "convert-structured-to-loops,cse")
            same(interpreted_buffers(loops, case.values()), expected)


def numbered() -> list[Any]:
    """All cases; all but each sixth are slow, and so are long ones."""
    slow = [pytest.mark.slow]
    return [
        pytest.param(n // 6, case, marks=slow if n % 6 or "4096" in str(case) else [])
        for n, case in enumerate(CASES)
    ]


@pytest.mark.parametrize(("number", "case"), numbered(), ids=lambda v: str(v))
def test_tile(number: int, case: Case) -> None:
    """On tensors, on memrefs and as loops; each case with one list of sizes."""
    check_tiles(case, [TILES[number % len(TILES)]])


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=str)
def test_tile_with_all_sizes(case: Case) -> None:
    check_tiles(case, TILES)


@pytest.mark.parametrize("sizes", ["6,6,6", "7,5,3", "13,13,13", "12,14,1", "0,0,4", "4,0,0"])
@pytest.mark.parametrize("m", [1, 6, 7, 12, 13, 14])
def test_tiles_around_the_extent(sizes: str, m: int) -> None:
    case = next(c for c in CASES if c.name == "matmul-dynamic-7x13x65")
    rng = np.random.default_rng(m)
    x, w = (rng.integers(-3, 4, s).astype(np.float32) for s in [(m, 13), (13, 14)])
    module = lowered(parse(case.text), f"structured-tile{{sizes={sizes}}}")
    same(interpreted(module, [x, w]), [x @ w])


CHAIN = """
func.func @f(%x: tensor<?x13xf32>, %b: tensor<13xf32>) -> tensor<?x13xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x13xf32>
  %e = tensor.empty(%n) : tensor<?x13xf32>
  %0 = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (j), (i, j) -> (i, j)],
                           iterators = [parallel, parallel]}
      ins(%x, %b : tensor<?x13xf32>, tensor<13xf32>) outs(%e : tensor<?x13xf32>) {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    %i = structured.index 0
    %k = arith.index_cast %i : index to i32
    %l = arith.sitofp %k : i32 to f32
    %t = arith.addf %s, %l : f32
    structured.yield %t : f32
  } -> tensor<?x13xf32>
  %t = tensor.empty(%n) : tensor<13x?xf32>
  %1 = structured.generic {maps = [(i, j) -> (j, i), (i, j) -> (i, j)],
                           iterators = [parallel, parallel]}
      ins(%0 : tensor<?x13xf32>) outs(%t : tensor<13x?xf32>) {
  ^bb0(%p: f32):
    structured.yield %p : f32
  } -> tensor<13x?xf32>
  %2 = structured.generic {
      maps = [(i, j) -> (j, i), (i, j) -> (i, 12 - j), (i, j) -> (i, j)],
      iterators = [parallel, parallel]}
      ins(%1, %0 : tensor<13x?xf32>, tensor<?x13xf32>) outs(%e : tensor<?x13xf32>) {
  ^bb0(%p: f32, %q: f32):
    %s = arith.mulf %p, %q : f32
    structured.yield %s : f32
  } -> tensor<?x13xf32>
  func.return %2 : tensor<?x13xf32>
}"""


@pytest.mark.parametrize("sizes", ["4", "5,13", "3,1", "1"])
def test_producers_join_the_tile(sizes: str) -> None:
    x = np.arange(7 * 13, dtype=np.float32).reshape(7, 13)
    b = np.arange(13, dtype=np.float32)
    expected = interpreted(parse(CHAIN), [x, b])
    module = lowered(parse(CHAIN), f"structured-tile{{sizes={sizes} fuse-producers}},cse")
    same(interpreted(module, [x, b]), expected)
    outside = [op for op in module.walk() if isinstance(op, GenericOp)
               and not isinstance(op.parent_op(), ForOp)]  # fmt: skip
    assert not outside
    if sizes == "4":  # both readers see the same slice of the first op, which cse computes once
        assert sum(isinstance(op, GenericOp) for op in module.walk()) == 3


def test_a_partial_backward_tile_is_refused_with_its_producers() -> None:
    with pytest.raises(CompileError, match="counts backwards"):
        lowered(parse(CHAIN), "structured-tile{sizes=4,5 fuse-producers}")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_interchange(case: Case) -> None:
    module = parse(case.text)
    counts = {len(op.kinds) for op in module.walk() if isinstance(op, GenericOp)}
    expected = interpreted(module, case.values())
    for count in counts:
        orders = list(permutations(range(count)))
        for order in [*orders[1:2], orders[-1]]:
            text = ",".join(map(str, order))
            if not text:
                continue
            changed = lowered(module, f"structured-interchange{{order={text}}}")
            same(interpreted(changed, case.values()), expected)
            inverse = ",".join(str(order.index(i)) for i in range(count))
            back = lowered(changed, f"structured-interchange{{order={inverse}}}")
            assert str(back) == str(lowered(module, ""))


def test_schedule_follows_interchange() -> None:
    case = next(c for c in CASES if c.name == "matmul-7x13x65")
    text = case.text.replace("init =", "schedule = #structured.schedule<tile = [1, 2, 3], "
                             "order = [2, 0, 1], threads = [1]>, init =")  # fmt: skip
    changed = lowered(parse(text), "structured-interchange")
    op = next(op for op in changed.walk() if isinstance(op, GenericOp))
    assert op.schedule is not None
    assert op.schedule.integers("tile") == (3, 1, 2)
    assert op.schedule.integers("threads") == (2,)
    assert op.schedule.integers("order") is None
    same(interpreted(changed, case.values()), interpreted(parse(text), case.values()))
    scheduled = lowered(changed, "structured-tile")
    assert sum(isinstance(op, ForOp) for op in scheduled.walk()) == 3
    same(interpreted(scheduled, case.values()), interpreted(parse(text), case.values()))
