"""`dl-outline-segments`: control flow stays with the host, what stands between is outlined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from xdsl.context import Context
from xdsl.dialects import arith, func, scf, tensor
from xdsl.dialects.builtin import IndexType, ModuleOp, TensorType, UnitAttr, i1
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass

from dlir.dialects.dl.ops.base import DlOp
from dlir.dialects.dl.ops.source import ConstantOp, DimOp, ParamOp

HOST = "dlir.host"
"""The attribute of functions that the host runs."""

CONTROL = (func.CallOp, scf.ForOp, scf.IfOp, scf.IndexSwitchOp, scf.WhileOp)
"""The control flow of tensors."""

READS = (tensor.CastOp, tensor.ExtractOp, tensor.FromElementsOp)
"""What the host does with single elements and with types."""


@dataclass(frozen=True)
class DlOutlineSegments(ModulePass):
    """Divide functions with control flow, or with sizes that follow from elements, for the host.

    The longest runs of straight-line `dl` ops become private functions, the *segments*, which a
    target compiles. The function keeps calls of them, control flow (`scf`, `func.call`), the ops
    whose result sizes depend on elements, and the arithmetic on sizes. Constants, weights and
    arithmetic on sizes are cloned into every segment that uses them, so that it is compiled with
    all that is known. A function that is straight-line stays as it is, unless one of the others
    calls it. Functions that the host runs are marked with `dlir.host`.

    Before:
    ```mlir
    func.func @main(%x: tensor<4xf32>, %c: tensor<i1>) -> tensor<4xf32> {
      %a = dl.exp %x : tensor<4xf32>
      %b = dl.relu %a : tensor<4xf32>
      %p = tensor.extract %c[] : tensor<i1>
      %y = scf.if %p -> (tensor<4xf32>) {
        %n = dl.neg %b : tensor<4xf32>
        scf.yield %n : tensor<4xf32>
      } else {
        scf.yield %b : tensor<4xf32>
      }
      func.return %y : tensor<4xf32>
    }
    ```
    After:
    ```mlir
    func.func @main(%x: tensor<4xf32>, %c: tensor<i1>) -> tensor<4xf32> attributes {dlir.host} {
      %p = tensor.extract %c[] : tensor<i1>
      %b = func.call @main_segment_0(%x) : (tensor<4xf32>) -> tensor<4xf32>
      %y = scf.if %p -> (tensor<4xf32>) {
        %n = func.call @main_segment_1(%b) : (tensor<4xf32>) -> tensor<4xf32>
        scf.yield %n : tensor<4xf32>
      } else {
        scf.yield %b : tensor<4xf32>
      }
      func.return %y : tensor<4xf32>
    }
    func.func private @main_segment_0(%x: tensor<4xf32>) -> tensor<4xf32> { ... }
    func.func private @main_segment_1(%b: tensor<4xf32>) -> tensor<4xf32> { ... }
    ```
    """

    name = "dl-outline-segments"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        outline_segments(op)


def outline_segments(module: ModuleOp) -> None:
    """The pass as a function."""
    taken = {o.sym_name.data for o in module.ops if isinstance(o, func.FuncOp)}
    for function in host_functions(module):
        _Outliner(module, function, taken).outline()


# --- which functions, which ops -------------------------------------------------------------------


def host_op(function: func.FuncOp) -> Operation | None:
    """The first op of a function on tensors that makes it a program for the host, if any."""
    if len(function.body.blocks) != 1:
        return None
    return next((op for op in _ops(function.body.block) if _needs_host(op)), None)


def host_functions(module: ModuleOp) -> list[func.FuncOp]:
    """The functions that need a host, and all that they call."""
    functions = {o.sym_name.data: o for o in module.ops if isinstance(o, func.FuncOp)}
    waiting = [f for f in functions.values() if host_op(f) is not None]
    found: dict[func.FuncOp, None] = {}
    while waiting:
        function = waiting.pop(0)
        if function in found or function.is_declaration:
            continue
        found[function] = None
        calls = (op for op in function.walk() if isinstance(op, func.CallOp))
        callees = (functions.get(op.callee.string_value()) for op in calls)
        waiting += [callee for callee in callees if callee is not None]
    return list(found)


def _ops(block: Block) -> Iterator[Operation]:
    """The ops of a block and of the control flow in it."""
    for op in block.ops:
        yield op
        if isinstance(op, CONTROL):
            for inner in (b for region in op.regions for b in region.blocks):
                yield from _ops(inner)


def _needs_host(op: Operation) -> bool:
    if isinstance(op, DlOp):
        return op.on_host
    if isinstance(op, READS):
        return True
    if not isinstance(op, CONTROL):
        return False
    tensors = any(_is_tensor(v) for v in (*op.operands, *op.results))
    return tensors or any(isinstance(inner, DlOp) for inner in op.walk())


def _is_tensor(value: SSAValue) -> bool:
    return isinstance(value.type, TensorType)


def _is_native(op: Operation) -> bool:
    return isinstance(op, DlOp) and not op.on_host and not _is_cloned(op)


def _is_cloned(op: Operation) -> bool:
    """Whether each segment has its own copy: sources, and arithmetic on sizes."""
    if isinstance(op, ConstantOp | ParamOp | DimOp | arith.ConstantOp | tensor.DimOp):
        return True
    values = (*op.operands, *op.results)
    return op.name.startswith("arith.") and all(v.type in (IndexType(), i1) for v in values)


# --- outlining ------------------------------------------------------------------------------------


@dataclass
class _Run:
    """Ops on their way into a segment."""

    native: list[Operation] = field(default_factory=list[Operation])
    late: list[Operation] = field(default_factory=list[Operation])
    """Arithmetic on sizes that the run makes: on the host it must follow the call."""
    made: set[SSAValue] = field(default_factory=set[SSAValue])
    """The results of all these."""

    def add(self, op: Operation, to: list[Operation]) -> None:
        to.append(op)
        self.made.update(op.results)


@dataclass
class _Outliner:
    """The outlining of one function; `taken` are the names of the module's functions."""

    module: ModuleOp
    function: func.FuncOp
    taken: set[str]
    cloned: list[Operation] = field(default_factory=list[Operation])
    """Ops of which the host's copy may be without a use."""

    def outline(self) -> None:
        self._outline_block(self.function.body.block)
        for op in reversed(self.cloned):
            if not any(result.first_use for result in op.results):
                op.detach()
                op.erase()
        self.function.attributes[HOST] = UnitAttr()

    def _outline_block(self, block: Block) -> None:
        run = _Run()
        for op in list(block.ops):
            depends = any(value in run.made for value in _used(op))
            if _is_native(op):
                run.add(op, run.native)
            elif _is_cloned(op):
                self.cloned.append(op)
                if depends:
                    run.add(op, run.late)
            else:
                if depends:
                    self._close(run, op)
                    run = _Run()
                for inner in [b for region in op.regions for b in region.blocks]:
                    self._outline_block(inner)
        for op in reversed(run.native):  # nothing uses them
            op.detach()
            op.erase(safe_erase=False)

    def _close(self, run: _Run, before: Operation) -> None:
        """Put the run into a segment, and a call of it in front of an op."""
        native, inside = set(run.native), _only_inside(run)
        results = [
            result
            for op in run.native
            for result in op.results
            if any(use.operation not in inside for use in result.uses)
        ]
        segment = _Segment(run.native, results)
        name = self._name()
        call = func.CallOp(name, segment.inputs, [result.type for result in results])
        call.location = run.native[0].location
        block = before.parent
        assert block is not None
        block.insert_op_before(call, before)
        for op in run.late:
            op.detach()
            block.insert_op_before(op, before)
        for old, new in zip(results, call.results, strict=True):
            new.name_hint = old.name_hint
            old.replace_uses_with_if(new, lambda use: use.operation not in native)
        for op in reversed([op for op in (*run.native, *run.late) if op in inside]):
            op.detach()
            op.erase(safe_erase=False)
        self.cloned = [op for op in self.cloned if op not in inside]
        self.module.body.block.add_op(segment.function(name, call))

    def _name(self) -> str:
        base = f"{self.function.sym_name.data}_segment"
        number = 0
        while f"{base}_{number}" in self.taken:
            number += 1
        self.taken.add(f"{base}_{number}")
        return f"{base}_{number}"


