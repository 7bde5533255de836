"""Samples of a model's inputs, and runs of the model on them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp, TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, SSAValue

from dlir.diagnostics import CompileError, Severity, diagnose, fail
from dlir.dialects.dl.constants import constant_array, follows_from_weights
from dlir.dialects.dl.ops.base import DlOp
from dlir.dialects.dl.ops.source import ConstantOp, ParamOp
from dlir.dialects.dl.semantics import SEMANTICS
from dlir.interpreter import ExecutionError, Interpreter
from dlir.numpy_types import Array, Value, type_name
from dlir.params import Weights
from dlir.registry import did_you_mean
from dlir.signature import argument_names
from dlir.transforms.quantization.layers import Layer

TOGETHER = 16
"""So many samples are run at a time where the model takes any number of them."""

ONE_PER_INPUT = "the archive holds one array per input; the first axis counts the samples"

See = Callable[[SSAValue, Any], None]
"""Told about the values of one run."""


def read_calibration(path: str) -> dict[str, Array]:
    """The arrays of an .npz file. Raises CompileError."""
    try:
        archive: Any = np.load(Path(path), allow_pickle=False)
        if isinstance(archive, np.ndarray):
            fail(None, f"'{path}' holds a single array", help=f"numpy.savez: {ONE_PER_INPUT}")
        with archive:
            return {name: archive[name] for name in archive.files}
    except OSError as error:
        fail(None, f"cannot read the calibration '{path}': {error.strerror or error}")
    except (ValueError, EOFError, zipfile.BadZipFile):
        message = f"cannot read the calibration '{path}': it is no archive of arrays of numbers"
        fail(None, message, help="write it with numpy.savez; a truncated file ends like this, too")


def weights_of(path: str | None) -> Mapping[str, Array]:
    """The weights of a file, or none. Raises CompileError."""
    return {} if path is None else Weights(path)


# Samples


def samples(function: FuncOp, calibration: Mapping[str, Array]) -> list[list[Array]]:
    """The inputs of each run, all of them checked. Raises CompileError."""
    names = [name.removeprefix("%") for name in argument_names(function)]
    columns = [
        _column(function, name, type, calibration)
        for name, type in zip(names, function.function_type.inputs, strict=True)
    ]
    for name in calibration:
        if name not in names:
            fail(function, f"the calibration has an array '{name}', which is no input"
                 f"{did_you_mean(name, names)}", rule="calibration",
                 help=f"inputs: {', '.join(names)}")  # fmt: skip
    counts = {name: len(calibration[name]) for name in names}
    if len(set(counts.values())) > 1:
        text = ", ".join(f"{count} of '{name}'" for name, count in counts.items())
        fail(function, f"expected as many samples of every input, got {text}", rule="calibration")
    if not columns or not columns[0]:
        fail(function, "the calibration has no samples", rule="calibration", help=ONE_PER_INPUT)
    return [[*inputs] for inputs in zip(*columns, strict=True)]


def _column(
    function: FuncOp, name: str, type: Any, calibration: Mapping[str, Array]
) -> list[Array]:
    """The samples of one input."""
    if name not in calibration:
        held = f"it holds {', '.join(sorted(calibration)) or 'none'}; {ONE_PER_INPUT}"
        fail(function, f"the calibration has no array '{name}'", rule="calibration", help=held)
    if not isinstance(type, TensorType):
        fail(function, f"input '{name}' of type {type} cannot be calibrated", rule="calibration")
    array = calibration[name]
    if array.dtype.kind == "f" and not (finite := np.isfinite(array)).all():
        at = np.argwhere(~finite)[0]
        fail(
            function,
            f"calibration of '{name}': {array.size - int(finite.sum())} numbers are not finite, "
            f"the first of them {array[tuple(at)]} in sample {at[0] if len(at) else 0}",
            rule="calibration",
            help="NaN and infinities have no place among equal steps; leave these samples out",
        )
    return [*_split(function, name, type, array)]


def _split(function: FuncOp, name: str, type: Any, array: Array) -> Iterator[Array]:
    """The array in pieces that are inputs: whole ones, or batches of them along the first axis."""
    shape: tuple[int, ...] = type.get_shape()
    if array.ndim == len(shape) + 1:
        yield from array
        return
    size = shape[0] if shape else 1
    step = TOGETHER if size == DYNAMIC_INDEX else max(size, 1)
    whole = size == DYNAMIC_INDEX or not len(array) % step if array.ndim else False
    if not shape or array.ndim != len(shape) or not whole:
        expected = f"samples of {type} along the first axis"
        fail(function, f"calibration of '{name}': expected {expected}, got {type_name(array)}",
             rule="calibration")  # fmt: skip
    for start in range(0, len(array), step):
        yield array[start : start + step]


# Runs


class Runner:
    """Runs a function on samples and shows values to `see`, those of weights only once.

    `wanted` are the values to show; weights are computed when the first sample runs and are known
    from then on.
    """

    def __init__(
        self, module: ModuleOp, function: FuncOp, params: Mapping[str, Array], wanted: set[SSAValue]
    ) -> None:
        self.function = function
        self.wanted = wanted
        self._interpreter = Interpreter(module, params=params)
        self._see: See = lambda value, array: None
        self._interpreter.observers.append(self._show)

    def run(self, inputs: Sequence[Array], see: See) -> tuple[Value, ...]:
        """One run; its results. Raises CompileError."""
        self._see = see
        for argument, array in zip(self.function.args, inputs, strict=True):
            if argument in self.wanted:
                see(argument, array)
        try:
            return self._interpreter.call(self.function.sym_name.data, *inputs)
        except ExecutionError as error:
            raise CompileError([error.diagnostic]) from error
        except (TypeError, ValueError) as error:
            raise CompileError([diagnose(Severity.ERROR, self.function, str(error))]) from error

    def _show(self, op: Operation, values: tuple[Any, ...]) -> None:
        for result, value in zip(op.results, values, strict=True):
            if result in self.wanted:
                self._see(result, value)


class WeightValues:
    """The arrays of values that follow from weights, each computed when it is asked for."""

    def __init__(self, params: Mapping[str, Array]) -> None:
        self._params = params
        self._known: dict[SSAValue, Array] = {}

    def __getitem__(self, value: SSAValue) -> Array:
        """The array of a value."""
        return self._value(value)

    def of(self, layer: Layer) -> Array:
        """The weight of a layer, of which NaN and infinities are refused. Raises CompileError."""
        array = self._value(layer.weight)
        if not np.isfinite(array).all():
            fail(
                layer.op,
                f"the weight of the layer {layer.name} holds NaN or infinities",
                rule="quantize-weight",
                help="such weights cannot be quantised: mark the layer with {dl.keep}",
            )
        return array

    def _value(self, value: SSAValue) -> Array:
        if value not in self._known:
            op = value.owner
            assert isinstance(op, DlOp) and follows_from_weights(value)
            self._known.update(zip(op.results, self._computed(op), strict=True))
        return self._known[value]

    def _computed(self, op: DlOp) -> Sequence[Array]:
        match op:
            case ConstantOp():
                return [constant_array(op)]
            case ParamOp():
                return [self._params[op.param_name.data]]
            case _:
                operands = [self._value(operand) for operand in op.operands]
                with np.errstate(all="ignore"):
                    return SEMANTICS[type(op)](None, op, *operands)
