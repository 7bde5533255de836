"""LLVM IR to functions that Python calls.

`NativeModule` links objects into the process and calls their functions through the wrappers that
`emit.py` adds.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import ml_dtypes
import numpy as np
from numpy.typing import NDArray
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    ArrayAttr,
    BFloat16Type,
    Float16Type,
    Float32Type,
    Float64Type,
    FunctionType,
    IndexType,
    IntegerType,
    MemRefType,
    ModuleOp,
    StridedLayoutAttr,
    StringAttr,
)
from xdsl.ir import Attribute

from dlir.numpy_types import held_values
from dlir.object_cache import default_cache
from dlir.targets.cpu import openmp
from dlir.targets.cpu.compiling import compile_many
from dlir.targets.cpu.description import CALL_PREFIX, host
from dlir.targets.cpu.object_loader import Library

_PART_OPERATIONS = 5000
"""Operations per LLVM module when a program is split."""


_DTYPES: dict[Attribute, np.dtype[Any]] = {
    Float64Type(): np.dtype(np.float64),
    Float32Type(): np.dtype(np.float32),
    Float16Type(): np.dtype(np.float16),
    BFloat16Type(): np.dtype(ml_dtypes.bfloat16),
    IndexType(): np.dtype(np.int64),
    IntegerType(64): np.dtype(np.int64),
    IntegerType(32): np.dtype(np.int32),
    IntegerType(16): np.dtype(np.int16),
    IntegerType(8): np.dtype(np.int8),
    IntegerType(1): np.dtype(np.bool_),
}


def dtype_of(element: Attribute) -> np.dtype[Any]:
    """The numpy type of an element type."""
    return _DTYPES[element]


@dataclass(frozen=True)
class Signature:
    """The types of a function before it was lowered."""

    inputs: tuple[Attribute, ...]
    outputs: tuple[Attribute, ...]

    @staticmethod
    def of(type_: FunctionType) -> Signature:
        """From a function type."""
        return Signature(type_.inputs.data, type_.outputs.data)


class NativeFunction:
    """One compiled function, called with numpy arrays and numbers."""

    def __init__(self, name: str, signature: Signature, library: Library):
        self.name = name
        self.signature = signature
        self.fillers: list[Filler]
        """Per argument, what checks it and appends its slots to a list."""
        self._library = library  # the code lives as long as this
        address = library.address(CALL_PREFIX + name)
        self.enter = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(address)
        self.fillers = [_filler(name, i, type_) for i, type_ in enumerate(signature.inputs)]
        self._results = [dtype_of(type_) for type_ in signature.outputs]
        count = sum(slot_count(type_) for type_ in signature.inputs) + len(self._results)
        self._slots = ctypes.c_int64 * count

    def __call__(self, *arguments: Any) -> tuple[Any, ...]:
        """Call; memrefs are arrays, changed in place.  Returns the scalar results.

        Raises TypeError for a wrong number, shape, dtype or memory layout of arguments.
        """
        if len(arguments) != len(self.fillers):
            raise TypeError(
                f"{self.name} takes {len(self.fillers)} arguments, got {len(arguments)}"
            )
        slots: list[int] = []
        for fill, argument in zip(self.fillers, arguments, strict=True):
            fill(argument, slots)
        results = [np.zeros((), dtype) for dtype in self._results]
        slots += [result.ctypes.data for result in results]
        self.enter(self._slots(*slots))
        return tuple(result[()] for result in results)


def slot_count(type_: Attribute) -> int:
    """How many 64-bit slots an argument takes."""
    if not isinstance(type_, MemRefType):
        return 1
    memref = cast(MemRefType[Attribute], type_)
    return 1 + memref.get_shape().count(DYNAMIC_INDEX) + (_strides_of(memref) or ()).count(None)


def _strides_of(type_: MemRefType[Attribute]) -> tuple[int | None, ...] | None:
    """Of a strided layout, in elements, None where they are passed; None for row-major order."""
    layout = type_.layout
    return tuple(layout.get_strides()) if isinstance(layout, StridedLayoutAttr) else None


Filler = Callable[[Any, list[int]], None]


def _filler(function: str, number: int, type_: Attribute) -> Filler:
    """A function that checks one argument and appends its slots."""
    if isinstance(type_, MemRefType):
        what = f"{function}: argument {number}"
        return _array_filler(what, cast(MemRefType[Attribute], type_))
    dtype = dtype_of(type_)

    def fill_scalar(value: Any, slots: list[int]) -> None:
        raw = np.asarray(value, dtype).tobytes()
        slots.append(int.from_bytes(raw, "little"))

    def fill_integer(value: Any, slots: list[int]) -> None:
        slots.append(int(value))

    return fill_integer if dtype.kind in "iu" else fill_scalar


def _array_filler(what: str, type_: MemRefType[Attribute]) -> Filler:
    shape = type_.get_shape()
    dtype = dtype_of(type_.element_type)
    dynamic = [i for i, size in enumerate(shape) if size == DYNAMIC_INDEX]
    static = [(i, size) for i, size in enumerate(shape) if size != DYNAMIC_INDEX]
    strides = _strides_of(type_)

    def fill(array: NDArray[Any], slots: list[int]) -> None:
        if held_values(array).dtype != dtype or array.ndim != len(shape):
            raise TypeError(f"{what} must be {type_}, got {array.dtype} of shape {array.shape}")
        sizes = array.shape
        if any(sizes[i] != size for i, size in static):
            raise TypeError(f"{what} must be {type_}, got shape {sizes}")
        if strides is None and not array.flags.c_contiguous:
            raise TypeError(f"{what} must be contiguous in row-major order")
        slots.append(array.ctypes.data)
        slots.extend(sizes[i] for i in dynamic)
        if strides is not None:
            slots.extend(_unknown_strides(what, strides, array))

    return fill


def _unknown_strides(
    what: str, strides: Sequence[int | None], array: NDArray[Any]
) -> Iterator[int]:
    """The strides, in elements, of a view that is to have these. Raises TypeError."""
    for stride, given, size in zip(strides, array.strides, array.shape, strict=True):
        count, rest = divmod(given, array.itemsize)
        if rest or (stride not in (None, count) and size > 1):
            raise TypeError(f"{what} must have strides {strides}, got {array.strides} in bytes")
        if stride is None:
            yield count


class NativeModule:
    """A lowered module (`llvm` dialect), compiled and linked into this process."""

    def __init__(
        self,
        module: ModuleOp,
        *,
        use_cache: bool = True,
        processes: int = 2,
    ):
        from dlir.targets.cpu.emit import emit_ir, emit_parts  # not needed for known objects

        cpu = host()
        texts = (
            emit_parts(module, cpu, _PART_OPERATIONS) if processes > 1 else [emit_ir(module, cpu)]
        )
        objects = compile_many(texts, cpu, default_cache() if use_cache else None, processes)
        self._link(objects, _signatures(module), _messages(module), has_teams(module))

    @classmethod
    def from_objects(
        cls,
        objects: Sequence[bytes],
        signatures: Mapping[str, Signature],
        messages: list[str],
        has_teams: bool,
    ) -> NativeModule:
        """Link what was compiled before."""
        module = cls.__new__(cls)
        module._link(objects, signatures, messages, has_teams)
        return module

    def _link(
        self,
        objects: Sequence[bytes],
        signatures: Mapping[str, Signature],
        messages: list[str],
        has_teams: bool,
    ) -> None:
        self.messages = messages
        exports = [*(CALL_PREFIX + name for name in signatures), "dlir.status"]
        if has_teams:
            exports.append(THREADS)
        self._library = Library(objects, exports, openmp.runtime() if has_teams else None)
        self.status_code = ctypes.c_int32.from_address(self._library.address("dlir.status"))
        self._threads = (
            ctypes.c_int32.from_address(self._library.address(THREADS)) if has_teams else None
        )
        self.functions = {
            name: NativeFunction(name, signature, self._library)
            for name, signature in signatures.items()
        }

    def call(self, name: str, *arguments: Any) -> tuple[Any, ...]:
        """Call a public function; see `NativeFunction.__call__`."""
        return self.functions[name](*arguments)

    def set_threads(self, count: int) -> int:
        """How many threads the teams of the next calls have; returns 1 if there are no teams."""
        if self._threads is None:
            return 1
        self._threads.value = count
        return count

    def status(self) -> str | None:
        """The message of the first assertion that failed since the last question, or None."""
        code = self.status_code.value
        self.status_code.value = 0
        return self.messages[code - 1] if code else None


def _signatures(module: ModuleOp) -> dict[str, Signature]:
    """The signatures of the public functions."""
    from xdsl.dialects import llvm

    result: dict[str, Signature] = {}
    for op in module.ops:
        if isinstance(op, llvm.FuncOp) and op.linkage.linkage.data == "external" and op.body.blocks:
            type_ = op.attributes.get("dlir.signature")
            if isinstance(type_, FunctionType):
                result[op.sym_name.data] = Signature.of(type_)
    return result


THREADS = "dlir.threads"
"""The global that says how many threads a team has; there are teams where it is."""


def has_teams(module: ModuleOp) -> bool:
    """Whether a lowered module makes teams of threads."""
    from xdsl.dialects import llvm

    return any(isinstance(o, llvm.GlobalOp) and o.sym_name.data == THREADS for o in module.ops)


def _messages(module: ModuleOp) -> list[str]:
    texts = module.attributes.get("dlir.messages")
    if not isinstance(texts, ArrayAttr):
        return []
    return [cast(StringAttr, text).data for text in cast(ArrayAttr[Attribute], texts)]
