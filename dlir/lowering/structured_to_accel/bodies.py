"""What a body adds up: products for the array, or terms for the vector unit."""

from __future__ import annotations

from xdsl.dialects import arith
from xdsl.dialects.builtin import i8
from xdsl.ir import Block, SSAValue

from dlir.dialects.structured.ops import GenericOp, YieldOp, element_type_of
from dlir.lowering.structured_to_accel.expression import (
    Arg,
    Call,
    Expr,
    Unsupported,
    expression,
)
from dlir.types import is_number


def is_product_sum(block: Block) -> bool:
    """acc + x * y, with x and y the inputs, possibly extended."""
    last = block.last_op
    if len(block.args) != 3 or not isinstance(last, YieldOp):
        return False
    total = last.value.owner
    if not isinstance(total, arith.AddfOp | arith.AddiOp):
        return False
    product = next((o for o in total.operands if o is not block.args[2]), None)
    if product is None or block.args[2] not in total.operands:
        return False
    if not isinstance(product.owner, arith.MulfOp | arith.MuliOp):
        return False
    factors = {_unextended(o) for o in product.owner.operands}
    return factors == {block.args[0], block.args[1]}


def _unextended(value: SSAValue) -> SSAValue:
    owner = value.owner
    return owner.input if isinstance(owner, arith.ExtFOp | arith.ExtSIOp) else value


def reduction_of(op: GenericOp) -> tuple[Expr, str]:
    """The term and the function of `acc = fn(acc, term)`. Raises Unsupported."""
    body = expression(op.body.block)
    accumulator = Arg(len(op.inputs))
    if op.init is None:
        raise Unsupported("a reduction that starts from its destination")
    init = op.init.value.data if is_number(op.init) else None
    if not isinstance(body, Call) or body.fn not in ("add", "max") or accumulator not in body.args:
        raise Unsupported("a reduction other than a sum or a maximum")
    a, b = body.args
    term = b if a == accumulator else a
    lowest = -(1 << 7) if element_type_of(op.outs) == i8 else float("-inf")
    if init not in ((0,) if body.fn == "add" else (lowest, float("-inf"), -(1 << 31))):
        raise Unsupported(f"a reduction that starts from {init}")
    return term, body.fn
