"""Random programs in `dl`: small graphs of well-typed ops, with known and unknown sizes.

A dimension is drawn from a few sizes, some of which every type writes as `?`; so shapes agree at
run time wherever types let them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numeric.cases import ELEMENTS as SIGNED
from numeric.cases import FLOATS, UNSIGNED
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    DenseIntOrFPElementsAttr,
    FunctionType,
    ModuleOp,
    TensorType,
)
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Operation, Region, SSAValue

from dlir.dialects.dl.ops import activation as act
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import composite as c
from dlir.dialects.dl.ops import contraction as k
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops import ordering as o
from dlir.dialects.dl.ops import reduction as r
from dlir.dialects.dl.ops import scan as sn
from dlir.dialects.dl.ops import scatter as sc
from dlir.dialects.dl.ops import source as s
from dlir.numpy_types import dtype_of

ELEMENT_NAMES = ("f32", "f32", "f64", "bf16", "i32", "i8", "i1", "ui8", "ui32")
ELEMENTS = SIGNED | UNSIGNED
NUMBERS = tuple(name for name in ELEMENT_NAMES if name != "i1")
STATIC_SIZES = (1, 2, 3, 17)
DYNAMIC_SIZES = (4, 5)
"""Always written as `?`."""


class Program:
    """A module with `@f`, and what to call it with."""

    def __init__(self, module: ModuleOp, inputs: tuple[Any, ...]):
        self.module, self.inputs = module, inputs

    def __repr__(self) -> str:
        return f"{self.module!s}\n// inputs: {self.inputs}"


@dataclass
class Drawing:
    """A function under construction: what has been computed, with its sizes at run time."""

    draw: Callable[..., Any]
    block: Block
    values: list[tuple[SSAValue, tuple[int, ...]]]

    def add(self, op: Operation, *shapes: tuple[int, ...]) -> None:
        self.block.add_op(op)
        self.values += zip(op.results, shapes, strict=True)

    def pick(self, *elements: str, least_rank: int = 0) -> tuple[SSAValue, tuple[int, ...]] | None:
        """One of the values so far of these element types."""
        fitting = [
            (v, shape) for v, shape in self.values
            if len(shape) >= least_rank and (not elements or element(v) in elements)
        ]  # fmt: skip
        return self.draw(st.sampled_from(fitting)) if fitting else None

    def axis(self, shape: Sequence[int]) -> int:
        return self.draw(st.integers(0, len(shape) - 1))


def element(value: SSAValue) -> str:
    assert isinstance(value.type, TensorType)
    return str(value.type.element_type)


def tensor(shape: Sequence[int], name: str) -> TensorType[Any]:
    sizes = [DYNAMIC_INDEX if n in DYNAMIC_SIZES else n for n in shape]
    return TensorType(ELEMENTS[name], sizes)


# Steps: each adds an op when there is a value that it takes.

UNARY = (m.NegOp, m.AbsOp, m.TanhOp, act.ReluOp, act.SigmoidOp, m.FloorOp, act.GeluOp, m.ErfOp)
INT_UNARY = (m.NegOp, m.AbsOp, m.NotOp, act.ReluOp)
BINARY = (b.AddOp, b.SubOp, b.MulOp, b.MaxOp, b.MinOp)
BOOLEAN = (b.AndOp, b.OrOp, b.XorOp)


def unary(d: Drawing) -> None:
    value, shape = d.pick() or (None, ())
    assert value is not None
    name = element(value)
    kinds = UNARY if name in FLOATS else INT_UNARY if name != "i1" else (m.NotOp,)
    d.add(d.draw(st.sampled_from(kinds))(value), shape)


def broadcasts(a: SSAValue, x: tuple[int, ...], c: SSAValue, y: tuple[int, ...]) -> bool:
    """Whether the shapes do, as types and as sizes."""
    return all(n == k or 1 in (n, k) for n, k in zip(reversed(x), reversed(y), strict=False))


def binary(d: Drawing) -> None:
    a, x = d.pick() or (None, ())
    assert a is not None
    fitting = [(v, y) for v, y in d.values if element(v) == element(a) and broadcasts(a, x, v, y)]
    other, y = d.draw(st.sampled_from(fitting))
    kinds = BOOLEAN if element(a) == "i1" else BINARY
    shape = tuple(np.broadcast_shapes(x, y))
    if d.draw(st.integers(0, 4)) == 0:
        predicate = d.draw(st.sampled_from(("eq", "lt", "ge")))
        d.add(b.CompareOp(predicate, a, other), shape)
    else:
        d.add(d.draw(st.sampled_from(kinds))(a, other), shape)


def select(d: Drawing) -> None:
    condition, shape = d.pick("i1") or (None, ())
    if condition is None:
        return
    fitting = [(v, y) for v, y in d.values if y == shape]
    a, _ = d.draw(st.sampled_from(fitting))
    others = [v for v, _ in fitting if element(v) == element(a)]
    d.add(b.SelectOp(condition, a, d.draw(st.sampled_from(others))), shape)


def cast(d: Drawing) -> None:
    value, shape = d.pick() or (None, ())
    assert value is not None
    d.add(b.CastOp(value, ELEMENTS[d.draw(st.sampled_from(ELEMENT_NAMES))]), shape)


def matmul(d: Drawing) -> None:
    a, x = d.pick("f32", "f64", "bf16", "i32", "ui8", "ui32", least_rank=2) or (None, ())
    if a is None:
        return
    transposed = d.draw(st.booleans())
    fitting = [
        (v, y) for v, y in d.values
        if element(v) == element(a) and len(y) >= 2 and y[-1 if transposed else -2] == x[-1]
        and all(n == k or 1 in (n, k) for n, k in zip(x[-3::-1], y[-3::-1], strict=False))
    ]  # fmt: skip
    if fitting:
        v, y = d.draw(st.sampled_from(fitting))
        batch = np.broadcast_shapes(x[:-2], y[:-2])
        shape = (*batch, x[-2], y[-2] if transposed else y[-1])
        d.add(k.MatmulOp(a, v, transpose_rhs=transposed), shape)


def reduce(d: Drawing) -> None:
    value, shape = d.pick("f32", "f64", "bf16", "i32", "i8", "ui8", "ui32", least_rank=1) or (
        None,
        (),
    )
    if value is None:
        return
    axes = sorted(d.draw(st.sets(st.integers(0, len(shape) - 1), min_size=1)))
    keep = d.draw(st.booleans())
    kind = d.draw(st.sampled_from((r.ReduceSumOp, r.ReduceMaxOp, r.ReduceMinOp)))
    sizes = [(1 if a in axes else n) for a, n in enumerate(shape) if keep or a not in axes]
    d.add(kind(value, axes, keep), tuple(sizes))


def softmax(d: Drawing) -> None:
    value, shape = d.pick(*FLOATS, least_rank=1) or (None, ())
    if value is not None:
        kind = d.draw(st.sampled_from((c.SoftmaxOp, c.LogSoftmaxOp)))
        d.add(kind(value, d.axis(shape)), shape)


def transpose(d: Drawing) -> None:
    value, shape = d.pick(least_rank=2) or (None, ())
    if value is not None:
        perm = d.draw(st.permutations(range(len(shape))))
        d.add(mv.TransposeOp(value, perm), tuple(shape[a] for a in perm))


def cut(d: Drawing) -> None:
    """A slice along one static dimension, forwards or backwards."""
    value, shape = d.pick(least_rank=1) or (None, ())
    if value is None or any(n in DYNAMIC_SIZES for n in shape):
        return
    axis, offsets, strides, sizes = d.axis(shape), [0] * len(shape), [1] * len(shape), [*shape]
    sizes[axis] = d.draw(st.integers(1, shape[axis]))
    sizes[axis] = min((n for n in STATIC_SIZES if n >= sizes[axis]), default=1)
    if d.draw(st.booleans()):
        strides[axis], offsets[axis] = -1, sizes[axis] - 1
    else:
        offsets[axis] = d.draw(st.integers(0, shape[axis] - sizes[axis]))
    d.add(mv.SliceOp(value, offsets, sizes, strides), tuple(sizes))


def concat(d: Drawing) -> None:
    """A value with itself, along a static dimension; cut back to a known size."""
    value, shape = d.pick(least_rank=1) or (None, ())
    if value is None:
        return
    static = [a for a, n in enumerate(shape) if n == 1]
    if static:
        axis = d.draw(st.sampled_from(static))
        count = d.draw(st.sampled_from((2, 3)))
        sizes = tuple(count if a == axis else n for a, n in enumerate(shape))
        d.add(mv.ConcatOp([value] * count, axis), sizes)


def pad(d: Drawing) -> None:
    value, shape = d.pick(least_rank=1) or (None, ())
    if value is None:
        return
    ones = [a for a, n in enumerate(shape) if n == 1]
    if ones:
        axis = d.draw(st.sampled_from(ones))
        low = [int(a == axis) for a in range(len(shape))]
        high = [d.draw(st.integers(0, 1)) * n for n in low]
        sizes = tuple(n + i + j for n, i, j in zip(shape, low, high, strict=True))
        d.add(mv.PadOp(value, low, high, d.draw(st.sampled_from((0, 1)))), sizes)


def flatten(d: Drawing) -> None:
    """A dimension of one more, or one less."""
    value, shape = d.pick() or (None, ())
    assert value is not None
    axis = d.draw(st.integers(0, len(shape)))
    without = [a for a, n in enumerate(shape) if n == 1]
    if without and d.draw(st.booleans()):
        drop = d.draw(st.sampled_from(without))
        new = tuple(n for a, n in enumerate(shape) if a != drop)
    else:
        new = (*shape[:axis], 1, *shape[axis:])
    if sum(n in DYNAMIC_SIZES for n in new) <= 1 and len(new) <= 4:
        sizes = [-1 if n in DYNAMIC_SIZES else n for n in new]
        d.add(mv.ReshapeOp(value, sizes), new)


def gather(d: Drawing) -> None:
    value, shape = d.pick(least_rank=1) or (None, ())
    if value is None or len(shape) > 3:
        return
    axis = d.axis(shape)
    sizes = (*shape[:axis], 2, *shape[axis + 1 :])
    d.add(mv.GatherOp(value, positions(d, shape[axis], (2,)), axis), sizes)


def positions(d: Drawing, size: int, shape: tuple[int, ...]) -> SSAValue:
    """Two indices into a dimension, as a constant."""
    chosen = d.draw(st.lists(st.integers(-size, size - 1), min_size=2, max_size=2))
    type = TensorType(ELEMENTS["i64"], shape)
    indices = s.ConstantOp(DenseIntOrFPElementsAttr.from_list(type, chosen))
    d.add(indices, shape)
    return indices.result


def scatter(d: Drawing) -> None:
    """Two rows of a value go into another one, or into itself."""
    value, shape = d.pick(least_rank=1) or (None, ())
    if value is None:
        return
    fitting = [
        (v, y) for v, y in d.values
        if element(v) == element(value) and len(y) == len(shape) and y[1:] == shape[1:]
    ]  # fmt: skip
    source, other = d.draw(st.sampled_from(fitting))
    rows = mv.GatherOp(source, positions(d, other[0], (2,)), 0)
    d.add(rows, (2, *shape[1:]))
    reductions = ("none",) if element(value) == "i1" else ("none", "add", "max")
    how = d.draw(st.sampled_from(reductions))
    d.add(sc.ScatterNdOp(value, positions(d, shape[0], (2, 1)), rows.result, how), shape)


def scan(d: Drawing) -> None:
    value, shape = d.pick("f32", "f64", "bf16", "i32", "i8", least_rank=1) or (None, ())
    if value is not None:
        exclusive, reverse = d.draw(st.booleans()), d.draw(st.booleans())
        d.add(sn.CumsumOp(value, d.axis(shape), exclusive=exclusive, reverse=reverse), shape)


def order(d: Drawing) -> None:
    """Of integers: rounding would turn the order of floats."""
    value, shape = d.pick("i32", "i8", "i1", least_rank=1) or (None, ())
    if value is None:
        return
    axis, flag = d.axis(shape), d.draw(st.booleans())
    if d.draw(st.booleans()):
        kind = d.draw(st.sampled_from((o.ArgmaxOp, o.ArgminOp)))
        rest = (*shape[:axis], *shape[axis + 1 :])
        d.add(kind(value, axis, select_last=flag), rest)
    else:
        d.add(o.SortOp(value, axis, descending=flag), shape, shape)


def constant(d: Drawing) -> None:
    name = d.draw(st.sampled_from(ELEMENT_NAMES))
    shape = d.draw(st.sampled_from(((), (1,), (3,), (2, 3), (17,))))
    count = int(np.prod(shape))
    numbers = d.draw(st.lists(st.integers(0, 1), min_size=count, max_size=count))
    splat = [numbers[0]] * count if d.draw(st.booleans()) else numbers
    data: Any = [float(n) - 0.5 for n in splat] if name in FLOATS else splat
    type = TensorType(ELEMENTS[name], shape)
    d.add(s.ConstantOp(DenseIntOrFPElementsAttr.from_list(type, data)), shape)


STEPS = (
    unary, unary, binary, binary, binary, select, cast, matmul, matmul, reduce, reduce, softmax,
    transpose, cut, concat, pad, flatten, gather, scatter, scan, order, constant,
)  # fmt: skip


@st.composite
def programs(draw: Callable[..., Any]) -> Program:
    """1 to 3 arguments, up to 12 ops, 1 to 3 results; any value may be used often, or returned.

    A program has a few sizes and element types only, so that its values meet.
    """
    pool = draw(st.lists(st.sampled_from((*STATIC_SIZES, *DYNAMIC_SIZES)), min_size=2, max_size=3))
    kinds = draw(st.lists(st.sampled_from(ELEMENT_NAMES), min_size=1, max_size=2))
    shape = st.lists(st.sampled_from(pool), max_size=3)
    shapes = [draw(st.lists(st.sampled_from(pool), min_size=2, max_size=3)), *draw(
        st.lists(shape, max_size=2))]  # fmt: skip
    names = [draw(st.sampled_from(kinds)) for _ in shapes]
    types = [tensor(shape, name) for shape, name in zip(shapes, names, strict=True)]
    block = Block(arg_types=types)
    values = [(a, tuple(shape)) for a, shape in zip(block.args, shapes, strict=True)]
    drawing = Drawing(draw, block, values)
    for _ in range(draw(st.integers(1, 12))):
        draw(st.sampled_from(STEPS))(drawing)
    returned = draw(st.lists(st.sampled_from(drawing.values), max_size=2))
    results = [drawing.values[-1][0], *(v for v, _ in returned)]
    block.add_op(ReturnOp(*results))
    type = FunctionType.from_lists(types, [v.type for v in results])
    rng = np.random.default_rng(draw(st.integers(0, 3)))
    inputs = tuple(numbers(rng, t, shape) for t, shape in zip(types, shapes, strict=True))
    return Program(ModuleOp([FuncOp("f", type, Region(block))]), inputs)


def numbers(rng: np.random.Generator, type: TensorType[Any], shape: Sequence[int]) -> Any:
    """Quarters of small integers, so that most sums are exact; unsigned numbers of any size."""
    dtype = dtype_of(type)
    if dtype.kind == "u":
        return rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    whole = rng.integers(-8, 9, shape)
    if dtype.kind == "b":
        return np.asarray(whole > 0)
    return np.asarray(whole if dtype.kind == "i" else whole / 4).astype(dtype)
