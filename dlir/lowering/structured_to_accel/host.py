"""What the host does for the machine, as `structured` ops: formats, packed weights, results.

These are copies with linear maps, so the cpu target runs them; those of constants are done once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import (
    AnyFloat,
    Float32Type,
    TensorType,
    f32,
    i1,
    i32,
)
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.maps import Linear, map_of, projection
from dlir.dialects.structured.ops import (
    GenericOp,
    IndexOp,
    ReshapeOp,
    YieldOp,
    body_region,
    element_type_of,
    shape_of,
)
from dlir.lowering.structured_to_accel.contraction import packed_shape
from dlir.lowering.structured_to_accel.plan import ContractionPlan, HostTensor
from dlir.lowering.structured_to_accel.stored import Layout, physical_shape
from dlir.types import is_integer, number


@dataclass
class Host:
    """Writes host ops."""

    cols: int
    ops: list[Operation]

    def add(self, op: Operation) -> SSAValue:
        """Append an op; gives its result."""
        self.ops.append(op)
        return op.results[0]

    def formatted(self, tensor_: HostTensor) -> SSAValue:
        """A tensor as the machine wants it: blocks, rows, lanes."""
        value, layout = tensor_.value, tensor_.layout
        shape = shape_of(value)
        physical = (*physical_shape(shape, layout, self.cols), self.cols)
        count = len(physical)
        rows = [d for d in range(len(shape)) if d != layout.lane]
        around = layout.around(len(shape))
        forms: list[Linear] = [Linear((0,) * count, 0)] * len(shape)
        for position, d in enumerate(rows):
            forms[d] = _form(count, {1 + position: 1}, -around[d][0])
        exact = not layout.border
        if layout.lane is not None:
            forms[layout.lane] = _form(count, {0: self.cols, count - 1: 1})
            exact = exact and shape[layout.lane] % self.cols == 0
        source = element_type_of(value)
        return self._generic(
            [value], [forms], physical, projection(count, range(count)), tensor_.element,
            _casting(tensor_.element),
            None if exact else [number(0, source)],
        )  # fmt: skip

    def unformatted(self, value: SSAValue, type: TensorType[Any], layout: Layout) -> SSAValue:
        """The tensor that the machine has left in its own layout."""
        shape = type.get_shape()
        physical = shape_of(value)
        rows = [d for d in range(len(shape)) if d != layout.lane]
        if layout.lane is None:
            count = len(shape)
            source = [_form(count, {}), *(_form(count, {d: 1}) for d in rows), _form(count, {})]
            target = [_form(count, {d: 1}) for d in range(count)]
        else:
            count = len(physical)
            source = [_form(count, {p: 1}) for p in range(count)]
            target = [_form(count, {})] * len(shape)
            for position, d in enumerate(rows):
                target[d] = _form(count, {1 + position: 1})
            target[layout.lane] = _form(count, {0: self.cols, count - 1: 1})
        element = type.get_element_type()
        return self._generic(
            [value], [source], shape, map_of(target, count), element,
            _casting(element),
        )  # fmt: skip

    def packed(self, plan: ContractionPlan, element: Attribute) -> SSAValue:
        """Weights as planes, scaled by a constant per column where the plan says so."""
        assert plan.lane is not None
        physical = (*packed_shape(plan, self.cols), self.cols)
        count = len(physical)
        place = {d: {i: 1} for i, d in enumerate(plan.batch)}
        n_at, first_tap = len(plan.batch), len(plan.batch) + 1
        place[plan.lane] = {n_at: self.cols, count - 1: 1}
        place |= {d: {first_tap + i: 1} for i, d in enumerate(plan.taps)}
        if not plan.diagonal:
            place[plan.k] = {count - 3: self.cols, count - 2: 1}
        inputs, forms = [plan.w.value], [[_renamed(f, place, count) for f in plan.w.forms]]
        if plan.scale is not None:
            scale = plan.extras[plan.scale]
            inputs.append(scale.value)
            forms.append([_renamed(f, place, count) for f in scale.forms])

        def body(block: _Body, *values: SSAValue) -> SSAValue:
            x = values[0]
            if len(values) > 1:
                x = block.add(arith.MulfOp(x, values[1]))
            if plan.diagonal:
                x = block.on_diagonal(x, count - 2, count - 1)
            return _cast(block, x, element)

        zero = [number(0, element_type_of(v)) for v in inputs]
        return self._generic(
            inputs, forms, physical, projection(count, range(count)), element, body, zero
        )

    def indices(self, value: SSAValue, size: int) -> SSAValue:
        """Indices as rows of i32, counted from the front."""
        shape = shape_of(value)
        total = 1
        for n in shape:
            total *= n
        flat = self.add(ReshapeOp(value, [], TensorType(element_type_of(value), [total])))
        rows = -(-total // self.cols)

        def body(block: _Body, x: SSAValue) -> SSAValue:
            kind = element_type_of(value)
            zero, most, below = (
                block.add(arith.ConstantOp(number(n, kind))) for n in (0, size, -1)
            )
            negative = block.add(arith.CmpiOp(x, zero, "slt"))
            moved = block.add(arith.SelectOp(negative, block.add(arith.AddiOp(x, most)), x))
            # what lies outside of the table goes on doing so in 32 bits
            moved = block.add(arith.MinSIOp(block.add(arith.MaxSIOp(moved, below)), most))
            return _cast(block, moved, i32)

        forms = [_form(2, {0: self.cols, 1: 1})]
        zero = [number(0, element_type_of(value))]
        return self._generic(
            [flat], [forms], (rows, self.cols), projection(2, range(2)), i32, body, zero
        )

    def _generic(
        self,
        inputs: Sequence[SSAValue],
        forms: Sequence[Sequence[Linear]],
        shape: Sequence[int],
        out: Any,
        element: Attribute,
        body: Callable[..., SSAValue],
        padding: Sequence[Attribute] | None = None,
    ) -> SSAValue:
        """An elementwise op into a new tensor."""
        empty = self.add(tensor.EmptyOp([], TensorType(element, shape)))
        region, block = body_region([element_type_of(v) for v in inputs])
        inner = _Body(block)
        result = body(inner, *block.args)
        block.add_op(YieldOp(result))
        maps = [map_of(f, out.num_dims) for f in forms]
        op = GenericOp(
            inputs, empty, [*maps, out], [Iterator.PARALLEL] * out.num_dims, region, padding=padding
        )
        return self.add(op)


class _Body:
    """A scalar body under construction."""

    def __init__(self, block: Any) -> None:
        self.block = block

    def add(self, op: Operation) -> SSAValue:
        self.block.add_op(op)
        return op.results[0]

    def on_diagonal(self, x: SSAValue, row: int, column: int) -> SSAValue:
        """x where two iterators agree, else 0."""
        same = self.add(arith.CmpiOp(self.add(IndexOp(row)), self.add(IndexOp(column)), "eq"))
        zero = self.add(arith.ConstantOp(number(0, x.type)))
        return self.add(arith.SelectOp(same, x, zero))


def _casting(element: Attribute) -> Callable[[_Body, SSAValue], SSAValue]:
    """A body that gives its only argument in another element type."""
    return lambda body, x: _cast(body, x, element)


def _cast(body: _Body, x: SSAValue, element: Attribute) -> SSAValue:
    """x in another element type: rounded floats, exact integers."""
    if x.type == element:
        return x
    if is_integer(x.type) and is_integer(element):
        wider = element.width.data > x.type.width.data
        return body.add((arith.ExtSIOp if wider else arith.TruncIOp)(x, element))
    if is_integer(x.type):
        kind = arith.UIToFPOp if x.type == i1 else arith.SIToFPOp
        return _cast(body, body.add(kind(x, f32)), element)
    wider = isinstance(element, Float32Type)
    return body.add((arith.ExtFOp if wider else arith.TruncFOp)(x, cast(AnyFloat, element)))


def _form(count: int, factors: dict[int, int], constant: int = 0) -> Linear:
    return Linear(tuple(factors.get(d, 0) for d in range(count)), constant)


def _renamed(form: Linear, place: dict[int, dict[int, int]], count: int) -> Linear:
    """A form over the contraction's iterators as one over the packed tensor's dimensions."""
    total = [0] * count
    for d in form.dims:
        for position, factor in place[d].items():
            total[position] += factor * form.coefficients[d]
    return Linear(tuple(total), form.constant)
