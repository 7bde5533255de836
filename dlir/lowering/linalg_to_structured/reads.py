"""`tensor.extract` in a body: an input with a map where the place is one, else a gather."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX, IntegerAttr, i64
from xdsl.ir import Operation, SSAValue

from dlir.diagnostics import fail
from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.shapes import Size
from dlir.lowering.linalg_to_structured.bodies import index_form, iterators_of, needs_of
from dlir.lowering.linalg_to_structured.emitter import PARALLEL, Access, Emitter, dim_form, identity
from dlir.lowering.linalg_to_structured.pieces import Piece
from dlir.lowering.linalg_to_structured.space import Space
from dlir.types import shape_of


def add_reads(emitter: Emitter, piece: Piece) -> Piece:
    """Give a piece the elements that its values read from tensors."""
    for read in piece.needs.reads:
        piece.read(read.result, _access(emitter, piece.space, read))
    return piece


def _access(emitter: Emitter, space: Space, read: tensor.ExtractOp) -> Access:
    """The tensor that an element is read from, seen from the iteration space."""
    block = space.op.body.block
    if isinstance(read.tensor.owner, Operation) and read.tensor.owner.parent is block:
        fail(read, "reads a tensor that is made in the body")
    forms = [index_form(index, space.dims) for index in read.indices]
    direct = [form for form in forms if form is not None]
    if len(direct) == len(forms) and _stays_inside(direct, shape_of(read.tensor.type), space.sizes):
        return Access(read.tensor, direct)
    return _rows(emitter, space, read, forms) or _elements(emitter, space, read)


def _stays_inside(forms: Sequence[Linear], shape: Sequence[int], sizes: Sequence[Size]) -> bool:
    for form, size in zip(forms, shape, strict=True):
        known = [n if isinstance(n, int) else DYNAMIC_INDEX for n in sizes]
        if size == DYNAMIC_INDEX:  # a run-time check guards the whole dimension
            if form.plain_dim is None and form.dims:
                return False
            continue
        if any(known[d] == DYNAMIC_INDEX for d in form.dims):
            return False
        low, high = form.bounds([max(n, 1) for n in known])
        if low < 0 or high >= size:
            return False
    return True


def _rows(
    emitter: Emitter, space: Space, read: tensor.ExtractOp, forms: Sequence[Linear | None]
) -> Access | None:
    """One index is data, the others are iterators over whole dimensions: rows are gathered."""
    data = [axis for axis, form in enumerate(forms) if form is None]
    plain = [form.plain_dim for form in forms if form is not None]
    if len(data) != 1 or None in plain or len({*plain}) != len(plain):
        return None
    axis = data[0]
    shape = shape_of(read.tensor.type)
    for position, form in enumerate(forms):
        whole = form is None or space.sizes[form.plain_dim or 0] == shape[position]
        if not whole:
            return None
    dims, indices = _index_tensor(emitter, space, [read.indices[axis]], [1])
    if {*dims} & {*plain}:
        return None
    rows = emitter.gather(read.tensor, indices, axis)
    order = [*plain[:axis], *dims, *plain[axis:]]
    return Access(rows, [dim_form(d, space.dims) for d in order if d is not None])


def _elements(emitter: Emitter, space: Space, read: tensor.ExtractOp) -> Access:
    """Single elements, each by its row-major number."""
    sizes = emitter.sizes.all_of(read.tensor)
    steps: list[Size] = [1]
    for size in reversed(sizes[1:]):
        steps.insert(0, emitter.sizes.mul(steps[0], size))
    total = emitter.sizes.mul(steps[0], sizes[0]) if sizes else 1
    flat = emitter.reshape(read.tensor, [total])
    dims, indices = _index_tensor(emitter, space, read.indices, steps)
    taken = emitter.gather(flat, indices, 0)
    return Access(taken, [dim_form(d, space.dims) for d in dims])


def _index_tensor(
    emitter: Emitter, space: Space, indices: Sequence[SSAValue], steps: Sequence[Size]
) -> tuple[list[int], SSAValue]:
    """The iterators that the indices depend on, and `sum(index * step)` over those, in i64."""
    needs = needs_of(space.op.body.block, indices)
    if any(number >= len(space.op.inputs) for number in needs.arguments):
        fail(space.op, "reads a tensor at a place that depends on what an output holds")
    dims = iterators_of(needs, space.forms)
    places = {d: place for place, d in enumerate(dims)}
    piece = add_reads(emitter, Piece(space, indices, len(dims), places))
    for step in steps:
        if isinstance(step, SSAValue):
            piece.read(step, Access(step))
    out = Access(emitter.empty(i64, [space.sizes[d] for d in dims]), identity(len(dims)))
    body = piece.body(lambda: _weighted_sum(piece, indices, steps))
    return dims, emitter.generic(piece.inputs, out, [PARALLEL] * len(dims), body)


def _weighted_sum(piece: Piece, indices: Sequence[SSAValue], steps: Sequence[Size]) -> SSAValue:
    """`sum(index * step)`, in i64."""
    total: SSAValue | None = None
    for index, step in zip(indices, steps, strict=True):
        term = _whole(piece, piece.known[index])
        if step != 1:
            if isinstance(step, int):
                factor = piece.add(arith.ConstantOp(IntegerAttr(step, i64)))
            else:
                factor = _whole(piece, piece.known[step])
            term = piece.add(arith.MuliOp(term, factor))
        total = term if total is None else piece.add(arith.AddiOp(total, term))
    assert total is not None
    return total


def _whole(piece: Piece, index: SSAValue) -> SSAValue:
    return index if index.type == i64 else piece.add(arith.IndexCastOp(index, i64))
