"""`structured-share-terms`: what a sum and its reader both compute is computed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import math, tensor
from xdsl.dialects.builtin import DenseArrayBase, ModuleOp, TensorType, i32
from xdsl.ir import Block, BlockArgument, Operation, Region, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import GenericOp, YieldOp, element_type_of, shape_of
from dlir.dialects.structured.roles import is_elementwise

EXPENSIVE: tuple[type[Operation], ...] = (math.ExpOp, math.TanhOp, math.ErfOp, math.LogOp)
"""Functions that are worth storing a tensor for, where tensors stay on chip."""


@dataclass(frozen=True)
class StructuredShareTerms(ModulePass):
    """Give the term of a reduction its own op where an elementwise op computes the same.

    A softmax sums exponentials and then divides each by the sum. Fusion computes them in both
    places, which is right where memory is far; where the tensor stays on chip, once is cheaper.

    Before:
    ```mlir
    %sum = structured.generic {... reduction ...} ins(%x, %max : ...) {
      %e = math.exp %d ...
    %y = structured.generic {...} ins(%x, %max, %sum : ...) {
      %e = math.exp %d ...
    ```
    After:
    ```mlir
    %e = structured.generic {...} ins(%x, %max : ...) ...
    %sum = structured.generic {... reduction ...} ins(%e : ...) ...
    %y = structured.generic {...} ins(%e, %sum : ...) ...
    ```
    """

    name = "structured-share-terms"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        generics = [o for o in op.walk() if isinstance(o, GenericOp)]
        for reader in generics:
            if is_elementwise(reader) and reader.padding is None:
                for value in list(reader.inputs):
                    owner = value.owner
                    if isinstance(owner, GenericOp) and _share(owner, reader):
                        break


def _share(total: GenericOp, reader: GenericOp) -> bool:
    """Share one expensive value of the reduction's body with the reader's."""
    if not total.reduction_dims or total.parent is not reader.parent or total.padding is not None:
        return False
    for mine in total.body.block.ops:
        for theirs in reader.body.block.ops:
            if isinstance(mine, EXPENSIVE) and _is_same(total, mine, reader, theirs):
                _split(total, mine, reader, theirs)
                return True
    return False


# --- the same value -------------------------------------------------------------------------------


def _is_same(total: GenericOp, mine: Operation, reader: GenericOp, theirs: Operation) -> bool:
    """Whether two scalar ops compute the same from the same elements of the same tensors."""
    renamed: dict[int, int] = {}
    if len(total.kinds) != len(reader.kinds) or not isinstance(theirs, type(mine)):
        return False
    same = _same_value(total, mine.results[0], reader, theirs.results[0], renamed)
    return same and set(renamed) == set(range(len(reader.kinds)))


def _same_value(
    total: GenericOp, a: SSAValue, reader: GenericOp, b: SSAValue, renamed: dict[int, int]
) -> bool:
    if isinstance(a, BlockArgument) or isinstance(b, BlockArgument):
        if not (isinstance(a, BlockArgument) and isinstance(b, BlockArgument)):
            return False
        return _same_element(total, a.index, reader, b.index, renamed)
    x, y = a.owner, b.owner
    assert isinstance(x, Operation) and isinstance(y, Operation)
    if type(x) is not type(y) or x.properties != y.properties:
        return False
    pairs = zip(x.operands, y.operands, strict=True)
    return all(_same_value(total, p, reader, q, renamed) for p, q in pairs)


def _same_element(
    total: GenericOp, i: int, reader: GenericOp, j: int, renamed: dict[int, int]
) -> bool:
    """The same input, walked by iterators that correspond; `renamed` maps total's to reader's."""
    if i >= len(total.inputs) or j >= len(reader.inputs):
        return False
    if total.inputs[i] is not reader.inputs[j]:
        return False
    for f, g in zip(total.input_forms[i], reader.input_forms[j], strict=True):
        p, q = f.plain_dim, g.plain_dim
        if p is None or q is None or renamed.setdefault(p, q) != q:
            return False
    return True


# --- splitting ------------------------------------------------------------------------------------


def _split(total: GenericOp, mine: Operation, reader: GenericOp, theirs: Operation) -> None:
    """A new op for the value, in the shape of the reader's result, in front of the reduction."""
    shape, element = shape_of(reader.outs), theirs.results[0].type
    empty = tensor.EmptyOp([], TensorType(element, shape))
    body = _slice(reader, theirs)
    used = GenericOp(list(reader.inputs), empty.tensor, reader.map_list, reader.kinds, body)
    _drop_unused(used)
    used.location = reader.location
    Rewriter.insert_op([empty, used], InsertPoint.before(total))
    assert used.result is not None
    renamed = _iterators(total, mine, reader, theirs)
    forms = [
        Linear(tuple(int(renamed[p] == f.plain_dim) for p in range(len(total.kinds))), 0)
        for f in reader.out_forms
    ]
    _read_instead(total, mine, used.result, forms)
    _read_instead(reader, theirs, used.result, reader.out_forms)


def _iterators(
    total: GenericOp, mine: Operation, reader: GenericOp, theirs: Operation
) -> dict[int, int]:
    renamed: dict[int, int] = {}
    _same_value(total, mine.results[0], reader, theirs.results[0], renamed)
    return renamed


def _slice(op: GenericOp, last: Operation) -> Region:
    """The body up to one op, which it yields."""
    body = op.body.clone()
    block = body.block
    position = list(op.body.block.ops).index(last)
    ops = list(block.ops)
    for later in reversed(ops[position + 1 :]):
        Rewriter.erase_op(later, safe_erase=False)
    block.add_op(YieldOp(ops[position].results[0]))
    return body


def _drop_unused(op: GenericOp) -> None:
    """Forget inputs and scalar ops that the body does not need."""
    _sweep(op.body.block)
    unused = [i for i, a in enumerate(op.body.block.args[: len(op.inputs)]) if not list(a.uses)]
    maps = list(op.map_list)
    inputs = list(op.inputs)
    for i in reversed(unused):
        op.body.block.erase_arg(op.body.block.args[i])
        del maps[i], inputs[i]
    op.operands = [*inputs, op.outs, *op.epilogue_inputs]
    op.properties["operandSegmentSizes"] = _segments(len(inputs), len(op.epilogue_inputs))
    op.set_maps(maps)


def _segments(inputs: int, extra: int):
    return DenseArrayBase.from_list(i32, [inputs, 1, extra])


def _sweep(block: Block) -> None:
    for op in reversed(list(block.ops)):
        if op.results and not any(list(r.uses) for r in op.results):
            Rewriter.erase_op(op)


def _read_instead(
    op: GenericOp, computed: Operation, value: SSAValue, forms: Sequence[Linear]
) -> None:
    """The op with one more input in place of what it computed."""
    block, count = op.body.block, len(op.inputs)
    argument = block.insert_arg(element_type_of(value), count)
    computed.results[0].replace_all_uses_with(argument)
    maps = list(op.map_list)
    maps.insert(count, map_of(forms, len(op.kinds)))
    inputs = [*op.inputs, value]
    op.operands = [*inputs, op.outs, *op.epilogue_inputs]
    op.properties["operandSegmentSizes"] = _segments(len(inputs), len(op.epilogue_inputs))
    op.set_maps(maps)
    _drop_unused(op)
