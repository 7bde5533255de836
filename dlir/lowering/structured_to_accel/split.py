"""An epilogue in two: the sum keeps what the machine computes, an elementwise op has the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects import tensor
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Block, BlockArgument, Operation, Region, SSAValue
from xdsl.ir.affine import AffineMap

from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.maps import map_of
from dlir.dialects.structured.ops import (
    GenericOp,
    IndexOp,
    YieldOp,
    body_region,
    element_type_of,
    shape_of,
)
from dlir.dialects.structured.roles import flipped, gathered, is_elementwise


def split(op: GenericOp, fits: Callable[[GenericOp], bool]) -> list[Operation]:
    """The op as a sum that fits and an elementwise op, behind their `tensor.empty`s.

    Empty if no sum fits, not even one without an epilogue.
    """
    if not isinstance(op.outs.owner, tensor.EmptyOp):
        return []
    if op.epilogue is None:
        return _flipped_apart(op, fits)
    if any(isinstance(inner, IndexOp) for inner in op.epilogue.block.ops):
        return []
    for cut in _cuts(op.epilogue.block):
        total = _total(op, cut)
        if fits(total):
            return _with_rest(op, cut, total)
    return []


def _flipped_apart(op: GenericOp, fits: Callable[[GenericOp], bool]) -> list[Operation]:
    """An elementwise op, and the flip of a sign bit behind it, which is for the host."""
    last = op.body.block.last_op
    if not isinstance(last, YieldOp) or not is_elementwise(op):
        return []
    cut, result = flipped(last.value), last.value
    if cut is None or isinstance(cut, BlockArgument):
        return []
    empty = tensor.EmptyOp([], TensorType(cut.type, shape_of(op.outs)))
    body = _computed(op.body.block, cut, op.body.block.args, [])
    first = GenericOp(
        list(op.inputs), empty.tensor, op.map_list, op.kinds, body,
        padding=op.paddings, domain=op.static_extents(), schedule=op.schedule,
    )  # fmt: skip
    if not fits(first):
        return []
    assert first.result is not None
    target = tensor.EmptyOp([], TensorType(result.type, shape_of(op.outs)))
    rest = GenericOp(
        [first.result], target.tensor, [op.map_list[-1], op.map_list[-1]], op.kinds,
        _computed(op.body.block, result, [cut], []), domain=op.static_extents(),
    )  # fmt: skip
    first.location = rest.location = op.location
    return [empty, first, target, rest]  # pyright: ignore[reportReturnType]


def _cuts(block: Block) -> list[SSAValue]:
    """The values through which the accumulator goes into the result, and no way around; last first.

    The result itself is none: there would be no rest.
    """
    last = block.last_op
    assert isinstance(last, YieldOp)
    total, result = block.args[0], last.value
    values = [op.results[0] for op in reversed(list(block.ops)) if op.results]
    cuts = [v for v in values if v is not result and total not in _needed(result, v)]
    return [*(v for v in cuts if v in _needed(result) and total in _needed(v)), total]


def _needed(value: SSAValue, known: SSAValue | None = None) -> set[SSAValue]:
    """What a value is computed from, itself included, where `known` is given."""
    found, waiting = set[SSAValue](), [value]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.add(one)
        if one is not known and isinstance(one.owner, Operation):
            waiting += one.owner.operands
    return found


def _total(op: GenericOp, cut: SSAValue) -> GenericOp:
    """The sum with the epilogue up to a value."""
    assert op.epilogue is not None
    used = _extras(op, _needed(cut))
    empty = tensor.EmptyOp([], TensorType(cut.type, shape_of(op.outs)))
    epilogue = None
    if not isinstance(cut, BlockArgument):
        epilogue = _computed(op.epilogue.block, cut, [op.epilogue.block.args[0]], used)
    return GenericOp(
        list(op.inputs),
        empty.tensor,
        op.map_list,
        op.kinds,
        op.body.clone(),
        init=op.init,
        padding=op.paddings,
        domain=op.static_extents(),
        schedule=op.schedule,
        epilogue_inputs=[op.epilogue_inputs[i] for i in used],
        epilogue_maps=_epilogue_maps(op, used) if epilogue is not None else [],
        epilogue=epilogue,
    )


def _with_rest(op: GenericOp, cut: SSAValue, total: GenericOp) -> list[Operation]:
    assert op.epilogue is not None and total.result is not None
    last = op.epilogue.block.last_op
    assert isinstance(last, YieldOp)
    used = _extras(op, _needed(last.value, cut))
    empty = tensor.EmptyOp([], TensorType(element_type_of(op.outs), shape_of(op.outs)))
    extents, count = op.static_extents(), len(op.parallel_dims)
    out = map_of([gathered(op, f) for f in op.out_forms], count)
    rest = GenericOp(
        [total.result, *(op.epilogue_inputs[i] for i in used)],
        empty.tensor,
        [out, *_epilogue_maps(op, used), out],
        [Iterator.PARALLEL] * count,
        _computed(op.epilogue.block, last.value, [cut], used),
        domain=[extents[d] for d in op.parallel_dims],
    )
    total.location = rest.location = op.location
    return [total.outs.owner, total, empty, rest]  # pyright: ignore[reportReturnType]


def _extras(op: GenericOp, needed: set[SSAValue]) -> list[int]:
    """The epilogue inputs that are among some values, by number."""
    assert op.epilogue is not None
    return [i for i, a in enumerate(op.epilogue.block.args[1:]) if a in needed]


def _epilogue_maps(op: GenericOp, numbers: Sequence[int]) -> list[AffineMap]:
    assert op.epilogue_maps is not None
    return [op.epilogue_maps.data[i].data for i in numbers]


def _computed(
    block: Block, value: SSAValue, given: Sequence[SSAValue], extras: Sequence[int]
) -> Region:
    """A body that computes a value of an epilogue from some others and epilogue inputs."""
    taken = [*given, *(block.args[1 + i] for i in extras)]
    region, inner = body_region([v.type for v in taken])
    mapped: dict[SSAValue, SSAValue] = dict(zip(taken, inner.args, strict=True))
    needed = _needed(value, given[0] if len(given) == 1 else None)
    for op in block.ops:
        if op.results and op.results[0] in needed and op.results[0] not in mapped:
            inner.add_op(op.clone(mapped))
    inner.add_op(YieldOp(mapped[value]))
    return region
