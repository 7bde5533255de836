"""The iteration space of a `linalg` op, read as `structured` sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.linalg.attrs import IteratorType
from xdsl.ir import BlockArgument, SSAValue

from dlir.diagnostics import fail
from dlir.dialects.linalg.ops import Structured
from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.maps import Linear, linear_map
from dlir.dialects.structured.shapes import Size
from dlir.lowering.linalg_to_structured.emitter import PARALLEL, REDUCTION, Emitter
from dlir.types import shape_of


@dataclass(frozen=True)
class Space:
    """Per operand one linear form per dimension; per iterator its extent and what it is said to be.

    Outputs are told by their number.
    """

    op: Structured
    forms: Sequence[Sequence[Linear]]
    sizes: Sequence[Size]
    parallel: Sequence[bool]

    @staticmethod
    def of(emitter: Emitter, op: Structured) -> Space:
        forms = [_forms(op, number) for number in range(len(op.operands))]
        kinds = [i.data for i in op.get_iterator_types()]
        sizes = [_extent(emitter, op, forms, d) for d in range(len(kinds))]
        return Space(op, forms, sizes, [kind is IteratorType.PARALLEL for kind in kinds])

    @property
    def dims(self) -> int:
        return len(self.sizes)

    def output(self, number: int) -> SSAValue:
        return self.op.outputs[number]

    def out_forms(self, number: int) -> Sequence[Linear]:
        return self.forms[len(self.op.inputs) + number]

    def held(self, number: int) -> BlockArgument:
        """The argument of the body that is what an output held."""
        return self.op.body.block.args[len(self.op.inputs) + number]

    def yielded(self, number: int) -> SSAValue:
        last = self.op.body.block.last_op
        assert last is not None
        return last.operands[number]

    def kinds(self, number: int) -> list[Iterator]:
        """What iterators are to an output: those that do not index it are folded."""
        used = {d for form in self.out_forms(number) for d in form.dims}
        return [PARALLEL if d in used else REDUCTION for d in range(self.dims)]

    def folded(self, number: int) -> list[int]:
        return [d for d, kind in enumerate(self.kinds(number)) if kind is REDUCTION]

    def covers(self, number: int) -> bool:
        """Whether every element of an output is written."""
        return all(
            form.plain_dim is not None or (not form.dims and form.constant == 0 and size == 1)
            for form, size in zip(
                self.out_forms(number), shape_of(self.output(number).type), strict=True
            )
        )

    def check_output(self, number: int) -> None:
        """Refuse an output of which the order of the points tells what it holds in the end."""
        for d in self.folded(number):
            if self.parallel[d] and self.sizes[d] != 1:
                fail(
                    self.op,
                    f"iterator d{d} is parallel, but output {number} is not indexed by it",
                    help="several points would write one element",
                )
        for form in self.out_forms(number):
            if len(form.dims) > 1 or any(form.coefficients[d] < 1 for d in form.dims):
                fail(
                    self.op,
                    f"output {number} is indexed by '{form.text()}'",
                    help="an output is indexed by one iterator in each dimension",
                )


def _forms(op: Structured, number: int) -> tuple[Linear, ...]:
    m = op.get_indexing_maps().data[number].data
    try:
        return linear_map(m)
    except ValueError as error:
        fail(op, f"operand {number}: {error}", help="maps of structured ops are linear")


def _extent(emitter: Emitter, op: Structured, forms: Sequence[Sequence[Linear]], dim: int) -> Size:
    """The size of a dimension that the iterator indexes plainly; a number if one is known."""
    found = [
        (value, position)
        for value, own in zip(op.operands, forms, strict=True)
        for position, form in enumerate(own)
        if form.plain_dim == dim
    ]
    static = [n for value, p in found if (n := shape_of(value.type)[p]) >= 0]
    return static[0] if static else emitter.sizes.of(*found[0])
