"""Where imported operations go, and what the operator functions need to make them.

`Context` inserts `dl` operations into the function being built, gives each the location and the
name of the node it came from, and keeps the dimensions of every tensor as `Dim`s. It holds one
invariant: a dimension is an `int` exactly where the tensor's type is static. A dimension known to
the symbolic arithmetic but not to type inference is written into the type by a `dl.reshape`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, TypeAlias, cast

import ml_dtypes
import numpy as np
from xdsl.builder import Builder
from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    BytesAttr,
    DenseIntOrFPElementsAttr,
    IndexType,
    IntegerAttr,
    LocationAttr,
    TensorType,
    i1,
    i64,
)
from xdsl.dialects.tensor import CastOp, ExtractOp, FromElementsOp
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.rewriter import InsertPoint

from dlir.numpy_types import is_integral

from . import dims as d
from . import dl
from .dims import Atom, Compound, Dim, Expr, Symbol
from .elements import numpy_type_of, xdsl_type
from .values import Array, Constant, Ints, Tensor, Unsupported, Value, settled

INLINE_ITEMS = 16
"""Constants up to this many items stand in the text; larger ones become parameters."""

INLINE_SCALES = 1 << 14
"""So many scales or zero points of one tensor stand in the text."""

MAX_WEIGHT_BYTES = 1 << 36
"""A constant that claims to be larger than this is taken for a hostile shape."""


_Source: TypeAlias = tuple[SSAValue, int] | SSAValue


@dataclass
class _Scope:
    """Where to insert, and what has been made that is visible there."""

    builder: Builder
    sources: dict[str, _Source] = field(default_factory=dict[str, "_Source"])
    """Symbol -> the axis that has this size, or the integer itself."""
    indices: dict[Dim, SSAValue] = field(default_factory=dict[Dim, SSAValue])
    atoms: dict[Atom, SSAValue] = field(default_factory=dict[Atom, SSAValue])
    constants: dict[int, tuple[Constant, Tensor]] = field(
        default_factory=dict[int, tuple[Constant, Tensor]]
    )
    elements: dict[tuple[SSAValue, tuple[int, ...]], Dim] = field(
        default_factory=dict[tuple[SSAValue, tuple[int, ...]], Dim]
    )

    def within(self, block: Block) -> _Scope:
        """The scope of a block of a region: all this, and what is made there."""
        return replace(
            self,
            builder=Builder(InsertPoint.at_end(block)),
            sources=dict(self.sources),
            indices=dict(self.indices),
            atoms=dict(self.atoms),
            constants=dict(self.constants),
            elements=dict(self.elements),
        )


class Context:
    """The state of one import. `params` collects the arrays of `dl.param`s by name."""

    def __init__(self, builder: Builder):
        self.params: dict[str, Array] = {}
        self.location: LocationAttr | None = None
        self.hint: str | None = None
        self._scope = _Scope(builder)
        self._scopes: dict[Block, _Scope] = {}
        self._numbers = count()

    # Insertion

    def insert(self, op: Operation) -> Operation:
        if self.location is not None:
            op.location = self.location
        self._scope.builder.insert(op)
        return op

    def emit(self, op: Operation, dims: Sequence[Dim | None] | None = None) -> Tensor:
        """Insert an operation of one result; `dims` are what is known about its dimensions."""
        return self.emit_all(op, [dims])[0]

    def emit_all(
        self, op: Operation, all_dims: Sequence[Sequence[Dim | None] | None]
    ) -> tuple[Tensor, ...]:
        """Insert an operation; one sequence of dimensions per result, None if unknown."""
        self.insert(op)
        pairs = zip(op.results, all_dims, strict=True)
        return tuple(self._result(result, dims) for result, dims in pairs)

    def known(self, value: SSAValue, dims: Sequence[Dim | None]) -> Tensor:
        """A value of the program as a tensor; None where a size is not known."""
        return self._result(value, dims)

    def _result(self, result: SSAValue, dims: Sequence[Dim | None] | None) -> Tensor:
        result.name_hint = self.hint
        shape = cast(TensorType[Attribute], result.type).get_shape()
        if dims is None:
            dims = [None] * len(shape)
        agreed = tuple(
            n if n != DYNAMIC_INDEX else self._fresh(result, axis) if m is None else m
            for axis, (n, m) in enumerate(zip(shape, dims, strict=True))
        )
        tensor = Tensor(result, agreed)
        known = any(
            isinstance(m, int) != (n != DYNAMIC_INDEX) for n, m in zip(shape, agreed, strict=True)
        )
        return self.reshape(tensor, agreed) if known else tensor

    def _fresh(self, value: SSAValue, axis: int) -> Dim:
        return self.symbol(f"#{next(self._numbers)}", value, axis)

    def symbol(self, name: str, value: SSAValue, axis: int) -> Dim:
        """The size called `name`; the first axis that brings it is where it is read at run time."""
        self._scope.sources.setdefault(name, (value, axis))
        return d.symbol(name)

    def integer(self, value: SSAValue, *, signed: bool) -> Dim:
        """An `index` of the program as a dimension; `signed` says that it may be negative."""
        name = f"#{next(self._numbers)}"
        self._scope.sources[name] = value
        return d.symbol(name, signed)

    def is_known(self, dim: Dim) -> bool:
        """Whether the dimension is made of sizes that are visible at the point of insertion."""
        return all(symbol.name in self._scope.sources for symbol in d.symbols(dim))

    @contextmanager
    def inside(self, block: Block) -> Generator[None]:
        """Insert at the end of a block of a region: what is made there is not known outside.

        A block may be entered again, from the same place.
        """
        outer = self._scope
        if block not in self._scopes:
            self._scopes[block] = outer.within(block)
        self._scope = self._scopes[block]
        try:
            yield
        finally:
            self._scope = outer

    def cast_type(self, x: Tensor, type: TensorType[Attribute]) -> SSAValue:
        """The same tensor under a type with more or fewer `?`."""
        return x.ssa if x.ssa.type == type else self.insert(CastOp(x.ssa, type)).results[0]

    # Elements, read while the program runs

    def element(self, x: Tensor, *position: int) -> Dim:
        """An element of a tensor of integers, read once."""
        key = x.ssa, position
        if key not in self._scope.elements:
            value = self._extract(self.cast(x, i64), position)
            index = self.insert(arith.IndexCastOp(value, IndexType())).results[0]
            self._scope.elements[key] = self.integer(index, signed=True)
        return self._scope.elements[key]

    def truth(self, value: Value) -> SSAValue:
        """The only element of a value as i1."""
        if isinstance(value, Ints):
            zero, item = self.index(0), self.index(value.items.reshape(-1)[0])
            return self.insert(arith.CmpiOp(item, zero, "ne")).results[0]
        x = self.tensor(value)
        return self._extract(self.cast(x, i1), (0,) * x.rank)

    def _extract(self, x: Tensor, position: Sequence[int]) -> SSAValue:
        indices = [self.index(number) for number in position]
        element = ExtractOp(x.ssa, indices, x.element)
        return self.insert(element).results[0]

    # Sizes

    def index(self, dim: Dim) -> SSAValue:
        """`dim` as an `index` value, made once."""
        if dim not in self._scope.indices:
            self._scope.indices[dim] = self._index(dim)
        return self._scope.indices[dim]

    def _index(self, dim: Dim) -> SSAValue:
        if not isinstance(dim, Expr):
            constant = IntegerAttr(dim, IndexType())
            return self.insert(arith.ConstantOp(constant)).results[0]
        total: SSAValue | None = None
        for atoms, number in dim.ordered():
            factors = [self._atom(atom) for atom in atoms]
            if number != 1 or not factors:
                factors.append(self.index(number))
            term = factors[0]
            for factor in factors[1:]:
                term = self.insert(arith.MuliOp(term, factor)).results[0]
            total = term if total is None else self.insert(arith.AddiOp(total, term)).results[0]
        assert total is not None
        return total

    def _atom(self, atom: Atom) -> SSAValue:
        if atom not in self._scope.atoms:
            self._scope.atoms[atom] = self._make_atom(atom)
        return self._scope.atoms[atom]

    def _make_atom(self, atom: Atom) -> SSAValue:
        if isinstance(atom, Symbol):
            source = self._scope.sources[atom.name]
            if isinstance(source, SSAValue):
                return source
            return self.insert(dl.DimOp(*source)).results[0]
        return self._compound(atom)

    def _compound(self, atom: Compound) -> SSAValue:
        lhs, rhs = self.index(atom.lhs), self.index(atom.rhs)
        if atom.kind in _INDEX_OPS:
            return self.insert(_INDEX_OPS[atom.kind](lhs, rhs)).results[0]
        predicate = {"eq": "eq", "lt": "slt"}[atom.kind]
        holds = self.insert(arith.CmpiOp(lhs, rhs, predicate)).results[0]
        choice = arith.SelectOp(holds, self.index(1), self.index(0))
        return self.insert(choice).results[0]

    def shape(self, dims: Sequence[Dim]) -> list[int | SSAValue]:
        """A shape as the constructors of reshape, broadcast, ... take it."""
        return [dim if isinstance(dim, int) else self.index(dim) for dim in dims]

    # Values

    def tensor(self, value: Value) -> Tensor:
        """`value` as a run-time tensor."""
        if isinstance(value, Tensor):
            return value
        if isinstance(value, Ints):
            return self._ints(value)
        if id(value) not in self._scope.constants:
            self._scope.constants[id(value)] = (value, self._constant(value))
        return self._scope.constants[id(value)][1]

    def inlined(self, value: Value) -> Tensor:
        """`value` as a run-time tensor that passes can read: scales decide what they do."""
        if isinstance(value, Constant) and id(value) not in self._scope.constants:
            made = self._constant(value, INLINE_SCALES)
            self._scope.constants[id(value)] = (value, made)
        return self.tensor(value)

    def _constant(self, value: Constant, most: int = INLINE_ITEMS) -> Tensor:
        array = value.array
        if array.nbytes > MAX_WEIGHT_BYTES:
            raise Unsupported(f"a constant of shape {list(array.shape)}")
        type = TensorType(xdsl_type(array.dtype), array.shape)
        hint, self.hint = self.hint, name_hint(value.name)
        if array.size <= most:
            op = dl.ConstantOp(dense(type, array))
        else:
            op = dl.ParamOp(self._param(value.name, array), type)
        result = self.emit(op)
        self.hint = hint
        return result

    def _param(self, name: str, array: Array) -> str:
        """Register a weight under `name`, or a name like it if that is taken."""
        unique, number = name, 1
        while unique in self.params:
            unique, number = f"{name}.{number}", number + 1
        self.params[unique] = array
        return unique

    def constant(self, items: Any, element: Attribute) -> Tensor:
        """A small constant tensor; raises `Unsupported` for integers that it cannot hold."""
        given, dtype = np.asarray(items), numpy_type_of(element)
        if given.size and is_integral(dtype):
            limits = cast(Any, ml_dtypes.iinfo(dtype))
            least, greatest = np.trunc(given).min(), np.trunc(given).max()
            if not limits.min <= least <= greatest <= limits.max:
                raise Unsupported(f"the constant {items} as {element}")
        array = given.astype(dtype)
        return self.emit(dl.ConstantOp(dense(TensorType(element, array.shape), array)))

    def _ints(self, value: Ints) -> Tensor:
        known = settled(value, self.hint or "shape")
        if isinstance(known, Constant):
            return self._constant(known)
        element = xdsl_type(value.dtype)
        items = [self.reshape(self.scalar(item, element), (1,)) for item in value.items.flat]
        joined = items[0]
        if len(items) > 1:
            joined = self.emit(dl.ConcatOp([item.ssa for item in items], 0), (len(items),))
        return self.reshape(joined, value.dims)

    def scalar(self, dim: Dim, element: Attribute) -> Tensor:
        """`dim` as a tensor of rank 0.

        Integers of the program become an element as they are. A size s is the sum of s ones: sizes
        are operands of `dl` operations and never their elements, so this is the one way from a size
        to a tensor that stays inside the dialect.
        """
        if not isinstance(dim, Expr):
            return self.constant(dim, element)
        if any(isinstance(self._scope.sources[s.name], SSAValue) for s in d.symbols(dim)):
            value = self.insert(arith.IndexCastOp(self.index(dim), i64)).results[0]
            made = FromElementsOp(value, result_type=TensorType(i64, []))
            return self.cast(self.emit(made, ()), element)
        positive, negative = (self._part(dim, sign) for sign in (1, -1))
        total = self._count(positive, element)
        if negative == 0:
            return total
        return self.emit(dl.SubOp(total.ssa, self._count(negative, element).ssa), ())

    @staticmethod
    def _part(dim: Expr, sign: int) -> Dim:
        terms = frozenset((atoms, n * sign) for atoms, n in dim.terms if n * sign > 0)
        part = d.add(0, Expr(terms)) if terms else 0
        if not d.non_negative(part):
            raise Unsupported("a size that may be negative, as a tensor")
        return part

    def _count(self, dim: Dim, element: Attribute) -> Tensor:
        if not isinstance(dim, Expr):
            return self.constant(dim, element)
        work = i64 if element == i1 else element
        ones = self.broadcast(self.constant(1, work), (dim,))
        count = self.emit(dl.ReduceSumOp(ones.ssa, [0], keepdims=False), ())
        return self.cast(count, element)

    # Operations that many operators use

    def reshape(self, x: Tensor, dims: Sequence[Dim]) -> Tensor:
        if tuple(dims) == x.dims:
            return x
        return self.emit(dl.ReshapeOp(x.ssa, self.shape(dims)), dims)

    def broadcast(self, x: Tensor, dims: Sequence[Dim]) -> Tensor:
        if tuple(dims) == x.dims:
            return x
        return self.emit(dl.BroadcastOp(x.ssa, self.shape(dims)), dims)

    def transpose(self, x: Tensor, perm: Sequence[int]) -> Tensor:
        if list(perm) == list(range(x.rank)):
            return x
        return self.emit(dl.TransposeOp(x.ssa, perm), [x.dims[axis] for axis in perm])

    def cast(self, x: Tensor, element: Attribute) -> Tensor:
        if x.element == element:
            return x
        return self.emit(dl.CastOp(x.ssa, element), x.dims)

    def itemwise(self, make: Callable[..., Operation], *xs: Tensor) -> Tensor:
        """The elementwise operation `make(operands...)`, with numpy's broadcasting."""
        return self.emit(make(*(x.ssa for x in xs)), broadcast_dims(*(x.dims for x in xs)))

    def compare(self, predicate: str, a: Tensor, b: Tensor) -> Tensor:
        """`a predicate b` by element, as i1."""
        op = dl.CompareOp(predicate, a.ssa, b.ssa)
        return self.emit(op, broadcast_dims(a.dims, b.dims))

    def take(self, x: Tensor, axis: int, offset: int, size: Dim, stride: int = 1) -> Tensor:
        """`size` items of one axis, from a static offset on."""
        dims = (*x.dims[:axis], size, *x.dims[axis + 1 :])
        offsets = [offset if i == axis else 0 for i in range(x.rank)]
        strides = [stride if i == axis else 1 for i in range(x.rank)]
        return self.emit(dl.SliceOp(x.ssa, offsets, self.shape(dims), strides), dims)

    def gather(self, x: Tensor, indices: Tensor, axis: int) -> Tensor:
        dims = (*x.dims[:axis], *indices.dims, *x.dims[axis + 1 :])
        return self.emit(dl.GatherOp(x.ssa, indices.ssa, axis), dims)

    def pad(self, x: Tensor, low: Sequence[int], high: Sequence[int], value: float) -> Tensor:
        if not any(low) and not any(high):
            return x
        grown = [d.add(n, a + b) for n, a, b in zip(x.dims, low, high, strict=True)]
        return self.emit(dl.PadOp(x.ssa, low, high, value), grown)

    def iota(self, dims: Sequence[Dim], axis: int, element: Attribute) -> Tensor:
        return self.emit(dl.IotaOp(self.shape(dims), axis, element), dims)


