"""`structured-bufferize`: tensors become memrefs in caller's buffers and one planned arena."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias, cast

from xdsl.builder import Builder
from xdsl.context import Context
from xdsl.dialects import arith, cf, func, memref, tensor
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    ArrayAttr,
    FixedBitwidthType,
    FloatAttr,
    IndexType,
    IntegerAttr,
    MemRefType,
    ModuleOp,
    TensorType,
    f64,
    i8,
    i64,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint

from dlir.diagnostics import fail, name_of
from dlir.dialects.structured.arena import RegionPlan, Request, aligned, plan
from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.maps import projection
from dlir.dialects.structured.ops import (
    FillOp,
    GatherOp,
    GenericOp,
    ReshapeOp,
    YieldOp,
    body_region,
    shape_of,
)
from dlir.dialects.structured.roles import overwrites_outs
from dlir.dialects.structured.shapes import Size, Sizes, mixed
from dlir.types import AnyMemRef, is_memref, is_tensor

ARENA = MemRefType(i8, [DYNAMIC_INDEX])
INDEX = IndexType()
Writing: TypeAlias = GenericOp | FillOp | GatherOp | tensor.InsertSliceOp
"""Operations whose result is their destination, changed."""
MOST_BYTES = 1 << 47  # the memory that one process can address on today's machines


@dataclass(frozen=True)
class StructuredBufferize(ModulePass):
    """Turn functions on tensors into functions on memrefs that allocate nothing.

    `@f` takes its inputs, then one memref per result, then the arena. `@f.plan` takes the inputs
    (only their sizes are read), checks what `structured-insert-checks` asserted, and returns the
    bytes that the arena needs and every dynamic size of the results, in order. Results that are
    computed land in the caller's memory directly; a destination is written in place when nobody
    reads it later.

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


@dataclass
class _Root:
    """One piece of memory: an argument, a result of the function, or a slot of the arena."""

    type: TensorType
    sizes: list[Size]
    first: int
    last: int
    argument: SSAValue | None = None  # the caller's memory, in the old function
    result: int | None = None  # the number of the function's result that it is
    request: Request[SSAValue] | None = None


@dataclass
class _Names:
    """Old value -> new value, and the memory behind each old tensor."""

    values: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    roots: dict[SSAValue, _Root] = field(default_factory=dict[SSAValue, _Root])


@lru_cache(maxsize=4096)
def memref_of(t: Attribute) -> AnyMemRef:
    """The memref with a tensor's shape and element type."""
    assert is_tensor(t)
    return MemRefType(t.element_type, t.get_shape())


def destination(op: Writing) -> SSAValue:
    """The tensor that the op changes."""
    return op.dest if isinstance(op, tensor.InsertSliceOp) else op.outs


def destination_position(op: Writing) -> int:
    """Its position among the operands; the same value may be read at another one."""
    match op:
        case GenericOp():
            return len(op.inputs)
        case FillOp() | GatherOp():
            return len(op.operands) - 1
        case _:
            return 1


def _is_tensor(value: SSAValue) -> bool:
    return isinstance(value.type, TensorType)


