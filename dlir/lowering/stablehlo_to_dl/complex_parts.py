"""Complex tensors become pairs of real ones, before anything else is converted.

A function takes and gives them as one tensor whose last dimension holds the two parts; inside, each
value becomes two, and so do the arguments and results of regions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from xdsl.dialects.builtin import TensorType, UnrealizedConversionCastOp
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, BlockArgument, Operation, Region, SSAValue
from xdsl.rewriter import Rewriter as XdslRewriter
from xdsl.utils.exceptions import VerifyException

from dlir.dialects.stablehlo.ops.base import HloOp
from dlir.dialects.stablehlo.ops.elementwise import ConvertOp
from dlir.lowering.stablehlo_to_dl.complex_numbers import Complex, Real
from dlir.lowering.stablehlo_to_dl.complex_ops import (
    RULES,
    is_complex,
    part_by_part,
    part_type,
    stacked,
    unstacked,
)
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, Unsupported, plain, unsupported
from dlir.lowering.stablehlo_to_dl.regions import combiner, returned_argument

Report = Callable[[Operation, Exception], None]

FLATTENED = frozenset(
    f"stablehlo.{name}"
    for name in (
        "case", "if", "optimization_barrier", "reduce", "reduce_window", "return", "scatter",
        "sort", "while",
    )
)  # fmt: skip
"""Ops of any number of values, in whose lists a pair takes the place of a complex one."""

LINEAR = ("stablehlo.reduce", "stablehlo.reduce_window", "stablehlo.scatter")
"""Ops that are done to each part by itself, if their region adds or only puts."""


class Split:
    """The split of one function; it reports ops that have no parts."""

    def __init__(self, e: Emitter, report: Report) -> None:
        self.e, self._report = e, report
        self._parts: dict[SSAValue, Complex] = {}

        self._replaced: list[Operation] = []
        self._arguments: list[BlockArgument] = []
        """Complex ones, which go when nothing uses them any more."""

    # What rules ask for

    def real(self, value: SSAValue) -> Real:
        return Real(self.e.emit, value)

    def parts(self, value: SSAValue) -> Complex:
        """A real tensor has an imaginary part of zeros."""
        if not is_complex(value.type):
            own = self.real(value)
            return Complex(own, own.like(0.0))
        return Complex(*(self.real(x.value) for x in self._parts[value]))

    def converted(self, value: SSAValue, type: Attribute) -> Real:
        """A real tensor in the precision of a result."""
        wanted = part_type(type)
        if value.type == wanted:
            return self.real(value)
        op = ConvertOp.create(operands=[value], result_types=[wanted])
        return self.real(self.e.emit(op))

    def on_parts(self, op: Operation, indices: Sequence[int]) -> Real:
        """The op on one part of each operand that is complex."""
        operands = [
            self._parts[value][index].value if is_complex(value.type) else value
            for value, index in zip(op.operands, indices, strict=True)
        ]
        regions = [region.clone() for region in op.regions]
        for region in regions:
            _make_real(region)
        return self.real(
            self.e.emit(_rebuilt(op, operands, [part_type(op.results[0].type)], regions))
        )

    # The walk

    def function(self, function: FuncOp) -> None:
        block = function.body.block
        self.e.move_to(cast(Operation, block.first_op))
        for argument in [*block.args]:
            if is_complex(argument.type):
                self._take_apart(argument)
        self._block(block)
        for op in reversed(self._replaced):
            if op.parent is not None:
                op.detach()
                op.erase(safe_erase=False)
        for argument in self._arguments:
            argument.block.erase_arg(argument, safe_erase=False)

    def _take_apart(self, argument: BlockArgument) -> None:
        """An argument of a function holds both parts."""
        type = part_type(argument.type)
        joined = TensorType(type.element_type, [*type.get_shape(), 2])
        made = argument.block.insert_arg(joined, argument.index + 1)
        made.name_hint, made.location = argument.name_hint, argument.location
        self._parts[argument] = Complex(*map(self.real, unstacked(self.e, made)))
        self._arguments.append(argument)

    def _block(self, block: Block) -> None:
        for op in [*block.ops]:
            self.e.move_to(op)
            if isinstance(op, ReturnOp):
                for index, value in enumerate(op.operands):
                    if is_complex(value.type):
                        parts = [x.value for x in self._parts[value]]
                        op.operands[index] = stacked(self.e, parts)
            elif isinstance(op, HloOp):
                self._op(op)

    def _op(self, op: HloOp) -> None:
        try:
            made = self._made(op)
        except (Unsupported, VerifyException) as error:
            self._report(op, error)
            made = [self._unknown(result) for result in op.results]
        if made is None:
            return
        for result, new in zip(op.results, made, strict=True):
            if isinstance(new, Complex):
                self._parts[result] = new
            else:
                result.replace_all_uses_with(new)
        self._replaced.append(op)

    def _made(self, op: HloOp) -> Sequence[Complex | SSAValue] | None:
        """What an op's results become; None for an op that stays."""
        is_touched = any(is_complex(value.type) for value in (*op.operands, *op.results))
        if is_touched and op.name in LINEAR and _is_linear(op):
            return [part_by_part(self, op)]
        self._regions(op)
        if not is_touched:
            return None
        if op.name in FLATTENED:
            return self._flattened(op)
        if (rule := RULES.get(op.name)) is None:
            unsupported("complex numbers")
        return [rule(self, op)]

    def _regions(self, op: Operation) -> None:
        for block in (b for region in op.regions for b in region.blocks):
            for argument in [*block.args]:
                if is_complex(argument.type):
                    self._split_argument(op, argument)
            if op.name == "stablehlo.sort":
                self._pair(block)
            self._block(block)
        self.e.move_to(op)

    def _split_argument(self, op: Operation, argument: BlockArgument) -> None:
        if op.name not in FLATTENED:
            unsupported("complex numbers in its region")
        type = part_type(argument.type)
        made = [argument.block.insert_arg(type, argument.index + i) for i in (1, 2)]
        self._parts[argument] = Complex(*map(self.real, made))
        self._arguments.append(argument)

    def _pair(self, block: Block) -> None:
        """The elements to compare come in pairs: the real parts before the imaginary ones."""
        split = [argument for argument in block.args if is_complex(argument.type)]
        for x, y in zip(split[::2], split[1::2], strict=True):
            first, second = self._parts[x], self._parts[y]
            self._parts[x] = Complex(first.re, second.re)
            self._parts[y] = Complex(first.im, second.im)

    def _flattened(self, op: Operation) -> Sequence[Complex | SSAValue]:
        """The same op with two values in the place of each complex one."""
        operands = [
            x
            for value in op.operands
            for x in ([p.value for p in self._parts[value]] if is_complex(value.type) else [value])
        ]
        types = [
            type
            for old in op.result_types
            for type in ([part_type(old)] * 2 if is_complex(old) else [old])
        ]
        regions = [op.detach_region(region) for region in [*op.regions]]
        results = iter(self.e.insert(_rebuilt(op, operands, types, regions)).results)
        return [
            Complex(self.real(next(results)), self.real(next(results)))
            if is_complex(old)
            else next(results)
            for old in op.result_types
        ]

    def _unknown(self, result: SSAValue) -> Complex | SSAValue:
        """In the place of a result that there is no way to compute."""
        type = part_type(result.type) if is_complex(result.type) else plain(result.type)
        made = [
            self.e.emit(UnrealizedConversionCastOp.create(result_types=[type])) for _ in range(2)
        ]
        return Complex(*map(self.real, made)) if is_complex(result.type) else made[0]


def _rebuilt(
    op: Operation, operands: Sequence[SSAValue], types: Sequence[Attribute], regions: list[Region]
) -> Operation:
    return type(op).create(
        operands=operands,
        result_types=types,
        properties=op.properties,
        attributes=op.attributes,
        regions=regions,
    )


def _is_linear(op: Operation) -> bool:
    """Whether a region of one pair of arguments adds them, or puts the second one."""
    block = op.regions[0].block
    return combiner(block) == "add" or returned_argument(block) == 1


def _make_real(region: Region) -> None:
    for block in region.blocks:
        values = [*block.args, *(result for op in block.ops for result in op.results)]
        for value in values:
            if is_complex(value.type):
                XdslRewriter.replace_value_with_new_type(value, part_type(value.type))
