"""LLVM IR to functions that Python calls.

`compile_llvm` makes an object (or takes it from the cache on disk), `NativeModule` links objects
into the process and calls their functions through the wrappers that `emit.py` adds.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import subprocess
import sys
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
from dlir.object_cache import ObjectCache, default_cache, key_of
from dlir.targets.cpu import openmp
from dlir.targets.cpu.description import CALL_PREFIX, CpuDescription, host
from dlir.targets.cpu.object_loader import Library
from dlir.version import version_of

PASSES: tuple[str, ...] = ()
"""LLVM's IR passes to run: none.  The lowering emits SSA form with rotated loops already; with
`sroa`, `instruction_combine` and `simplify_cfg` kernels are as fast, within the noise."""

_PARALLEL_BYTES = 1 << 20
"""Start a second process only for at least this much IR text; it costs about 0.2 s."""
_PART_OPERATIONS = 5000
"""Operations per LLVM module when a program is split."""


# Compiling.


def _key(ir: str, cpu: CpuDescription) -> str:
    return key_of(ir, version_of("llvmlite"), cpu.triple, cpu.cpu, cpu.features, *PASSES)


def compile_llvm(
    ir: str, cpu: CpuDescription | None = None, cache: ObjectCache | None = None
) -> bytes:
    """Compile LLVM IR text to an object; `cache` None means without one."""
    return compile_many([ir], cpu, cache)[0]


def compile_many(
    irs: Sequence[str],
    cpu: CpuDescription | None = None,
    cache: ObjectCache | None = None,
    processes: int = 2,
) -> list[bytes]:
    """Compile several modules, in several processes if the work is worth it."""
    cpu = cpu or host()
    keys = [_key(ir, cpu) for ir in irs]
    objects = [cache.get(key) if cache else None for key in keys]
    missing = [i for i, found in enumerate(objects) if found is None]
    made = _compile_missing([irs[i] for i in missing], cpu, processes)
    for i, body in zip(missing, made, strict=True):
        objects[i] = body
        if cache:
            cache.put(keys[i], body)
    return cast(list[bytes], objects)


def _compile_missing(irs: Sequence[str], cpu: CpuDescription, processes: int) -> list[bytes]:
    """Give each worker its share and do the first share here; do a failed worker's share too."""
    work = sum(len(ir) for ir in irs)
    count = min(processes, len(irs), os.cpu_count() or 1, 1 + work // _PARALLEL_BYTES)
    if count <= 1:
        return _compile_here(irs, cpu)
    shares = [irs[i::count] for i in range(count)]
    workers = [_Worker(share, cpu) for share in shares[1:]]
    done = [_compile_here(shares[0], cpu), *(worker.objects() for worker in workers)]
    return [done[i % count][i // count] for i in range(len(irs))]


def _compile_here(irs: Sequence[str], cpu: CpuDescription) -> list[bytes]:
    from dlir.targets.cpu import llvmlite_binding  # known code needs no LLVM

    return [llvmlite_binding.object_code(ir, cpu, PASSES) for ir in irs]


class _Worker:
    """A process that compiles a share of the modules."""

    def __init__(self, irs: Sequence[str], cpu: CpuDescription):
        self._irs, self._cpu = irs, cpu
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "dlir.targets.cpu.compile_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            assert self._process.stdin is not None
            pickle.dump((cpu, PASSES, list(irs)), self._process.stdin)
            self._process.stdin.close()
        except OSError:
            pass

    def objects(self) -> list[bytes]:
        """What the process made, or what we make if it failed."""
        if self._process is None or self._process.stdout is None:
            return _compile_here(self._irs, self._cpu)
        answer = self._process.stdout.read()
        if self._process.wait() != 0:
            return _compile_here(self._irs, self._cpu)
        return pickle.loads(answer)


def emit_assembly(ir: str, cpu: CpuDescription | None = None) -> str:
    """The assembly of LLVM IR text, as the compiler would make it."""
    from dlir.targets.cpu import llvmlite_binding

    return llvmlite_binding.assembly(ir, cpu or host(), PASSES)


# Calling.

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

    def set_threads(self, count: int) -> None:
        """How many threads the teams of the next calls have."""
        if self._threads is not None:
            self._threads.value = count

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
