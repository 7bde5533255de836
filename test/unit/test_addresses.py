"""Addresses of arrays of every kind are those that numpy tells."""

from __future__ import annotations

from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from dlir import addresses
from dlir.numpy_types import Array

BASE = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
ARRAYS: dict[str, Array] = {
    "whole": BASE,
    "part": BASE[1, 1:],
    "backwards": BASE[::-1, ::-2],
    "turned": BASE.T,
    "stretched": np.broadcast_to(BASE[0, 0, 1], (5,)),
    "empty": np.empty((0, 3)),
    "a number": np.array(3.0),
    "of bytes": np.frombuffer(b"bytes", np.uint8),
    "bf16": np.ones(3, ml_dtypes.bfloat16),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_address(name: str) -> None:
    array = ARRAYS[name]
    assert addresses.address_of(array) == array.__array_interface__["data"][0]


def test_of_a_mapped_file(tmp_path: Path) -> None:
    mapped = np.memmap(tmp_path / "x", np.int8, "w+", shape=(100,))
    assert addresses.address_of(mapped[7:]) == mapped[7:].__array_interface__["data"][0]


def test_where_fields_are_elsewhere_numpy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "_FIRST_FIELD", 0)
    assert not addresses._is_as_documented()
