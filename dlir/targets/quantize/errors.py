"""How far a quantised model is from its float form: of each layer, and of the results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, isnan, log10
from typing import Any

import numpy as np
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp, TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import SSAValue

from dlir.numpy_types import Array
from dlir.transforms.quantization.calibration import Runner


@dataclass
class Error:
    """Sums over pairs of arrays, a float one and what stands for it."""

    signal: float = 0.0
    noise: float = 0.0
    cosines: list[float] = field(default_factory=list[float])
    """Of each sample."""

    def add(self, real: Array, other: Array, *, batched: bool) -> None:
        """Take one pair into account; with `batched` the first axis counts samples."""
        rows = (-1,) if not batched or real.ndim < 2 else (len(real), -1)
        a = np.asarray(real, np.float64).reshape(rows)
        b = np.asarray(other, np.float64).reshape(rows)
        self.signal += float((a * a).sum())
        self.noise += float(((a - b) ** 2).sum())
        self.cosines += [
            cosine(x, y) for x, y in zip(np.atleast_2d(a), np.atleast_2d(b), strict=True)
        ]

    @property
    def sqnr(self) -> float:
        """The ratio of signal to quantisation noise, in dB."""
        if self.noise == 0.0:
            return inf
        return 10 * log10(self.signal / self.noise) if self.signal > 0 else -inf

    @property
    def cosine(self) -> float:
        """The mean over the samples."""
        return float(np.mean(self.cosines)) if self.cosines else 1.0

    @property
    def loss(self) -> float:
        """What a search bounds: 1 - the mean cosine; of what is not a number it is 1."""
        return 1.0 if isnan(self.cosine) else 1.0 - self.cosine


def cosine(a: Array, b: Array) -> float:
    """Of two vectors; those of length 0 are alike among themselves only."""
    lengths = float(np.sqrt((a * a).sum()) * np.sqrt((b * b).sum()))
    return float((a * b).sum()) / lengths if lengths else float(not (a.any() or b.any()))


@dataclass
class Side:
    """A model that is compared, and values that correspond to those of the other."""

    module: ModuleOp
    function: FuncOp
    params: Mapping[str, Array]
    values: Sequence[SSAValue] = ()

    def runner(self) -> Callable[[Sequence[Array]], tuple[dict[SSAValue, Any], Sequence[Any]]]:
        """Runs a sample; the arrays of the values, and the results."""
        runner = Runner(self.module, self.function, self.params, set(self.values))

        def run(sample: Sequence[Array]) -> tuple[dict[SSAValue, Any], Sequence[Any]]:
            seen: dict[SSAValue, Any] = {}
            results = runner.run(sample, seen.__setitem__)
            return seen, results

        return run


class Reference:
    """The float model's results on the samples, computed once."""

    def __init__(self, side: Side, inputs: Sequence[Sequence[Array]]) -> None:
        run = side.runner()
        self._inputs = inputs
        self._batched = is_batched(side.function)
        self._results = [run(sample)[1] for sample in inputs]

    def error_of(self, side: Side) -> Error:
        """The error of all results together."""
        error, run = Error(), side.runner()
        for sample, wanted in zip(self._inputs, self._results, strict=True):
            _add_results(error, wanted, run(sample)[1], self._batched)
        return error


def compare(
    real: Side, other: Side, inputs: Sequence[Sequence[Array]]
) -> tuple[list[Error], Error]:
    """The errors of the values, and of all results together, over the samples."""
    runs = [real.runner(), other.runner()]
    errors = [Error() for _ in real.values]
    results = Error()
    for sample in inputs:
        (seen, got), (found, given) = (run(sample) for run in runs)
        for error, a, b in zip(errors, real.values, other.values, strict=True):
            error.add(seen[a], found[b], batched=False)
        _add_results(results, got, given, is_batched(real.function))
    return errors, results


def _add_results(error: Error, real: Sequence[Any], other: Sequence[Any], batched: bool) -> None:
    for a, b in zip(real, other, strict=True):
        if np.issubdtype(np.asarray(a).dtype, np.floating):
            error.add(np.asarray(a), np.asarray(b), batched=batched)


def is_batched(function: FuncOp) -> bool:
    """Whether the first axis of inputs and results may count samples: its size is not known."""
    types = [*function.function_type.inputs, *function.function_type.outputs]
    shapes = [type.get_shape() if isinstance(type, TensorType) else () for type in types]
    return all(shape and shape[0] == DYNAMIC_INDEX for shape in shapes)
