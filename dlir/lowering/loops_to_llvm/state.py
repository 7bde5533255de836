"""The state of lowering one function: where new operations go and what old values became.

Every value of the loop level becomes one of two things:
- *rows*: a tuple of `llvm` values.  A scalar has one row; an n-D vector has one row per innermost
  line (`vector<6x64xf32>`: six `vector<64xf32>`); a line of one element is a plain scalar.
- a `Buffer`, for memrefs: a pointer and what is known about the layout.  Views only make new
  `Buffer`s; no descriptor ever exists at run time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import prod
from typing import NoReturn, TypeAlias, cast

from xdsl.dialects import llvm
from xdsl.dialects.arith import FastMathFlagsAttr
from xdsl.dialects.builtin import (
    AnyFloat,
    BFloat16Type,
    FloatAttr,
    IndexType,
    IntegerAttr,
    IntegerType,
    LocationAttr,
    MemRefType,
    UnitAttr,
    UnknownLoc,
    VectorType,
    i1,
    i8,
    i16,
    i32,
    i64,
)
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.irdl import IRDLOperation

from dlir.diagnostics import fail
from dlir.dialects.llvm.ops import ExtractElementOp, PoisonOp
from dlir.dialects.shared import integer_attr, integers_attr, vector_type
from dlir.dialects.vectorized import as_vector, dense, element_of
from dlir.lowering.loops_to_llvm.order import sink_scalars

Rows: TypeAlias = tuple[SSAValue, ...]
Index: TypeAlias = int | SSAValue
"""An index: known at compile time, or an `i64` value."""

POINTER = llvm.LLVMPointerType()
NO_FAST_MATH = llvm.FastMathAttr(None)
NSW = IntegerAttr(1, i32)
_WRAP = IntegerAttr(0, i32)
_UNIT = UnitAttr()
_NO_SHAPE: tuple[int, ...] = ()
_INT32_MAX = 2**31 - 1


def unsupported(where: Operation, message: str, help: str | None = None) -> NoReturn:
    """Refuse an operation that the loop level contract does not allow."""
    fail(where, f"'{where.name}' {message}", rule="convert-loops-to-llvm", help=help)


@dataclass(frozen=True)
class Buffer:
    """A memref: element `[i, j]` is at `pointer + offset + i * strides[0] + j * strides[1]`.

    Offsets, sizes and strides count elements.  `root` is the pointer of the memref this one is a
    view of, which `memref.reinterpret_cast` starts from.
    """

    root: SSAValue
    pointer: SSAValue
    offset: int
    sizes: tuple[Index, ...]
    strides: tuple[Index, ...]
    element: Attribute


@dataclass(frozen=True)
class Machine:
    """What code is made for, where that matters here."""

    vector_bits: int = 512
    dots: tuple[str, ...] = ()
    """The kinds of dot products that are instructions."""


@dataclass
class ModuleState:
    """What the functions of one module share."""

    checked: bool
    """Whether every memory access is compared with its memref's sizes."""
    machine: Machine
    messages: list[str] = field(default_factory=list[str])
    """The texts of assertions; the status word holds 1 + the index of the first that failed."""

    tasks: dict[str, list[Attribute]] = field(default_factory=dict[str, list[Attribute]])
    """Functions that teams of threads run -> the types of their arguments."""
    runtime: set[str] = field(default_factory=set[str])
    """The functions of the OpenMP runtime that are called, but for the one that makes teams."""

    def message(self, text: str) -> int:
        """The status code that stands for `text`."""
        if text not in self.messages:
            self.messages.append(text)
        return self.messages.index(text) + 1


def as_memref(type_: Attribute) -> MemRefType[Attribute] | None:
    """The type if it is a memref, else None."""
    return cast(MemRefType[Attribute], type_) if isinstance(type_, MemRefType) else None


def memory_type(element: Attribute) -> Attribute:
    """How one element lies in memory: `i1` as a byte, others as scalars are."""
    return i8 if element == i1 else scalar_type(element)


def element_bytes(element: Attribute) -> int:
    """The size, and the alignment that may be assumed, of one element in memory."""
    stored = memory_type(element)
    width: int = getattr(stored, "bitwidth", 64)
    return (width + 7) // 8


