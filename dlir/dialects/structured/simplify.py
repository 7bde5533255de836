"""Canonicalisations of `structured` ops on tensors, run by `canonicalize`.

Ops on tensors whose results nobody reads have no effects and go by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import get_args

from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.ir.affine import AffineMap
from xdsl.pattern_rewriter import PatternRewriter, RewritePattern, op_type_rewrite_pattern

from dlir.dialects.structured.ops import (
    DestinationOp,
    FillOp,
    GenericOp,
    ReshapeOp,
    shape_of,
)
from dlir.dialects.structured.roles import is_copy, overwrites_outs
from dlir.rewrite import no_match
from dlir.types import is_number


class FoldIdentityCopy(RewritePattern):
    """out[i...] = x[i...] on all of x: out = x"""

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: GenericOp, rewriter: PatternRewriter) -> None:
        if op.result is None or not is_copy(op) or op.paddings[0] is not None:
            return no_match(op, "not a copy between tensors")
        source = op.inputs[0]
        if op.input_forms[0] != op.out_forms or source.type != op.result.type:
            return no_match(op, "the copy moves elements")
        if any(size_key(source, p) != size_key(op.result, p) for p in range(len(op.out_forms))):
            return no_match(op, "the copy may read a part of its input")
        rewriter.replace(op, [], [source])


class MergeEqualInputs(RewritePattern):
    """body(x[m], x[m]) reads x[m] once; an input that the body ignores is not read"""

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: GenericOp, rewriter: PatternRewriter) -> None:
        first: dict[tuple[SSAValue, AffineMap, Attribute | None], int] = {}
        target: dict[int, int] = {}  # input that goes -> the one that stays
        keys = zip(op.inputs, op.map_list, op.paddings, strict=False)
        for number, key in enumerate(keys):
            target[number] = first.setdefault(key, number)
        arguments = op.body.block.args
        used = {target[n] for n in target if arguments[n].first_use is not None}
        kept = [n for n in target if target[n] == n and n in used]
        if len(kept) == len(op.inputs) or not _tells_extents(op, kept):
            return no_match(op, "every input is read, and once")
        if op.schedule is not None and op.schedule.integers("pack"):
            return no_match(op, "the schedule names inputs by number")
        region = op.body.clone()
        block = region.block
        for number, stays in target.items():
            if stays != number:
                block.args[number].replace_all_uses_with(block.args[stays])
        for number in sorted(set(target) - set(kept), reverse=True):
            block.erase_arg(block.args[number])
        rewriter.replace(op, _with_inputs(op, kept, region))


class SplatIsScalar(RewritePattern):
    """body(fill(v)[m]) = body(v)"""

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: GenericOp, rewriter: PatternRewriter) -> None:
        filled = [
            number
            for number, value in enumerate(op.inputs)
            if isinstance(value.owner, FillOp) and op.paddings[number] is None
        ]
        others = [n for n in range(len(op.inputs)) if n not in filled]
        if not filled or not _tells_extents(op, others):
            return no_match(op, "no input is filled with one scalar")
        new = _with_inputs(op, range(len(op.inputs)), op.body.clone())
        empty = AffineMap(len(op.kinds), 0, ())
        maps = list(op.map_list)
        for number in filled:
            owner = op.inputs[number].owner
            assert isinstance(owner, FillOp)
            new.operands[number] = owner.value
            maps[number] = empty
        new.set_maps(maps)
        rewriter.replace(op, new)


class FillIsInit(RewritePattern):
    """fold(outs = fill(v)) = fold(init = v)"""

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: GenericOp, rewriter: PatternRewriter) -> None:
        fill = op.outs.owner
        if op.init is not None or not op.reduction_dims or not isinstance(fill, FillOp):
            return no_match(op, "no reduction that starts from a filled tensor")
        constant = fill.value.owner
        if not isinstance(constant, arith.ConstantOp) or not is_number(value := constant.value):
            return no_match(op, "the filled scalar is not a constant")
        if value.type != op.accumulator_type:
            return no_match(op, "the accumulator has another type")
        new = _with_inputs(op, range(len(op.inputs)), op.body.clone())
        new.init = value
        rewriter.replace(op, new)


class OverwrittenDestination(RewritePattern):
    """f(outs = g(.., outs = e)) = f(outs = e) if f writes every element and reads none"""

    def match_and_rewrite(self, op: Operation, rewriter: PatternRewriter) -> None:
        if not isinstance(op, DestinationOp) or not overwrites_outs(op):
            return no_match(op, "elements of the destination are kept")
        before = op.outs.owner
        if op.result is None or not isinstance(before, DestinationOp):
            return no_match(op, "the destination is not computed")
        position = len(op.inputs) if isinstance(op, GenericOp) else len(op.operands) - 1
        op.operands[position] = before.outs
        rewriter.notify_op_modified(op)


class ReshapeOfReshape(RewritePattern):
    """reshape(reshape(x)) = reshape(x); reshape to the shape that x has = x"""

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: ReshapeOp, rewriter: PatternRewriter) -> None:
        source = op.input.owner
        root = source.input if isinstance(source, ReshapeOp) else op.input
        if root.type == op.result.type and _only_shape_possible(op, root):
            rewriter.replace(op, [], [root])
        elif isinstance(source, ReshapeOp):
            rewriter.replace(op, ReshapeOp(root, list(op.sizes), op.result.type))
        else:
            no_match(op, "the reshape changes the shape")


def _only_shape_possible(op: ReshapeOp, root: SSAValue) -> bool:
    """Whether equal types mean equal shapes: one `?` follows from the count of elements."""
    shape = shape_of(root)
    if shape.count(DYNAMIC_INDEX) <= 1:
        return 0 not in shape or DYNAMIC_INDEX not in shape
    return all(size_key(root, p) == size_key(op.result, p) for p in range(len(shape)))


def _tells_extents(op: GenericOp, kept: Sequence[int]) -> bool:
    """Whether `domain`, `outs` and these inputs alone tell the extents that all inputs do."""
    forms = [op.out_forms, *(op.input_forms[n] for n in kept)]
    told = {f.plain_dim for operand in forms for f in operand}
    return all(op.fixed_domain[d] >= 0 or d in told for d in range(len(op.kinds)))


def _with_inputs(op: GenericOp, kept: Sequence[int], body: Region) -> GenericOp:
    """The op with some of its inputs, and a body for these."""
    new = GenericOp(
        [op.inputs[n] for n in kept],
        op.outs,
        [*(op.map_list[n] for n in kept), op.map_list[-1]],
        op.kinds,
        body,
        init=op.init,
        padding=[op.paddings[n] for n in kept],
        domain=[d if d >= 0 else -1 for d in op.fixed_domain] if op.domain is not None else None,
        schedule=op.schedule,
        epilogue_inputs=list(op.epilogue_inputs),
        epilogue_maps=[m.data for m in op.epilogue_maps.data] if op.epilogue_maps else [],
        epilogue=op.epilogue.clone() if op.epilogue is not None else None,
    )
    new.location = op.location
    return new


def size_key(value: SSAValue, position: int) -> Hashable:
    """Equal for dimensions that surely have the same size: a number, or what tells it."""
    static = shape_of(value)[position]
    if static != DYNAMIC_INDEX:
        return static
    owner = value.owner
    step = _TOLD_BY.get(type(owner))
    if step is None or isinstance(owner, Block):
        return value, position
    return step(owner, position)


def _of_size(size: SSAValue) -> Hashable:
    owner = size.owner
    if isinstance(owner, tensor.DimOp) and isinstance(owner.index.owner, arith.ConstantOp):
        index = owner.index.owner.value
        if is_number(index) and isinstance(index.value.data, int):
            return size_key(owner.source, index.value.data)
    return size


def _dynamic(shape: Sequence[int], position: int) -> int:
    return sum(n == DYNAMIC_INDEX for n in shape[:position])


def _of_outs(op: Operation, position: int) -> Hashable:
    assert isinstance(op, DestinationOp)
    return size_key(op.outs, position)


def _of_empty(op: Operation, position: int) -> Hashable:
    assert isinstance(op, tensor.EmptyOp)
    return _of_size(op.dynamic_sizes[_dynamic(shape_of(op.tensor), position)])


def _of_reshape(op: Operation, position: int) -> Hashable:
    assert isinstance(op, ReshapeOp)
    return _of_size(op.sizes[_dynamic(shape_of(op.result), position)])


_TOLD_BY: dict[type[Operation | Block], Callable[[Operation, int], Hashable]] = {
    **dict.fromkeys(get_args(DestinationOp), _of_outs),
    tensor.EmptyOp: _of_empty,
    ReshapeOp: _of_reshape,
}

GENERIC: tuple[RewritePattern, ...] = (
    FoldIdentityCopy(),
    MergeEqualInputs(),
    SplatIsScalar(),
    FillIsInit(),
    OverwrittenDestination(),
)
DESTINATION: tuple[RewritePattern, ...] = (OverwrittenDestination(),)
RESHAPE: tuple[RewritePattern, ...] = (ReshapeOfReshape(),)
