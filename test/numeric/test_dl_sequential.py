"""The `dl` ops that walk, order and scatter, against numpy and against published numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numeric.dl_meaning import BF16, FLOAT_DTYPES, INT_DTYPES, run, same

import dlir
from dlir.dialects.dl.ops import ordering as o
from dlir.dialects.dl.ops import scan as c
from dlir.dialects.dl.ops import scatter as s
from dlir.dialects.dl.semantics.random import bits, philox

RNG = np.random.default_rng(5)


@pytest.mark.parametrize("dtype", [*FLOAT_DTYPES, *INT_DTYPES, np.bool_])
def test_sort_is_that_of_numpy(dtype: Any) -> None:
    x = RNG.integers(-3, 4, (5, 31)).astype(dtype)
    values, places = run(o.SortOp, x, axis=1)
    same(values, np.sort(x.astype(np.float64), 1).astype(dtype))
    same(places, np.argsort(x.astype(np.float64), 1, kind="stable"))
    values, places = run(o.SortOp, x, axis=1, descending=True)
    same(places, np.argsort(-x.astype(np.float64), 1, kind="stable"))
    same(values, np.take_along_axis(x, places, 1))


@pytest.mark.parametrize("dtype", FLOAT_DTYPES)
def test_topk_begins_as_sort_does(dtype: Any) -> None:
    x = RNG.integers(-3, 4, (5, 31)).astype(dtype)
    x[1, 3] = x[1, 7] = np.nan
    for smallest in (False, True):
        for k in (0, 1, 7, 31):
            values, places = run(o.TopkOp, x, k=k, axis=1, smallest=smallest)
            all_values, all_places = run(o.SortOp, x, axis=1, descending=not smallest)
            same(values, all_values[:, :k])
            same(places, all_places[:, :k])


def test_scans_are_those_of_numpy() -> None:
    x = RNG.integers(-3, 4, (4, 5, 6)).astype(np.int32)
    same(run(c.CumsumOp, x, axis=1), np.cumsum(x, 1, dtype=np.int32))
    same(run(c.CumprodOp, x, axis=-1), np.cumprod(x, 2, dtype=np.int32))
    before = np.cumsum(x, 0, dtype=np.int32) - x
    same(run(c.CumsumOp, x, axis=0, exclusive=True), before)


def test_half_types_are_summed_without_rounding_in_between() -> None:
    x = np.full(300, 1.0, BF16)
    same(run(c.CumsumOp, x, axis=0), np.arange(1, 301).astype(BF16))


def test_gather_elements_is_take_along_axis() -> None:
    x, i = RNG.normal(size=(4, 5)), RNG.integers(-5, 5, (4, 7))
    same(run(s.GatherElementsOp, x, i, axis=1), np.take_along_axis(x, i, 1))


def test_scatter_elements_inverts_a_permutation() -> None:
    x = RNG.normal(size=(4, 5))
    places = np.argsort(RNG.normal(size=(4, 5)), 1)
    taken = run(s.GatherElementsOp, x, places, axis=1)
    same(run(s.ScatterElementsOp, np.zeros_like(x), places, taken, axis=1), x)


WORDS = [
    ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    (
        [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
        [0xA4093822, 0x299F31D0],
        [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
    ),
]
"""Counter, key and words: the known answers of Random123 for philox4x32 with 10 rounds."""


@pytest.mark.parametrize(("counter", "key", "words"), WORDS)
def test_philox_gives_the_published_words(counter: Any, key: Any, words: Any) -> None:
    assert [int(word) for word in philox(counter, key)] == words


def test_streams_and_seeds_are_independent() -> None:
    seeds = [np.int64(n) for n in (0, 1)]
    drawn = [bits(seed, [4096], stream) for seed in seeds for stream in (0, 1)]
    assert len({array.tobytes() for array in drawn}) == 4
    for array in drawn:
        ones = np.unpackbits(array.view(np.uint8)).mean()
        assert abs(ones - 0.5) < 4 * 0.5 / np.sqrt(array.size * 32)


def test_dropout_keeps_its_share_and_the_mean() -> None:
    text = """
    func.func @f(%x: tensor<?xf32>, %s: tensor<i64>) -> (tensor<?xf32>, tensor<?xi1>) {
      %y, %m = dl.dropout %x, %s {ratio = 0.25}
          : (tensor<?xf32>, tensor<i64>) -> (tensor<?xf32>, tensor<?xi1>)
      func.return %y, %m : tensor<?xf32>, tensor<?xi1>
    }
    """
    x, seed = np.ones(100_000, np.float32), np.array(3)
    for target in ("ref", "cpu"):
        y, mask = dlir.compile(dlir.load(text), target=target)(x, seed)
        assert abs(mask.mean() - 0.75) < 4 * np.sqrt(0.75 * 0.25 / x.size)
        np.testing.assert_array_equal(y, np.where(mask, np.float32(1 / 0.75), 0))
        again, _ = dlir.compile(dlir.load(text), target=target)(x, seed)
        np.testing.assert_array_equal(y, again)


LONG = """
func.func @f(%x: tensor<?x?xf32>) -> (tensor<?x?xf32>, tensor<?x?xi64>) {
  %v, %i = dl.sort %x {axis = 1} : tensor<?x?xf32> -> (tensor<?x?xf32>, tensor<?x?xi64>)
  func.return %v, %i : tensor<?x?xf32>, tensor<?x?xi64>
}
"""


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 1023, 1024, 20_011])
def test_rows_of_every_length_are_sorted(size: int) -> None:
    """By the heap: full and broken last levels, many equal elements, rows in and against order."""
    rows = [RNG.normal(size=size), RNG.integers(0, 3, size), np.arange(size), -np.arange(size)]
    x = np.stack(rows).astype(np.float32)
    values, places = dlir.compile(dlir.load(LONG), target="cpu")(x)
    np.testing.assert_array_equal(places, np.argsort(x, 1, kind="stable"))
    np.testing.assert_array_equal(values, np.sort(x, 1))


ROWS = """
func.func @f(%x: tensor<?x5x?xf32>)
    -> (tensor<?x5x?xf32>, tensor<?x5x?xi64>, tensor<?x5x?xf32>) {
  %v, %i = dl.sort %x {axis = 1} : tensor<?x5x?xf32> -> (tensor<?x5x?xf32>, tensor<?x5x?xi64>)
  %s = dl.cumsum %x {axis = 2, reverse} : tensor<?x5x?xf32>
  func.return %v, %i, %s : tensor<?x5x?xf32>, tensor<?x5x?xi64>, tensor<?x5x?xf32>
}
"""


@pytest.mark.parametrize("sizes", [(64, 257), (1, 3000), (3000, 1), (0, 4)])
def test_threads_share_rows(sizes: tuple[int, int]) -> None:
    x = RNG.integers(-9, 9, (sizes[0], 5, sizes[1])).astype(np.float32)
    compiled = dlir.compile(dlir.load(ROWS), target="cpu", threads=2)
    values, places, sums = compiled(x)
    np.testing.assert_array_equal(places, np.argsort(x, 1, kind="stable"))
    np.testing.assert_array_equal(values, np.sort(x, 1))
    np.testing.assert_array_equal(sums, np.cumsum(x[..., ::-1], 2)[..., ::-1])


TWO = "(tensor<?x?xf32>, tensor<?x?xi64>) -> tensor<?x?xf32>"
THREE = "(tensor<?x?xf32>, tensor<?x?xi64>, tensor<?x?xf32>) -> tensor<?x?xf32>"
ELEMENTS = f"dl.gather_elements %x, %i {{axis = 1}} : {TWO}"
SCATTERED = f"dl.scatter_elements %x, %i, %u {{axis = 1}} : {THREE}"
INSIDE = np.array([[0, 1], [1, -1]])

WRONG = [
    (ELEMENTS, (2, 3), np.array([[0, 3]]), (1, 2), "index"),
    (ELEMENTS, (2, 3), np.array([[-4, 0]]), (1, 2), "index"),
    (ELEMENTS, (2, 3), np.array([[1 << 62, -(1 << 63)]]), (1, 2), "index"),
    (ELEMENTS, (2, 0), INSIDE, (2, 2), "index"),
    (ELEMENTS, (1, 3), INSIDE, (2, 2), "dimension 0"),
    (SCATTERED, (2, 3), np.array([[0, 3]]), (1, 2), "index"),
    (SCATTERED, (2, 3), np.array([[1 << 62, -(1 << 63)]]), (1, 2), "index"),
    (SCATTERED, (2, 3), INSIDE, (1, 2), "updates"),
    (SCATTERED, (1, 3), INSIDE, (2, 2), "dimension 0"),
]


@pytest.mark.parametrize("target", ["ref", "cpu"])
def test_what_does_not_fit_is_an_error(target: str) -> None:
    """And touches nothing: the next call is right again."""
    compiled = {}
    for op in (ELEMENTS, SCATTERED):
        text = f"""
        func.func @f(%x: tensor<?x?xf32>, %i: tensor<?x?xi64>, %u: tensor<?x?xf32>)
            -> tensor<?x?xf32> {{
          %y = {op}
          func.return %y : tensor<?x?xf32>
        }}
        """
        compiled[op] = dlir.compile(dlir.load(text), target=target)
    for op, shape, indices, updates, message in WRONG:
        x, u = np.ones(shape, np.float32), np.zeros(updates, np.float32)
        with pytest.raises((ValueError, IndexError), match=message):
            compiled[op](x, indices, u)
        np.testing.assert_array_equal(x, 1)
        x, u = np.ones((2, 3), np.float32), np.zeros((2, 2), np.float32)
        want = [[0, 0, 1], [1, 0, 0]] if op == SCATTERED else [[1, 1], [1, 1]]
        np.testing.assert_array_equal(compiled[op](x, INSIDE, u), want)


UNSIGNED = """
func.func @sort(%x: tensor<?xui8>) -> tensor<?xi64> {
  %v, %i = dl.sort %x {axis = 0, descending} : tensor<?xui8> -> (tensor<?xui8>, tensor<?xi64>)
  func.return %i : tensor<?xi64>
}
func.func @take(%x: tensor<3xi32>, %i: tensor<?xui64>) -> tensor<?xi32> {
  %y = dl.gather_elements %x, %i {axis = 0} : (tensor<3xi32>, tensor<?xui64>) -> tensor<?xi32>
  func.return %y : tensor<?xi32>
}
func.func @one_hot(%i: tensor<?xui64>) -> tensor<?x3xi8> {
  %y = dl.one_hot %i {axis = 1} : tensor<?xui64> -> tensor<?x3xi8>
  func.return %y : tensor<?x3xi8>
}
"""


@pytest.mark.parametrize("target", ["ref", "cpu"])
def test_unsigned_numbers_are_not_negative(target: str) -> None:
    """Neither in the order, nor as indices, of which the greatest is no -1."""
    model = dlir.load(UNSIGNED)
    sort, take, one_hot = (
        dlir.compile(model, target=target, function=name) for name in ("sort", "take", "one_hot")
    )
    np.testing.assert_array_equal(sort(np.array([1, 200, 127, 0], np.uint8)), [1, 2, 0, 3])
    x, last = np.array([7, 8, 9], np.int32), np.array([2, (1 << 64) - 1], np.uint64)
    np.testing.assert_array_equal(take(x, last[:1]), [9])
    with pytest.raises((ValueError, IndexError), match="index"):
        take(x, last)
    np.testing.assert_array_equal(one_hot(last), [[0, 0, 1], [0, 0, 0]])
