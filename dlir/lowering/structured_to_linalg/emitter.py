"""What the rules share: inserting ops, tensors of a size, pads and slices, `linalg.generic`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.builder import Builder
from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX, IndexType, TensorType
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.ir.affine import AffineMap
from xdsl.rewriter import InsertPoint

from dlir import types
from dlir.dialects.linalg import FillOp, GenericOp, IndexOp, YieldOp
from dlir.dialects.linalg.ops import PARALLEL, REDUCTION
from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import IndexOp as StructuredIndexOp
from dlir.dialects.structured.ops import YieldOp as StructuredYieldOp
from dlir.dialects.structured.shapes import Size
from dlir.lowering.structured_to_linalg.sizes import UpstreamSizes
from dlir.types import AnyTensor, element_of

KINDS = {Iterator.PARALLEL: PARALLEL, Iterator.REDUCTION: REDUCTION}


@dataclass(frozen=True)
class Access:
    """An operand: a value, and one linear form per dimension."""

    value: SSAValue
    forms: Sequence[Linear] = ()


class Emitter:
    """Inserts ops in front of the op that is being converted, with its location."""

    def __init__(self, op: Operation):
        self.op = op
        self.sizes = UpstreamSizes(Builder(InsertPoint.before(op)), op.location)

    def insert(self, op: Operation) -> SSAValue:
        return self.sizes.insert(op).results[0]

    def constant(self, number: Attribute) -> SSAValue:
        assert types.is_number(number)
        return self.insert(arith.ConstantOp(number))

    def empty(self, element: Attribute, sizes: Sequence[Size]) -> SSAValue:
        dynamic = [n for n in sizes if not isinstance(n, int)]
        return self.insert(tensor.EmptyOp(dynamic, typed(element, sizes)))

    def filled(self, value: SSAValue, outs: SSAValue) -> SSAValue:
        return self.insert(FillOp([value], [outs]))

    def pad(
        self, x: SSAValue, low: Sequence[int], high: Sequence[Size], number: Attribute
    ) -> SSAValue:
        """x with a number around it."""
        if not any(low) and not any(high):
            return x
        sizes = [
            self.sizes.add(self.sizes.add(n, before), after)
            for n, before, after in zip(self.sizes.all_of(x), low, high, strict=True)
        ]
        static = [n if isinstance(n, int) else DYNAMIC_INDEX for n in high]
        dynamic = [n for n in high if not isinstance(n, int)]
        assert types.is_number(number)
        value = arith.ConstantOp(number)
        block = Block([value, tensor.YieldOp(value)], arg_types=[IndexType()] * len(low))
        type = typed(element_of(x.type), sizes)
        return self.insert(tensor.PadOp(x, [], dynamic, Region(block), low, static, type))

    def slice(
        self, x: SSAValue, sizes: Sequence[Size], offsets: Sequence[Size] | None = None,
        strides: Sequence[int] | None = None,
    ) -> SSAValue:  # fmt: skip
        """A box of x; x itself if that is all of it."""
        starts = offsets or [0] * len(sizes)
        steps = strides or [1] * len(sizes)
        if [*sizes] == self.sizes.all_of(x) and not any(starts):
            return x
        result = typed(element_of(x.type), sizes)
        return self.insert(tensor.ExtractSliceOp(x, starts, sizes, steps, result))

    def resized(self, x: SSAValue, wanted: AnyTensor) -> SSAValue:
        """x, of which the type says more or less about the sizes."""
        return x if x.type == wanted else self.insert(tensor.CastOp(x, wanted))

    def generic(
        self,
        inputs: Sequence[Access],
        out: Access,
        kinds: Sequence[Iterator],
        body: Region,
    ) -> SSAValue:
        maps: list[AffineMap] = [map_of(a.forms, len(kinds)) for a in (*inputs, out)]
        iterators = [KINDS[kind] for kind in kinds]
        values = [a.value for a in inputs]
        return self.insert(GenericOp(values, [out.value], maps, iterators, body))


def typed(element: Attribute, sizes: Sequence[Size]) -> AnyTensor:
    return TensorType(element, [n if isinstance(n, int) else DYNAMIC_INDEX for n in sizes])


def converted_body(
    old: Block, extra: Sequence[Attribute], out: Attribute, reads_out: bool
) -> Region:
    """A structured body with arguments for more inputs, and for the output if it has none."""
    block = Block(arg_types=[argument.type for argument in old.args])
    known: dict[SSAValue, SSAValue] = dict(zip(old.args, block.args, strict=True))
    place = len(old.args) - int(reads_out)
    for type in extra:
        block.insert_arg(type, place)
    if not reads_out:
        block.insert_arg(out, len(block.args))
    for op in old.ops:
        match op:
            case StructuredIndexOp():
                new: Operation = IndexOp(op.dim.value.data)
                known[op.result] = new.results[0]
            case StructuredYieldOp():
                new = YieldOp(known[op.value])
            case _:
                new = op.clone(known)
        new.location = op.location
        block.add_op(new)
    return Region(block)
