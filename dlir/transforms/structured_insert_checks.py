"""`structured-insert-checks`: what shapes only tell at run time is checked at run time."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xdsl.builder import Builder
from xdsl.context import Context
from xdsl.dialects import arith, cf, tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp
from xdsl.ir import Operation
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint

from dlir.diagnostics import fail, name_of
from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import (
    GenericOp,
    ReshapeOp,
    ScanOp,
    ScatterOp,
    SortOp,
    SparseMatmulOp,
    shape_of,
)
from dlir.dialects.structured.roles import is_copy, operands_of
from dlir.dialects.structured.shapes import Size, Sizes, mixed


@dataclass(frozen=True)
class StructuredInsertChecks(ModulePass):
    """Assert that dynamic sizes which must agree do agree, so that no access leaves its buffer.

    Every use of an iterator must see the same extent (a copy may read a part of a larger tensor),
    no window may leave an operand that has no padding, no slice may leave its destination, and a
    reshape keeps the number of elements. The assertions are on sizes only; they move to the
    function that plans a call and run before anything else.

    Before:
    ```mlir
    %r = structured.generic {maps = [(d0) -> (d0), (d0) -> (d0), (d0) -> (d0)], ...}
        ins(%x, %y : tensor<?xf32>, tensor<?xf32>) outs(%o : tensor<?xf32>) ...
    ```
    After:
    ```mlir
    %same = arith.cmpi eq, %x_size, %y_size : index
    cf.assert %same, "add: the sizes of dimension 0 differ"
    %r = structured.generic ...
    ```
    """

    name = "structured-insert-checks"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for inner in list(op.walk()):
            if isinstance(inner, GenericOp) and inner.result is not None:
                _Checks(inner).check_generic(inner)
            elif isinstance(inner, ScanOp | SortOp | ScatterOp) and inner.result is not None:
                _Checks(inner).check_sequential(inner)
            elif isinstance(inner, SparseMatmulOp) and inner.result is not None:
                _Checks(inner).check_sparse(inner)
            elif isinstance(inner, ReshapeOp):
                _Checks(inner).check_reshape(inner)
            elif isinstance(inner, tensor.InsertSliceOp):
                _Checks(inner).check_insert_slice(inner)


_HOLDS = {"eq": operator.eq, "sle": operator.le, "sge": operator.ge}


class _Checks:
    """Assertions in front of one operation."""

    def __init__(self, op: Operation):
        self.op = op
        self.sizes = Sizes(Builder(InsertPoint.before(op)))

    def require(self, predicate: str, a: Size, b: Size, message: str) -> None:
        if isinstance(a, int) and isinstance(b, int):
            return  # known sizes are the verifier's business
        if a is b:
            return
        builder = self.sizes.builder
        test = arith.CmpiOp(self.sizes.value(a), self.sizes.value(b), predicate)
        builder.insert(test)
        builder.insert(cf.AssertOp(test.result, f"{name_of(self.op)}: {message}"))

    def check_generic(self, op: GenericOp) -> None:
        if not any(DYNAMIC_INDEX in shape_of(v) for v in op.operands):
            return
        inputs, out, extra = operands_of(op)
        moves, fixed = is_copy(op), op.fixed_domain
        for number, operand in enumerate([*inputs, out, *extra]):
            for position, form in enumerate(operand.forms):
                size = self.sizes.of(operand.value, position)
                plain = form.plain_dim
                if plain is not None and fixed[plain] < 0 and not moves:
                    extent = self.sizes.extent(op, plain)
                    text = f"size {position} of operand {number} differs from another operand's"
                    self.require("eq", size, extent, text)
                elif operand.padding is None and operand is not out and form.dims:
                    self._check_window(op, number, position, form, size)

    def _check_window(
        self, op: GenericOp, number: int, position: int, form: Linear, size: Size
    ) -> None:
        if any(len(f.dims) > 1 for f in op.out_forms):
            return  # a result counted in blocks reads zeros, or drops points, outside
        text = f"operand {number} is too small in dimension {position}"
        self.require("slt", self.sizes.last_index(op, form), size, text)
        self.require("sge", self.sizes.first_index(op, form), 0, text)

    def check_sequential(self, op: ScanOp | SortOp | ScatterOp) -> None:
        """The operands have the sizes that the op's rules ask for."""
        out = self.sizes.all_of(op.outs)
        if isinstance(op, ScatterOp):
            self._check_shape(op, 1, [*self.sizes.all_of(op.indices), *out[1:]])
        elif isinstance(op, ScanOp):
            self._check_shape(op, 0, out)
        else:
            axis = op.axis.value.data
            size = self.sizes.of(op.inputs[0], axis)
            text = f"the sort gives more than the size of dimension {axis}"
            self.require("sge", size, out[axis], text)
            for number in range(len(op.inputs)):
                self._check_shape(op, number, [*out[:axis], size, *out[axis + 1 :]])

    def check_sparse(self, op: SparseMatmulOp) -> None:
        """The result has a column for each of x."""
        columns, own = (self.sizes.of(value, 1) for value in (op.x, op.outs))
        self.require("eq", own, columns, "the result has other columns than the operand")

    def _check_shape(self, op: Operation, number: int, expected: Sequence[Size]) -> None:
        for position, size in enumerate(expected):
            own = self.sizes.of(op.operands[number], position)
            text = f"size {position} of operand {number} does not fit"
            self.require("eq", own, size, text)

    def check_insert_slice(self, op: tensor.InsertSliceOp) -> None:
        """The slice lies inside the destination and has the source's sizes."""
        if any(stride != 1 for stride in op.static_strides.get_values()):
            fail(op, "a slice with strides is unsupported")
        offsets = mixed(op.static_offsets.get_values(), op.offsets)
        sizes = mixed(op.static_sizes.get_values(), op.sizes)
        for axis, (offset, size) in enumerate(zip(offsets, sizes, strict=True)):
            end, source = self.sizes.add(offset, size), self.sizes.of(op.source, axis)
            self.demand("sge", offset, 0, f"the slice begins before dimension {axis}")
            self.demand(
                "sle", end, self.sizes.of(op.dest, axis), f"the slice leaves dimension {axis}"
            )
            self.demand("eq", size, source, f"the slice and size {axis} of its source differ")

    def demand(self, predicate: str, a: Size, b: Size, message: str) -> None:
        """`require` of what no verifier looks at: known sizes fail here."""
        if isinstance(a, int) and isinstance(b, int) and not _HOLDS[predicate](a, b):
            fail(self.op, message)
        self.require(predicate, a, b, message)

    def check_reshape(self, op: ReshapeOp) -> None:
        before = self.sizes.all_of(op.input)
        after: list[Size] = self.sizes.all_of(op.result)
        common = [s for s in before if not isinstance(s, int)]
        rest = list(after)
        for size in common:  # equal symbols cancel
            if any(size is s for s in rest):
                rest.remove(size)
            else:
                break
        else:
            static = [s for s in rest if isinstance(s, int)]
            known = prod(s for s in before if isinstance(s, int))
            if len(static) == len(rest) and prod(static) == known:
                return
        self.require("eq", self._count(before), self._count(after), "element counts differ")

    def _count(self, sizes: list[Size]) -> Size:
        total: Size = 1
        for size in sizes:
            total = self.sizes.mul(total, size)
        return total
