"""What the ops of `hello` compute."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .dialect import AxpyOp

Array = NDArray[Any]


def axpy(interpreter: object, op: AxpyOp, a: Array, x: Array, y: Array) -> Array:
    """`a * x + y`, rounded after each step as the two ops it lowers to are."""
    return np.add(np.multiply(a, x), y)


SEMANTICS = {AxpyOp: axpy}