class _Function:
    """The bufferization of one function: memory is chosen first, then the code is written."""

    def __init__(self, function: func.FuncOp):
        self.old = function
        self.block = function.body.block
        if len(function.body.blocks) != 1:
            fail(function, "structured-bufferize takes functions of one block")
        self.ops = list(self.block.ops)
        last = self.ops[-1]
        assert isinstance(last, func.ReturnOp)
        self.returned = list(last.arguments)
        self.names = _Names()
        self.copied: list[_Root | None] = []

    def bufferize(self) -> None:
        self._choose_memory()
        regions = self._plan_arena()
        result_sizes = self._result_sizes()
        plan_function = self._write_plan(regions, result_sizes)
        main = self._write_main(regions)
        parent = self.old.parent
        assert parent is not None
        parent.insert_op_before(main, self.old)
        if plan_function is not None:
            parent.insert_op_before(plan_function, self.old)
        self.old.detach()
        self.old.erase()

    # --- memory ---------------------------------------------------------------------------------

    def _choose_memory(self) -> None:
        for argument in self.block.args:
            if _is_tensor(argument):
                self._new_root(argument, 0, argument)
        order = {op: i for i, op in enumerate(self.ops)}
        for step, op in enumerate(self.ops):
            if isinstance(op, Writing):
                self._choose_destination(op, step, order)
            elif isinstance(op, ReshapeOp):
                self.names.roots[op.result] = self.names.roots[op.input]
            elif isinstance(op, tensor.EmptyOp | func.ReturnOp | tensor.DimOp):
                continue
            elif any(map(_is_tensor, (*op.operands, *op.results))):
                fail(
                    op,
                    f"'{op.name}' on tensors cannot be bufferized",
                    help="lower it to structured ops first",
                )
        self._choose_results()

    def _new_root(self, value: SSAValue, step: int, argument: SSAValue | None = None) -> _Root:
        assert is_tensor(value.type)
        sizes: list[Size] = []
        if argument is None and isinstance(value.owner, Operation):
            sizes = Sizes(Builder(InsertPoint.before(value.owner))).all_of(value)
        root = _Root(value.type, sizes, step, step, argument)
        self.names.roots[value] = root
        return root

    def _choose_destination(self, op: Writing, step: int, order: dict[Operation, int]) -> None:
        assert op.result is not None
        root = self._reusable(op, step, order) or self._new_root(op.result, step)
        self.names.roots[op.result] = root
        root.last = max(root.last, self._last_use(op.result, order))
        for operand in op.operands:
            known = self.names.roots.get(operand)
            if known is not None:
                known.last = max(known.last, step)

    def _reusable(self, op: Writing, step: int, order: dict[Operation, int]) -> _Root | None:
        """The destination's own memory, if it is ours and this op is the last to look at it."""
        target = destination(op)
        root = self.names.roots.get(target)
        if root is None:
            return None  # tensor.empty: fresh memory
        position = destination_position(op)
        others = [o for i, o in enumerate(op.operands) if i != position]
        aliased = any(self.names.roots.get(o) is root for o in others)
        read_later = any(
            self._last_use(v, order) > step for v, r in self.names.roots.items() if r is root
        )
        if root.argument is not None or aliased or read_later:
            return None
        return root

    def _last_use(self, value: SSAValue, order: dict[Operation, int]) -> int:
        steps = [order.get(use.operation, 0) for use in value.uses]
        aliases = [u.operation.results[0] for u in value.uses if isinstance(u.operation, ReshapeOp)]
        return max([*steps, *(self._last_use(a, order) for a in aliases)], default=0)

    def _choose_results(self) -> None:
        """A returned value is computed in the caller's memory unless that is taken: then copied."""
        for number, value in enumerate(self.returned):
            root = self.names.roots.get(value)
            if root is None:
                self.copied.append(None)
            elif root.argument is None and root.result is None:
                root.result = number
                self.copied.append(None)
            else:
                self.copied.append(root)
                root.last = len(self.ops)

    # --- arena ----------------------------------------------------------------------------------

    def _plan_arena(self) -> list[RegionPlan[SSAValue]]:
        requests: list[Request[SSAValue]] = []
        for root in {id(r): r for r in self.names.roots.values()}.values():
            if root.argument is None and root.result is None:
                root.request = _request(root)
                requests.append(root.request)
        return plan(requests)

    def _result_sizes(self) -> list[Size]:
        """Every dynamic size of every result, in order."""
        sizes = Sizes(Builder(InsertPoint.before(self.ops[-1])))
        found: list[Size] = []
        for value in self.returned:
            shape = shape_of(value)
            found += [sizes.of(value, p) for p, n in enumerate(shape) if n == DYNAMIC_INDEX]
        return found

    # --- code -----------------------------------------------------------------------------------

    def _input_types(self) -> list[Attribute]:
        return [memref_of(a.type) if _is_tensor(a) else a.type for a in self.block.args]

    def _write_plan(
        self, regions: Sequence[RegionPlan[SSAValue]], result_sizes: Sequence[Size]
    ) -> func.FuncOp | None:
        block, known = self._new_block(self._input_types())
        for op in self.block.ops:
            if isinstance(op, cf.AssertOp) or _is_size_op(op):
                _clone_size_op(op, block, known)
        sizes = Sizes(Builder(InsertPoint.at_end(block)))
        self._check_sizes(block, known)
        _check_total(sizes, regions, known)
        total = _arena_total(sizes, regions, known)[-1]
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
        outputs = [memref_of(v.type) if _is_tensor(v) else v.type for v in self.returned]
        block, known = self._new_block([*self._input_types(), *outputs, ARENA])
        results = block.args[len(self.block.args) : -1]
        for old, new in zip(self.returned, results, strict=True):
            new.name_hint = old.name_hint
        block.args[-1].name_hint = "arena"
        writer = _Writer(block, known, self.names.roots, list(results), regions)
        writer.write_sizes(list(self.block.ops))
        for op in self.block.ops:
            writer.write(op)
        for number, root in enumerate(self.copied):
            if root is not None:
                writer.copy(self.returned[number], results[number])
        block.add_op(func.ReturnOp())
        main = self._function(self.old.sym_name.data, block, [])
        main.attributes.update(self.old.attributes)
        main.attributes["dlir.result_types"] = ArrayAttr([v.type for v in self.returned])
        if self.old.sym_visibility is not None:
            main.properties["sym_visibility"] = self.old.sym_visibility
        return main


