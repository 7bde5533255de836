"""The encodings of the `sparse` dialect: round trips that lose no bit, and scipy's word."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from xdsl.dialects.builtin import f32

from dlir.dialects.dl.constants import ELEMENTS
from dlir.dialects.sparse.attrs import BitmaskAttr, BsrAttr, CsrAttr, Encoding, NmAttr
from dlir.dialects.sparse.storage import (
    assemble,
    bitmask,
    bsr,
    check_fit,
    csr,
    disassemble,
    fits_nm,
    stored,
)
from dlir.numpy_types import dtype_of
from dlir.transforms.pruning.masks import n_of_m

RANDOM = np.random.default_rng(3)
SHAPES = [(0, 0), (0, 5), (5, 0), (1, 1), (3, 7), (4, 8), (5, 9), (16, 16), (17, 33)]
DTYPES = [np.float32, np.float64, np.float16, ml_dtypes.bfloat16, np.int8, np.uint16, np.bool_,
          ml_dtypes.float8_e4m3fn, ml_dtypes.int4]  # fmt: skip


def matrix(shape: tuple[int, int], density: float, dtype: Any = np.float32) -> np.ndarray:
    numbers = RANDOM.integers(1, 8, shape) * (RANDOM.random(shape) < density)
    return numbers.astype(dtype)


def encodings(array: np.ndarray) -> list[Encoding]:
    blocks = [(1, 1), (4, 1), (16, 1), (2, 3), (8, 4)]
    found: list[Encoding] = [csr(array), bitmask(array), *(bsr(array, b) for b in blocks)]
    groups = [NmAttr(2, 4), NmAttr(1, 2), NmAttr(4, 4), NmAttr(16, 16)]
    return found + [nm for nm in groups if fits_nm(nm, array)]


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: np.dtype(d).name)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_round_trips(shape: tuple[int, int], dtype: Any) -> None:
    for density in (0.0, 0.2, 1.0):
        array = matrix(shape, density, dtype)
        for encoding in encodings(array):
            check_fit(encoding, array)
            parts = disassemble(encoding, array)
            element = ELEMENTS[array.dtype.name]
            wanted = [*encoding.parts(shape, element).values()]
            assert [p.shape for p in parts] == [t.get_shape() for t in wanted]
            assert [p.dtype for p in parts] == [dtype_of(t) for t in wanted]
            again = assemble(encoding, shape, parts)
            assert again.dtype == array.dtype and again.tobytes() == array.tobytes()


def test_no_bit_is_lost() -> None:
    array = np.array([[-0.0, np.nan, 0.0, 1e-45], [np.inf, 0.0, -np.inf, -0.0]], np.float32)
    for encoding in (csr(array), bsr(array, (1, 2)), bitmask(array), NmAttr(4, 4)):
        again = assemble(encoding, array.shape, disassemble(encoding, array))
        assert again.tobytes() == array.tobytes()
    assert csr(array) == CsrAttr(6)


def test_two_of_four() -> None:
    array = RANDOM.standard_normal((6, 11)).astype(np.float32)
    assert not fits_nm(NmAttr(2, 4), array)
    with pytest.raises(ValueError, match="a group has more"):
        check_fit(NmAttr(2, 4), array)
    assert fits_nm(NmAttr(2, 4), np.where(n_of_m(array, 2, 4), array, 0))


@pytest.mark.parametrize("shape", [(5, 7), (16, 32)], ids=str)
def test_as_scipy_stores_it(shape: tuple[int, int]) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    array = matrix(shape, 0.3)
    theirs = sparse.csr_matrix(array)
    ours = disassemble(csr(array), array)
    for got, expected in zip(ours, (theirs.data, theirs.indices, theirs.indptr), strict=True):
        np.testing.assert_array_equal(got, expected)
    full = np.zeros((16, 32), np.float32)
    full[: shape[0], : shape[1]] = array
    blocks = sparse.bsr_matrix(sparse.csr_matrix(full), blocksize=(8, 4))
    blocks.sort_indices()
    values, columns, rows = disassemble(bsr(full, (8, 4)), full)
    np.testing.assert_array_equal(values.swapaxes(1, 2), blocks.data)
    np.testing.assert_array_equal(columns, blocks.indices)
    np.testing.assert_array_equal(rows, blocks.indptr)


def test_what_has_a_term() -> None:
    array = np.array([[1, 0, 0], [0, 0, 0], [0, 0, 2]], np.float32)
    np.testing.assert_array_equal(stored(CsrAttr(2), array), array != 0)
    expected = [[True, True, False], [True, True, False], [False, False, True]]
    np.testing.assert_array_equal(stored(BsrAttr((2, 2), 2), array), expected)


def test_sizes() -> None:
    shape = (1024, 1024)
    assert CsrAttr(1000).bits(shape, f32) == 32 * (1000 + 1000 + 1025)
    assert BsrAttr((16, 1), 1000).bits(shape, f32) == 32 * (16 * 1000 + 1000 + 65)
    assert BitmaskAttr(1000).bits(shape, f32) == 32 * 1000 + 1024 * 1024
    assert NmAttr(2, 4).bits(shape, f32) == 1024 * 512 * (32 + 2)


WRONG = {
    "a column behind the end": lambda v, c, r: (v, c + 9, r),
    "a negative column": lambda v, c, r: (v, c - 9, r),
    "a descending row": lambda v, c, r: (v, c, r[::-1].copy()),
    "a row that begins late": lambda v, c, r: (v, c, r + 1),
    "columns that descend": lambda v, c, r: (v, c[::-1].copy(), r),
    "a stored zero": lambda v, c, r: (v * (np.arange(v.size) > 0), c, r),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_other_forms_are_refused(wrong: Any) -> None:
    array = np.array([[0, 1, 2, 3], [0, 0, 0, 0], [4, 0, 0, 5]], np.float32)
    parts = disassemble(csr(array), array)
    with pytest.raises(ValueError):
        assemble(csr(array), array.shape, wrong(*parts))


def test_bits_behind_the_end_are_refused() -> None:
    array = np.ones((1, 3), np.float32)
    values, mask = disassemble(bitmask(array), array)
    for wrong in (mask | 8, mask & 3):
        with pytest.raises(ValueError):
            assemble(bitmask(array), array.shape, (values, wrong))
