"""Semantics of `memref`: a memref is a numpy view, so aliasing is numpy's.

`subview`, `view`, `cast`, `reinterpret_cast` and the reshapes share memory with their source. The
*root* of a view is the array that `alloc`, `view` or the caller made; offsets of `reinterpret_cast`
count from there, as in MLIR. Every access is checked: outside a memref's sizes, or outside the
root's memory, IndexError is raised. Fresh memory is NaN or -1 (see `numpy_types.uninitialised`), so
that reading before writing shows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from xdsl.dialects import memref
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr

from dlir.addresses import address_of
from dlir.dialects.buffers import PrefetchOp
from dlir.dialects.upstream.indexing import (
    box,
    check_shape,
    merged_shape,
    mixed,
    point,
    shape_of,
    split_shape,
    without_units,
)
from dlir.interpreter import Interpreter
from dlir.numpy_types import Array, Value, array_of, dtype_of, uninitialised


def root_of(view: Array) -> Array:
    """The array whose memory the view shows."""
    return view.base if isinstance(view.base, np.ndarray) else view


def as_root(view: Array) -> Array:
    """The same memory as a root of its own."""
    return np.lib.stride_tricks.as_strided(view, view.shape, view.strides)


def load(interp: Interpreter, op: memref.LoadOp, ref: Array, *indices: Value) -> Value:
    """One element."""
    return ref[point(ref, indices)]


def store(
    interp: Interpreter, op: memref.StoreOp, value: Value, ref: Array, *indices: Value
) -> None:
    """Overwrite one element."""
    ref[point(ref, indices)] = value


def prefetch(interp: Interpreter, op: PrefetchOp, ref: Array, *indices: Value) -> None:
    """Nothing that can be seen."""


def alloc(interp: Interpreter, op: memref.AllocOp | memref.AllocaOp, *sizes: Value) -> Array:
    """New memory; `alloca`'s lives on until nothing refers to it."""
    type = op.memref.type
    return as_root(uninitialised(shape_of(type, sizes), dtype_of(type)))


def dealloc(interp: Interpreter, op: memref.DeallocOp, ref: Array) -> None:
    """Nothing to do: memory lives as long as it is referred to."""


def get_global(interp: Interpreter, op: memref.GetGlobalOp) -> Array:
    """The global's memory, made at first use and kept by the interpreter."""
    symbol = interp.symbol(op.name_.string_value())
    if not isinstance(symbol, memref.GlobalOp):
        raise ValueError(f"no memref.global named @{op.name_.string_value()}")
    if id(symbol) not in interp.constants:
        interp.constants[id(symbol)] = _global_memory(symbol)
    return interp.constants[id(symbol)]


def _global_memory(op: memref.GlobalOp) -> Array:
    if isinstance(op.initial_value, DenseIntOrFPElementsAttr):
        values = array_of(op.initial_value)
        return values if op.constant is not None else values.copy()
    return as_root(uninitialised(op.type.get_shape(), dtype_of(op.type)))


def dim(interp: Interpreter, op: memref.DimOp, ref: Array, axis: Value) -> Value:
    """The size of one dimension."""
    if not 0 <= axis < ref.ndim:
        raise IndexError(f"a memref of rank {ref.ndim} has no dimension {axis}")
    return np.int64(ref.shape[axis])


def address(interp: Interpreter, op: memref.ExtractAlignedPointerAsIndexOp, ref: Array) -> Value:
    """Where the memory of the root begins."""
    return np.int64(address_of(root_of(ref)))


def rank(interp: Interpreter, op: memref.RankOp, ref: Array) -> Value:
    """The number of dimensions."""
    return np.int64(ref.ndim)


def copy(interp: Interpreter, op: memref.CopyOp, source: Array, target: Array) -> None:
    """Copy all elements; the sizes must agree."""
    if source.shape != target.shape:
        raise ValueError(f"copies sizes {list(source.shape)} to {list(target.shape)}")
    target[...] = source


