"""Ops of `tensor` that move elements: views, copies through maps, gathers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX, IndexType, i64
from xdsl.ir import BlockArgument, Operation, SSAValue

from dlir import types
from dlir.diagnostics import fail
from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import IndexOp
from dlir.dialects.structured.shapes import Size, mixed
from dlir.dialects.tensors import ExpandShapeOp, GenerateOp, ReshapeOp
from dlir.lowering.linalg_to_structured.bodies import SCALAR_DIALECTS
from dlir.lowering.linalg_to_structured.emitter import (
    PARALLEL,
    REDUCTION,
    Access,
    Add,
    Emitter,
    dim_form,
    identity,
    same,
)
from dlir.types import AnyTensor, Number, element_of, is_number, is_tensor, shape_of


def tensor_type(value: SSAValue) -> AnyTensor:
    assert is_tensor(value.type)
    return value.type


def number_of(value: SSAValue) -> Size:
    """An index as a number where it is a constant."""
    owner = value.owner
    if isinstance(owner, arith.ConstantOp) and is_number(owner.value):
        return int(owner.value.value.data)
    return value


def _mixed(static: Any, dynamic: Sequence[SSAValue]) -> list[Size]:
    """Numbers and values; constants are numbers."""
    found = mixed(static.get_values(), dynamic)
    return [size if isinstance(size, int) else number_of(size) for size in found]


# Views ----------------------------------------------------------------------------------------


def cast(emitter: Emitter, op: tensor.CastOp) -> SSAValue:
    return emitter.resized(op.source, tensor_type(op.dest))


def expand_shape(emitter: Emitter, op: ExpandShapeOp) -> SSAValue:
    sizes = _mixed(op.static_output_shape, op.dynamic_output_shape)
    return emitter.reshape(op.src, sizes, tensor_type(op.result))


def collapse_shape(emitter: Emitter, op: tensor.CollapseShapeOp) -> SSAValue:
    old = emitter.sizes.all_of(op.src)
    sizes: list[Size] = []
    for group in op.reassociation:
        size: Size = 1
        for axis in group:
            size = emitter.sizes.mul(size, old[axis.value.data])
        sizes.append(size)
    return emitter.reshape(op.src, sizes, tensor_type(op.result))


def reshape(emitter: Emitter, op: ReshapeOp) -> SSAValue:
    """The sizes must be known one by one, not be the elements of a computed tensor."""
    type, shape = tensor_type(op.result), op.shape.owner
    sizes: list[Size] = [*type.get_shape()]
    if DYNAMIC_INDEX in sizes:
        if not isinstance(shape, tensor.FromElementsOp):
            fail(op, "takes its sizes from a tensor that is computed",
                 help="make it with tensor.from_elements")  # fmt: skip
        sizes = [_as_index(emitter, value) for value in shape.elements]
    return emitter.reshape(op.source, sizes, type)


def _as_index(emitter: Emitter, value: SSAValue) -> Size:
    size = number_of(value)
    if isinstance(size, int) or size.type == IndexType():
        return size
    return emitter.insert(arith.IndexCastOp(size, IndexType())).result


# Values ---------------------------------------------------------------------------------------


def dim(emitter: Emitter, op: tensor.DimOp) -> SSAValue | None:
    """A size follows from those of arguments, which are asked."""
    if isinstance(op.source, BlockArgument):
        return None
    axis = number_of(op.index)
    if not isinstance(axis, int):
        fail(op, "asks for a dimension that is not a constant")
    return emitter.sizes.value(emitter.sizes.of(op.source, axis))


def splat(emitter: Emitter, op: tensor.SplatOp) -> SSAValue:
    sizes = mixed(shape_of(op.result.type), op.dynamicSizes)
    return emitter.filled(op.input, sizes)


def from_elements(emitter: Emitter, op: tensor.FromElementsOp) -> SSAValue | None:
    """One store after the other; sizes of a reshape are taken from the op itself."""
    if all(isinstance(use.operation, ReshapeOp) for use in op.result.uses):
        return None
    shape = shape_of(op.result.type)
    result = emitter.empty(element_of(op.result.type), shape)
    for number, value in enumerate(op.elements):
        place: list[Linear] = []
        for size in reversed(shape):
            number, at = divmod(number, size)
            place.insert(0, Linear((), at))
        body = emitter.body([value.type], same)
        result = emitter.generic([Access(value)], Access(result, place), [], body)
    op.result.replace_uses_with_if(result, lambda use: not isinstance(use.operation, ReshapeOp))
    return None


def generate(emitter: Emitter, op: GenerateOp) -> SSAValue:
    """A body of scalar ops, in which positions are iterators."""
    sizes = mixed(shape_of(op.result.type), op.sizes)
    inner, last = [*op.body.block.ops][:-1], op.body.block.last_op
    assert last is not None
    outside: list[SSAValue] = []
    for one in inner:
        if one.dialect_name() not in SCALAR_DIALECTS or one.regions:
            fail(one, "in the region of 'tensor.generate' has no form in the structured dialect")
    for value in (v for one in (*inner, last) for v in one.operands):
        around = value.owner is not op.body.block and value.owner not in inner
        if around and value not in outside:
            outside.append(value)

    def body(add: Add, *scalars: SSAValue) -> SSAValue:
        known = dict(zip(outside, scalars, strict=True))
        for d, position in enumerate(op.body.block.args):
            known[position] = add(IndexOp(d))
        for one in inner:
            add(one.clone(known))
        return known[last.operands[0]]

    inputs = [Access(value) for value in outside]
    result = emitter.elementwise(inputs, element_of(op.result.type), sizes, body)
    return emitter.resized(result, tensor_type(op.result))


def insert(emitter: Emitter, op: tensor.InsertOp) -> SSAValue:
    """One element in its place: a tensor of ones, inserted."""
    starts = [number_of(index) for index in op.indices]
    one = emitter.filled(op.scalar, [1] * len(starts))
    return _inserted(emitter, one, op.dest, starts) if starts else one


# Boxes ----------------------------------------------------------------------------------------


def pad(emitter: Emitter, op: tensor.PadOp) -> SSAValue:
    """A copy that reads a number outside of the source, or a box in what a scalar fills."""
    value = op.region.block.last_op
    assert value is not None
    padding = value.operands[0]
    if isinstance(padding.owner, Operation) and padding.owner.parent is op.region.block:
        if not isinstance(padding.owner, arith.ConstantOp):
            fail(op, "computes what stands outside", help="only one value for all of it is taken")
        padding = emitter.insert(padding.owner.clone()).result
    elif padding.owner is op.region.block:
        fail(op, "puts positions outside", help="only one value for all of it is taken")
    low, high = _mixed(op.static_low, op.low), _mixed(op.static_high, op.high)
    sizes = [
        emitter.sizes.add(emitter.sizes.add(n, before), after)
        for n, before, after in zip(emitter.sizes.all_of(op.source), low, high, strict=True)
    ]
    number = padding.owner.value if isinstance(padding.owner, arith.ConstantOp) else None
    known = [-n for n in low if isinstance(n, int)]
    if is_number(number) and len(known) == len(low):
        result = _box(emitter, op.source, sizes, known, [1] * len(low), number)
    else:
        result = _inserted(emitter, op.source, emitter.filled(padding, sizes), low)
    return emitter.resized(result, tensor_type(op.result))


def _inserted(emitter: Emitter, x: SSAValue, out: SSAValue, starts: Sequence[Size]) -> SSAValue:
    """`out` with x from `starts` on."""
    sizes = emitter.sizes.all_of(x)
    op = tensor.InsertSliceOp.get(
        x,
        out,
        [n if isinstance(n, int) else DYNAMIC_INDEX for n in sizes],
        [n if isinstance(n, int) else DYNAMIC_INDEX for n in starts],
        offsets=[n for n in starts if not isinstance(n, int)],
        sizes=[n for n in sizes if not isinstance(n, int)],
    )
    return emitter.insert(op).result


def concat(emitter: Emitter, op: tensor.ConcatOp) -> SSAValue:
    """One box after the other."""
    axis, parts = op.dim.value.data, [emitter.sizes.all_of(x) for x in op.inputs]
    total: Size = 0
    for sizes in parts:
        total = emitter.sizes.add(total, sizes[axis])
    shape = [total if a == axis else n for a, n in enumerate(parts[0])]
    out, start = emitter.empty(element_of(op.result.type), shape), 0
    for x, sizes in zip(op.inputs, parts, strict=True):
        out = _inserted(emitter, x, out, [start if a == axis else 0 for a in range(len(shape))])
        start = emitter.sizes.add(start, sizes[axis])
    return emitter.resized(out, tensor_type(op.result))


def extract_slice(emitter: Emitter, op: tensor.ExtractSliceOp) -> SSAValue:
    """A copy through `offset + stride * d`; a dimension whose offset is computed is gathered."""
    offsets, sizes, strides = (
        _mixed(op.static_offsets, op.offsets),
        _mixed(op.static_sizes, op.sizes),
        _mixed(op.static_strides, op.strides),
    )
    x = op.source
    for axis, (offset, size, stride) in enumerate(zip(offsets, sizes, strides, strict=True)):
        if not (isinstance(offset, int) and isinstance(stride, int)):
            x = emitter.gather(x, _places(emitter, offset, size, stride), axis)
            offsets[axis], strides[axis] = 0, 1
    starts, steps = ([n for n in some if isinstance(n, int)] for some in (offsets, strides))
    result = _box(emitter, x, sizes, starts, steps)
    type = tensor_type(op.result)
    if len(type.get_shape()) == len(sizes):
        return emitter.resized(result, type)
    return emitter.reshape(result, _reduced(sizes, type.get_shape()), type)


def _places(emitter: Emitter, offset: Size, size: Size, stride: Size) -> SSAValue:
    """`offset + stride * i`, an i64 for each i below the size."""
    values = [emitter.sizes.value(n) for n in (offset, stride)]

    def body(add: Add, start: SSAValue, step: SSAValue) -> SSAValue:
        place = add(arith.AddiOp(start, add(arith.MuliOp(step, add(IndexOp(0))))))
        return add(arith.IndexCastOp(place, i64))

    return emitter.elementwise([Access(v) for v in values], i64, [size], body)


def _box(
    emitter: Emitter, x: SSAValue, sizes: Sequence[Size], offsets: Sequence[int],
    strides: Sequence[int], padding: Number | None = None,
) -> SSAValue:  # fmt: skip
    """`out[d] = x[offset + stride * d]`, or the padding where that is outside.

    A dimension that is read plainly, but not as a whole, is read through a window of one place
    (`d + z`, z of extent 1): an iterator that indexes plainly runs over the whole dimension.
    """
    rank, whole = len(sizes), emitter.sizes.all_of(x)
    steps = [*zip(offsets, strides, strict=True)]
    differs = [n != w for n, w in zip(sizes, whole, strict=True)]
    part = [
        step == (0, 1) and other and (padding is not None or not isinstance(n, int))
        for step, other, n in zip(steps, differs, sizes, strict=True)
    ]
    forms = [dim_form(d, rank, b, a) for d, (a, b) in enumerate(steps)]
    if not any(part):
        if not any(differs) and all(form.plain_dim is not None for form in forms):
            return x
        access = Access(x, forms, padding)
        return emitter.elementwise([access], element_of(x.type), sizes, same)
    forms = [
        Linear((*form.coefficients, int(windowed)), form.constant)
        for form, windowed in zip(forms, part, strict=True)
    ]
    element = element_of(x.type)
    out = Access(emitter.empty(element, sizes), identity(rank, rank + 1))
    body, zero = emitter.body([element, element], same), types.number(0, element)
    access, kinds = Access(x, forms, padding), [PARALLEL] * rank + [REDUCTION]
    return emitter.generic([access], out, kinds, body, init=zero, extents={rank: 1})


def _reduced(sizes: Sequence[Size], shape: Sequence[int]) -> list[Size]:
    """The sizes without as many ones as the shape lacks; which ones makes no difference."""
    kept: list[Size] = []
    surplus = len(sizes) - len(shape)
    for size in sizes:
        if size == 1 and surplus > 0:
            surplus -= 1
        else:
            kept.append(size)
    return kept


def insert_slice(emitter: Emitter, op: tensor.InsertSliceOp) -> SSAValue | None:
    """Stays where it is a box of the destination; a source of lower rank gets its ones back."""
    offsets, sizes, strides = (
        _mixed(op.static_offsets, op.offsets),
        _mixed(op.static_sizes, op.sizes),
        _mixed(op.static_strides, op.strides),
    )
    x = op.source
    if len(shape_of(x.type)) != len(sizes):
        x = emitter.reshape(x, sizes)
    if all(n == 1 for n in strides):
        return None if x is op.source else _inserted(emitter, x, op.dest, offsets)
    places = [(a, b) for a, b in zip(offsets, strides, strict=True)
              if isinstance(a, int) and isinstance(b, int)]  # fmt: skip
    if len(places) != len(sizes):
        fail(op, "inserts in steps from or by what is not a number")
    rank = len(sizes)
    forms = [dim_form(d, rank, b, a) for d, (a, b) in enumerate(places)]
    body = emitter.body([element_of(x.type)], same)
    out = Access(op.dest, forms)
    return emitter.generic([Access(x, identity(rank))], out, [PARALLEL] * rank, body)


RULES: dict[type[Operation], Callable[[Emitter, Any], SSAValue | None]] = {
    tensor.CastOp: cast,
    ExpandShapeOp: expand_shape,
    tensor.CollapseShapeOp: collapse_shape,
    ReshapeOp: reshape,
    tensor.DimOp: dim,
    GenerateOp: generate,
    tensor.InsertOp: insert,
    tensor.SplatOp: splat,
    tensor.FromElementsOp: from_elements,
    tensor.PadOp: pad,
    tensor.ConcatOp: concat,
    tensor.ExtractSliceOp: extract_slice,
    tensor.InsertSliceOp: insert_slice,
}
