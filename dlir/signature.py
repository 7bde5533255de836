"""Arguments against a function's signature: what fits, and what is said when it does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from xdsl.dialects.builtin import DYNAMIC_INDEX, MemRefType, TensorType, VectorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute

from dlir.numpy_types import Array, Value, find_dtype, type_name


def argument_names(function: FuncOp) -> list[str]:
    """The names of the arguments as the text spells them (`%x`), else their numbers (`#0`)."""
    return [
        f"%{argument.name_hint}" if argument.name_hint else f"#{index}"
        for index, argument in enumerate(function.args)
    ]


def bind(function: FuncOp, arguments: Sequence[Any]) -> list[Value]:
    """Convert `arguments` to values of the parameter types.

    Arrays (numpy, or anything with `__dlpack__`) must have the exact element type, rank and static
    sizes; Python numbers and lists are converted. Raises TypeError (count, element type) or
    ValueError (shape), naming the input.
    """
    types = list(function.function_type.inputs)
    if len(arguments) != len(types):
        name = function.sym_name.data
        raise TypeError(f"@{name} takes {len(types)} input(s), got {len(arguments)}")
    names = argument_names(function)
    return [
        _convert(f"input {i} ({name})", type, argument)
        for i, (name, type, argument) in enumerate(zip(names, types, arguments, strict=True))
    ]


def _convert(what: str, type: Attribute, argument: Any) -> Value:
    dtype = find_dtype(type)
    if dtype is None:
        return argument  # a value of some dialect's own
    value = _to_array(what, type, dtype, argument)
    if value.dtype != dtype:
        raise TypeError(f"{what}: expected {type}, got {type_name(value)}: element types differ")
    if not isinstance(type, TensorType | MemRefType | VectorType):
        if value.shape:
            raise ValueError(f"{what}: expected {type}, got {type_name(value)}: not a scalar")
        return value[()]
    _check_shape(what, type, value)
    return _rooted(what, value) if isinstance(type, MemRefType) else value


def _to_array(what: str, type: Attribute, dtype: np.dtype[Any], argument: Any) -> Array:
    if isinstance(argument, np.ndarray | np.generic):
        return np.asarray(cast(Any, argument))
    if hasattr(argument, "__dlpack__"):
        return np.from_dlpack(argument)
    try:
        if np.asarray(argument).dtype.kind not in ("biuf" if dtype.kind in "fV" else "biu"):
            raise TypeError("not a number of that kind")
        return np.array(argument, dtype)
    except (OverflowError, TypeError, ValueError) as error:
        raise TypeError(f"{what}: expected {type}, got {argument!r}: {error}") from None


def _check_shape(what: str, type: Any, value: Array) -> None:
    sizes = cast(tuple[int, ...], type.get_shape())
    problem = None
    if value.ndim != len(sizes):
        problem = f"rank must be {len(sizes)}"
    else:
        for axis, (size, actual) in enumerate(zip(sizes, value.shape, strict=True)):
            if size not in (DYNAMIC_INDEX, actual):
                problem = f"dimension {axis} must be {size}"
                break
    if problem is not None:
        raise ValueError(f"{what}: expected {type}, got {type_name(value)}: {problem}")


def _rooted(what: str, value: Array) -> Array:
    """The same memory as a buffer of its own, so that offsets count from its start."""
    if not value.flags.c_contiguous:
        raise ValueError(f"{what}: a memref must be contiguous in row-major order")
    return np.lib.stride_tricks.as_strided(value, value.shape, value.strides)