def subview(interp: Interpreter, op: memref.SubviewOp, ref: Array, *operands: Value) -> Array:
    """A hyper-rectangle, as a view; unit dimensions that the result type lacks are dropped."""
    dynamic = iter(operands)
    offsets, sizes, strides = (
        mixed(static, dynamic) for static in (op.static_offsets, op.static_sizes, op.static_strides)
    )
    view = ref[box(ref, offsets, sizes, strides)]
    shape = op.result.type.get_shape()
    if len(shape) < view.ndim:
        view = view.reshape(without_units(view.shape, len(shape)))
    check_shape(op.result.type, view)
    return view


def view(interp: Interpreter, op: memref.ViewOp, ref: Array, shift: Value, *sizes: Value) -> Array:
    """Bytes of an i8 buffer from `shift` on, read as another type; any alignment will do."""
    type = op.result.type
    shape, dtype = shape_of(type, sizes), dtype_of(type)
    end = shift + int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    if shift < 0 or end > ref.size:
        raise IndexError(f"bytes [{shift}, {end}) leave a buffer of {ref.size} bytes")
    return as_root(ref[shift:end].view(dtype).reshape(shape))


def cast(interp: Interpreter, op: memref.CastOp, ref: Array) -> Array:
    """The same memory under a type with more or fewer `?`."""
    check_shape(op.dest.type, ref)
    return ref


def pass_through(interp: Interpreter, op: Any, ref: Array) -> Array:
    """An op that changes only what is known about the memory."""
    return ref


def reinterpret_cast(
    interp: Interpreter, op: memref.ReinterpretCastOp, ref: Array, *operands: Value
) -> Array:
    """The root's memory under new offset, sizes and strides (in elements)."""
    dynamic = iter(operands)
    (offset,), sizes, strides = (
        mixed(static, dynamic) for static in (op.static_offsets, op.static_sizes, op.static_strides)
    )
    flat = root_of(ref).reshape(-1)
    if all(size > 0 for size in sizes):
        reach = [(size - 1) * stride for size, stride in zip(sizes, strides, strict=True)]
        low, high = offset + sum(min(r, 0) for r in reach), offset + sum(max(r, 0) for r in reach)
        if low < 0 or high >= flat.size:
            raise IndexError(f"elements [{low}, {high}] leave a buffer of {flat.size} elements")
    steps = [stride * flat.itemsize for stride in strides]
    return np.lib.stride_tricks.as_strided(flat[offset:], sizes, steps)


def expand_shape(interp: Interpreter, op: memref.ExpandShapeOp, ref: Array, *sizes: Value) -> Array:
    """Split dimensions in place."""
    wanted = mixed(op.static_output_shape, iter(sizes))
    return _same_memory(ref, split_shape(op.reassociation, wanted, ref.shape))


def collapse_shape(interp: Interpreter, op: memref.CollapseShapeOp, ref: Array) -> Array:
    """Join dimensions in place."""
    return _same_memory(ref, merged_shape(op.reassociation, ref.shape))


def _same_memory(ref: Array, shape: list[int]) -> Array:
    result = ref.reshape(shape)
    if result.size and not np.shares_memory(result, ref):
        raise ValueError(f"strides {ref.strides} do not allow sizes {shape} without a copy")
    return result


SEMANTICS: dict[type[Any], Any] = {
    memref.LoadOp: load,
    memref.StoreOp: store,
    PrefetchOp: prefetch,
    memref.AllocOp: alloc,
    memref.AllocaOp: alloc,
    memref.DeallocOp: dealloc,
    memref.GetGlobalOp: get_global,
    memref.DimOp: dim,
    memref.RankOp: rank,
    memref.ExtractAlignedPointerAsIndexOp: address,
    memref.CopyOp: copy,
    memref.SubviewOp: subview,
    memref.ViewOp: view,
    memref.CastOp: cast,
    memref.MemorySpaceCastOp: pass_through,
    memref.AssumeAlignmentOp: pass_through,
    memref.ReinterpretCastOp: reinterpret_cast,
    memref.ExpandShapeOp: expand_shape,
    memref.CollapseShapeOp: collapse_shape,
}
