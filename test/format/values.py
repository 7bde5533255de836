"""`RUN-VALUE` lines: one call, its result, executed on every target that this machine has.

    // RUN-VALUE: @f(1.0, 2.0) == 3.0
    // RUN-VALUE: @g(dense<[1.0, 2.0]> : tensor<2xf32>) == dense<[2.0, 4.0]> : tensor<2xf32>
    // RUN-VALUE: @h([1.0, 2.0]) ~= [0.84147, 0.90930] within 1e-4
    // RUN-VALUE: @k(7) raises "index 7 is out of bounds"
    // RUN-VALUE[ref]: @memory_form([0.0]) == [1.0]

A value is a number, `true`, `false`, `nan`, `inf`, a nested list, or MLIR's
`dense<...> : tensor<...>`; numbers and lists take the type that the function's signature states.
Several results are separated by commas. `==` demands every bit (NaN equals NaN), `~=` allows a
relative and absolute error of 1e-5 or what `within` says.
"""

import ast
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute

import dlir
from dlir.interpreter import Interpreter
from dlir.numpy_types import dtype_named
from dlir.parser import parse_file
from dlir.registry import default_registry
from dlir.types import StoredType
from format.script import Line, Script

_CASE = re.compile(
    r"(?:\[(?P<targets>[\w, -]+)\]\s*)?@(?P<function>[\w.$-]+)\s*\((?P<arguments>.*?)\)\s*"
    r"(?P<relation>==|~=|raises)\s*(?P<expected>.*?)(?:\s+within\s+(?P<tolerance>[\d.e+-]+))?$"
)
_DENSE = re.compile(
    r"^dense<(?P<values>.*)>\s*:\s*"
    r"(?:tensor|vector|memref)<(?P<shape>(?:\d+x)*)(?P<element>\w+)>$"
)
_DEFAULT_TOLERANCE = 1e-5


@dataclass(frozen=True)
class Case:
    """One RUN-VALUE line, taken apart."""

    targets: tuple[str, ...]
    function: str
    arguments: tuple[str, ...]
    relation: str
    expected: str
    tolerance: float


def parse_case(line: Line) -> Case:
    """Raises ValueError if the line has another form than the ones above."""
    match = _CASE.match(line.text)
    if match is None:
        raise ValueError("not of the form `@f(1) == 2`, `@f(1) ~= 2` or `@f(1) raises 'text'`")
    named = match["targets"]
    targets = tuple(t.strip() for t in named.split(",")) if named else tuple(_RUNNERS)
    return Case(
        targets=targets,
        function=match["function"],
        arguments=split_values(match["arguments"]),
        relation=match["relation"],
        expected=match["expected"],
        tolerance=float(match["tolerance"] or _DEFAULT_TOLERANCE),
    )


def split_values(text: str) -> tuple[str, ...]:
    """Split at the commas that no bracket encloses."""
    parts, depth, start = [], 0, 0
    for position, letter in enumerate(text):
        depth += (letter in "<[(") - (letter in ">])")
        if letter == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    parts.append(text[start:])
    return tuple(part.strip() for part in parts if part.strip())


def read_value(text: str, type_: Attribute) -> Any:
    """A literal as numpy array or scalar of `type_`; its shape is the literal's own."""
    element_type = getattr(type_, "element_type", type_)
    element = str(element_type.stored_as if isinstance(element_type, StoredType) else element_type)
    dense = _DENSE.match(text)
    shape: tuple[int, ...] | None = None
    if dense is not None:
        text, element = dense["values"], dense["element"]
        shape = tuple(int(extent) for extent in dense["shape"].split("x")[:-1])
    if (dtype := dtype_named(element)) is None:
        raise ValueError(f"element type {element} has no literals here")
    array = np.array(_literal(text), dtype)
    if shape is not None:
        array = np.broadcast_to(array, shape) if array.ndim == 0 else array.reshape(shape)
    return np.ascontiguousarray(array) if array.ndim or shape is not None else array[()]


