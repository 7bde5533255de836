"""Where two targets part: the first op, in the order of the program, whose results differ.

The module is compiled as it is first. Only when its results differ is it compiled again, with the
results of the ops inside made results of the function, a few at a time, until one differs. Such a
module has less fusion than the original; when no op differs in it, the report says so.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from xdsl.dialects.builtin import FunctionType, ModuleOp, TensorType
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Operation, SSAValue
from xdsl.traits import is_side_effect_free

from dlir.diagnostics import Diagnostic, Severity, format_diagnostic
from dlir.executable import CompileOptions, MachineTarget, Target
from dlir.inputs import call
from dlir.numpy_types import Array
from dlir.signature import entry_function, result_names

TOLERANCES: dict[str, float] = {
    "float64": 1e-9,
    "float32": 1e-4,
    "float16": 2e-2,
    "bfloat16": 5e-2,
}
"""Allowed difference relative to the largest magnitude; other types must agree exactly."""

_SMALLEST_SCALE = 1e-6
"""A result of zeros need not be matched more closely than one of this magnitude."""

_CHUNK = 16
"""How many intermediate results one instrumented module returns."""


@dataclass(frozen=True)
class Difference:
    """By how much one result differs between two targets."""

    what: str
    absolute: float
    relative: float
    """The absolute error over the largest magnitude of the first target's result."""
    agrees: bool


@dataclass(frozen=True)
class Comparison:
    """The answer of `compare`; true when the targets agree."""

    targets: tuple[str, str]
    results: tuple[Difference, ...]
    divergence: Diagnostic | None = None
    """The first op that differs, with its location; None when the targets agree."""

    def __bool__(self) -> bool:
        return all(difference.agrees for difference in self.results)

    def __str__(self) -> str:
        lines = [
            f"{d.what}: {'agrees' if d.agrees else 'differs'}, "
            f"max abs error {d.absolute:.3g}, relative {d.relative:.3g}"
            for d in self.results
        ]
        if self.divergence is not None:
            lines.append(format_diagnostic(self.divergence))
        return "\n".join(lines)


def difference(what: str, first: Any, second: Any, tolerance: float | None) -> Difference:
    """Compare two results; NaN equals NaN, and infinities only themselves."""
    a, b = np.asarray(first), np.asarray(second)
    if a.shape != b.shape or a.dtype != b.dtype:
        return Difference(
            f"{what} ({a.dtype}{a.shape} and {b.dtype}{b.shape})", np.inf, np.inf, False
        )
    if tolerance is None:
        tolerance = TOLERANCES.get(a.dtype.name, 0.0)
    x, y = a.astype(np.float64), b.astype(np.float64)
    with np.errstate(all="ignore"):
        error = np.where((x == y) | (np.isnan(x) & np.isnan(y)), 0.0, np.abs(x - y))
    error = np.where(np.isnan(error), np.inf, error)
    finite = np.abs(x[np.isfinite(x)])
    scale = float(finite.max()) if finite.size else 0.0
    absolute = float(error.max()) if error.size else 0.0
    relative = absolute / scale if scale else absolute
    exact = a.dtype.kind in "biu" and bool(np.array_equal(a, b))
    allowed = tolerance * max(scale, _SMALLEST_SCALE)
    return Difference(what, absolute, relative, exact or absolute <= allowed)


def compare_on(
    first: Target,
    second: Target,
    module: ModuleOp,
    params: Mapping[str, Array],
    inputs: Sequence[Any],
    options: CompileOptions,
    tolerance: float | None,
) -> Comparison:
    """See `api.compare`."""
    pair = _Pair(first, second, params, inputs, options, tolerance)
    results = pair.differences(module, result_names(entry_function(module, options.function)))
    if all(d.agrees for d in results):
        return Comparison(pair.names, results)
    return Comparison(pair.names, results, _search(pair, module, options.function))


