"""Ways to run a module of structured ops on tensors: by the interpreter, on memrefs, natively."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp
from xdsl.dialects.func import FuncOp

from dlir.interpreter import Interpreter
from dlir.numpy_types import dtype_of, uninitialised
from dlir.parser import parse_module
from dlir.pipeline import PassManager
from dlir.registry import default_registry
from dlir.verifier import verify

BUFFERS = "structured-insert-checks,cse,structured-bufferize,structured-outline,cse"
LOOPS = f"{BUFFERS},convert-structured-to-loops,cse"


def parse(text: str) -> ModuleOp:
    module = parse_module(text, default_registry().context(), "case.mlir")
    verify(module)
    return module


def lowered(module: ModuleOp, passes: str) -> ModuleOp:
    """A copy with the passes run, verified, and the same after printing and parsing."""
    result = module.clone()
    if passes:
        PassManager(passes).run(default_registry().context(), result)
    verify(result)
    text = str(result)
    again = parse(text)
    assert str(again) == text
    return again


def interpreted(module: ModuleOp, arguments: Sequence[Any]) -> tuple[Any, ...]:
    """Tensors in, tensors out. The arguments shall be left alone."""
    given = [np.array(a) for a in arguments]
    results = Interpreter(module).call("f", *given)
    for before, after in zip(arguments, given, strict=True):
        assert before.tobytes() == after.tobytes(), "an argument was written"
    return results


Call = Callable[..., tuple[Any, ...]]
Copy = Callable[[Any], Any]


def planned(
    module: ModuleOp, call: Call, arguments: Sequence[Any], copy: Copy = np.array
) -> tuple[Any, ...]:
    """Run a bufferized `@f`: plan, allocate the results and the arena, call.

    `module` tells the types; `copy` places each array. Everything but the results is checked to be
    as before, and the arena to be filled with rubbish at first.
    """
    functions = {op.sym_name.data: op for op in module.ops if isinstance(op, FuncOp)}
    given = [copy(a) for a in arguments]
    arena, *sizes = call("f.plan", *given)
    types = list(functions["f"].function_type.inputs)[len(given) : -1]
    dynamic: Iterator[Any] = iter(sizes)
    results = [copy(_fresh(type, dynamic)) for type in types]
    room = copy(np.full(int(arena), -1, np.int8))
    call("f", *given, *results, room)
    for before, after in zip(arguments, given, strict=True):
        assert before.tobytes() == after.tobytes(), "an argument was written"
    return tuple(results)


def _fresh(type: Any, dynamic: Iterator[Any]) -> Any:
    shape = tuple(int(next(dynamic)) if n == DYNAMIC_INDEX else n for n in type.get_shape())
    return uninitialised(shape, dtype_of(type))


def interpreted_buffers(module: ModuleOp, arguments: Sequence[Any]) -> tuple[Any, ...]:
    return planned(module, Interpreter(module).call, arguments)


class Native:
    """A module of loops as machine code; every call must leave the status clear."""

    def __init__(self, loops: ModuleOp, *, checked: bool):
        from dlir.targets.cpu.execute import NativeModule

        option = "{bounds-checks=true}" if checked else ""
        self.module = loops
        text = f"vector-expand-math,cse,convert-loops-to-llvm{option}"
        self._native = NativeModule(lowered(loops, text), use_cache=False, processes=1)

    def call(self, name: str, *arguments: Any) -> tuple[Any, ...]:
        results = self._native.call(name, *arguments)
        message = self._native.status()
        if message is not None:
            raise ValueError(message)
        return results

    def run(self, arguments: Sequence[Any]) -> tuple[Any, ...]:
        pages: list[Guarded] = []

        def guarded(array: Any) -> Any:
            pages.append(Guarded(np.asarray(array, order="C")))
            return pages[-1].array

        return tuple(np.array(r) for r in planned(self.module, self.call, arguments, guarded))


class Guarded:
    """A copy of an array that ends at a page which nobody may touch."""

    def __init__(self, content: Any):
        page = mmap.PAGESIZE
        room = -(-content.nbytes // page) * page
        self._map = mmap.mmap(-1, room + page)
        base = ctypes.addressof(ctypes.c_char.from_buffer(self._map))
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.mprotect(ctypes.c_void_p(base + room), page, 0) == 0
        memory = (ctypes.c_char * content.nbytes).from_address(base + room - content.nbytes)
        self.array = np.frombuffer(memory, content.dtype, content.size).reshape(content.shape)
        self.array[...] = content


def same(got: Sequence[Any], expected: Sequence[Any]) -> None:
    """Equal in every bit but the sign of zero and NaN's payload."""
    assert len(got) == len(expected)
    for a, b in zip(got, expected, strict=True):
        a, b = np.asarray(a), np.asarray(b)
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        wide = np.float64 if a.dtype.kind not in "biu" else a.dtype
        np.testing.assert_array_equal(a.astype(wide), b.astype(wide))
