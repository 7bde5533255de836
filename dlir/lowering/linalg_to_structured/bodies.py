"""Bodies of `linalg` ops taken apart: what one result needs, and from where.

A body of `linalg` may yield several values and use values of the function around it; a body of
`structured` yields one value and sees nothing but its arguments. So the ops that one yielded value
needs are cloned, constants with them, and everything else from outside becomes an input.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from xdsl.dialects import arith, cf, scf, tensor
from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import Block, BlockArgument, Operation, SSAValue

from dlir.diagnostics import fail, op_name
from dlir.dialects.linalg import IndexOp, YieldOp
from dlir.dialects.linalg.ops import Structured
from dlir.dialects.structured.maps import Linear

SCALAR_DIALECTS = frozenset({"arith", "math"})


TRAPS = (
    arith.DivSIOp, arith.DivUIOp, arith.RemSIOp, arith.RemUIOp,
    arith.FloorDivSIOp, arith.CeilDivSIOp, arith.CeilDivUIOp,
)  # fmt: skip
"""What must not be computed where the program would not."""


def flatten_conditions(block: Block) -> None:
    """Replace each `scf.if` that chooses between numbers: both are computed, one is selected."""
    for op in [one for one in block.ops if isinstance(one, scf.IfOp)]:
        branches = [op.true_region.block, op.false_region.block] if op.results else []
        for branch in branches:
            flatten_conditions(branch)
        inner = [one for branch in branches for one in [*branch.ops][:-1]]
        if not branches or not all(_is_harmless(one) for one in inner):
            continue
        ends = [branch.last_op for branch in branches]
        for one in inner:
            one.detach()
            block.insert_op_before(one, op)
        for result, yes, no in zip(op.results, *(e.operands for e in ends if e), strict=True):
            block.insert_op_before(choice := arith.SelectOp(op.cond, yes, no), op)
            choice.location = op.location
            result.replace_all_uses_with(choice.result)
        block.erase_op(op)


def _is_harmless(op: Operation) -> bool:
    return op.dialect_name() in SCALAR_DIALECTS and not op.regions and not isinstance(op, TRAPS)


def check_body(op: Structured) -> None:
    """Refuse, by name, what a scalar body cannot hold."""
    for inner in op.body.block.ops:
        known = inner.dialect_name() in SCALAR_DIALECTS and not inner.regions
        if not known and not isinstance(
            inner, IndexOp | YieldOp | tensor.ExtractOp | tensor.DimOp | cf.AssertOp
        ):
            fail(
                inner,
                f"in the body of '{op_name(op)}' has no form in the structured dialect",
                help="bodies hold arith and math ops, linalg.index and tensor.extract",
            )


def assertions_of(op: Structured) -> list[cf.AssertOp]:
    """What a body asserts, but for the places of `tensor.extract`, which a gather checks."""
    inner = [*op.body.block.ops]
    if any(isinstance(one, tensor.ExtractOp) for one in inner):
        return []
    return [one for one in inner if isinstance(one, cf.AssertOp)]


@dataclass
class Needs:
    """What a value of a body is computed from."""

    ops: list[Operation] = field(default_factory=list[Operation])
    """The ops to clone, in order; those that compute scalars outside of the body come first."""
    arguments: set[int] = field(default_factory=set[int])
    scalars: list[SSAValue] = field(default_factory=list[SSAValue])
    """Scalars of the function around, in order of use."""
    reads: list[tensor.ExtractOp] = field(default_factory=list[tensor.ExtractOp])
    """Elements of tensors of the function around, in order."""


def needs_of(block: Block, values: Iterable[SSAValue]) -> Needs:
    """What these values of a body are computed from; reads of tensors are leaves."""
    found, seen = Needs(), set[SSAValue]()

    def visit(value: SSAValue) -> None:
        if value in seen:
            return
        seen.add(value)
        owner = value.owner
        if isinstance(value, BlockArgument) and value.block is block:
            found.arguments.add(value.index)
        elif isinstance(owner, tensor.ExtractOp):
            found.reads.append(owner)
        elif isinstance(owner, Operation) and (owner.parent is block or _is_inlined(owner)):
            for operand in owner.operands:
                visit(operand)
            found.ops.append(owner)
        else:
            found.scalars.append(value)

    for value in values:
        visit(value)
    return found


def _is_inlined(op: Operation) -> bool:
    """Constants, and arithmetic on elements of tensors: inside, those need no number outside."""
    if isinstance(op, arith.ConstantOp):
        return True
    if op.dialect_name() not in SCALAR_DIALECTS or op.regions:
        return False
    return any(_reads_tensor(operand) for operand in op.operands)


def _reads_tensor(value: SSAValue) -> bool:
    owner = value.owner
    if isinstance(owner, tensor.ExtractOp):
        return True
    return (
        isinstance(owner, Operation)
        and owner.dialect_name() in SCALAR_DIALECTS
        and any(map(_reads_tensor, owner.operands))
    )


def iterators_of(needs: Needs, forms: Sequence[Sequence[Linear]]) -> list[int]:
    """The iterators that a value depends on, through its inputs and through linalg.index."""
    dims = {d for number in needs.arguments for form in forms[number] for d in form.dims}
    dims |= {op.dim.value.data for op in needs.ops if isinstance(op, IndexOp)}
    return sorted(dims)


def index_form(value: SSAValue, dims: int) -> Linear | None:
    """An index computed from iterators and constants alone, as a linear form."""
    owner = value.owner
    match owner:
        case IndexOp():
            place = owner.dim.value.data
            return Linear(tuple(int(d == place) for d in range(dims)), 0)
        case arith.ConstantOp(value=IntegerAttr() as number):
            return Linear((0,) * dims, number.value.data)
        case arith.IndexCastOp() | arith.ExtSIOp():
            return index_form(owner.operands[0], dims)
        case arith.AddiOp() | arith.SubiOp():
            sign = 1 if isinstance(owner, arith.AddiOp) else -1
            return _combined(owner.lhs, owner.rhs, sign, dims)
        case arith.MuliOp():
            return _multiplied(owner.lhs, owner.rhs, dims)
        case _:
            return None


def _combined(x: SSAValue, y: SSAValue, sign: int, dims: int) -> Linear | None:
    a, b = index_form(x, dims), index_form(y, dims)
    if a is None or b is None:
        return None
    pairs = zip(a.coefficients, b.coefficients, strict=True)
    return Linear(tuple(p + sign * q for p, q in pairs), a.constant + sign * b.constant)


def _multiplied(x: SSAValue, y: SSAValue, dims: int) -> Linear | None:
    a, b = index_form(x, dims), index_form(y, dims)
    if a is None or b is None or (a.dims and b.dims):
        return None
    form, factor = (a, b.constant) if not b.dims else (b, a.constant)
    return Linear(tuple(c * factor for c in form.coefficients), form.constant * factor)
