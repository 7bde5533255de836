"""linalg run the way upstream runs it: mlir-opt and mlir-translate to LLVM IR, llvmlite from there.

It shares nothing with dlir but the text, so it judges dlir's semantics of linalg.
"""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from collections.abc import Sequence
from ctypes import util
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from numeric.linalg_texts import entry, mlir_opt, read

from dlir.numpy_types import dtype_of
from dlir.types import is_tensor, shape_of

MLIR_TRANSLATE = next(
    filter(None, map(shutil.which, ("mlir-translate-19", "mlir-translate"))), None
)

PIPELINE = (
    "builtin.module("
    "one-shot-bufferize{bufferize-function-boundaries"
    " function-boundary-type-conversion=identity-layout-map},"
    "func.func(llvm-request-c-wrappers,convert-linalg-to-loops),"
    "expand-strided-metadata,lower-affine,convert-scf-to-cf,convert-cf-to-llvm,"
    "convert-math-to-llvm,convert-math-to-libm,"
    "arith-expand,convert-arith-to-llvm,"
    "finalize-memref-to-llvm,convert-func-to-llvm,convert-cf-to-llvm,reconcile-unrealized-casts)"
)


def run_upstream(text: str, arguments: Sequence[Any]) -> list[Any]:
    """The results of the text's function."""
    assert MLIR_TRANSLATE is not None
    text = re.sub(r"^ *ml_program\.global.*$", "", text, flags=re.MULTILINE)
    function = entry(read(text))
    lowered = mlir_opt(text, f"--pass-pipeline={PIPELINE}")
    done = subprocess.run(
        [MLIR_TRANSLATE, "--mlir-to-llvmir"], input=lowered, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    types = [*function.function_type.outputs]
    results = _results(types)
    given = [_argument(value, a.type) for value, a in zip(arguments, function.args, strict=True)]
    engine = _compile(done.stdout)
    address = engine.get_function_address(f"_mlir_ciface_{function.sym_name.data}")
    passed = [ctypes.byref(v) if isinstance(v, ctypes.Structure) else v for v in given]
    ctypes.CFUNCTYPE(None)(address)(ctypes.byref(results), *passed)
    return [_array(getattr(results, f"r{n}"), type) for n, type in enumerate(types)]


def _compile(ir: str) -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    llvm.load_library_permanently(util.find_library("m") or "libm.so.6")
    module = llvm.parse_assembly(ir)
    llvm.add_symbol("memrefCopy", ctypes.cast(_COPY, ctypes.c_void_p).value)
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten()
    )
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    return engine


def _descriptor(rank: int) -> type[ctypes.Structure]:
    sizes = [(name, ctypes.c_int64 * rank) for name in ("sizes", "strides")] if rank else []
    head = [("base", ctypes.c_void_p), ("data", ctypes.c_void_p), ("offset", ctypes.c_int64)]
    return type(f"Descriptor{rank}", (ctypes.Structure,), {"_fields_": [*head, *sizes]})


def _results(types: Sequence[Any]) -> ctypes.Structure:
    fields = [(f"r{n}", _descriptor(len(shape_of(type)))) for n, type in enumerate(types)]
    return type("Results", (ctypes.Structure,), {"_fields_": fields})()


_KEPT: list[Any] = []
"""Memory that upstream's code may return: it lives as long as the process."""


def _argument(value: Any, type: Any) -> Any:
    if not is_tensor(type):
        return {"f": ctypes.c_float, "i": ctypes.c_int64}[np.asarray(value).dtype.kind](value)
    array = np.array(value, order="C")
    _KEPT.append(array)
    rank, pointer = array.ndim, array.ctypes.data
    head = (pointer, pointer, 0)
    if not rank:
        return _descriptor(0)(*head)
    numbers = ctypes.c_int64 * rank
    strides = [s // array.itemsize for s in array.strides]
    return _descriptor(rank)(*head, numbers(*array.shape), numbers(*strides))


class _Unranked(ctypes.Structure):
    _fields_ = [("rank", ctypes.c_int64), ("descriptor", ctypes.c_void_p)]


@ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.POINTER(_Unranked), ctypes.POINTER(_Unranked))
def _COPY(size: int, source: Any, target: Any) -> None:
    """What upstream's runtime library has under the name memrefCopy."""
    views = [
        _view(_descriptor(m.contents.rank).from_address(m.contents.descriptor), m.contents.rank,
              np.dtype(f"V{size}"))
        for m in (source, target)
    ]  # fmt: skip
    views[1][...] = views[0]


def _array(descriptor: Any, type: Any) -> Any:
    return _view(descriptor, len(shape_of(type)), dtype_of(type)).copy()


def _view(descriptor: Any, rank: int, dtype: np.dtype[Any]) -> Any:
    """The memory that a descriptor describes, of elements of one type."""
    shape = tuple(descriptor.sizes) if rank else ()
    strides = [s * dtype.itemsize for s in descriptor.strides] if rank else []
    reach = sum((n - 1) * s for n, s in zip(shape, strides, strict=True)) + dtype.itemsize
    start = descriptor.data + descriptor.offset * dtype.itemsize
    raw = (ctypes.c_uint8 * reach).from_address(start)
    return np.lib.stride_tricks.as_strided(np.frombuffer(raw, dtype), shape, strides)
