"""`dl.pack` and `dl.unpack`: every code of every narrow type, on ref and cpu; odd sizes, none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numeric.dl_meaning import value

import dlir
from dlir.dialects.dl.ops.packing import PARTS, UnpackOp, bits_of
from dlir.dialects.dl.semantics import SEMANTICS
from dlir.numpy_types import dtype_of

NAMES = {str(t): t for t in PARTS.types}
SIZES = (0, 1, 2, 3, 4, 5, 7, 64, 65, 127)


def program(rows: int, size: int, name: str) -> str:
    packed = -(-size * bits_of(NAMES[name]) // 8)
    narrow, bytes = f"tensor<{rows}x{size}x{name}>", f"tensor<{rows}x{packed}xui8>"
    return f"""func.func @main(%p: {bytes}) -> ({narrow}, {bytes}) {{
  %x = dl.unpack %p : {bytes} -> {narrow}
  %q = dl.pack %x : {narrow} -> {bytes}
  func.return %x, %q : {narrow}, {bytes}
}}"""


def numbers_of(packed: Any, size: int, name: str) -> Any:
    """The numbers one after the other, from Python's integers: the oracle."""
    width, dtype = bits_of(NAMES[name]), dtype_of(NAMES[name])
    every = np.arange(2**width, dtype=np.uint8)
    if name.startswith("i"):
        every = np.where(every >= 2 ** (width - 1), every.astype(np.int8) - 2**width, every)
        every = every.astype(np.int8).astype(dtype)
    else:
        every = every.view(dtype)
    codes = [
        [(int(row[i * width // 8]) >> (i * width % 8)) % 2**width for i in range(size)]
        for row in packed
    ]
    return every[np.array(codes, np.int64).reshape(len(packed), size)]


def same_numbers(got: Any, want: Any) -> None:
    """Equal numbers; zeros with their signs. (A byte has room for more than one code of an i4.)"""
    np.testing.assert_array_equal(got.astype(np.float32), want.astype(np.float32))
    np.testing.assert_array_equal(*(np.signbit(x.astype(np.float32)) for x in (got, want)))


@pytest.mark.parametrize("target", ["ref", "cpu"])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", SIZES)
def test_bytes_hold_the_earlier_number_below(size: int, name: str, target: str) -> None:
    width = bits_of(NAMES[name])
    count = -(-size * width // 8)
    packed = np.random.default_rng(size).integers(0, 256, (3, count), dtype=np.uint8)
    got, again = dlir.compile(program(3, size, name), target=target, cache=False)(packed)
    want = numbers_of(packed, size, name)
    assert got.dtype == want.dtype and got.shape == want.shape
    same_numbers(got, want)
    used = size * width % 8
    if used and count:
        packed[:, -1] &= (1 << used) - 1  # what is packed again has zeros behind the last number
    np.testing.assert_array_equal(again, packed)


@pytest.mark.parametrize("name", NAMES)
def test_all_256_bytes(name: str) -> None:
    packed = np.arange(256, dtype=np.uint8)[None]
    size = 256 * 8 // bits_of(NAMES[name])
    op = UnpackOp(value(packed), NAMES[name], size)
    got = SEMANTICS[UnpackOp](None, op, packed)[0]
    same_numbers(got, numbers_of(packed, size, name))


def test_rows_of_unknown_number() -> None:
    text = """func.func @main(%p: tensor<?x3xui8>) -> tensor<?x5xi4> {
  %x = dl.unpack %p : tensor<?x3xui8> -> tensor<?x5xi4>
  func.return %x : tensor<?x5xi4>
}"""
    run = dlir.compile(text, target="cpu", cache=False)
    for rows in (0, 1, 4):
        packed = np.random.default_rng(rows).integers(0, 256, (rows, 3), dtype=np.uint8)
        same_numbers(run(packed), numbers_of(packed, 5, "i4"))
