"""`structured-narrow-results`: a result that a narrower number tells is stored as that number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import IntegerType, ModuleOp, TensorType
from xdsl.ir import Block, BlockArgument, Operation, SSAValue, Use
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from dlir.dialects.structured.ops import GenericOp, YieldOp, element_type_of, shape_of
from dlir.dialects.structured.roles import overwrites_outs

CHEAP = (arith.ConstantOp, arith.ExtSIOp, arith.AddiOp, arith.SubiOp, arith.MuliOp)
"""What readers may compute again."""


@dataclass(frozen=True)
class StructuredNarrowResults(ModulePass):
    """Store what is left of a result without its last exact steps, which its readers take.

    The sum of two quantised branches brings each to a common scale: `x * f` in i32, of an x in i8.
    Fused into what computes x, the factor makes four bytes of one, and these cross the chip's
    border. Where all readers are elementwise, or read the number in an epilogue, they widen and
    scale it themselves: every number is the same, and an op that did nothing else is gone.

    Before:
    ```mlir
    %x = structured.generic {...} ins(...) outs(%o : tensor<8x16xi32>) {
      ...
      %q = arith.trunci %c : i64 to i8
      %w = arith.extsi %q : i8 to i32
      %s = arith.muli %w, %f : i32
      structured.yield %s : i32
    ```
    After:
    ```mlir
    %x = structured.generic {...} ins(...) outs(%o : tensor<8x16xi8>) {
      ...
      %q = arith.trunci %c : i64 to i8
      structured.yield %q : i8
    ```
    """

    name = "structured-narrow-results"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for inner in list(op.walk()):
            if isinstance(inner, GenericOp) and inner.result is not None:
                _narrow(inner, inner.result)


def _narrow(op: GenericOp, result: SSAValue) -> None:
    """Store the narrow number that the result is computed from, if there is one."""
    source = _source(op)
    if source is None or not overwrites_outs(op) or min(shape_of(result), default=0) < 0:
        return
    uses = list(result.uses)
    if not uses or not all(_computes(use, op) for use in uses):
        return
    if isinstance(source, BlockArgument):
        if op.epilogue is not None or not _is_read_in_place(op, source.index):
            return
        narrow = op.inputs[source.index]
    else:
        assert isinstance(source.owner, Operation)
        narrow = _storing(op, source.owner)
    steps, last = _steps(_yield_of(op).value, source), _yield_of(op).value
    for use in uses:
        _compute(use, steps, last, source, narrow)
    Rewriter.erase_op(op)


def _yield_of(op: GenericOp) -> YieldOp:
    last = (op.epilogue or op.body).block.last_op
    assert isinstance(last, YieldOp)
    return last


# --- what a result is computed from ---------------------------------------------------------------


def _source(op: GenericOp) -> SSAValue | None:
    """The one narrower integer on which the result depends."""
    value = _yield_of(op).value
    found: set[SSAValue] = set()
    if not _collect(value, found) or len(found) != 1:
        return None
    return found.pop()


def _collect(value: SSAValue, found: set[SSAValue]) -> bool:
    """Whether there are cheap steps only behind narrow integers, which are collected."""
    owner = value.owner
    if not isinstance(owner, CHEAP):
        return False
    if isinstance(owner, arith.ExtSIOp):
        found.add(owner.input)
        return isinstance(owner.input.type, IntegerType)
    return all(_collect(operand, found) for operand in owner.operands)


def _steps(value: SSAValue, source: SSAValue) -> list[Operation]:
    """The ops from the source to a value, in order."""
    owner = value.owner
    if value is source or not isinstance(owner, Operation):
        return []
    before = [step for operand in owner.operands for step in _steps(operand, source)]
    return list(dict.fromkeys([*before, owner]))


def _is_read_in_place(op: GenericOp, number: int) -> bool:
    """Whether an operand has the result's shape, and each of its elements is read once there."""
    same = shape_of(op.inputs[number]) == shape_of(op.outs)
    plain = op.input_forms[number] == op.out_forms and not op.reduction_dims
    return same and plain and op.paddings[number] is None


# --- what is stored, and what readers compute -----------------------------------------------------


def _computes(use: Use, op: GenericOp) -> bool:
    """Whether the reader can take the last steps, element by element."""
    reader, number = use.operation, use.index
    if not isinstance(reader, GenericOp) or reader.parent is not op.parent:
        return False
    if number > len(reader.inputs):
        return True
    return (
        number < len(reader.inputs)
        and not reader.reduction_dims
        and reader.paddings[number] is None
    )


def _storing(op: GenericOp, source: Operation) -> SSAValue:
    """The result of an op that yields the source."""
    position = _ops_of(op).index(source)
    empty = tensor.EmptyOp([], TensorType(source.results[0].type, shape_of(op.outs)))
    new = GenericOp(
        list(op.inputs),
        empty.tensor,
        op.map_list,
        op.kinds,
        op.body.clone(),
        init=op.init,
        padding=op.paddings if op.padding is not None else None,
        domain=op.fixed_domain if op.domain is not None else None,
        schedule=op.schedule,
        epilogue_inputs=list(op.epilogue_inputs),
        epilogue_maps=[m.data for m in op.epilogue_maps.data] if op.epilogue_maps else [],
        epilogue=op.epilogue.clone() if op.epilogue is not None else None,
    )
    _yield_of(new).operands = [_ops_of(new)[position].results[0]]
    _sweep((new.epilogue or new.body).block)
    new.location = op.location
    Rewriter.insert_op([empty, new], InsertPoint.before(op))
    assert new.result is not None and op.result is not None
    new.result.name_hint = op.result.name_hint
    return new.result


def _ops_of(op: GenericOp) -> list[Operation]:
    return list((op.epilogue or op.body).block.ops)


def _compute(
    use: Use, steps: Sequence[Operation], last: SSAValue, source: SSAValue, narrow: SSAValue
) -> None:
    """A reader takes the narrow number, and begins with the steps."""
    reader, number = use.operation, use.index
    assert isinstance(reader, GenericOp)
    block, position = reader.body.block, number
    if number > len(reader.inputs):
        assert reader.epilogue is not None
        block, position = reader.epilogue.block, number - len(reader.inputs)
    wide = block.args[position]
    argument = block.insert_arg(element_type_of(narrow), position + 1)
    known: dict[SSAValue, SSAValue] = {source: argument}
    copies = [step.clone(known) for step in steps]
    assert block.first_op is not None
    block.insert_ops_before(copies, block.first_op)
    wide.replace_all_uses_with(known[last])
    block.erase_arg(wide)
    reader.operands[number] = narrow


def _sweep(block: Block) -> None:
    """Erase scalar ops whose results nobody reads."""
    for op in reversed(list(block.ops)):
        if op.results and not any(list(r.uses) for r in op.results):
            Rewriter.erase_op(op)
