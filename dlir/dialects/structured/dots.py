"""Which contractions are sums of dot products of short groups, and of which kind."""

from __future__ import annotations

from collections.abc import Container

from xdsl.dialects import arith
from xdsl.dialects.builtin import DYNAMIC_INDEX, BFloat16Type, IntegerType

from dlir.dialects.structured.attrs import ScheduleAttr
from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.roles import Contraction, Factor, factors_of
from dlir.dialects.vector_dot import GROUPS, Dot, Group


def dot_of(schedule: ScheduleAttr | None) -> Dot | None:
    """The dot products that a schedule asks for."""
    word = schedule.word("dot") if schedule is not None else None
    return Dot(word) if word in list(Dot) else None


def group_of(schedule: ScheduleAttr | None) -> Group | None:
    """The groups that a schedule asks for."""
    dot = dot_of(schedule)
    return None if dot is None else GROUPS[dot]


def factors_in_order(op: GenericOp, roles: Contraction) -> tuple[Factor, Factor]:
    """What becomes of `a` and of `b` before they are multiplied."""
    factors = factors_of(op.body.block)
    assert factors is not None
    x, y = factors
    return (x, y) if left_number(op, roles) == 0 else (y, x)


def left_number(op: GenericOp, roles: Contraction) -> int:
    """The number of `a` among the inputs."""
    return 0 if any(form.coefficients[roles.lanes] for form in op.input_forms[1]) else 1


def grouped_iterator(op: GenericOp, roles: Contraction) -> int | None:
    """The iterator of k whose neighbours can be grouped: those of `a` are neighbours in memory."""
    inner = op.reduction_dims[-1]
    told = {form.plain_dim for form in roles.b.forms}
    told.update(d for d, extent in enumerate(op.static_extents()) if extent != DYNAMIC_INDEX)
    reaches_all = all(d in told and roles.b.depends_on(d) for d in op.reduction_dims)
    if roles.b.padding is not None or not reaches_all:
        return None
    plain = bool(roles.a.forms) and roles.a.forms[-1].plain_dim == inner
    return inner if plain and roles.a.is_run_along(inner) else None


def suitable_dot(op: GenericOp, roles: Contraction, known: Container[str]) -> Dot | None:
    """The fastest of the `known` kinds that computes a contraction; None if none does.

    Bytes of which both are unsigned, and bytes where the machine has no dot products of bytes,
    become 16-bit integers.
    """
    if grouped_iterator(op, roles) is None:
        return None
    dot = next((d for d in _candidates(op, roles) if d in known), None)
    return dot if dot is None or GROUPS[dot].sum == op.accumulator_type else None


def _candidates(op: GenericOp, roles: Contraction) -> list[Dot]:
    a, b = factors_in_order(op, roles)
    elements = {roles.a.element, roles.b.element}
    if elements == {BFloat16Type()} and a.extension is b.extension is arith.ExtFOp:
        return [Dot.BF16]
    if elements == {IntegerType(8)} and None not in (a.extension, b.extension):
        return [Dot.S16S16] if a.is_unsigned and b.is_unsigned else [Dot.U8S8, Dot.S16S16]
    signed = a.extension is b.extension is arith.ExtSIOp
    return [Dot.S16S16] if elements == {IntegerType(16)} and signed else []


def is_prepared(op: GenericOp, roles: Contraction, dot: Dot) -> bool:
    """Whether the operands are of the types and signs that the dot products take."""
    elements = {roles.a.element, roles.b.element}
    if dot is Dot.U8S8:
        a, b = factors_in_order(op, roles)
        return elements == {IntegerType(8)} and a.is_unsigned is not b.is_unsigned
    return elements == {IntegerType(16) if dot is Dot.S16S16 else BFloat16Type()}
