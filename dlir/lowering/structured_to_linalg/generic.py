"""`structured.generic` as `linalg.generic`, between the pads, slices and inserts it implies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from xdsl.dialects import tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.ir import Attribute, SSAValue

from dlir.diagnostics import fail
from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.shapes import Size
from dlir.lowering.structured_to_linalg.emitter import Access, Emitter, converted_body
from dlir.lowering.structured_to_linalg.views import reshaped
from dlir.types import element_of, is_tensor


def generic(emitter: Emitter, op: GenericOp) -> SSAValue:
    """The fold, then the epilogue as an op of its own, then what is written where."""
    extents = [emitter.sizes.extent(op, d) for d in range(len(op.kinds))]
    inputs = [
        _whole(emitter, op, Access(value, forms), padding, extents)
        for value, forms, padding in zip(op.inputs, op.input_forms, op.paddings, strict=True)
    ]
    place = Place.of(emitter, op, extents)
    result = _fold(emitter, op, inputs, place, extents)
    if op.epilogue is not None:
        result = _epilogue(emitter, op, result, place, extents)
    result = place.write(emitter, result)
    assert is_tensor(op.outs.type)
    return emitter.resized(result, op.outs.type)


def _fold(
    emitter: Emitter, op: GenericOp, inputs: list[Access], place: Place, extents: Sequence[Size]
) -> SSAValue:
    """The op without its epilogue."""
    element = op.accumulator_type
    if op.init is not None and op.reduction_dims:
        fresh = emitter.empty(element, place.sizes)
        outs = emitter.filled(emitter.constant(op.init), fresh)
    elif op.reduction_dims:
        if element != element_of(op.outs.type):
            fail(
                op, f"starts from an output of {element_of(op.outs.type)} but adds up in {element}"
            )
        outs = place.read(emitter)
    else:
        outs = op.outs if place.is_all else emitter.empty(element, place.sizes)
    out = Access(outs, place.forms)
    shapes = _untold(emitter, op, [*inputs, out], extents)
    extra = [element_of(s.value.type) for s in shapes]
    body = converted_body(op.body.block, extra, element, reads_out=bool(op.reduction_dims))
    return emitter.generic([*inputs, *shapes], out, op.kinds, body)


def _epilogue(
    emitter: Emitter, op: GenericOp, result: SSAValue, place: Place, extents: Sequence[Size]
) -> SSAValue:
    """One more op, over the parallel iterators."""
    assert op.epilogue is not None
    kept = op.parallel_dims
    sizes = [extents[d] for d in kept]
    forms = [_kept(form, kept) for form in place.forms]
    inputs = [
        _whole(emitter, op, Access(value, own), None, sizes)
        for value, own in zip(op.epilogue_inputs, op.epilogue_forms, strict=True)
    ]
    element = element_of(op.outs.type)
    outs = op.outs if place.is_all else emitter.empty(element, place.sizes)
    body = converted_body(op.epilogue.block, [], element, reads_out=False)
    kinds = [Iterator.PARALLEL] * len(kept)
    return emitter.generic([Access(result, forms), *inputs], Access(outs, forms), kinds, body)


def _kept(form: Linear, dims: Sequence[int]) -> Linear:
    return Linear(tuple(form.coefficients[d] for d in dims), form.constant)


def _untold(
    emitter: Emitter, op: GenericOp, told: Sequence[Access], extents: Sequence[Size]
) -> list[Access]:
    """An empty tensor that tells the extents that no other operand does, as a window's."""
    known = {form.plain_dim for access in told for form in access.forms}
    dims = [d for d in range(len(extents)) if d not in known]
    if not dims:
        return []
    shape = emitter.empty(element_of(op.outs.type), [extents[d] for d in dims])
    count = len(extents)
    forms = [Linear(tuple(int(d == e) for e in range(count)), 0) for d in dims]
    return [Access(shape, forms)]


def _whole(
    emitter: Emitter, op: GenericOp, access: Access, padding: Attribute | None,
    extents: Sequence[Size],
) -> Access:  # fmt: skip
    """The operand such that indices stay inside, and a plain one runs over a whole dimension."""
    if not access.forms:
        return access
    if padding is not None:
        access = _padded(emitter, op, access, padding, extents)
    sizes = emitter.sizes.all_of(access.value)
    plain = [form.plain_dim for form in access.forms]
    wanted = [n if d is None else extents[d] for n, d in zip(sizes, plain, strict=True)]
    return replace(access, value=emitter.slice(access.value, wanted))


def _padded(
    emitter: Emitter, op: GenericOp, access: Access, number: Attribute, extents: Sequence[Size]
) -> Access:
    """The operand with as much around it as the indices leave it, counted from there."""
    low: list[int] = []
    high: list[Size] = []
    for size, form in zip(emitter.sizes.all_of(access.value), access.forms, strict=True):
        first, last = _reach(emitter, form, extents, -1), _reach(emitter, form, extents, 1)
        if not isinstance(first, int):
            fail(op, f"'{form.text()}' may leave its operand by an amount that is no number")
        low.append(max(0, -first))
        over = emitter.sizes.sub(emitter.sizes.add(last, 1), size)
        high.append(_at_least_zero(emitter, over))
    forms = [
        replace(form, constant=form.constant + n) for form, n in zip(access.forms, low, strict=True)
    ]
    return Access(emitter.pad(access.value, low, high, number), forms)


