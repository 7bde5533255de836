"""What each op needs before anything is written: its kind, its lanes, the layouts of its operands.

A plan is made with tensors of which only shape and layout are known; what cannot be planned raises
Unsupported with the reason, and stays on the host.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

from xdsl.dialects.builtin import BFloat16Type, Float32Type, IntegerType, bf16, i8, i32
from xdsl.ir import Attribute, SSAValue

from dlir.dialects.isa.fields import HOST_BASE
from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import GenericOp, shape_of
from dlir.dialects.structured.roles import spread
from dlir.lowering.structured_to_accel.expression import Arg, Expr, Unsupported, roundings, unrounded
from dlir.lowering.structured_to_accel.stored import Layout, Stored
from dlir.types import element_of, is_number

Planned = dict[SSAValue, Stored]
"""Tensors on the machine, with placeholders for memories."""


@dataclass(frozen=True)
class HostTensor:
    """A tensor that the host prepares for the machine: its layout and element type there."""

    value: SSAValue
    layout: Layout
    element: Attribute


@dataclass
class Operand:
    """An operand as a kernel reads it."""

    value: SSAValue
    forms: tuple[Linear, ...]
    """Over all iterators."""
    filler: float | None = None
    host: HostTensor | None = None


@dataclass
class Plan:
    """How the machine computes one `structured.generic`."""

    op: GenericOp
    extents: tuple[int, ...]
    lane: int | None
    """The iterator whose blocks lie on the lanes of the result."""
    out_lane: int | None
    """The dimension of the result that lies on the lanes."""
    operands: list[Operand]
    extras: list[Operand]
    epilogue: Expr | None


@dataclass
class VectorPlan(Plan):
    """Elementwise, or a reduction of a term."""

    term: Expr = field(default_factory=lambda: Arg(0))
    combine: str = ""
    """`add` or `max`, for a reduction."""
    reduced_lane: int | None = None
    """The reduction iterator on the lanes of the operands, if there is one."""


@dataclass
class ContractionPlan(Plan):
    """A sum of products."""

    k: int = 0
    """The iterator on the lanes of the activations."""
    batch: tuple[int, ...] = ()
    """Parallel iterators that are looped over, outermost: those of both operands, or of w alone."""
    rows: tuple[int, ...] = ()
    """Parallel iterators of the activations, in order of the result."""
    taps: tuple[int, ...] = ()
    """The other reduction iterators."""
    constant: bool = False
    """Whether w is packed by the host."""
    transposed: bool = False
    """Whether planes of w are read transposed."""
    diagonal: bool = False
    """Whether each lane is multiplied by its own weight (depthwise)."""
    by_vector: bool = False
    """Whether the vector unit multiplies, which it does for `diagonal` where it is faster."""
    scale: int | None = None
    """The epilogue input that scales columns and is multiplied into packed weights."""

    @property
    def a(self) -> Operand:
        return self.operands[0]

    @property
    def w(self) -> Operand:
        return self.operands[1]


def rounded_lines(*exprs: Expr | None) -> int:
    """Lines per result row of what expressions round to bf16 on their way.

    Two such numbers at a time: an operand and what is computed of it.
    """
    return 2 * min(2, sum(roundings(unrounded(e)) for e in exprs if e is not None))


def storage_type(element: Attribute) -> Attribute:
    """The type that a tensor has on the machine. Raises Unsupported."""
    if isinstance(element, Float32Type | BFloat16Type):
        return bf16
    if element in (i8, i32):
        return element
    raise Unsupported(f"the machine has no elements of type {element}")


def operand_of(op: GenericOp, number: int) -> Operand:
    """An input with its forms and the number read outside of it."""
    padding = op.paddings[number]
    filler = float(padding.value.data) if is_number(padding) else None
    return Operand(op.inputs[number], op.input_forms[number], filler)


def extras_of(op: GenericOp) -> list[Operand]:
    """The epilogue's inputs, with forms over all iterators."""
    return [
        Operand(value, tuple(spread(op, f) for f in forms))
        for value, forms in zip(op.epilogue_inputs, op.epilogue_forms, strict=True)
    ]


def require_static(op: GenericOp) -> tuple[int, ...]:
    """The extents. Raises Unsupported."""
    extents = op.static_extents()
    if any(n < 1 for n in extents):
        raise Unsupported("the machine's programs have static sizes of at least 1")
    for forms in (*op.input_forms, op.out_forms):
        if any(c < 0 for f in forms for c in f.coefficients):
            raise Unsupported("an operand is walked backwards")
    held = sum(least_bytes(value) for value in (*op.inputs, *op.epilogue_inputs, *op.results))
    if held > HOST_BASE:
        raise Unsupported(f"its tensors take {held} bytes of DRAM, which has {HOST_BASE}")
    return extents


def least_bytes(value: SSAValue) -> int:
    """Bytes of a tensor's elements on the machine, where floats have two."""
    element = element_of(value.type)
    size = max(1, element.bitwidth // 8) if isinstance(element, IntegerType) else 2
    return prod(shape_of(value)) * size


def lane_of(stored: Stored, forms: Sequence[Linear], extents: Sequence[int]) -> int | None:
    """The iterator that walks along the lanes of an operand; None for a number per row."""
    if stored.lane is None:
        return None
    form = forms[stored.lane]
    found = [d for d in form.dims if form.coefficients[d] == 1]
    if len(found) > 1:
        found = [d for d in found if extents[d] > 1] or found[:1]
    if len(found) != 1:
        if not form.dims and stored.shape[stored.lane] == 1:
            return None
        if len(form.dims) == 1 and extents[form.dims[0]] == 1:
            return form.dims[0]
        raise Unsupported(f"no iterator walks along the lanes of an operand ({form.text()})")
    return found[0]


def require_view(stored: Stored, operand: Operand, extents: Sequence[int], cols: int) -> None:
    """Whether the operand can be read where it lies. Raises Unsupported."""
    if stored.over(operand.forms, range(len(extents)), cols) is None:
        forms = ", ".join(f.text() for f in operand.forms)
        raise Unsupported(f"({forms}) cuts blocks of {cols} lanes apart")
    if operand.filler is not None and stored.lane is not None:
        low, high = operand.forms[stored.lane].bounds(extents)
        if low < 0 or high >= stored.shape[stored.lane]:
            raise Unsupported("a border along the lanes")