def broadcast_dims(*shapes: Sequence[Dim]) -> tuple[Dim, ...]:
    """numpy's rule for sizes known only in part: a 1 gives way, a number wins."""
    rank = max(len(shape) for shape in shapes)
    padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    return tuple(_broadcast_dim(column) for column in zip(*padded, strict=True))


def _broadcast_dim(column: Sequence[Dim]) -> Dim:
    others = [dim for dim in column if dim != 1]
    numbers = [dim for dim in others if isinstance(dim, int)]
    return (numbers or others or [1])[0]


def dense(type: TensorType[Attribute], array: Array) -> DenseIntOrFPElementsAttr:
    """A dense constant from an array of the same shape and element type."""
    data = np.ascontiguousarray(array)
    if data.dtype == np.bool_:
        data = data.astype(np.int8) * np.int8(-1)  # xDSL stores a true i1 as 0xFF
    return DenseIntOrFPElementsAttr(cast(Any, type), BytesAttr(data.tobytes()))


def name_hint(name: str) -> str | None:
    """A name of a model as the name of an SSA value; None when nothing of it can stand in one."""
    cleaned = re.sub(r"[^A-Za-z0-9_.$]+", "_", name).strip("_.")
    if cleaned[:1].isdigit():
        cleaned = "v" + cleaned
    return cleaned or None


_INDEX_OPS: dict[str, Callable[[SSAValue, SSAValue], Operation]] = {
    "div": arith.DivSIOp,
    "mod": arith.RemSIOp,
    "min": arith.MinSIOp,
    "max": arith.MaxSIOp,
}
