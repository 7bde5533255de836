"""Decides how the machine computes an op: which iterators lie on lanes, which operand is weights.

An op is a sum of products (for the array) or elementwise work and reductions (for the vector unit).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from xdsl.dialects import arith
from xdsl.dialects.builtin import bf16, f32, i8, i32
from xdsl.ir import Attribute, SSAValue

from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import GenericOp, element_type_of, shape_of
from dlir.lowering.structured_to_accel.bodies import is_product_sum, reduction_of
from dlir.lowering.structured_to_accel.expression import (
    Arg,
    Call,
    Expr,
    Unsupported,
    arguments,
    expression,
    only_in,
    replaced,
)
from dlir.lowering.structured_to_accel.plan import (
    ContractionPlan,
    HostTensor,
    Operand,
    Plan,
    Planned,
    VectorPlan,
    extras_of,
    lane_of,
    operand_of,
    require_static,
    require_view,
    storage_type,
    stored_type,
)
from dlir.lowering.structured_to_accel.stored import Layout, Stored
from dlir.types import is_number


@dataclass
class Planner:
    """Plans ops one after the other; `is_constant` tells what the host knows at compile time."""

    cols: int
    planned: Planned
    is_constant: Callable[[SSAValue], bool]
    types: Sequence[str] = ("i8", "bf16")
    """What the array multiplies."""
    fast_vector: frozenset[str] = frozenset()
    """The types of which the vector unit takes rows faster than the array."""
    keeps_f32: bool = False
    """See `keeps_f32`."""

    def plan(self, op: GenericOp) -> Plan:
        """The plan of an op. Raises Unsupported."""
        extents = require_static(op)
        storage_type(element_type_of(op.outs))
        epilogue = expression(op.epilogue.block) if op.epilogue is not None else None
        zero = is_number(op.init) and op.init.value.data == 0
        if not (is_product_sum(op.body.block) and zero):
            return self._vector(op, extents, epilogue)
        try:
            return self._contraction(op, extents, epilogue)
        except Unsupported as reason:  # a product and a sum may do it, if no array does
            if len(op.parallel_dims) + 1 < len(op.kinds) or not _shares_rows(op):
                raise
            try:
                return self._vector(op, extents, epilogue)
            except Unsupported:
                raise reason from None

    def can_plan(self, op: GenericOp) -> bool:
        """Whether the machine computes an op."""
        try:
            self.plan(op)
        except Unsupported:
            return False
        return True

    # --- sums of products -------------------------------------------------------------------------

    def _contraction(
        self, op: GenericOp, extents: tuple[int, ...], epilogue: Expr | None
    ) -> ContractionPlan:
        self._require_types(op)
        reasons: list[str] = []
        last = set(op.out_forms[-1].dims) if op.out_forms else set[int]()
        orders = sorted(
            ((0, 1), (1, 0)),
            key=lambda o: (
                not self.is_constant(op.inputs[o[1]]),
                not last & _dims(op.input_forms[o[1]]),
            ),
        )
        for a, w in orders:
            try:
                return self._roles(op, extents, epilogue, operand_of(op, a), operand_of(op, w))
            except Unsupported as reason:
                reasons.append(str(reason))
        raise Unsupported(reasons[0])

    def _require_types(self, op: GenericOp) -> None:
        """The array multiplies two numbers of one type, and adds them up in 32 bits."""
        a, w = (storage_type(element_type_of(v)) for v in op.inputs)
        total = op.body.block.args[2].type
        sums: dict[Attribute, tuple[Attribute, ...]] = {i8: (i32,), bf16: (f32,)}
        if a != w or str(a) not in self.types or total not in sums.get(a, ()):
            raise Unsupported(f"the array does not add products of {a} and {w} up in {total}")
        for inner in op.body.block.ops:
            if isinstance(inner, arith.MuliOp) and inner.result.type != i32:
                raise Unsupported(f"the array does not multiply in {inner.result.type}")

    def _roles(
        self,
        op: GenericOp,
        extents: tuple[int, ...],
        epilogue: Expr | None,
        a: Operand,
        w: Operand,
    ) -> ContractionPlan:
        uses_a, uses_w = _dims(a.forms), _dims(w.forms)
        columns = [d for d in op.parallel_dims if d in uses_w and d not in uses_a]
        constant = self.is_constant(w.value) and w.filler is None
        diagonal = False
        if constant:
            found = _lane_iterator(columns, op.out_forms, extents)
            if found is None:
                both = [d for d in op.parallel_dims if d in uses_a and d in uses_w]
                found = _lane_iterator(both, op.out_forms, extents)
                diagonal = True
            if found is None:
                raise Unsupported("no iterator of the weights alone walks along the result")
            n, transposed = found, False
        else:
            n, transposed = self._plane(op, extents, w, columns)
        k = n if diagonal else self._sum_iterator(op, extents, a, w, n, transposed, constant)
        out_lane = _dim_of(op.out_forms, n)
        if out_lane is None:
            raise Unsupported("the result is not walked along its lanes")
        taps = tuple(d for d in op.reduction_dims if d != k)
        rows = tuple(d for d in _out_order(op, out_lane) if d in uses_a and d not in uses_w)
        batch = tuple(d for d in _out_order(op) if d in uses_w and d != n)
        if diagonal and any(d in uses_a for d in columns):
            raise Unsupported("groups that share lanes")
        self._place_activations(op, extents, a, k, diagonal)
        extras = extras_of(op)
        plan = ContractionPlan(
            op, extents, n, out_lane, [a, w], extras, epilogue, k, batch, rows, taps,
            constant, transposed, diagonal,
        )  # fmt: skip
        kind = str(storage_type(element_type_of(a.value)))
        plan.by_vector = diagonal and kind in self.fast_vector
        self._check_result(op, extents, n, out_lane)
        self._place_extras(plan, skip=self._scale(plan))
        return plan

    def _plane(
        self, op: GenericOp, extents: tuple[int, ...], w: Operand, columns: Sequence[int]
    ) -> tuple[int, bool]:
        """The column iterator of planes that are read from a tensor, and whether transposed."""
        if w.filler is not None:
            raise Unsupported("weights with a border")
        stored = self.planned.get(w.value)
        if stored is None:
            column = _lane_iterator(columns, op.out_forms, extents)
            lane = None if column is None else _dim_of(w.forms, column)
            if lane is None:
                raise Unsupported("the weights have no columns")
            stored = self._host_operand(w, Layout(lane))
        require_view(stored, w, extents, self.cols)
        lane = lane_of(stored, w.forms, extents)
        if lane is not None and lane in columns:
            return lane, False
        found = _lane_iterator(columns, op.out_forms, extents)
        if lane is None or lane not in op.reduction_dims or found is None:
            raise Unsupported("neither columns nor sums lie on the lanes of the weights")
        return found, True

    def _sum_iterator(
        self,
        op: GenericOp,
        extents: tuple[int, ...],
        a: Operand,
        w: Operand,
        n: int,
        transposed: bool,
        constant: bool,
    ) -> int:
        """The reduction iterator on the lanes of the activations."""
        stored = self.planned.get(a.value)
        if stored is not None:
            k = lane_of(stored, a.forms, extents)
        else:
            alone = {d for f in a.forms for d in f.dims if _is_along_blocks(f, d, self.cols)}
            both = [d for d in op.reduction_dims if d in _dims(w.forms) and d in alone]
            k = _lane_iterator(both, a.forms, extents)
        if k is None or k not in op.reduction_dims:
            raise Unsupported("the sum does not run along the lanes of the activations")
        if transposed and k != lane_of(self.planned_or_host(w), w.forms, extents):
            raise Unsupported("the sums of the two operands lie on different lanes")
        if not constant and not transposed and k not in _dims(w.forms):
            raise Unsupported("the sum does not run along the rows of the weights")
        return k

    def planned_or_host(self, operand: Operand) -> Stored:
        """The operand as it will lie on the machine."""
        stored = self.planned.get(operand.value)
        if stored is None:
            assert operand.host is not None
            return self.placeholder(operand.value, operand.host.layout)
        return stored

    def placeholder(self, value: SSAValue, layout: Layout) -> Stored:
        """A tensor of which only the layout is known."""
        return Stored.whole(cast(Any, None), shape_of(value), layout, self.cols)

    def _host_operand(self, operand: Operand, layout: Layout, element: Attribute | None = None):
        """The host prepares this operand."""
        element = element or storage_type(element_type_of(operand.value))
        operand.host = HostTensor(operand.value, layout, element)
        return self.placeholder(operand.value, layout)

    def _place_activations(
        self, op: GenericOp, extents: tuple[int, ...], a: Operand, k: int, diagonal: bool
    ) -> None:
        stored = self.planned.get(a.value)
        if stored is None:
            lane = _dim_of(a.forms, k)
            if lane is None:
                raise Unsupported("no iterator walks along the lanes of the activations")
            stored = self._host_operand(a, Layout(lane))
        elif lane_of(stored, a.forms, extents) != k:
            raise Unsupported("the lanes of the activations are not walked")
        require_view(stored, a, extents, self.cols)

    def _check_result(
        self, op: GenericOp, extents: tuple[int, ...], lane: int | None, out_lane: int | None
    ) -> None:
        """The result's rows and blocks can be written where they belong."""
        stored = self.placeholder(op.outs, Layout(out_lane))
        require_view(stored, Operand(op.outs, op.out_forms), extents, self.cols)
        if out_lane is not None and lane is not None:
            others = [d for d in op.out_forms[out_lane].dims if d != lane]
            if others and extents[lane] % self.cols:
                raise Unsupported(f"parts of {extents[lane]} lanes in blocks of {self.cols}")

    def _scale(self, plan: ContractionPlan) -> int | None:
        """`acc * c` with a constant c per column, first thing in the epilogue, moves into w."""
        if not plan.constant or plan.epilogue is None:
            return None
        for number, extra in enumerate(plan.extras):
            scaled: set[Expr] = {
                Call("mul", (Arg(0), Arg(1 + number))),
                Call("mul", (Arg(1 + number), Arg(0))),
            }
            column = _dims(extra.forms) == {plan.lane} and self.is_constant(extra.value)
            uses_w = all(f.plain_dim is not None for f in extra.forms)
            if not column or not uses_w or not only_in(plan.epilogue, scaled, 0):
                continue
            rest = replaced(plan.epilogue, scaled)
            if 1 + number not in arguments(rest):
                plan.epilogue, plan.scale = rest, number
                return number
        return None

    def _place_extras(self, plan: Plan, skip: int | None = None) -> None:
        for number, extra in enumerate(plan.extras):
            if number != skip:
                self._place_elementwise(plan, extra, plan.lane)

    def _place_elementwise(self, plan: Plan, operand: Operand, lane: int | None) -> None:
        """An operand that is combined row by row: on the lanes lies what does in the result."""
        stored = self.planned.get(operand.value)
        if stored is None:
            stored = self._place_host(operand, lane)
        found = lane_of(stored, operand.forms, plan.extents)
        if found not in (None, lane) and plan.extents[found] != 1:
            raise Unsupported("operands lie on different lanes")
        if found is None and stored.lane is not None and stored.shape[stored.lane] != 1:
            raise Unsupported("operands lie on different lanes")
        if found is None and lane is not None and lane in _dims(operand.forms):
            raise Unsupported("an operand has a number per row where the result has lanes")
        require_view(stored, operand, plan.extents, self.cols)

    def _place_host(self, operand: Operand, lane: int | None) -> Stored:
        """Numbers of f32 per column or per row are kept as f32, whole tensors as `stored_type`."""
        dim = None if lane is None else _dim_of(operand.forms, lane)
        element = element_type_of(operand.value)
        rows = [d for f in operand.forms for d in f.dims if d != lane]
        if dim is None or not rows:
            if element not in (f32, bf16, i8, i32):
                raise Unsupported(f"the machine has no elements of type {element}")
            return self._host_operand(operand, Layout(dim), element)
        return self._host_operand(operand, Layout(dim), stored_type(operand.value, self.keeps_f32))

    # --- elementwise and reductions ---------------------------------------------------------------

    def _vector(self, op: GenericOp, extents: tuple[int, ...], epilogue: Expr | None) -> VectorPlan:
        term, combine = reduction_of(op) if op.reduction_dims else (expression(op.body.block), "")
        operands = [operand_of(op, i) for i in range(len(op.inputs))]
        lane = self._vector_lane(op, extents, operands)
        reduced = lane if lane in op.reduction_dims else None
        out_iterator = None if reduced is not None else lane
        out_lane = None if out_iterator is None else _dim_of(op.out_forms, out_iterator)
        if out_iterator is not None and out_lane is None and lane is not None:
            raise Unsupported("the result is not walked along its lanes")
        extras = extras_of(op)
        plan = VectorPlan(
            op, extents, out_iterator, out_lane, operands, extras, epilogue, term, combine, reduced
        )
        self._check_result(op, extents, out_iterator, out_lane)
        for operand in operands:
            self._place_elementwise(plan, operand, lane)
        self._place_extras(plan)
        return plan

    def _vector_lane(
        self, op: GenericOp, extents: Sequence[int], operands: Sequence[Operand]
    ) -> int | None:
        """The iterator along the lanes: that of the operands on the machine, else the result's."""
        found = [
            lane_of(self.planned[o.value], o.forms, extents)
            for o in operands
            if o.value in self.planned
        ]
        lanes = {d for d in found if d is not None}
        if len(lanes) > 1:
            lanes = {d for d in lanes if extents[d] > 1} or {min(lanes)}
        if len(lanes) > 1:
            raise Unsupported("operands lie on different lanes")
        if lanes:
            return lanes.pop()
        if found and len(found) == len(operands):
            return None
        walked = set[int]().union(
            *(_dims(o.forms) for o in operands if o.value in self.planned)
        )  # by operands that have a number per row
        own = [o.forms for o in operands]
        forms = max([*own, op.out_forms] if op.reduction_dims else [op.out_forms, *own], key=len)
        plain = (f.plain_dim for f in reversed(forms))
        return next((d for d in plain if d is not None and d not in walked), None)