def _used(op: Operation) -> Iterator[SSAValue]:
    """The operands of an op and of the ops in it."""
    for inner in op.walk():
        yield from inner.operands


def _only_inside(run: _Run) -> set[Operation]:
    """The ops of a run that the host can do without, once the run is a segment."""
    inside = {*run.native, *run.late}
    for op in reversed(run.late):
        users = (use.operation for result in op.results for use in result.uses)
        if any(user not in inside for user in users):
            inside.remove(op)
    return inside


class _Segment:
    """Native ops with copies of all sources and arithmetic that they use."""

    def __init__(self, native: Sequence[Operation], results: Sequence[SSAValue]) -> None:
        self.inputs: list[SSAValue] = []
        """What comes from outside, in order of use."""
        self._results = results
        self._block = Block()
        self._known: dict[SSAValue, SSAValue] = {}
        for op in native:
            for value in _used(op):
                self._import(value, op)
            self._block.add_op(op.clone(self._known))

    def _import(self, wanted: SSAValue, user: Operation) -> None:
        """Make a value known in the segment: an argument, or a copy of the op behind it."""
        waiting = [wanted]
        while waiting:
            value = waiting[-1]
            owner = value.owner
            if value in self._known or self._is_inside(owner, user):
                waiting.pop()
            elif not isinstance(owner, Operation) or not _is_cloned(owner):
                self._known[value] = self._argument(value)
            elif missing := [v for v in owner.operands if v not in self._known]:
                waiting += missing
            else:
                self._block.add_op(owner.clone(self._known))

    @staticmethod
    def _is_inside(owner: Operation | Block, user: Operation) -> bool:
        """Whether a region of the op defines the value."""
        around = owner if isinstance(owner, Operation) else owner.parent_op()
        while around is not None and around is not user:
            around = around.parent_op()
        return around is not None

    def _argument(self, value: SSAValue) -> SSAValue:
        argument = self._block.insert_arg(value.type, len(self.inputs))
        argument.name_hint = value.name_hint
        self.inputs.append(value)
        return argument

    def function(self, name: str, call: func.CallOp) -> func.FuncOp:
        """The segment as a function."""
        self._block.add_op(func.ReturnOp(*(self._known[result] for result in self._results)))
        types = (self._block.arg_types, call.result_types)
        made = func.FuncOp(name, types, Region(self._block), visibility="private")
        made.location = call.location
        return made
