"""Values on the command line: `x.npy`, `2x3xf32=1.5`, `2xf32=1,2`, `f32=1.5`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import prod
from pathlib import Path

import ml_dtypes
import numpy as np

from dlir.diagnostics import CompileError, Severity, diagnose, fail
from dlir.executable import Executable
from dlir.interpreter import ExecutionError
from dlir.numpy_types import Value, dtype_named, is_integral
from dlir.registry import misuse
from dlir.signature import bind

_TYPE = re.compile(r"(?P<sizes>(?:\d+x)*)(?P<element>[a-z]\w*)")
_FORMS = "write x.npy, 2x3xf32=1.5, 2xf32=1,2 or f32=1.5"


def read_input(text: str) -> Value:
    """The array or scalar that one `--input=` gives. Raises UsageError or CompileError."""
    type, equals, values = text.partition("=")
    if not equals:
        return _read_file(text)
    match = _TYPE.fullmatch(type.strip())
    dtype = dtype_named(match["element"]) if match else None
    if match is None or dtype is None:
        raise misuse(f"bad type '{type}' in --input={text}: {_FORMS}")
    try:
        numbers = [_number(word, dtype) for word in values.split(",")]
    except (KeyError, OverflowError, ValueError):
        raise misuse(f"bad value in --input={text}: not all are {match['element']}") from None
    shape = tuple(int(size) for size in match["sizes"].split("x")[:-1])
    if len(numbers) not in (1, prod(shape)):
        raise misuse(f"--input={text}: {len(numbers)} values for {type}")
    if not shape:
        return numbers[0]
    array = np.array(numbers, dtype)
    try:
        return array.reshape(shape) if len(numbers) > 1 else np.full(shape, array)
    except (ValueError, MemoryError):
        raise misuse(f"--input={text}: {type} does not fit into memory") from None


def call(executable: Executable, inputs: Sequence[Value]) -> tuple[Value, ...]:
    """All results of one call; what goes wrong with it, before or during it, is a CompileError."""
    try:
        arguments = bind(executable.entry, inputs)
        return executable.execute(arguments)
    except ExecutionError as error:
        raise CompileError([error.diagnostic]) from error
    except (TypeError, ValueError) as error:
        raise CompileError([diagnose(Severity.ERROR, None, str(error))]) from error


def _number(word: str, dtype: np.dtype[np.generic]) -> Value:
    """One number, exactly: integers may be hexadecimal; i1 may be true or false."""
    word = word.strip()
    if dtype == np.bool_:
        return np.bool_({"true": True, "1": True, "false": False, "0": False}[word.lower()])
    if is_integral(dtype):
        limits = ml_dtypes.iinfo(dtype)
        if not limits.min <= (number := int(word, 0)) <= limits.max:
            raise OverflowError(word)
        return np.array([number]).astype(dtype)[0]
    return np.array([float(word)]).astype(dtype)[0]


def _read_file(path: str) -> Value:
    if not path.endswith(".npy"):
        raise misuse(f"bad --input={path}: {_FORMS}")
    try:
        return np.load(Path(path), allow_pickle=False)
    except OSError as error:
        fail(None, f"cannot read '{path}': {error.strerror or error}")
    except (ValueError, EOFError):
        fail(
            None,
            f"cannot read '{path}': it is no array of numbers in numpy's format",
            help="write it with numpy.save; a truncated file ends like this, too",
        )
