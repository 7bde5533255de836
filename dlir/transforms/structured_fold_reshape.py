"""`structured-fold-reshape`: reshapes become maps of the ops around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xdsl.context import Context
from xdsl.dialects import tensor
from xdsl.dialects.builtin import (
    AffineMapAttr,
    ArrayAttr,
    DenseArrayBase,
    ModuleOp,
    TensorType,
    i64,
)
from xdsl.ir import SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import GenericOp, ReshapeOp, element_type_of, shape_of
from dlir.dialects.structured.reshaping import groups
from dlir.dialects.structured.roles import is_copy


@dataclass(frozen=True)
class StructuredFoldReshape(ModulePass):
    """Read through reshapes that split dimensions, and write through those that merge them.

    Splitting `384` into `12 x 32` makes the index `32 * h + d`, which is a linear map; merging them
    back makes the writer count in blocks. What is not linear, or not static, stays a reshape.

    Before:
    ```mlir
    %q = structured.reshape %x : tensor<8x384xf32> to tensor<8x12x32xf32>
    %s = structured.generic {maps = [(h, l, s, d) -> (l, h, d), ...]} ins(%q, ...) ...
    ```
    After:
    ```mlir
    %s = structured.generic {maps = [(h, l, s, d) -> (l, 32 * h + d), ...]} ins(%x, ...) ...
    ```
    """

    name = "structured-fold-reshape"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for inner in list(op.walk()):
            if isinstance(inner, ReshapeOp) and _is_static(inner):
                _write_through(inner)
        for inner in list(op.walk()):
            if isinstance(inner, ReshapeOp) and _is_static(inner):
                _read_through(inner)


def _is_static(op: ReshapeOp) -> bool:
    return all(n > 0 for n in (*shape_of(op.input), *shape_of(op.result)))


# --- readers --------------------------------------------------------------------------------------


def _read_through(op: ReshapeOp) -> None:
    """Readers whose maps stay linear read the operand itself."""
    for use in list(op.result.uses):
        reader = use.operation
        if isinstance(reader, GenericOp) and reader.outs is not op.result:
            _redirect(reader, op)
    if not list(op.result.uses):
        Rewriter.erase_op(op)


def _redirect(reader: GenericOp, op: ReshapeOp) -> None:
    count, extra = len(reader.inputs), reader.epilogue_forms
    maps = list(reader.map_list)
    epilogue = [m.data for m in reader.epilogue_maps.data] if reader.epilogue_maps else []
    if not _extents_stay(reader, op):
        return
    for number, value in enumerate(reader.operands):
        if value is not op.result or number == count:
            continue
        is_input = number < count
        old = reader.input_forms[number] if is_input else extra[number - count - 1]
        if is_input and reader.paddings[number] is not None and not _stays_inside(reader, old, op):
            continue
        forms = _through(old, shape_of(op.input), shape_of(op.result))
        if forms is None:
            continue
        if is_input:
            maps[number] = map_of(forms, len(reader.kinds))
        else:
            epilogue[number - count - 1] = map_of(forms, len(reader.parallel_dims))
        reader.operands[number] = op.input
    reader.set_maps(maps)
    if reader.epilogue_maps is not None:
        reader.epilogue_maps = ArrayAttr([AffineMapAttr(m) for m in epilogue])


def _stays_inside(reader: GenericOp, forms: Sequence[Linear], op: ReshapeOp) -> bool:
    """Whether dimensions that are merged or split are never left, whatever the others do."""
    extents = reader.static_extents()
    old, new = shape_of(op.input), shape_of(op.result)
    for left, right in groups(old, new):
        if [old[d] for d in left] == [new[d] for d in right]:
            continue
        for d in right:
            low, high = forms[d].bounds(extents)
            if low < 0 or high >= new[d]:
                return False
    return True


def _extents_stay(reader: GenericOp, op: ReshapeOp) -> bool:
    """The extents are written down where only the reshaped operand told them."""
    extents = reader.static_extents()
    if any(n < 0 for n in extents):
        return False
    reader.domain = DenseArrayBase.from_list(i64, extents)
    return True


def _through(
    forms: Sequence[Linear], old: Sequence[int], new: Sequence[int]
) -> list[Linear] | None:
    """Forms into the result as forms into the operand, where these are linear."""
    count = len(forms[0].coefficients) if forms else 0
    result = [Linear((0,) * count, 0)] * len(old)
    spare = [d for d, n in enumerate(old) if n == 1]
    for left, right in groups(old, new):
        wide = [d for d in left if old[d] != 1]
        if len(wide) > 1:
            wanted = [d for d in right if new[d] != 1]
            if [old[d] for d in wide] != [new[d] for d in wanted]:
                return None
            for a, b in zip(wide, wanted, strict=True):
                result[a] = forms[b]
            continue
        if wide:
            right, moved = _without_ones(right, forms, new, spare)
            result[wide[0]] = _flat([forms[d] for d in right], [new[d] for d in right])
            for a, b in moved:
                result[a] = forms[b]
    return result


def _without_ones(
    dims: Sequence[int], forms: Sequence[Linear], sizes: Sequence[int], spare: list[int]
) -> tuple[list[int], list[tuple[int, int]]]:
    """The dimensions but for those of one that spare dimensions of one can have: (spare, own).

    An iterator of one value does nothing to an index, but takes part in a map that names it.
    """
    ones = [d for d in dims if sizes[d] == 1 and forms[d].plain_dim is not None]
    moved = [(spare.pop(), own) for own in reversed(ones) if spare]
    gone = {own for _, own in moved}
    return [d for d in dims if d not in gone], moved


def _flat(forms: Sequence[Linear], sizes: Sequence[int]) -> Linear:
    """The row-major index of several dimensions as one form."""
    count = len(forms[0].coefficients)
    coefficients, constant = [0] * count, 0
    for position, form in enumerate(forms):
        factor = prod(sizes[position + 1 :])
        coefficients = [
            a + factor * b for a, b in zip(coefficients, form.coefficients, strict=True)
        ]
        constant += factor * form.constant
    return Linear(tuple(coefficients), constant)


# --- writers --------------------------------------------------------------------------------------


def _write_through(op: ReshapeOp) -> None:
    """A writer that the reshape alone reads writes the merged shape itself."""
    writer = op.input.owner
    if not isinstance(writer, GenericOp) or op.input.get_unique_use() is None:
        return
    if not isinstance(writer.outs.owner, tensor.EmptyOp):
        return
    extents = writer.static_extents()
    old, new = shape_of(op.input), shape_of(op.result)
    forms = _merged(writer.out_forms, old, new)
    if forms is None or any(n < 0 for n in extents) or not _keeps_lanes(writer, forms):
        return
    empty = tensor.EmptyOp([], TensorType(element_type_of(op.result), new))
    fused = _rewritten(writer, empty.tensor, forms, extents)
    Rewriter.insert_op([empty, fused], InsertPoint.before(writer))
    fused.location = writer.location
    assert fused.result is not None
    fused.result.name_hint = op.result.name_hint
    op.result.replace_all_uses_with(fused.result)
    Rewriter.erase_op(op)
    Rewriter.erase_op(writer)


def _keeps_lanes(writer: GenericOp, forms: Sequence[Linear]) -> bool:
    """Whether some iterator still moves by one wherever lanes may be: see `structured-to-accel`.

    An elementwise op has the lanes of its operands, by custom their last dimension; a contraction
    those of its weights, which only one of its operands knows. Copies are moved in any case.
    """
    if is_copy(writer):
        return True
    single = {d for f in forms for d in f.dims if f.coefficients[d] == 1}
    parallel = set(writer.parallel_dims)
    used = [{d for f in each for d in f.dims} & parallel for each in writer.input_forms]
    for number, (each, mine) in enumerate(zip(writer.input_forms, used, strict=True)):
        others = set[int]().union(*(u for i, u in enumerate(used) if i != number))
        alone = mine - others if len(used) > 1 and writer.reduction_dims else set[int]()
        last = {each[-1].plain_dim} & parallel if each else set[int]()
        if (alone and not alone & single) or not last <= single:
            return False
    return True


def _merged(forms: Sequence[Linear], old: Sequence[int], new: Sequence[int]) -> list[Linear] | None:
    """Forms of the writer into the result: dimensions are merged, none is split."""
    count = len(forms[0].coefficients) if forms else 0
    zero = Linear((0,) * count, 0)
    result = [zero] * len(new)
    free: list[int] = []
    for left, right in groups(old, new):
        own = any(old[d] == 1 for d in left)
        free += [d for d in right if new[d] == 1][int(own) :]
    merges = False
    for left, right in groups(old, new):
        ones, spare = [d for d in left if old[d] == 1], [d for d in right if new[d] == 1]
        if spare and ones:  # iterators of one value go on walking a dimension of one
            result[spare[0]] = _flat([forms[d] for d in ones], [1] * len(ones))
            left = [d for d in left if d not in ones]
        else:
            left, moved = _without_ones(left, forms, old, free)
            for a, b in moved:
                result[a] = forms[b]
        wide = [d for d in right if new[d] != 1]
        if len(wide) > 1:
            if [old[d] for d in left] != [new[d] for d in wide]:
                return None
            for a, b in zip(left, wide, strict=True):
                result[b] = forms[a]
            continue
        inner = [d for d in left if old[d] != 1]
        if any(forms[d].plain_dim is None for d in inner) or (left and not wide):
            return None
        merges = merges or len(inner) > 1
        if wide:
            result[wide[0]] = _flat([forms[d] for d in left], [old[d] for d in left])
    return result if merges else None


def _rewritten(
    writer: GenericOp, outs: SSAValue, forms: Sequence[Linear], extents: Sequence[int]
) -> GenericOp:
    kinds = writer.kinds
    extra = [m.data for m in writer.epilogue_maps.data] if writer.epilogue_maps is not None else []
    return GenericOp(
        list(writer.inputs),
        outs,
        [*writer.map_list[:-1], map_of(forms, len(kinds))],
        kinds,
        writer.body.clone(),
        init=writer.init,
        padding=writer.paddings,
        domain=extents,
        schedule=writer.schedule,
        epilogue_inputs=list(writer.epilogue_inputs),
        epilogue_maps=extra,
        epilogue=writer.epilogue.clone() if writer.epilogue is not None else None,
    )
