"""`structured-prepare-dots`: give contractions the operands that their dot products take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from xdsl.context import Context
from xdsl.dialects import arith
from xdsl.dialects.builtin import IntegerAttr, ModuleOp, i16, i32
from xdsl.ir import Attribute, Block, Region, SSAValue
from xdsl.ir.affine import AffineMap
from xdsl.passes import ModulePass

from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.copies import substitute
from dlir.dialects.structured.dots import dot_of, is_prepared, left_number
from dlir.dialects.structured.maps import Linear, map_of, projection
from dlir.dialects.structured.ops import GenericOp, YieldOp, body_region, element_type_of
from dlir.dialects.structured.roles import (
    Contraction,
    Factor,
    factors_of,
    match_contraction,
)
from dlir.dialects.structured.shapes import Sizes
from dlir.dialects.vector_dot import Dot
from dlir.types import number

SIGN_BIT = -128


@dataclass(frozen=True)
class StructuredPrepareDots(ModulePass):
    """Rewrite contractions whose schedule names a `dot` that does not take their operands yet.

    Dot products `u8s8` multiply unsigned bytes by signed ones. Of two signed operands the left one
    has its sign bit inverted in the body, which adds 128 to it, and so 128 times the sum of a
    column to each sum of that column; the epilogue takes that away. Sums wrap around, so that
    nothing is lost. The sums of columns are an op of their own: for weights it is done once.

    For dot products `s16s16` both operands are extended to 16 bits by copies.

    Before:
    ```mlir
    structured.generic {..., schedule = #structured.schedule<..., pack = [1], dot = u8s8>}
        ins(%x, %w : tensor<32x784xi8>, tensor<784x512xi8>) outs(%o : tensor<32x512xi32>) {
    ^bb0(%a: i8, %b: i8, %acc: i32):
      %p = arith.extsi %a : i8 to i32
      ...
    ```
    After:
    ```mlir
    %c = structured.generic {maps = [(n, k) -> (k, n), (n, k) -> (n)], ...}
        ins(%w : tensor<784x512xi8>) outs(%e : tensor<512xi32>) ...  // -128 times the sums
    structured.generic {..., schedule = #structured.schedule<..., pack = [1], dot = u8s8>}
        ins(%x, %w : tensor<32x784xi8>, tensor<784x512xi8>) outs(%o : tensor<32x512xi32>) {
    ^bb0(%a: i8, %b: i8, %acc: i32):
      %f = arith.xori %a, %sign : i8
      %p = arith.extui %f : i8 to i32
      ...
    } epilogue ins(%c : tensor<512xi32>) maps [(m, n) -> (n)] {
    ```
    """

    name = "structured-prepare-dots"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for inner in list(op.walk()):
            if isinstance(inner, GenericOp) and (dot := dot_of(inner.schedule)) is not None:
                roles = match_contraction(inner)
                if roles is None or is_prepared(inner, roles, dot):
                    continue
                if dot is Dot.U8S8:
                    _flip_left(inner, roles)
                elif dot is Dot.S16S16:
                    _widen(inner)


# --- u8s8 ---------------------------------------------------------------------------------------


def _flip_left(op: GenericOp, roles: Contraction) -> None:
    """The left operand plus 128, unsigned; what that adds is taken away in the epilogue."""
    factors = [_SIGNED, _SIGNED]
    factors[left_number(op, roles)] = Factor(arith.ExtUIOp, is_flipped=True)
    columns = _columns(op, roles)
    where = projection(len(op.parallel_dims), map(op.parallel_dims.index, columns))
    new = _replaced(
        op,
        op.inputs,
        factors,
        [*op.epilogue_inputs, _column_sums(op, roles, columns)],
        [*(m.data for m in op.epilogue_maps or ()), where],
        _epilogue(op),
    )
    substitute(op, new)


def _columns(op: GenericOp, roles: Contraction) -> list[int]:
    """The parallel iterators of the right operand."""
    return [d for d in op.parallel_dims if roles.b.depends_on(d)]


def _column_sums(op: GenericOp, roles: Contraction, columns: list[int]) -> SSAValue:
    """-128 times the sum of each column of the right operand."""
    sizes = Sizes.before(op)
    order = [*columns, *op.reduction_dims]
    forms = [Linear(tuple(f.coefficients[d] for d in order), f.constant) for f in roles.b.forms]
    region, block = body_region([roles.b.element, i32])
    number, acc = block.args
    weight = arith.ConstantOp(IntegerAttr(SIGN_BIT, i32))
    wide = arith.ExtSIOp(number, i32)
    term = arith.MuliOp(wide, weight)
    total = arith.AddiOp(acc, term)
    block.add_ops([weight, wide, term, total, YieldOp(total.result)])
    extents = [sizes.extent(op, d) for d in columns]
    sums = GenericOp(
        [roles.b.value],
        sizes.empty(extents, op.outs, i32),
        [map_of(forms, len(order)), projection(len(order), range(len(columns)))],
        [op.kinds[d] for d in order],
        region,
        init=IntegerAttr(0, i32),
        domain=[op.static_extents()[d] for d in order],
    )
    sizes.insert(sums)
    assert sums.result is not None
    return sums.result


def _epilogue(op: GenericOp) -> Region:
    """The epilogue of an op, begun by adding its last input to the sum."""
    if op.epilogue is None:
        region, block = body_region([i32, i32])
        total = arith.AddiOp(block.args[0], block.args[1])
        block.add_ops([total, YieldOp(total.result)])
        return region
    region = op.epilogue.clone()
    block = region.block
    first = block.args[0]
    correction = block.insert_arg(i32, len(block.args))
    total = arith.AddiOp(first, correction)
    first.replace_uses_with_if(total.result, lambda use: use.operation is not total)
    first_op = block.first_op
    assert first_op is not None
    block.insert_op_before(total, first_op)
    return region


# --- s16s16 -------------------------------------------------------------------------------------


def _widen(op: GenericOp) -> None:
    """Both operands as 16-bit integers."""
    factors = factors_of(op.body.block) or ()
    values = [_widened(op, x, factor) for x, factor in zip(op.inputs, factors, strict=True)]
    maps = [m.data for m in op.epilogue_maps or ()]
    epilogue = op.epilogue.clone() if op.epilogue is not None else None
    new = _replaced(op, values, [_SIGNED] * 2, list(op.epilogue_inputs), maps, epilogue)
    substitute(op, new)


def _widened(op: GenericOp, value: SSAValue, factor: Factor) -> SSAValue:
    """A copy of an operand, extended to 16 bits."""
    sizes = Sizes.before(op)
    extents = sizes.all_of(value)
    region, block = body_region([element_type_of(value)])
    assert factor.extension is not None
    wide = cast(Any, factor.extension)(block.args[0], i16)
    block.add_ops([wide, YieldOp(wide.result)])
    rank = len(extents)
    copy = GenericOp(
        [value],
        sizes.empty(extents, value, i16),
        [projection(rank, range(rank))] * 2,
        [Iterator.PARALLEL] * rank,
        region,
    )
    sizes.insert(copy)
    assert copy.result is not None
    return copy.result


# --- both ---------------------------------------------------------------------------------------

_SIGNED = Factor(arith.ExtSIOp)


def _replaced(
    op: GenericOp,
    inputs: Sequence[SSAValue],
    factors: Sequence[Factor],
    epilogue_inputs: Sequence[SSAValue],
    epilogue_maps: Sequence[AffineMap],
    epilogue: Region | None,
) -> GenericOp:
    """The op on other inputs, with the body of these factors and another epilogue."""
    padding = [
        p and number(cast(Any, p).value.data, element_type_of(value))
        for p, value in zip(op.paddings, inputs, strict=True)
    ]
    return GenericOp(
        inputs,
        op.outs,
        op.map_list,
        op.kinds,
        _product([element_type_of(value) for value in inputs], factors),
        init=op.init,
        padding=padding,
        domain=op.fixed_domain if op.domain is not None else None,
        schedule=op.schedule,
        epilogue_inputs=epilogue_inputs,
        epilogue_maps=epilogue_maps,
        epilogue=epilogue,
    )


def _product(types: Sequence[Attribute], factors: Sequence[Factor]) -> Region:
    """The body `acc + x * y` of sums in 32 bits."""
    region, block = body_region([*types, i32])
    values = [_factor(block, x, f) for x, f in zip(block.args, factors, strict=False)]
    product = arith.MuliOp(values[0], values[1])
    total = arith.AddiOp(block.args[2], product)
    block.add_ops([product, total, YieldOp(total.result)])
    return region


def _factor(block: Block, value: SSAValue, factor: Factor) -> SSAValue:
    """An argument as a factor of the product."""
    if factor.is_flipped:
        sign = arith.ConstantOp(number(SIGN_BIT, value.type))
        flipped = arith.XOrIOp(value, sign)
        block.add_ops([sign, flipped])
        value = flipped.result
    assert factor.extension is not None
    wide = cast(Any, factor.extension)(value, i32)
    block.add_op(wide)
    return wide.result
