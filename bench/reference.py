"""What is right: the graph of the model in double precision, by numpy."""

from __future__ import annotations

import numpy as np

from bench.evaluate import read_for
from bench.operators import numpy_operators
from bench.program import Program


def float64(program: Program) -> list[np.ndarray]:
    """The results in double precision. Raises Unsupported."""
    operators = numpy_operators()
    graph = read_for(operators, program.proto())
    values = {**graph.constants, **program.inputs}
    wide = {name: _wide(array) for name, array in values.items()}
    return [np.asarray(result) for result in graph.run(operators, wide)]


def _wide(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float64) if array.dtype.kind == "f" else array
