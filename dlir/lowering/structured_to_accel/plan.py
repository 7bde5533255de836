"""What each op needs before anything is written: its kind, its lanes, the layouts of its operands.

A plan is made with tensors of which only shape and layout are known; what cannot be planned raises
Unsupported with the reason, and stays on the host.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

from xdsl.dialects.builtin import BFloat16Type, Float32Type, IntegerType, bf16, i8, i32
from xdsl.ir import Attribute, Block, SSAValue

from dlir.dialects.isa.fields import HOST_BASE
from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import (
    GenericOp,
    ReshapeOp,
    YieldOp,
    element_type_of,
    shape_of,
)
from dlir.dialects.structured.roles import is_copy, spread
from dlir.lowering.structured_to_accel.bodies import is_product_sum
from dlir.lowering.structured_to_accel.expression import (
    Arg,
    Expr,
    Unsupported,
    is_in_bf16,
    roundings,
    unrounded,
)
from dlir.lowering.structured_to_accel.stored import Layout, Stored
from dlir.types import element_of, is_number, is_tensor

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
    """The type of the numbers that the array reads, and others that leave a kernel.

    Raises Unsupported.
    """
    if isinstance(element, Float32Type | BFloat16Type):
        return bf16
    if element in (i8, i32):
        return element
    raise Unsupported(f"the machine has no elements of type {element}")


def keeps_f32(block: Block) -> bool:
    """Whether tensors of f32 stay f32 on the machine, but for those that the array reads.

    So in a function with tensors of bf16, which says itself what is rounded, and in one where the
    array multiplies integers only, and whatever is between these is what the text says.
    """
    values = [*block.args, *(r for op in block.ops for r in op.results)]
    if any(is_tensor(v.type) and v.type.element_type == bf16 for v in values):
        return True
    sums = [op for op in block.ops if isinstance(op, GenericOp) and is_product_sum(op.body.block)]
    return bool(sums) and all(element_type_of(op.inputs[0]) == i8 for op in sums)


def stored_type(value: SSAValue, keeps_f32: bool) -> Attribute:
    """The type that a tensor has on the machine. Raises Unsupported.

    Where f32 is kept, it is bf16 if the array reads it, or if all its numbers were rounded.
    """
    element = element_type_of(value)
    if not keeps_f32 or not isinstance(element, Float32Type):
        return storage_type(element)
    narrow = _is_factor(value) or _is_rounded(value)
    return bf16 if narrow else element


def _is_rounded(value: SSAValue) -> bool:
    """Whether an op gives numbers that it has rounded to bf16, or that were it."""
    op = value.owner
    if isinstance(op, ReshapeOp):
        return _is_rounded(op.input)
    if not isinstance(op, GenericOp):
        return False
    last = (op.epilogue or op.body).block.last_op
    if isinstance(last, YieldOp) and last.value is op.body.block.args[0]:
        return _is_rounded(op.inputs[0])
    return isinstance(last, YieldOp) and is_in_bf16(last.value)


def _is_factor(value: SSAValue) -> bool:
    """Whether the array reads a tensor, or a view of it, or one that it is a part of."""
    for use in value.uses:
        op = use.operation
        if isinstance(op, GenericOp):
            if value in op.inputs and is_product_sum(op.body.block):
                return True
            same = value is op.outs or is_copy(op)
        else:
            same = isinstance(op, ReshapeOp)
        if same and _is_factor(op.results[0]):
            return True
    return False


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