def _is_size_op(op: Operation) -> bool:
    """Arithmetic on sizes: no tensor in or out but for asking its size."""
    if isinstance(op, tensor.DimOp):
        return True
    return bool(op.results) and not any(map(_is_tensor, (*op.operands, *op.results)))


def _clone_size_op(op: Operation, block: Block, known: dict[SSAValue, SSAValue]) -> None:
    if isinstance(op, tensor.DimOp):
        new = memref.DimOp(known[op.source], known[op.index])
        new.location = op.location
        block.add_op(new)
        known[op.result] = new.result
    else:
        block.add_op(op.clone(known))


def _request(root: _Root) -> Request[SSAValue]:
    """Bytes as a static unit times the dynamic sizes, in a canonical order."""
    element = root.type.element_type
    unit = 8 if isinstance(element, IndexType) else 0
    if isinstance(element, FixedBitwidthType):
        unit = max(1, element.bitwidth // 8)
    for size in root.sizes:
        if isinstance(size, int):
            unit *= size
    symbols = sorted((s for s in root.sizes if not isinstance(s, int)), key=id)
    return Request(aligned(unit), tuple(symbols), root.first, root.last)


def _check_total(
    sizes: Sizes, regions: Sequence[RegionPlan[SSAValue]], known: dict[SSAValue, SSAValue]
) -> None:
    """Assert that the arena's size, computed in f64 where nothing wraps, is one that exists."""
    builder = sizes.builder

    def as_float(size: SSAValue) -> SSAValue:
        whole = builder.insert(arith.IndexCastOp(size, i64))
        return builder.insert(arith.SIToFPOp(whole.result, f64)).result

    total: SSAValue | None = None
    for region in regions:
        if not region.symbols:
            continue
        size = builder.insert(arith.ConstantOp(FloatAttr(float(region.size), f64))).result
        for symbol in region.symbols:
            size = builder.insert(arith.MulfOp(size, as_float(known[symbol]))).result
        total = size if total is None else builder.insert(arith.AddfOp(total, size)).result
    if total is not None:
        most = builder.insert(arith.ConstantOp(FloatAttr(float(MOST_BYTES), f64)))
        test = builder.insert(arith.CmpfOp(total, most.result, "olt"))
        builder.insert(cf.AssertOp(test.result, "tensors of these sizes need too much memory"))


def _arena_total(
    sizes: Sizes, regions: Sequence[RegionPlan[SSAValue]], known: dict[SSAValue, SSAValue]
) -> list[Size]:
    """Where each region starts, and behind the last one the arena's size."""
    starts: list[Size] = [0]
    for region in regions:
        starts.append(sizes.add(starts[-1], sizes.mul(_product(sizes, region, known), region.size)))
    return starts


def _product(sizes: Sizes, region: RegionPlan[SSAValue], known: dict[SSAValue, SSAValue]) -> Size:
    total: Size = 1
    for symbol in region.symbols:
        total = sizes.mul(total, known[symbol])
    return total


class _Writer:
    """Writes the new body, op by op."""

    def __init__(
        self,
        block: Block,
        known: dict[SSAValue, SSAValue],
        roots: dict[SSAValue, _Root],
        results: list[SSAValue],
        regions: Sequence[RegionPlan[SSAValue]],
    ):
        self.block, self.known, self.roots, self.results = block, known, roots, results
        self.regions = regions
        self.sizes = Sizes(Builder(InsertPoint.at_end(block)))
        self.starts: list[Size] = []
        self.memory: dict[int, SSAValue] = {}  # id of a root -> its memref, of the root's type

    def write_sizes(self, ops: Sequence[Operation]) -> None:
        """All size arithmetic first (it needs the arguments only), then the regions' starts."""
        for op in ops:
            if _is_size_op(op):
                _clone_size_op(op, self.block, self.known)
        self.starts = _arena_total(self.sizes, self.regions, self.known)

    def write(self, op: Operation) -> None:
        if isinstance(op, tensor.InsertSliceOp):
            self._insert_slice(op)
        elif isinstance(op, GenericOp | FillOp | GatherOp):
            self._destination_op(op)
        elif isinstance(op, ReshapeOp):
            view = ReshapeOp(
                self.known[op.input], [self.known[s] for s in op.sizes], memref_of(op.result.type)
            )
            self._add(view, op)
            self.known[op.result] = view.result

    def _add(self, op: Operation, like: Operation) -> None:
        op.location = like.location
        self.block.add_op(op)

    def _target(self, op: Writing) -> SSAValue:
        """The memory that the op writes, holding what its destination holds."""
        assert op.result is not None
        root, given = self.roots[op.result], destination(op)
        if self.roots.get(given) is root:  # in place; of a shape of its own behind a reshape
            target = self.known[given]
        else:
            target = self._memory(root)
            kept = isinstance(op, tensor.InsertSliceOp) or not overwrites_outs(op)
            if given in self.roots and kept:
                self.copy(given, target)
        self.known[op.result] = target
        return target

    def _insert_slice(self, op: tensor.InsertSliceOp) -> None:
        """A copy into a view of the destination."""
        target = self._target(op)
        offsets, sizes, strides = (
            mixed(static.get_values(), [self.known[v] for v in dynamic])
            for static, dynamic in (
                (op.static_offsets, op.offsets),
                (op.static_sizes, op.sizes),
                (op.static_strides, op.strides),
            )
        )
        whole = cast(MemRefType[Attribute], target.type)
        type = memref.SubviewOp.infer_result_type(whole, offsets, sizes, strides)
        view = memref.SubviewOp.get(target, offsets, sizes, strides, type)
        self._add(view, op)
        self._add(memref.CopyOp(self.known[op.source], view.result), op)

    def _destination_op(self, op: GenericOp | FillOp | GatherOp) -> None:
        target = self._target(op)
        operands = [self.known.get(o, o) for o in op.operands]
        operands[destination_position(op)] = target
        new = type(op).create(
            operands=operands,
            properties=dict(op.properties),
            attributes=dict(op.attributes),
            regions=[r.clone() for r in op.regions],
        )
        self._add(new, op)

    def _memory(self, root: _Root) -> SSAValue:
        """The memref of a root: the caller's result buffer, or a view of the arena."""
        found = self.memory.get(id(root))
        if found is None:
            found = self._result_view(root) if root.result is not None else self._slot(root)
            self.memory[id(root)] = found
        return found

    def _dynamic(self, root: _Root) -> list[SSAValue]:
        return [self.known[s] for s in root.sizes if not isinstance(s, int)]

    def _result_view(self, root: _Root) -> SSAValue:
        assert root.result is not None
        buffer, wanted = self.results[root.result], memref_of(root.type)
        if buffer.type == wanted:
            return buffer
        view = ReshapeOp(buffer, self._dynamic(root), wanted)
        self.block.add_op(view)
        return view.result

    def _slot(self, root: _Root) -> SSAValue:
        request = root.request
        assert request is not None
        number = next(i for i, r in enumerate(self.regions) if r.symbols == request.symbols)
        inner = self.sizes.mul(
            _product(self.sizes, self.regions[number], self.known), request.offset
        )
        offset = self.sizes.value(self.sizes.add(self.starts[number], inner))
        view = memref.ViewOp.create(
            operands=[self.block.args[-1], offset, *self._dynamic(root)],
            result_types=[memref_of(root.type)],
        )
        self.block.add_op(view)
        return view.results[0]

    def copy(self, value: SSAValue, target: SSAValue) -> None:
        """Copy a tensor's elements to other memory."""
        source = self.known[value]
        rank = len(shape_of(value))
        assert is_memref(source.type)
        region, block = body_region([source.type.element_type])
        block.add_op(YieldOp(block.args[0]))
        identity = projection(rank, range(rank))
        kinds = [Iterator.PARALLEL] * rank
        self.block.add_op(GenericOp([source], target, [identity, identity], kinds, region))
