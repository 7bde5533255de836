"""Runs a program on samples and remembers how large its values become, and its constants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp, TensorType, f32
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, SSAValue

from dlir.diagnostics import CompileError, Severity, diagnose, fail
from dlir.dialects.dl.ops.base import DlOp, element_of
from dlir.dialects.dl.ops.source import ConstantOp, ParamOp
from dlir.interpreter import ExecutionError, Interpreter
from dlir.numpy_types import Array, type_name
from dlir.signature import argument_names
from dlir.transforms.quantization.calibration import ONE_PER_INPUT


@dataclass
class Seen:
    """What the runs showed."""

    largest: dict[SSAValue, float] = field(default_factory=dict[SSAValue, float])
    """The greatest magnitude of each f32 tensor that depends on the inputs; of NaN infinity."""
    constants: dict[SSAValue, Array] = field(default_factory=dict[SSAValue, Array])
    """The values that follow from weights alone."""


def observe(
    module: ModuleOp, function: FuncOp, calibration: Mapping[str, Array], params: Mapping[str, Any]
) -> Seen:
    """Run the function on every sample. Raises CompileError."""
    seen = Seen()
    interpreter = Interpreter(module, params=params)
    watch = _Watch(function, seen)
    interpreter.observers.append(watch.see)
    for inputs in samples(function, calibration):
        try:
            interpreter.call(function.sym_name.data, *inputs)
        except ExecutionError as error:
            raise CompileError([error.diagnostic]) from error
        except (TypeError, ValueError) as error:
            raise CompileError([diagnose(Severity.ERROR, function, str(error))]) from error
        for argument, value in zip(function.args, inputs, strict=True):
            watch.measure(argument, value)
    return seen


class _Watch:
    """Looks at each result while the program runs."""

    def __init__(self, function: FuncOp, seen: Seen) -> None:
        self.seen = seen
        self.constant = constant_values(function)

    def see(self, op: Operation, values: tuple[Any, ...]) -> None:
        for result, value in zip(op.results, values, strict=True):
            if result in self.constant:
                self.seen.constants[result] = value
            else:
                self.measure(result, value)

    def measure(self, value: SSAValue, array: Any) -> None:
        """Take the magnitudes of an f32 tensor into account."""
        if not isinstance(value.type, TensorType) or element_of(value) != f32:
            return
        largest = float(np.abs(array).max(initial=0.0))
        largest = largest if np.isfinite(largest) else np.inf
        self.seen.largest[value] = max(largest, self.seen.largest.get(value, 0.0))


def constant_values(function: FuncOp) -> set[SSAValue]:
    """The results of `dl` ops that depend on constants and weights alone."""
    found: set[SSAValue] = set()
    for op in function.body.block.ops:
        follows = isinstance(op, DlOp) and op.operands and all(o in found for o in op.operands)
        if follows or isinstance(op, ConstantOp | ParamOp):
            found.update(op.results)
    return found


# Samples


def samples(function: FuncOp, calibration: Mapping[str, Array]) -> Iterator[list[Array]]:
    """The inputs of each run. Raises CompileError."""
    names = [name.removeprefix("%") for name in argument_names(function)]
    columns: list[list[Array]] = []
    for name, type in zip(names, function.function_type.inputs, strict=True):
        if name not in calibration:
            given = f"it holds {', '.join(sorted(calibration)) or 'none'}; {ONE_PER_INPUT}"
            fail(function, f"the calibration has no array '{name}'", help=given)
        if not isinstance(type, TensorType):
            fail(function, f"input '{name}' of type {type} cannot be calibrated")
        columns.append(list(_split(function, name, type, calibration[name])))
    counts = {name: len(column) for name, column in zip(names, columns, strict=True)}
    if not columns or 0 in counts.values():
        fail(function, "the calibration has no samples", help=ONE_PER_INPUT)
    if len(set(counts.values())) > 1:
        text = ", ".join(f"{count} of '{name}'" for name, count in counts.items())
        fail(function, f"expected as many samples of every input, got {text}")
    yield from ([*inputs] for inputs in zip(*columns, strict=True))


def _split(function: FuncOp, name: str, type: Any, array: Array) -> Iterator[Array]:
    """The array in pieces that are inputs: whole ones, or batches of them along the first axis."""
    shape: tuple[int, ...] = type.get_shape()
    if array.ndim == len(shape) + 1:
        yield from array
        return
    size = max(shape[0], 1) if shape and shape[0] != DYNAMIC_INDEX else 1
    if not shape or array.ndim != len(shape) or len(array) % size:
        expected = f"samples of {type} along the first axis"
        fail(function, f"calibration of '{name}': expected {expected}, got {type_name(array)}")
    for start in range(0, len(array), size):
        yield array[start : start + size]
