"""Arguments against a function's signature: what fits, and what is said when it does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    ArrayAttr,
    DictionaryAttr,
    MemRefType,
    ModuleOp,
    StringAttr,
    TensorType,
    VectorType,
)
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute

from dlir.diagnostics import fail
from dlir.numpy_types import Array, ArrayType, Value, find_dtype, type_name
from dlir.types import ELEMENT_MARK, element_of, with_element


def public_types(function: FuncOp) -> tuple[list[Attribute], list[Attribute]]:
    """The types that callers pass and get; below `dl` attributes say which are held as others."""
    type = function.function_type
    return (
        _public(type.inputs.data, function.arg_attrs),
        _public(type.outputs.data, function.res_attrs),
    )


def _public(
    types: Sequence[Attribute], attributes: ArrayAttr[DictionaryAttr] | None
) -> list[Attribute]:
    if attributes is None:
        return [*types]
    return [
        with_element(type, entry.data.get(ELEMENT_MARK, element_of(type)))
        for type, entry in zip(types, attributes, strict=True)
    ]


def entry_function(module: ModuleOp, name: str | None = None) -> FuncOp:
    """The function to run: `@name`, else `@main`, else the only public one. Raises CompileError."""
    functions = {
        op.sym_name.data: op
        for op in module.ops
        if isinstance(op, FuncOp) and not op.is_declaration
    }
    public = [n for n, f in functions.items() if f.sym_visibility is None]
    wanted = name or ("main" if "main" in functions or len(public) != 1 else public[0])
    if wanted not in functions:
        known = ", ".join(f"@{n}" for n in functions) or "none"
        fail(None, f"no function '@{wanted}'", help=f"functions with a body here: {known}")
    return functions[wanted]


def result_names(function: FuncOp) -> list[str]:
    """The results' names: the function's `dlir.result_names`, else `o0`, `o1`, ..."""
    given = _given_names(function, "dlir.result_names", len(function.function_type.outputs))
    return [name or f"o{index}" for index, name in enumerate(given)]


def _given_names(function: FuncOp, attribute: str, count: int) -> list[str | None]:
    """The strings of an array attribute, when it has one for each; else Nones."""
    names = function.attributes.get(attribute)
    entries = cast(ArrayAttr[Attribute], names).data if isinstance(names, ArrayAttr) else ()
    strings = [entry.data for entry in entries if isinstance(entry, StringAttr)]
    return [*strings] if len(strings) == count else [None] * count


def argument_names(function: FuncOp) -> list[str]:
    """The arguments' names: `dlir.arg_names`, else as in the text (`%x`), else `#0`, ..."""
    given = _given_names(function, "dlir.arg_names", len(function.args))
    return [
        name or (f"%{argument.name_hint}" if argument.name_hint else f"#{index}")
        for index, (name, argument) in enumerate(zip(given, function.args, strict=True))
    ]


def bind(function: FuncOp, arguments: Sequence[Any]) -> list[Value]:
    """Convert `arguments` to values of the parameter types.

    Arrays (numpy, or anything with `__dlpack__`) must have the exact element type, rank and static
    sizes; Python numbers and lists are converted. Raises TypeError (count, element type) or
    ValueError (shape), naming the input.
    """
    types, _ = public_types(function)
    if len(arguments) != len(types):
        raise TypeError(_wrong_count(function, len(arguments)))
    names = argument_names(function)
    return [
        _convert(f"input {i} ({name})", type, argument)
        for i, (name, type, argument) in enumerate(zip(names, types, arguments, strict=True))
    ]


class Binding:
    """`bind` for a function that is called again and again: arrays that fit pass at once."""

    def __init__(self, function: FuncOp):
        self._function = function
        self.wanted = [_array_type(type) for type in public_types(function)[0]]
        """Of each input; None for what is no tensor of numbers."""

    def __call__(self, arguments: Sequence[Any]) -> list[Value]:
        if len(arguments) == len(self.wanted) and all(map(_fits, self.wanted, arguments)):
            return [*arguments]
        return bind(self._function, arguments)


def _array_type(type: Attribute) -> ArrayType | None:
    """Element type and sizes of a tensor of numbers."""
    dtype = find_dtype(type)
    return (dtype, type.get_shape()) if isinstance(type, TensorType) and dtype is not None else None


def _fits(wanted: ArrayType | None, value: Any) -> bool:
    if wanted is None or value.__class__ is not np.ndarray or value.dtype != wanted[0]:
        return False
    shape, sizes = value.shape, wanted[1]
    if shape == sizes:
        return True
    pairs = zip(shape, sizes, strict=False)
    return len(shape) == len(sizes) and all(n in (DYNAMIC_INDEX, m) for m, n in pairs)


def _wrong_count(function: FuncOp, given: int) -> str:
    types, _ = public_types(function)
    inputs = [f"{n}: {t}" for n, t in zip(argument_names(function), types, strict=True)]
    listed = f": {', '.join(inputs)}" if inputs else ""
    return f"@{function.sym_name.data} takes {len(inputs)} input(s), got {given}{listed}"


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
        try:
            return np.from_dlpack(argument)
        except (BufferError, RuntimeError, TypeError) as error:
            raise TypeError(f"{what}: expected {type}: numpy cannot take it: {error}") from None
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
