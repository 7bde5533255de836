"""Contractions whose right side is dequantised where it is read: what their operands are.

    out[.., m, .., n] = epilogue(sum_k a[.., m, k] * w(q[.., k, n], scale[.., k / block, n], ..))

The body is `acc + a * w`, in which `w` is any expression of inputs that do not depend on rows: a
fused prologue. In memory there are only the narrow integers and what they are dequantised with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects import arith
from xdsl.dialects.builtin import IntegerType, i8, i32
from xdsl.ir import Block, BlockArgument, Operation, SSAValue

from dlir.dialects.structured.ops import GenericOp, IndexOp, YieldOp
from dlir.dialects.structured.roles import (
    Operand,
    is_multiply_add,
    operands_of,
    parallel_order,
    sums_into_rows,
)

KERNEL = "weight_only"
"""The word for it in schedules."""


@dataclass(frozen=True)
class WeightOnly:
    """The roles of such a contraction."""

    a: Operand
    a_number: int
    weights: tuple[tuple[int, Operand], ...]
    """What the prologue reads: numbers of inputs, and the operands."""
    value: SSAValue
    """`w` in the body."""
    out: Operand
    extra: list[Operand]
    lanes: int
    panel: int | None
    row: int | None
    outer: tuple[int, ...]
    """The other parallel iterators."""


def match_weight_only(op: GenericOp) -> WeightOnly | None:
    """The roles, if the op is a sum of products of an input and a prologue."""
    factors = _factors(op)
    if factors is None or not op.reduction_dims:
        return None
    number, value = factors
    inputs, out, extra = operands_of(op)
    if not out.forms or not out.forms[-1].dims:
        return None
    if op.epilogue is not None and any(isinstance(o, IndexOp) for o in op.epilogue.block.ops):
        return None
    columns = sorted(out.forms[-1].dims, key=lambda d: out.forms[-1].coefficients[d])
    lanes, panel = columns[0], columns[1] if len(columns) == 2 else None
    used = [i for i in range(len(inputs)) if i != number]
    a, weights = inputs[number], tuple((i, inputs[i]) for i in used)
    reads_lanes = any(x.depends_on(lanes) for _, x in weights)
    if a.depends_on(lanes) or not reads_lanes or not sums_into_rows(op, out, columns):
        return None
    if not all(x.is_run_along(lanes) for x in extra):
        return None
    order = [d for d in parallel_order(op) if d not in columns]
    rows = [d for d in order if a.depends_on(d) and _is_row(out, d, weights)]
    row = rows[-1] if rows else None
    outer = tuple(d for d in order if d != row)
    return WeightOnly(a, number, weights, value, out, extra, lanes, panel, row, outer)


def _is_row(out: Operand, dim: int, weights: Sequence[tuple[int, Operand]]) -> bool:
    plain = any(form.plain_dim == dim for form in out.forms)
    return plain and not any(x.depends_on(dim) for _, x in weights)


def _factors(op: GenericOp) -> tuple[int, SSAValue] | None:
    """Of `acc + a * w`: the number of the input a, and w, which reads all others and only those."""
    block = op.body.block
    last, inputs = block.last_op, block.args[: len(op.inputs)]
    if len(block.args) != len(inputs) + 1 or is_multiply_add(block):
        return None
    total = last.value.owner if isinstance(last, YieldOp) else None
    if not isinstance(total, arith.AddfOp) or block.args[-1] not in total.operands:
        return None
    product = next((o.owner for o in total.operands if o is not block.args[-1]), None)
    if not isinstance(product, arith.MulfOp):
        return None
    for a, value in (product.operands, tuple(reversed(product.operands))):
        plain = a.owner.input if isinstance(a.owner, arith.ExtFOp) else a
        if isinstance(plain, BlockArgument) and plain in inputs:
            others = [x for x in inputs if x is not plain]
            if _arguments(value) == set(others) and plain.has_one_use():
                return plain.index, value
    return None


def _arguments(value: SSAValue) -> set[BlockArgument]:
    """The arguments of the body that a value is computed from."""
    if isinstance(value, BlockArgument):
        return {value}
    assert isinstance(value.owner, Operation)
    return {a for operand in value.owner.operands for a in _arguments(operand)}


def prologue(roles: WeightOnly, value: SSAValue) -> Block:
    """A body of its own for a value that is computed from the weights: their scalars in order."""
    numbers = [number for number, _ in roles.weights]
    old = value.owner.parent if isinstance(value.owner, Operation) else value.owner
    assert isinstance(old, Block)
    block = Block(arg_types=[old.args[number].type for number in numbers])
    known: dict[SSAValue, SSAValue] = {
        old.args[number]: argument for number, argument in zip(numbers, block.args, strict=True)
    }
    for op in _slice(value):
        block.add_op(op.clone(known))
    block.add_op(YieldOp(known[value]))
    return block


def _slice(value: SSAValue) -> list[Operation]:
    """The ops that compute a value of a body, in order."""
    owner = value.owner
    if not isinstance(owner, Operation):
        return []
    needed: set[Operation] = {owner}
    pending = [owner]
    while pending:
        for operand in pending.pop().operands:
            if isinstance(operand.owner, Operation) and operand.owner not in needed:
                needed.add(operand.owner)
                pending.append(operand.owner)
    assert owner.parent is not None
    return [op for op in owner.parent.ops if op in needed]


# Integers of less than a byte


@dataclass(frozen=True)
class Narrow:
    """An `i8` argument of a body of which only some low bits count."""

    width: int
    signed: bool
    wide: SSAValue
    """The number as an `i32` in the body."""
    ops: tuple[Operation, ...]
    """What computes that."""


def narrow_argument(argument: BlockArgument) -> Narrow | None:
    """How a body widens an argument, if it does so as `convert-dl-to-structured` writes it.

    `shli` and `shrsi` or `shrui` by the same number, then `extsi` or `extui` to `i32`.
    """
    if argument.type != i8:
        return None
    up = _only_user(argument)
    down = _only_user(up.results[0]) if isinstance(up, arith.ShLIOp) else None
    if not isinstance(down, arith.ShRSIOp | arith.ShRUIOp):
        return None
    wide, signed = _only_user(down.results[0]), isinstance(down, arith.ShRSIOp)
    if not isinstance(wide, arith.ExtSIOp if signed else arith.ExtUIOp):
        return None
    assert isinstance(up, Operation)
    rest = {_constant(up.operands[1]), _constant(down.operands[1])}
    if wide.results[0].type != i32 or rest not in ({4}, {6}):
        return None
    return Narrow(8 - (rest.pop() or 0), signed, wide.results[0], (up, down, wide))


def _only_user(value: SSAValue) -> Operation | None:
    use = value.get_unique_use()
    return use.operation if use is not None and use.index == 0 else None


def _constant(value: SSAValue) -> int | None:
    owner = value.owner
    if isinstance(owner, arith.ConstantOp) and isinstance(value.type, IntegerType):
        return int(owner.value.value.data)  # pyright: ignore
    return None