@dataclass(frozen=True)
class _Pair:
    """Two targets and what to run on them."""

    first: Target
    second: Target
    params: Mapping[str, Array]
    inputs: Sequence[Any]
    options: CompileOptions
    tolerance: float | None

    @property
    def names(self) -> tuple[str, str]:
        """The targets' names."""
        return self.first.name, self.second.name

    def differences(self, module: ModuleOp, names: Sequence[str]) -> tuple[Difference, ...]:
        """Run both; one difference per result."""
        one, two = (self._run(target, module) for target in (self.first, self.second))
        zipped = zip(names, one, two, strict=True)
        return tuple(difference(name, a, b, self._tolerance(a)) for name, a, b in zipped)

    def _tolerance(self, result: Any) -> float | None:
        """What was asked for, else what a target that computes less precisely says of itself."""
        if self.tolerance is not None:
            return self.tolerance
        name = np.asarray(result).dtype.name
        own = [t.tolerances for t in (self.first, self.second) if isinstance(t, MachineTarget)]
        return max((table[name] for table in own if name in table), default=None)

    def _run(self, target: Target, module: ModuleOp) -> tuple[Any, ...]:
        executable = target.compile(module, self.params, self.options)
        inputs = [copy.copy(value) for value in self.inputs]  # a memref may be written to
        return call(executable, inputs)


def _search(pair: _Pair, module: ModuleOp, function: str | None) -> Diagnostic:
    ops = _candidates(entry_function(module, function))
    for start in range(0, len(ops), _CHUNK):
        chunk = ops[start : start + _CHUNK]
        names = [f"{op.name}#{k}" for op in chunk for k in range(len(op.results))]
        differences = iter(pair.differences(returning(module, function, chunk), names))
        for op in chunk:
            worst = max(
                (next(differences) for _ in op.results), key=lambda d: (not d.agrees, d.absolute)
            )
            if not worst.agrees:
                return _diagnostic(pair, op, worst)
    return Diagnostic(
        Severity.ERROR,
        f"{pair.names[0]} and {pair.names[1]} differ, but no single op does: when the results "
        "between ops are kept, the targets agree",
        help="the error lies in what ops become together (fusion, buffer reuse)",
    )


def _diagnostic(pair: _Pair, op: Operation, worst: Difference) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        f"'{op.name}' is the first op that differs between {pair.names[0]} and {pair.names[1]}: "
        f"max abs error {worst.absolute:.3g}, relative {worst.relative:.3g}",
        op.location,
    )


def _candidates(entry: FuncOp) -> list[Operation]:
    """The ops directly in the function whose results are all tensors and are computed.

    In a function of several blocks none can be singled out.
    """
    if entry.body.first_block is not entry.body.last_block:
        return []
    return [
        op
        for op in entry.body.block.ops
        if op.operands and op.results and all(isinstance(r.type, TensorType) for r in op.results)
    ]


def returning(module: ModuleOp, function: str | None, ops: Sequence[Operation]) -> ModuleOp:
    """A copy of the module whose entry returns the results of `ops`, and computes nothing else."""
    wanted = {id(op) for op in ops}
    clone = module.clone()
    copy = entry_function(clone, function)
    originals = list(entry_function(module, function).body.block.ops)
    pairs = zip(originals, list(copy.body.block.ops), strict=True)
    values = [r for original, twin in pairs if id(original) in wanted for r in twin.results]
    _return(copy, values)
    return clone


def _return(function: FuncOp, values: Sequence[SSAValue]) -> None:
    block = function.body.block
    terminator = block.last_op
    assert terminator is not None
    types = [value.type for value in values]
    block.insert_op_before(ReturnOp(*values), terminator)
    terminator.detach()
    terminator.erase()
    function.properties["function_type"] = FunctionType.from_lists(
        list(function.function_type.inputs), types
    )
    function.properties.pop("res_attrs", None)
    for op in reversed(list(block.ops)):
        unused = bool(op.results) and not any(result.uses for result in op.results)
        if unused and is_side_effect_free(op):
            op.detach()
            op.erase()