def scalar_type(type_: Attribute) -> Attribute:
    """The `llvm` type of a scalar: `index` has 64 bits, and `bf16` is an integer, its bits.

    Of bf16 itself LLVM makes calls of functions that are nowhere, or nothing at all, on machines
    that have no instructions for it.
    """
    if isinstance(type_, IndexType):
        return i64
    return i16 if isinstance(type_, BFloat16Type) else type_


def shape_of(type_: Attribute) -> tuple[int, ...]:
    """The shape of a vector type; a scalar's is empty."""
    return type_.get_shape() if isinstance(type_, VectorType) else _NO_SHAPE


def line_type(element: Attribute, length: int) -> Attribute:
    """The type of one row of `length` elements."""
    element = scalar_type(element)
    return element if length == 1 else vector_type(element, (length,))


@lru_cache(maxsize=4096)
def row_type(type_: Attribute) -> Attribute:
    """The type that each row of a scalar or vector type has."""
    if as_vector(type_) is None:
        return scalar_type(type_)
    shape = shape_of(type_)
    return line_type(element_of(type_), shape[-1] if shape else 1)


def row_types(type_: Attribute) -> list[Attribute]:
    """The types of all rows of a scalar or vector type."""
    return [row_type(type_)] * prod(shape_of(type_)[:-1])


def identity_strides(
    sizes: Sequence[Index], multiply: Callable[[Index, Index], Index]
) -> tuple[Index, ...]:
    """Row-major strides of a contiguous memref with these sizes."""
    strides: list[Index] = [1] if sizes else []
    for size in reversed(sizes[1:]):
        strides.append(multiply(strides[-1], size))
    return tuple(reversed(strides))