# --- bodies ---------------------------------------------------------------------------------------


def _shares_rows(op: GenericOp) -> bool:
    """Whether one operand has every iterator, so that a product is no larger than it."""
    return any(_dims(forms) == set(range(len(op.kinds))) for forms in op.input_forms)


# --- forms ----------------------------------------------------------------------------------------


def _is_along_blocks(form: Linear, iterator: int, cols: int) -> bool:
    """Whether an iterator walks lanes, and all else that the form holds moves by whole blocks."""
    others = [form.coefficients[d] for d in form.dims if d != iterator]
    return form.coefficients[iterator] == 1 and not any(c % cols for c in (*others, form.constant))


def _dims(forms: Sequence[Linear]) -> set[int]:
    return {d for f in forms for d in f.dims}


def _dim_of(forms: Sequence[Linear], iterator: int) -> int | None:
    """The dimension that an iterator walks with factor 1."""
    found = [d for d, f in enumerate(forms) if f.coefficients[iterator] == 1]
    return found[0] if len(found) == 1 else None


def _lane_iterator(
    candidates: Sequence[int], forms: Sequence[Linear], extents: Sequence[int]
) -> int | None:
    """The longest of some iterators that walk one dimension with factor 1; the last of equals."""
    fine = [d for d in candidates if _dim_of(forms, d) is not None]
    return max(fine, key=lambda d: (extents[d], d)) if fine else None


def _out_order(op: GenericOp, lane: int | None = None) -> list[int]:
    """Parallel iterators in the order of the result's dimensions; blocks of lanes are outermost."""
    order: list[int] = []
    forms = list(op.out_forms)
    if lane is not None:
        forms.insert(0, forms.pop(lane))
    for form in forms:
        order += sorted(
            (d for d in form.dims if d not in order), key=lambda d: -form.coefficients[d]
        )
    return order
