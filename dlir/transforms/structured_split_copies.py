"""`structured-split-copies`: copies between lanes leave the ops that they were fused into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xdsl.context import Context
from xdsl.dialects import tensor
from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.lanes import crosses
from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import (
    GenericOp,
    IndexOp,
    YieldOp,
    body_region,
    element_type_of,
    shape_of,
)
from dlir.dialects.structured.rearrange import extras_of, form, rebuilt
from dlir.dialects.structured.roles import is_multiply_add, only_moves
from dlir.hardware import parse_settings
from dlir.targets.accel.description import load_machine


@dataclass(frozen=True)
class StructuredSplitCopies(ModulePass):
    """Take copies that move numbers to other lanes out of the ops that they were fused into.

    An elementwise op that reads a slice, or writes a part of a concatenation, is one op where
    memory is bytes. On a machine with lanes the copy is work of another kind: it is the array's,
    see `structured-move-lanes`, or the host's, and the rest is the vector unit's.

    Before (16 columns):
    ```mlir
    %y = structured.generic {maps = [(i, j) -> (i, j + 6), (i, j) -> (i, j)], ...}
           ins(%x : tensor<8x12xf32>) outs(%o : tensor<8x6xf32>) {
      %e = math.exp %a : f32
      ...
    ```
    After:
    ```mlir
    %s = structured.generic {maps = [(i, j) -> (i, j + 6), (i, j) -> (i, j)], ...}
           ins(%x : tensor<8x12xf32>) outs(%p : tensor<8x6xf32>) {
      structured.yield %a : f32
    %y = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], ...}
           ins(%s : tensor<8x6xf32>) outs(%o : tensor<8x6xf32>) {
      %e = math.exp %a : f32
      ...
    ```
    """

    name = "structured-split-copies"

    machine: str = "gemmini"
    set: str = ""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        cols = load_machine(self.machine, parse_settings(self.set)).array.cols
        for inner in list(op.walk()):
            if isinstance(inner, GenericOp) and _is_simple(inner):
                if not inner.reduction_dims:
                    inner = _with_own_result(inner, cols)
                _read_copies(inner, cols)


def _is_simple(op: GenericOp) -> bool:
    """Elementwise work, or a sum of products, of known size."""
    if op.result is None or only_moves(op) or not op.out_forms:
        return False
    if any(n < 1 for n in op.static_extents()) or op.padding is not None:
        return False
    if any(isinstance(inner, IndexOp) for inner in op.body.block.ops):
        return False
    return not op.reduction_dims or is_multiply_add(op.body.block)


# --- parts of a tensor ----------------------------------------------------------------------------


def _with_own_result(op: GenericOp, cols: int) -> GenericOp:
    """The op that writes a tensor of its own, which is copied where it should be."""
    extents, last = op.static_extents(), op.out_forms[-1]
    rows = [one.plain_dim for one in op.out_forms[:-1]]
    if len(last.dims) != 1 or last.coefficients[last.dims[0]] != 1 or None in rows:
        return op
    lane, width = last.dims[0], shape_of(op.outs)[-1]
    plain = form(len(extents), {lane: 1})
    if not crosses(plain, last, extents, width, cols):
        return op
    shape = [*(extents[d] for d in rows if d is not None), extents[lane]]
    empty = tensor.EmptyOp([], TensorType(element_type_of(op.outs), shape))
    target = map_of([*op.out_forms[:-1], plain], len(extents))
    own = GenericOp(
        list(op.inputs),
        empty.tensor,
        [*op.map_list[:-1], target],
        op.kinds,
        op.body.clone(),
        domain=extents,
    )
    own.location = op.location
    assert own.result is not None
    count = len(shape)
    dims = [form(count, {d: 1}) for d in range(count)]
    moved = Linear(dims[-1].coefficients, last.constant)
    copy = _copy(own.result, dims, op.outs, [*dims[:-1], moved], shape)
    Rewriter.insert_op([empty, own], InsertPoint.before(op))
    Rewriter.replace_op(op, copy)
    return own


# --- operands -------------------------------------------------------------------------------------


def _read_copies(op: GenericOp, cols: int) -> None:
    """Inputs are copies whose lanes are those of the result, or of the sum."""
    extents, inputs = op.static_extents(), list(op.inputs)
    moved = [list(of) for of in (*op.input_forms, op.out_forms)]
    for i, (value, forms) in enumerate(zip(op.inputs, op.input_forms, strict=True)):
        target = _lanes_for(op, forms)
        if target is None or any(one.coefficients[d] for one in forms[:-1] for d in target.dims):
            continue
        width = prod(extents[d] for d in target.dims)
        if target.constant or target.bounds(extents)[1] + 1 != width:
            continue
        if not crosses(forms[-1], target, extents, width, cols):
            continue
        made = _moved(value, forms[-1], target, extents, width)
        Rewriter.insert_op(made, InsertPoint.before(op))
        inputs[i] = made[-1].results[0]
        moved[i] = [*forms[:-1], target]
    if inputs != list(op.inputs):
        new = rebuilt(op, inputs, op.outs, moved, op.kinds, extents, extras_of(op))
        Rewriter.replace_op(op, new)


def _lanes_for(op: GenericOp, forms: Sequence[Linear]) -> Linear | None:
    """Where lanes of an input should be: as in the result, or, of a sum, one after the other."""
    extents = op.static_extents()
    if not forms or any(c < 0 for c in forms[-1].coefficients):
        return None
    walked = {d for d in forms[-1].dims if extents[d] > 1}
    if walked and walked <= set(op.reduction_dims):
        return form(len(extents), {d: 1 for d in walked}) if len(walked) == 1 else None
    last = op.out_forms[-1]
    same = walked and walked == {d for d in last.dims if extents[d] > 1}
    return last if same and not op.reduction_dims else None


def _moved(
    value: SSAValue, source: Linear, target: Linear, extents: Sequence[int], width: int
) -> list[Operation]:
    """`y[.., target] = x[.., source]` with all rows of x."""
    shape = shape_of(value)
    rows, lanes = len(shape) - 1, target.dims
    count = rows + len(lanes)
    dims = [form(count, {d: 1}) for d in range(rows)]
    last = [
        form(count, {rows + i: one.coefficients[d] for i, d in enumerate(lanes)}, one.constant)
        for one in (source, target)
    ]
    empty = tensor.EmptyOp([], TensorType(element_type_of(value), [*shape[:-1], width]))
    domain = [*shape[:-1], *(extents[d] for d in lanes)]
    copy = _copy(value, [*dims, last[0]], empty.tensor, [*dims, last[1]], domain)
    return [empty, copy]


def _copy(
    value: SSAValue,
    source: Sequence[Linear],
    outs: SSAValue,
    target: Sequence[Linear],
    domain: Sequence[int],
) -> GenericOp:
    region, block = body_region([element_type_of(value)])
    block.add_op(YieldOp(block.args[0]))
    count = len(domain)
    op = GenericOp(
        [value],
        outs,
        [map_of(source, count), map_of(target, count)],
        [Iterator.PARALLEL] * count,
        region,
        domain=domain,
    )
    if isinstance(owner := value.owner, Operation):
        op.location = owner.location
    return op