class Lowering:
    """Lowers one function; the op tables of this package call its methods."""

    def __init__(self, module: ModuleState, entry: Block):
        self.module = module
        self.entry = entry
        self._block = entry
        self._pending: list[Operation] = []  # the current block's operations
        self.location: LocationAttr = UnknownLoc()
        self._values: dict[SSAValue, Rows | Buffer] = {}
        self._constants: dict[tuple[Attribute, Attribute], SSAValue] = {}
        self._known: dict[SSAValue, int] = {}
        self._poison: dict[Attribute, SSAValue] = {}
        self._splats: dict[tuple[SSAValue, int], SSAValue] = {}  # of the current block
        self._prologue: list[Operation] = []
        self.streams = False
        """Whether something was stored past the caches, which others see after a fence only."""

    # Old values and new ones.

    def rows(self, value: SSAValue) -> Rows:
        """The rows of a scalar or vector value."""
        rows = self._values[value]
        assert isinstance(rows, tuple)
        return rows

    def scalar(self, value: SSAValue) -> SSAValue:
        """The one row of a scalar value."""
        (row,) = self.rows(value)
        return row

    def buffer(self, value: SSAValue) -> Buffer:
        """The buffer of a memref value."""
        buffer = self._values[value]
        assert isinstance(buffer, Buffer)
        return buffer

    def index(self, value: SSAValue) -> Index:
        """An index operand, as a number if it is a constant."""
        row = self.scalar(value)
        return self._known.get(row, row)

    def bind(self, old: SSAValue, new: Rows | Buffer) -> None:
        """Say what `old` became; its name goes along."""
        self._values[old] = new
        if isinstance(new, tuple) and len(new) == 1 and new[0].name_hint is None:
            new[0].name_hint = old.name_hint

    def rows_of(self, values: Sequence[SSAValue], user: Operation) -> list[SSAValue]:
        """All rows of several values, in order, for branches."""
        result: list[SSAValue] = []
        for value in values:
            rows = self._values[value]
            if isinstance(rows, Buffer):
                unsupported(user, "carries a memref through control flow")
            result.extend(rows)
        return result

    def bind_rows(self, old: Sequence[SSAValue], new: Sequence[SSAValue]) -> None:
        """Divide a flat list of rows among the values they came from."""
        start = 0
        for value in old:
            count = prod(shape_of(value.type)[:-1])
            self.bind(value, tuple(new[start : start + count]))
            start += count

    def block_types(self, values: Sequence[SSAValue], user: Operation) -> list[Attribute]:
        """The row types of several values, in order, for block arguments."""
        if any(isinstance(value.type, MemRefType) for value in values):
            unsupported(user, "carries a memref through control flow")
        return [row for value in values for row in row_types(value.type)]

    # Emitting.

    @property
    def block(self) -> Block:
        """The block that operations are appended to; it holds them once another one is chosen."""
        return self._block

    @block.setter
    def block(self, block: Block) -> None:
        self._block.add_ops(sink_scalars(self._pending))
        self._pending = []
        self._splats.clear()
        self._block = block

    def add(self, op: Operation) -> Operation:
        """Append an operation to the current block."""
        op.location = self.location
        self._pending.append(op)
        return op

    def emit(
        self,
        op: type[IRDLOperation],
        operands: Sequence[SSAValue],
        result: Attribute,
        properties: Mapping[str, Attribute] | None = None,
    ) -> SSAValue:
        """Append an operation with one result, without the cost of its `__init__`."""
        made = op.create(
            operands=operands,
            result_types=(result,),
            properties=dict(properties) if properties else {},
        )
        return self.add(made).results[0]

    def new_block(self, types: Sequence[Attribute] = ()) -> Block:
        """A new block after all blocks made so far; does not move the insertion point."""
        block = Block(arg_types=types)
        region = self.entry.parent_region()
        assert region is not None
        region.add_block(block)
        return block

    def branch(self, block: Block, operands: Sequence[SSAValue] = ()) -> None:
        """Jump to `block`."""
        self.add(llvm.BrOp.create(operands=operands, successors=(block,)))

    def branch_if(
        self,
        condition: SSAValue,
        then: Block,
        then_operands: Sequence[SSAValue],
        otherwise: Block,
        otherwise_operands: Sequence[SSAValue],
    ) -> None:
        """Jump to one of two blocks."""
        self.add(llvm.CondBrOp(condition, then, then_operands, otherwise, otherwise_operands))

    def constant(self, value: Attribute, type_: Attribute) -> SSAValue:
        """A constant; all constants stand at the head of the function, once each."""
        key = (value, type_)
        if key not in self._constants:
            op = llvm.ConstantOp.create(properties={"value": value}, result_types=(type_,))
            self._prologue.append(op)
            self._constants[key] = op.results[0]
            if isinstance(value, IntegerAttr) and type_ == i64:
                self._known[op.results[0]] = value.value.data
        return self._constants[key]

    def poison(self, type_: Attribute) -> SSAValue:
        """The poison value of a type, to insert elements into."""
        if type_ not in self._poison:
            op = PoisonOp.create(result_types=(type_,))
            self._prologue.append(op)
            self._poison[type_] = op.results[0]
        return self._poison[type_]

    def alloca(self, element: Attribute, count: int, alignment: int) -> SSAValue:
        """Stack memory that lives as long as the function."""
        op = llvm.AllocaOp.create(
            operands=(self.integer(count),),
            result_types=(POINTER,),
            properties={"elem_type": element, "alignment": integer_attr(alignment, i64)},
        )
        self._prologue.append(op)
        return op.results[0]

    def finish(self) -> None:
        """Put the constants and allocas in place; call once, after everything else."""
        self.block = self.entry
        if self.entry.first_op is None:
            self.entry.add_ops(self._prologue)
        else:
            self.entry.insert_ops_before(self._prologue, self.entry.first_op)

    # Numbers.

    def integer(self, value: Index, type_: IntegerType = i64) -> SSAValue:
        """`value` as an SSA value."""
        if not isinstance(value, int):
            return value
        return self.constant(integer_attr(value, type_), type_)

    def splat_constant(self, value: int | float, type_: Attribute) -> SSAValue:
        """A constant scalar, or vector of equal elements."""
        if as_vector(type_) is not None:
            return self.constant(dense(type_, [value]), type_)
        if isinstance(type_, AnyFloat):
            return self.constant(FloatAttr(float(value), type_), type_)
        return self.constant(IntegerAttr(int(value), cast(IntegerType, type_)), type_)

    def plus(self, a: Index, b: Index) -> Index:
        """`a + b`, folded where possible."""
        if isinstance(a, int) and isinstance(b, int):
            return a + b
        if a == 0 or b == 0:
            return b if a == 0 else a
        return self.emit(
            llvm.AddOp, (self.integer(a), self.integer(b)), i64, {"overflowFlags": NSW}
        )

    def times(self, a: Index, b: Index) -> Index:
        """`a * b`, folded where possible."""
        if isinstance(a, int) and isinstance(b, int):
            return a * b
        if a == 1 or b == 1:
            return b if a == 1 else a
        if a == 0 or b == 0:
            return 0
        return self.emit(
            llvm.MulOp, (self.integer(a), self.integer(b)), i64, {"overflowFlags": NSW}
        )

    def compare(self, predicate: int, a: SSAValue, b: SSAValue, result: Attribute = i1) -> SSAValue:
        """`llvm.icmp` with a predicate number (0 eq, 1 ne, 2 slt, 3 sle, ... 9 uge)."""
        return self.emit(llvm.ICmpOp, (a, b), result, {"predicate": integer_attr(predicate, i64)})

    def step(self, pointer: SSAValue, offset: Index, element: Attribute) -> SSAValue:
        """The pointer `offset` elements further; no operation for 0."""
        if offset == 0:
            return pointer
        if isinstance(offset, int) and abs(offset) > _INT32_MAX:
            offset = self.integer(offset)
        constant = offset if isinstance(offset, int) else llvm.GEP_USE_SSA_VAL
        return self.emit(
            llvm.GEPOp,
            (pointer,) if isinstance(offset, int) else (pointer, offset),
            POINTER,
            {
                "rawConstantIndices": integers_attr((constant,), i32),
                "elem_type": memory_type(element),
                "noWrapFlags": _WRAP,
                "inbounds": _UNIT,
            },
        )

    # Vectors.

    def splat(self, value: SSAValue, length: int) -> SSAValue:
        """A row of `length` copies of a scalar."""
        if length == 1:
            return value
        key = (value, length)
        cached = self._splats.get(key)
        if cached is not None:
            return cached
        type_ = vector_type(value.type, (length,))
        first = self.emit(llvm.InsertElementOp, (self.poison(type_), value, self.integer(0)), type_)
        self._splats[key] = self.shuffle(first, first, (0,) * length)
        return self._splats[key]

    def shuffle(self, a: SSAValue, b: SSAValue, lanes: Sequence[int]) -> SSAValue:
        """`llvm.shufflevector`; a single lane gives a scalar."""
        if len(lanes) == 1:
            (length,) = shape_of(a.type)
            in_a = lanes[0] < length
            return self.extract(a if in_a else b, lanes[0] if in_a else lanes[0] - length)
        return self.emit(
            llvm.ShuffleVectorOp,
            (a, b),
            vector_type(element_of(a.type), (len(lanes),)),
            {"mask": integers_attr(lanes, i32)},
        )

    def extract(self, row: SSAValue, lane: Index) -> SSAValue:
        """One element of a row."""
        if as_vector(row.type) is None:
            return row
        return self.emit(ExtractElementOp, (row, self.integer(lane)), element_of(row.type))

    def insert(self, row: SSAValue, lane: Index, value: SSAValue) -> SSAValue:
        """A row with one element replaced."""
        if as_vector(row.type) is None:
            return value
        return self.emit(llvm.InsertElementOp, (row, value, self.integer(lane)), row.type)

    def moved(self, buffer: Buffer, offset: Index) -> Buffer:
        """The buffer `offset` elements further on; a constant offset costs no operation."""
        if isinstance(offset, int):
            pointer, offset = buffer.pointer, buffer.offset + offset
        else:
            pointer = self.step(buffer.pointer, offset, buffer.element)
            offset = buffer.offset
        sizes, strides = buffer.sizes, buffer.strides
        return Buffer(buffer.root, pointer, offset, sizes, strides, buffer.element)


_FAST_MATH: dict[Attribute, llvm.FastMathAttr] = {}


def fast_math(op: Operation) -> llvm.FastMathAttr:
    """The `llvm` form of an operation's fast-math flags."""
    flags = op.properties.get("fastmath")
    if flags is None:
        return NO_FAST_MATH
    if flags not in _FAST_MATH:
        assert isinstance(flags, FastMathFlagsAttr)
        _FAST_MATH[flags] = llvm.FastMathAttr(list(flags.data) or None)
    return _FAST_MATH[flags]
