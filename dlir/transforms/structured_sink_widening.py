"""`structured-sink-widening`: numbers are widened where they are read."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Region, SSAValue
from xdsl.passes import ModulePass

from dlir.dialects.structured.copies import substitute
from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import GenericOp, IndexOp, YieldOp, element_type_of
from dlir.dialects.structured.roles import is_elementwise, may_fail
from dlir.dialects.vectorized import bit_width

MOST_INPUTS = 16  # operands of one op: pointers stay in registers


@dataclass(frozen=True)
class StructuredSinkWidening(ModulePass):
    """Compute elementwise ops whose results are wider than what they read inside of their reader.

    The sum of two quantised tensors extends the bytes of both and multiplies them by factors. As
    part of what made the bytes, or as an op of its own, that would store four times as much; as
    part of the sum it stores nothing. So it has to go there before the sum joins a convolution.

    Before:
    ```mlir
    %w = structured.generic {...} ins(%bytes : tensor<8x4xi8>) outs(%o : tensor<8x4xi32>) {
    ^bb0(%a: i8):
      %b = arith.extsi %a : i8 to i32
      structured.yield %b : i32
    } -> tensor<8x4xi32>
    %s = structured.generic {...} ins(%x, %w : tensor<8x4xi32>, tensor<8x4xi32>) ... {
    ^bb0(%c: i32, %d: i32):
      %e = arith.addi %c, %d : i32
      ...
    ```
    After:
    ```mlir
    %s = structured.generic {...} ins(%x, %bytes : tensor<8x4xi32>, tensor<8x4xi8>) ... {
    ^bb0(%c: i32, %a: i8):
      %b = arith.extsi %a : i8 to i32
      %e = arith.addi %c, %b : i32
      ...
    ```
    """

    name = "structured-sink-widening"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for inner in list(op.walk()):
            if isinstance(inner, GenericOp) and is_elementwise(inner):
                reader: GenericOp | None = inner
                while reader is not None:  # every step has one op less
                    reader = _sink_into(reader)


def _sink_into(reader: GenericOp) -> GenericOp | None:
    """The reader with one producer inside of it, if there is one to sink."""
    for number, value in enumerate(reader.inputs):
        producer = value.owner
        if (
            isinstance(producer, GenericOp)
            and producer.parent is reader.parent
            and _is_only_read_by(value, reader)
            and reader.paddings[number] is None
            and _is_read_once(reader, number)
            and _only_widens(producer)
            and not may_fail(reader)
            and len(reader.inputs) + len(producer.inputs) <= MOST_INPUTS
        ):
            return _joined(producer, reader, number)
    return None


def _is_only_read_by(value: SSAValue, reader: GenericOp) -> bool:
    use = value.get_unique_use()
    return use is not None and use.operation is reader and value is not reader.outs


def _is_read_once(reader: GenericOp, number: int) -> bool:
    """Whether no element is read at two points, where it would be computed twice."""
    dims = {form.plain_dim for form in reader.input_forms[number]}
    return len(dims - {None}) == len(reader.kinds)


def _only_widens(op: GenericOp) -> bool:
    """Whether each result is computed from as many bits, or fewer, at the same place."""
    if not is_elementwise(op) or may_fail(op) or any(p is not None for p in op.paddings):
        return False
    if any(isinstance(inner, IndexOp) for inner in op.body.block.ops):
        return False
    read = 0
    for value, forms in zip(op.inputs, op.input_forms, strict=True):
        if forms == op.out_forms:
            read += bit_width(element_type_of(value))
        elif forms:
            return False
    return 0 < read < bit_width(element_type_of(op.outs))


def _joined(producer: GenericOp, reader: GenericOp, number: int) -> GenericOp:
    """The reader with the producer's inputs in the place of one of its own."""
    count = len(reader.inputs)
    others = [i for i in range(count) if i != number]
    moved = [
        reader.input_forms[number] if forms else tuple[Linear, ...]()
        for forms in producer.input_forms
    ]
    joined = GenericOp(
        [*(reader.inputs[i] for i in others), *producer.inputs],
        reader.outs,
        [
            *(reader.map_list[i] for i in others),
            *(map_of(forms, len(reader.kinds)) for forms in moved),
            reader.map_list[-1],
        ],
        reader.kinds,
        _joined_bodies(producer, reader, number),
        padding=[*(reader.paddings[i] for i in others), *producer.paddings],
        domain=reader.fixed_domain if reader.domain is not None else None,
    )
    substitute(reader, joined)
    producer.detach()
    producer.erase()
    return joined


def _joined_bodies(producer: GenericOp, reader: GenericOp, number: int) -> Region:
    """The producer's body, then the reader's on what that yields."""
    first, second = producer.body.block, reader.body.block
    block = Block(
        arg_types=[
            *(a.type for i, a in enumerate(second.args) if i != number),
            *(a.type for a in first.args),
        ]
    )
    others = [a for i, a in enumerate(second.args) if i != number]
    known: dict[SSAValue, SSAValue] = dict(zip([*others, *first.args], block.args, strict=True))
    for op in first.ops:
        if isinstance(op, YieldOp):
            known[second.args[number]] = known[op.value]
        else:
            block.add_op(op.clone(known))
    for op in second.ops:
        block.add_op(op.clone(known))
    return Region(block)
