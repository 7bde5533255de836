"""What `accel` means, in numpy: engine ops in order, on memrefs as arrays.

The numbers are the machine's (arithmetic.py), so this agrees with the simulator bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from xdsl.ir import Operation

from dlir.dialects.accel import arithmetic as arith
from dlir.dialects.accel.access import Access
from dlir.dialects.accel.arithmetic import Array, convert, widen
from dlir.dialects.accel.attrs import Role
from dlir.dialects.accel.ops import (
    AllocOp,
    BinaryOp,
    EngineOp,
    GatherOp,
    LaunchOp,
    LoadOp,
    MatmulOp,
    ProgramOp,
    StoreOp,
    UnaryOp,
)
from dlir.numpy_types import dtype_of
from dlir.requantize import requantize
from dlir.types import element_of, shape_of


def _rows(memref: Array) -> Array:
    """A memref as rows of lanes: a view."""
    return memref.reshape(-1, memref.shape[-1])


def _walks(op: EngineOp) -> Iterator[tuple[int, ...]]:
    """The rows of all addresses, at each point of the nest in order."""
    return zip(*(access.rows(op.trips).tolist() for _, access in op.accesses), strict=True)


def _walk(op: MatmulOp | UnaryOp) -> Array:
    """The rows of the instruction's own walk of two strides."""
    nx, sx, ny, sy = (op.field(name) for name in ("nx", "sx", "ny", "sy"))
    return Access(0, (sy, sx)).rows((ny, nx))


def launch(interp: Any, op: LaunchOp, *arguments: Array) -> tuple[Array, ...]:
    """results = the outputs of the program, run on copies of nothing but them."""
    program = interp.symbol(op.program.root_reference.data)
    assert isinstance(program, ProgramOp)
    given, outputs = iter(arguments), list[Array]()
    values: list[Array] = []
    for value, role in zip(program.body.block.args, program.roles.data, strict=True):
        if role.data is Role.OUTPUT:
            outputs.append(_empty(value.type))
            values.append(outputs[-1])
        else:
            values.append(np.ascontiguousarray(next(given)))
    interp.run_block(program.body.block, *values)
    return tuple(outputs)


def _empty(type: Any) -> Array:
    return np.zeros(shape_of(type), dtype_of(element_of(type)))


def alloc(interp: Any, op: AllocOp) -> Array:
    """A tile; it holds zeros until it is written."""
    return _empty(op.tile.type)


def copy(interp: Any, op: LoadOp | StoreOp, source: Array, target: Array, *tokens: Any) -> None:
    """target[to + i] = source[from + i]"""
    count, x, d = op.field("count"), _rows(source), _rows(target)
    for start, to in _walks(op):
        d[to : to + count] = x[start : start + count].view(d.dtype)


def gather(
    interp: Any, op: GatherOp, table: Array, index: Array, target: Array, *tokens: Any
) -> None:
    """target[to + i] = table[from + index[i]]"""
    rows, size = op.field("rows"), op.field("of")
    x, d = _rows(table), _rows(target)
    for start, at, to in _walks(op):
        chosen = _rows(index)[at:].reshape(-1)[:rows]
        if ((chosen < 0) | (chosen >= size)).any():
            raise IndexError(f"accel.gather: index {chosen} into a table of {size} rows")
        d[to : to + rows] = x[start + chosen]


def matmul(interp: Any, op: MatmulOp, a: Array, w: Array, c: Array, *tokens: Any) -> None:
    """c (+)= a[walk] @ plane, plane by plane"""
    k, n, step, tr = (op.field(name) for name in ("k", "n", "step", "tr"))
    walk = _walk(op)
    x, y, d = _rows(a), _rows(w), _rows(c)
    set_first = _first_visits(op) if op.field("start") else np.zeros(1, bool)
    points = zip(_walks(op), np.resize(set_first, _points(op)).tolist(), strict=True)
    for (at_a, at_w, at_c), overwrite in points:
        tile = y[at_w : at_w + ((n if tr else k) - 1) * step + 1 : step]
        plane = tile[:n, :k].T if tr else tile[:k, :n]
        product = arith.multiply_planes(x[walk + at_a][:, :k], plane)
        target = d[at_c : at_c + len(walk)]
        if overwrite:
            target[:, :n] = product
        else:
            target[:, :n] += product


def _points(op: EngineOp) -> int:
    return int(np.prod(op.trips, dtype=np.int64))


def _first_visits(op: MatmulOp) -> Array:
    """At which points of the nest the accumulators are visited for the first time."""
    _, walk = op.accesses[2]
    fine = np.ones(1, bool)
    for position, (trips, step) in enumerate(zip(op.trips, walk.steps, strict=True)):
        sums = position < op.field("planes") and step == 0
        here = np.arange(trips) == 0 if sums else np.ones(trips, bool)
        fine = (fine[:, None] & here).reshape(-1)
    return fine


def binary(interp: Any, op: BinaryOp, *values: Array) -> None:
    """d[r] = fn(x[r], y[..])"""
    fn, rows, mode = op.field("fn"), op.field("rows"), op.field("ymode")
    count = len(op.addresses)
    tables = [_rows(v) for v in values[:count]]
    x, d = tables[0], tables[-1]
    for places in _walks(op):
        left = widen(x[places[0] : places[0] + rows])
        if fn == "requant":
            multiplier, shift = tables[1][places[1] : places[1] + 2]
            result = requantize(left, multiplier, shift, int(op.field("imm")))
        else:
            right = _second(op, left, tables, places, mode, rows)
            if fn == "quant":
                result = arith.quantize(left, right, arith.immediate(op.field("imm"), left.dtype))
            else:
                result = _apply(fn, left, right, d[places[-1] : places[-1] + rows])
        d[places[-1] : places[-1] + rows] = convert(result, d.dtype)


def _second(
    op: BinaryOp, x: Array, tables: Sequence[Array], places: Sequence[int], mode: str, rows: int
) -> Array:
    if mode == "imm":
        return arith.immediate(op.field("imm"), x.dtype)
    y = widen(tables[1][places[1] : places[1] + (1 if mode == "all" else rows)])
    return y[:, :1] if mode == "lane" else y


def _apply(fn: str, x: Array, y: Array, old: Array) -> Array:
    with np.errstate(all="ignore"):
        if fn in arith.TERNARY:
            return arith.TERNARY[fn](x, y, old.astype(x.dtype))
        return arith.BINARY[fn](x, y)


def unary(interp: Any, op: UnaryOp, source: Array, target: Array, *tokens: Any) -> None:
    """d[y * nx + x] = fn(x[y * sy + x * sx])"""
    walk, ny = _walk(op), op.field("ny")
    x, d = _rows(source), _rows(target)
    written = op.written_rows()
    lanes = op.field("n") or x.shape[1]
    for start, to in _walks(op):
        result = arith.unary(op.field("fn"), widen(x[walk + start]), ny, lanes)
        d[to : to + written] = convert(result, d.dtype)


SEMANTICS: dict[type[Operation], Callable[..., Any]] = {
    LaunchOp: launch,
    AllocOp: alloc,
    LoadOp: copy,
    StoreOp: copy,
    GatherOp: gather,
    MatmulOp: matmul,
    BinaryOp: binary,
    UnaryOp: unary,
}
