"""`structured-bufferize`: tensors become memrefs in caller's buffers and one planned arena."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.builder import Builder
from xdsl.context import Context
from xdsl.dialects import arith, cf, func, tensor
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    ArrayAttr,
    DictionaryAttr,
    IndexType,
    IntegerAttr,
    MemRefType,
    ModuleOp,
    i8,
    i64,
)
from xdsl.ir import Attribute, Block, Region, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint

from dlir.diagnostics import fail, name_of
from dlir.dialects.structured.arena import RegionPlan, plan
from dlir.dialects.structured.ops import ReshapeOp, shape_of
from dlir.dialects.structured.shapes import Size, Sizes
from dlir.transforms.bufferize.memory import Memory, is_tensor_value, memref_of
from dlir.transforms.bufferize.sizes import (
    MOST_BYTES,
    arena_total,
    check_total,
    clone_size_op,
    is_size_op,
)
from dlir.transforms.bufferize.writer import Writer

ARENA = MemRefType(i8, [DYNAMIC_INDEX])
INDEX = IndexType()


@dataclass(frozen=True)
class StructuredBufferize(ModulePass):
    """Turn functions on tensors into functions on memrefs that allocate nothing.

    `@f` takes its inputs, then one memref per result, then the arena. `@f.plan` takes the inputs
    (only their sizes are read), checks what `structured-insert-checks` asserted, and returns the
    bytes that the arena needs and every dynamic size of the results, in order. Results that are
    computed land in the caller's memory directly; a destination is written in place when nobody
    reads it later. What a group alone sees in blocks of rows (`structured-group-rows`) is a
    `memref.alloca`, if a block is of known size; else the arena has one block of it per outer row,
    unless threads divide the blocks, and `builtin.unrealized_conversion_cast` of that and the
    sizes of all rows stands for these until `structured-walk-rows`. Buffers that threads divide
    (`threads` in schedules) take the place of those alone that they divide alike, for memory that
    another core wrote is slow to write; so the arena may be larger. `dlir.arena` tells, per product
    of dynamic sizes, the bytes of the plan and the most that is `live` at one step, below which no
    plan can be.

    Before:
    ```mlir
    func.func @f(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
      %n = tensor.dim %x, %c0 : tensor<?x8xf32>
      %e = tensor.empty(%n) : tensor<?x8xf32>
      %y = structured.generic ... ins(%x : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) ...
      func.return %y : tensor<?x8xf32>
    }
    ```
    After:
    ```mlir
    func.func @f(%x: memref<?x8xf32>, %y: memref<?x8xf32>, %arena: memref<?xi8>) {
      structured.generic ... ins(%x : memref<?x8xf32>) outs(%y : memref<?x8xf32>) ...
      func.return
    }
    func.func @f.plan(%x: memref<?x8xf32>) -> (index, index) { ... }
    ```
    """

    name = "structured-bufferize"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in [o for o in op.body.block.ops if isinstance(o, func.FuncOp)]:
            if not function.is_declaration:
                _Function(function).bufferize()


class _Function:
    """The bufferization of one function: memory is chosen first, then the code is written."""

    def __init__(self, function: func.FuncOp):
        self.old = function
        self.block = function.body.block
        if len(function.body.blocks) != 1:
            fail(function, "structured-bufferize takes functions of one block")
        last = self.block.last_op
        assert isinstance(last, func.ReturnOp)
        self.last, self.returned = last, list(last.arguments)
        self.memory = Memory(self.block, self.returned)

    def bufferize(self) -> None:
        regions = plan(self.memory.requests())
        result_sizes = self._result_sizes()
        plan_function = self._write_plan(regions, result_sizes)
        main = self._write_main(regions)
        parent = self.old.parent
        assert parent is not None
        parent.insert_op_before(main, self.old)
        parent.insert_op_before(plan_function, self.old)
        self.old.detach()
        self.old.erase()

    def _result_sizes(self) -> list[Size]:
        """Every dynamic size of every result, in order."""
        sizes = Sizes(Builder(InsertPoint.before(self.last)))
        found: list[Size] = []
        for value in self.returned:
            shape = shape_of(value)
            found += [sizes.of(value, p) for p, n in enumerate(shape) if n == DYNAMIC_INDEX]
        return found

    def _input_types(self) -> list[Attribute]:
        return [memref_of(a.type) if is_tensor_value(a) else a.type for a in self.block.args]

    def _write_plan(
        self, regions: Sequence[RegionPlan[SSAValue]], result_sizes: Sequence[Size]
    ) -> func.FuncOp:
        block, known = self._new_block(self._input_types())
        for op in self.block.ops:
            if isinstance(op, cf.AssertOp) or is_size_op(op):
                clone_size_op(op, block, known)
        sizes = Sizes(Builder(InsertPoint.at_end(block)))
        self._check_sizes(block, known)
        check_total(sizes, regions, known)
        total = arena_total(sizes, regions, known)[-1]
        returned = [total, *(s if isinstance(s, int) else known[s] for s in result_sizes)]
        block.add_op(func.ReturnOp(*(sizes.value(r) for r in returned)))
        return self._function(f"{self.old.sym_name.data}.plan", block, [INDEX] * len(returned))

    def _check_sizes(self, block: Block, known: dict[SSAValue, SSAValue]) -> None:
        """Assert that computed sizes are sizes, so that arithmetic on them does not wrap."""
        limit: SSAValue | None = None
        checked: set[SSAValue] = set()
        for op in self.block.ops:
            sizes = op.operands if isinstance(op, tensor.EmptyOp) else ()
            for size in op.sizes if isinstance(op, ReshapeOp) else sizes:
                if size in checked or isinstance(size.owner, tensor.DimOp | arith.ConstantOp):
                    continue
                checked.add(size)
                if limit is None:
                    block.add_op(constant := arith.ConstantOp(IntegerAttr(MOST_BYTES, INDEX)))
                    limit = constant.result
                block.add_op(test := arith.CmpiOp(known[size], limit, "ult"))
                message = f"{name_of(op)}: a size is negative or too large"
                block.add_op(cf.AssertOp(test.result, message))

    def _new_block(self, types: Sequence[Attribute]) -> tuple[Block, dict[SSAValue, SSAValue]]:
        block = Block(arg_types=types)
        known: dict[SSAValue, SSAValue] = {}
        for old, new in zip(self.block.args, block.args, strict=False):
            known[old] = new
            new.name_hint = old.name_hint
        return block, known

    def _function(self, name: str, block: Block, results: Sequence[Attribute]) -> func.FuncOp:
        function = func.FuncOp(name, ([a.type for a in block.args], results), Region(block))
        function.location = self.old.location
        return function

    def _write_main(self, regions: Sequence[RegionPlan[SSAValue]]) -> func.FuncOp:
        outputs = [memref_of(v.type) if is_tensor_value(v) else v.type for v in self.returned]
        block, known = self._new_block([*self._input_types(), *outputs, ARENA])
        results = block.args[len(self.block.args) : -1]
        for old, new in zip(self.returned, results, strict=True):
            new.name_hint = old.name_hint
        block.args[-1].name_hint = "arena"
        writer = Writer(block, known, self.memory.roots, list(results), regions)
        writer.write_sizes(list(self.block.ops))
        for op in self.block.ops:
            writer.write(op)
        for number, root in enumerate(self.memory.copied):
            if root is not None:
                writer.copy(self.returned[number], results[number])
        block.add_op(func.ReturnOp())
        main = self._function(self.old.sym_name.data, block, [])
        main.attributes.update(self.old.attributes)
        if regions:
            main.attributes["dlir.arena"] = ArrayAttr([*map(_described, regions)])
        main.attributes["dlir.result_types"] = ArrayAttr([v.type for v in self.returned])
        if self.old.sym_visibility is not None:
            main.properties["sym_visibility"] = self.old.sym_visibility
        return main


def _described(region: RegionPlan[SSAValue]) -> DictionaryAttr:
    """What `dlir.arena` says of a region: the bytes are to be multiplied with `factors` sizes."""
    numbers = {
        "bytes": region.size,
        "live": region.bound(),
        "factors": len(region.symbols),
    }
    return DictionaryAttr({name: IntegerAttr(number, i64) for name, number in numbers.items()})
