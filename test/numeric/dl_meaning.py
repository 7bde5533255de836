"""What the numeric tests of `dl` share: running one op, and comparing arrays."""

import math
from typing import Any

import ml_dtypes
import numpy as np
from xdsl.dialects.builtin import DYNAMIC_INDEX, IndexType, TensorType
from xdsl.utils.test_value import create_ssa_value

from dlir.dialects.dl.constants import ELEMENTS
from dlir.dialects.dl.semantics import SEMANTICS

BF16 = ml_dtypes.bfloat16
FLOAT_DTYPES = [np.float64, np.float32, np.float16, BF16]
INT_DTYPES = [np.int64, np.int32, np.int16, np.int8]
inf, nan = math.inf, math.nan


def value(array: Any, dynamic: tuple[int, ...] = ()) -> Any:
    """An SSA value of the array's type, `?` for the dynamic dimensions; an index for an int."""
    if isinstance(array, int):
        return create_ssa_value(IndexType())
    shape = [DYNAMIC_INDEX if d in dynamic else n for d, n in enumerate(array.shape)]
    return create_ssa_value(TensorType(ELEMENTS[array.dtype.name], shape))


def meaning(op: Any, *arrays: Any) -> Any:
    """What an op gives for these operands."""
    op.verify()
    with np.errstate(all="ignore"):
        results = SEMANTICS[type(op)](None, op, *arrays)
    return results[0] if len(results) == 1 else results


def run(kind: Any, *arrays: Any, **options: Any) -> Any:
    """What `kind(*arrays, **options)` gives."""
    return meaning(kind(*(value(array) for array in arrays), **options), *arrays)


def same(actual: Any, expected: Any) -> None:
    """Equal values, NaN included, of one shape and dtype."""
    assert actual.dtype == expected.dtype
    exact = np.int64 if actual.dtype.kind in "bi" else np.float64
    np.testing.assert_array_equal(actual.astype(exact), expected.astype(exact))


def close(actual: Any, expected: Any, ulps: float = 1.0) -> None:
    """Within so many units in the last place of the dtype."""
    assert actual.shape == expected.shape
    epsilon = float(ml_dtypes.finfo(actual.dtype).eps)
    a, e = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    np.testing.assert_allclose(a, e, rtol=ulps * epsilon, atol=1e-300, equal_nan=True)