def _reach(emitter: Emitter, form: Linear, extents: Sequence[Size], sign: int) -> Size:
    """The largest index (sign 1) or the smallest (-1)."""
    total: Size = form.constant
    for d in form.dims:
        if form.coefficients[d] * sign > 0:
            steps = emitter.sizes.add(extents[d], -1)
            total = emitter.sizes.add(total, emitter.sizes.mul(steps, form.coefficients[d]))
    return total


def _at_least_zero(emitter: Emitter, size: Size) -> Size:
    """`max(0, size)`."""
    if isinstance(size, int):
        return max(0, size)
    return emitter.sizes.sub(0, emitter.sizes.min(0, emitter.sizes.sub(0, size)))


@dataclass(frozen=True)
class Place:
    """Where a result goes: all of the output, or a box of it, which is computed on its own.

    The box has one dimension per parallel iterator, in the order of their significance;
    iterators of one dimension of the output, as in `16 * d0 + d1`, are joined before it is written.
    """

    op: GenericOp
    is_all: bool
    forms: Sequence[Linear]
    sizes: Sequence[Size]

    @staticmethod
    def of(emitter: Emitter, op: GenericOp, extents: Sequence[Size]) -> Place:
        out = op.out_forms
        shape = emitter.sizes.all_of(op.outs)
        plain = [form.plain_dim for form in out]
        if all(d is not None and extents[d] == n for d, n in zip(plain, shape, strict=True)):
            return Place(op, True, out, shape)
        dims = [d for form in out for d in _by_significance(form)]
        count = len(extents)
        forms = [Linear(tuple(int(d == e) for e in range(count)), 0) for d in dims]
        return Place(op, False, forms, [extents[d] for d in dims])

    def read(self, emitter: Emitter) -> SSAValue:
        """What the output holds in this place."""
        if self.is_all:
            return self.op.outs
        if any(len(form.dims) != 1 for form in self.op.out_forms):
            fail(self.op, "adds to blocks of an output")
        starts, strides = self._steps()
        return emitter.slice(self.op.outs, self.sizes, starts, strides)

    def _steps(self) -> tuple[list[int], list[int]]:
        """Offsets and strides in the output."""
        forms = self.op.out_forms
        for form in forms:
            if form.constant < 0 or any(form.coefficients[d] < 0 for d in form.dims):
                fail(self.op, f"writes at '{form.text()}', part of which may be outside")
        steps = [min((form.coefficients[d] for d in form.dims), default=1) for form in forms]
        return [form.constant for form in forms], steps

    def write(self, emitter: Emitter, result: SSAValue) -> SSAValue:
        """The output with the box in its place; what of it would be outside is left out."""
        if self.is_all:
            return result
        starts, strides = self._steps()
        result = self._joined(emitter, result)
        whole = emitter.sizes.all_of(self.op.outs)
        sizes = emitter.sizes.all_of(result)
        inside = [
            self._inside(emitter, n, total, start, stride)
            for n, total, start, stride in zip(sizes, whole, starts, strides, strict=True)
        ]
        result = emitter.slice(result, inside)
        insert = tensor.InsertSliceOp.get(
            result,
            self.op.outs,
            [n if isinstance(n, int) else DYNAMIC_INDEX for n in inside],
            starts,
            strides,
            sizes=[n for n in inside if not isinstance(n, int)],
        )
        return emitter.insert(insert)

    def _inside(self, emitter: Emitter, n: Size, total: Size, start: int, stride: int) -> Size:
        """How many of n elements lie inside of the output."""
        rest = emitter.sizes.sub(total, start)
        if stride == 1 and n is rest:
            return n
        if stride == 1:
            return emitter.sizes.min(n, rest)
        return emitter.sizes.min(n, emitter.sizes.ceil_div(rest, stride))

    def _joined(self, emitter: Emitter, result: SSAValue) -> SSAValue:
        """One dimension for each of the output."""
        sizes: list[Size] = []
        place = 0
        for form in self.op.out_forms:
            dims = _by_significance(form)
            self._check_digits(form, dims)
            size: Size = 1
            for own in self.sizes[place : place + len(dims)]:
                size = emitter.sizes.mul(size, own)
            sizes.append(size)
            place += len(dims)
        return reshaped(emitter, result, sizes)

    def _check_digits(self, form: Linear, dims: Sequence[int]) -> None:
        extents = self.op.static_extents()
        for more, less in pairwise(dims):
            if form.coefficients[more] != form.coefficients[less] * extents[less]:
                fail(self.op, f"writes at '{form.text()}', which leaves gaps")


def _by_significance(form: Linear) -> list[int]:
    """The iterators of a form, from the one with the largest coefficient."""
    return sorted(form.dims, key=lambda d: -abs(form.coefficients[d]))
