"""`convert-parallel-to-omp`: kernels with parallel loops are run by a team of threads."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import arith, func, math, memref, omp, scf, vector
from xdsl.dialects.builtin import ModuleOp, UnitAttr
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass

SUFFIX = ".thread"
"""Behind the name of a kernel: what each thread of the team does."""

NONE: list[SSAValue] = []
"""The operands of a clause that is not used."""

_VIEWS = (memref.SubviewOp, memref.ReinterpretCastOp, memref.CastOp)
_READING = (memref.DimOp, memref.ExtractAlignedPointerAsIndexOp, memref.LoadOp, vector.LoadOp)
_NEUTRAL = (*_VIEWS, *_READING)
_VECTOR = (vector.CreateMaskOp, vector.BroadcastOp, vector.ReductionOp)
_COMPUTING = (*arith.Arith.operations, *math.Math.operations)
_REPEATABLE = frozenset((*_NEUTRAL, *_VECTOR, *_COMPUTING, scf.YieldOp, func.ReturnOp))
"""What every thread may do: it writes nothing."""


def _may_be_shared(region: Region) -> bool:
    """Whether all writing is done inside parallel loops, or to memory that each thread has."""
    return all(map(_may_be_repeated, (op for block in region.blocks for op in block.ops)))


def _may_be_repeated(op: Operation) -> bool:
    """Whether every thread may do this, or its part of it."""
    match op:
        case scf.ForOp() | scf.IfOp():
            return all(map(_may_be_shared, op.regions))
        case scf.ParallelOp():
            return not op.res
        case memref.AllocaOp():
            return not _is_changed_by_loops(op.memref)
        case memref.StoreOp() | vector.StoreOp():
            return isinstance(_memory_of(op).owner, memref.AllocaOp)
        case _:
            return type(op) in _REPEATABLE


def _memory_of(store: memref.StoreOp | vector.StoreOp) -> SSAValue:
    """What a store writes to, where views of it begin."""
    memory: SSAValue = store.memref if isinstance(store, memref.StoreOp) else store.base
    while isinstance(memory.owner, _VIEWS):
        memory = memory.owner.operands[0]
    return memory


def _is_changed_by_loops(memory: SSAValue) -> bool:
    """Whether a parallel loop may write to memory that is outside of it: not all threads see it."""
    for use in memory.uses:
        op = use.operation
        if isinstance(op, _VIEWS):
            if _is_changed_by_loops(op.results[0]):
                return True
        elif not isinstance(op, _READING) and _is_in_parallel_loop(op):
            return True
    return False


def _is_in_parallel_loop(op: Operation) -> bool:
    parent = op.parent_op()
    while parent is not None and not isinstance(parent, scf.ParallelOp):
        parent = parent.parent_op()
    return parent is not None


def _is_kernel(function: func.FuncOp) -> bool:
    return not function.function_type.outputs.data and len(function.body.blocks) == 1


def _is_shared(function: func.FuncOp) -> bool:
    """A kernel with parallel loops, and nothing that only one thread may do outside of them."""
    parallel = any(isinstance(op, scf.ParallelOp) for op in function.walk())
    return parallel and _is_kernel(function) and _may_be_shared(function.body)


def _team(function: func.FuncOp, name: str) -> Region:
    """`omp.parallel { call @name }`, on the arguments of the function."""
    types = list(function.function_type.inputs)
    block = Block(arg_types=types)
    for new, old in zip(block.args, function.args, strict=True):
        new.name_hint = old.name_hint
    call: list[Operation] = [func.CallOp(name, list(block.args), []), omp.TerminatorOp()]
    team = omp.ParallelOp.build(
        operands=[NONE] * 6,
        regions=[Region(Block(call))],
    )
    block.add_ops([team, func.ReturnOp()])
    return Region(block)


def _divide(loop: scf.ParallelOp) -> None:
    """One parallel loop as a loop whose iterations the team shares."""
    block = loop.body.detach_block(0)
    reduce = block.last_op
    assert reduce is not None
    reduce.detach()
    reduce.erase()
    block.add_op(omp.YieldOp())
    bounds = [list(loop.lowerBound), list(loop.upperBound), list(loop.step)]
    nest = omp.LoopNestOp.build(operands=bounds, regions=[Region(block)])
    shared = omp.WsLoopOp.build(
        operands=[NONE] * 7,
        properties={"nowait": UnitAttr()},
        regions=[Region(Block([nest]))],
    )
    parent = loop.parent
    assert parent is not None
    nest.location = shared.location = loop.location
    parent.insert_op_before(shared, loop)
    loop.detach()
    loop.erase()


def _share(module: ModuleOp, function: func.FuncOp) -> None:
    name = f"{function.sym_name.data}{SUFFIX}"
    region = _team(function, name)
    work = func.FuncOp(
        name,
        function.function_type,
        function.detach_region(function.body),
        visibility="private",
        arg_attrs=function.arg_attrs,
    )
    work.location = function.location
    function.add_region(region)
    for op in region.walk():
        op.location = function.location
    module.body.block.insert_op_after(work, function)
    for op in list(work.walk()):
        if isinstance(op, scf.ParallelOp):
            _divide(op)


@dataclass(frozen=True)
class ConvertParallelToOmp(ModulePass):
    """Let a team of threads run each function that has parallel loops and no results.

    The kernel's loops move into a function of their own, which every thread calls; of a parallel
    loop each thread does a part. Parallel loops write to different places, so that nobody waits
    between them (`nowait`); the team meets at the end. What stands outside of parallel loops every
    thread does for itself, on memory of its own (`memref.alloca`); a kernel that writes to other
    memory there is left to one thread.

    Before:
    ```mlir
    func.func private @k(%x: memref<64xf32>) {
      scf.parallel (%i) = (%c0) to (%c64) step (%c1) { ... }
      func.return
    }
    ```
    After:
    ```mlir
    func.func private @k(%x: memref<64xf32>) {
      omp.parallel { func.call @k.thread(%x) ... }
      func.return
    }
    func.func private @k.thread(%x: memref<64xf32>) {
      omp.wsloop nowait { omp.loop_nest (%i) : index = (%c0) to (%c64) step (%c1) { ... } }
      func.return
    }
    ```
    """

    name = "convert-parallel-to-omp"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        functions = [inner for inner in op.body.block.ops if isinstance(inner, func.FuncOp)]
        for function in filter(_is_shared, functions):
            _share(op, function)