def _literal(text: str) -> Any:
    words = {"nan": "NaN", "inf": "Infinity"}
    return json.loads(re.sub(r"\b(nan|inf)\b", lambda m: words[m[1]], text) or "[]")


def run_case(case: Case, script: Script) -> list[str]:
    """Run one case on its targets; the answer lists what is wrong, one line per target."""
    outcomes = ((target, _run_on(target, case, script.path)) for target in case.targets)
    return [f"{target}: {fault}" for target, fault in outcomes if fault]


def _run_on(target: str, case: Case, path: Path) -> str | None:
    if target not in _RUNNERS:
        return f"no such target; there are {', '.join(_RUNNERS)}"
    if target not in default_registry().names("target"):
        return None
    module = _parse(path)
    functions = {f.sym_name.data: f for f in module.walk() if isinstance(f, func.FuncOp)}
    if case.function not in functions:
        return f"the file has no function @{case.function}"
    signature = functions[case.function].function_type
    inputs, outputs = signature.inputs.data, signature.outputs.data
    if len(inputs) != len(case.arguments):
        return f"@{case.function} takes {len(inputs)} arguments, not {len(case.arguments)}"
    arguments = [
        read_value(text, type_) for text, type_ in zip(case.arguments, inputs, strict=True)
    ]
    return _judge(case, outputs, lambda: _RUNNERS[target](module, case.function, arguments))


def _judge(case: Case, outputs: tuple[Attribute, ...], call: Callable[[], Any]) -> str | None:
    try:
        answer = call()
    except Exception as error:
        if case.relation != "raises":
            raise
        wanted = str(ast.literal_eval(case.expected))
        return None if wanted in str(error) else f"raises {str(error)!r}, expected {wanted!r}"
    if case.relation == "raises":
        return f"raises nothing, expected {case.expected}"
    results = answer if isinstance(answer, tuple) else (answer,)
    literals = split_values(case.expected)
    if len(results) != len(literals):
        return f"gives {len(results)} results, expected {len(literals)}"
    for result, text, type_ in zip(results, literals, outputs, strict=True):
        if fault := _difference(result, read_value(text, type_), case):
            return fault
    return None


def _difference(result: Any, expected: Any, case: Case) -> str | None:
    got, want = np.asarray(result), np.asarray(expected)
    if got.shape != want.shape:
        return f"gives shape {got.shape}, expected {want.shape}"
    if got.dtype != want.dtype:
        return f"gives element type {got.dtype}, expected {want.dtype}"
    if want.dtype.kind not in "biu":
        got, want = got.astype(np.float64), want.astype(np.float64)
        tolerance = case.tolerance if case.relation == "~=" else 0.0
        equal = np.allclose(got, want, rtol=tolerance, atol=tolerance, equal_nan=True)
    else:
        equal = np.array_equal(got, want)
    return None if equal else f"gives {got.tolist()}, expected {want.tolist()}"


def _parse(path: Path) -> ModuleOp:
    return parse_file(path, default_registry().context())


def _on_ref(module: ModuleOp, function: str, arguments: list[Any]) -> Any:
    return Interpreter(module, default_registry(), None).call(function, *arguments)


def _on_cpu(module: ModuleOp, function: str, arguments: list[Any]) -> Any:
    _keep_called(module, function)  # or every case would compile the whole file
    return dlir.compile(module, target="cpu", function=function)(*arguments)


def _keep_called(module: ModuleOp, entry: str) -> None:
    """Of the functions only the entry and those that it calls, directly or not."""
    functions = {op.sym_name.data: op for op in module.ops if isinstance(op, func.FuncOp)}
    unused, reached = dict(functions), [functions[entry]]
    while reached:
        function = reached.pop()
        unused.pop(function.sym_name.data, None)
        calls = (op.callee.string_value() for op in function.walk() if isinstance(op, func.CallOp))
        reached += [unused.pop(name) for name in calls if name in unused]
    for function in unused.values():
        function.detach()
        function.erase()


_RUNNERS: dict[str, Callable[[ModuleOp, str, list[Any]], Any]] = {"ref": _on_ref, "cpu": _on_cpu}
