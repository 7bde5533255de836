"""`omp` and `scf.parallel`: teams of threads, through the interface of GNU's OpenMP runtime.

LLVM's and Intel's runtimes offer the same functions, so that any of the three can be linked:

    void GOMP_parallel(void (*task)(void*), void* data, unsigned threads, unsigned flags)
    int omp_get_thread_num(void), omp_get_num_threads(void)

How many threads a team has stands in the global `@dlir.threads`.
"""

from __future__ import annotations

from typing import cast

from xdsl.dialects import func, llvm, omp, scf
from xdsl.dialects.builtin import IntegerAttr, ModuleOp, i32, i64
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from dlir.lowering.loops_to_llvm import views
from dlir.lowering.loops_to_llvm.control import ConvertBlock
from dlir.lowering.loops_to_llvm.state import NSW, POINTER, Lowering, as_memref, unsupported

THREADS = "dlir.threads"
"""The `i32` global that says how many threads a team has."""
RUNTIME: dict[str, llvm.LLVMFunctionType] = {
    "GOMP_parallel": llvm.LLVMFunctionType([POINTER, POINTER, i32, i32]),
    "omp_get_thread_num": llvm.LLVMFunctionType([], i32),
    "omp_get_num_threads": llvm.LLVMFunctionType([], i32),
}
TASK = ".task"
SLOT = 8  # bytes


def convert_team(low: Lowering, op: Operation, convert: ConvertBlock) -> None:
    """`omp.parallel` around one call: its arguments go into slots, and the team gets a task."""
    assert isinstance(op, omp.ParallelOp)
    calls = [o for o in op.region.block.ops if not isinstance(o, omp.TerminatorOp)]
    if len(calls) != 1 or not isinstance(call := calls[0], func.CallOp) or call.res:
        unsupported(op, "holds more than one call without results")
    arguments = _arguments(low, call)
    name = call.callee.string_value()
    low.module.tasks[name] = [value.type for value in arguments]
    slots = low.alloca(i64, max(1, len(arguments)), SLOT)
    for number, value in enumerate(arguments):
        properties = {"ordering": IntegerAttr(0, i64), "alignment": IntegerAttr(SLOT, i64)}
        place = low.step(slots, number, i64)
        low.add(llvm.StoreOp.create(operands=(value, place), properties=properties))
    task = low.add(llvm.AddressOfOp(name + TASK, POINTER)).results[0]
    counter = low.add(llvm.AddressOfOp(THREADS, POINTER)).results[0]
    properties = {"ordering": IntegerAttr(0, i64), "alignment": IntegerAttr(4, i64)}
    threads = low.emit(llvm.LoadOp, (counter,), i32, properties)
    low.add(llvm.CallOp("GOMP_parallel", task, slots, threads, low.integer(0, i32)))


def _arguments(low: Lowering, call: func.CallOp) -> list[SSAValue]:
    arguments: list[SSAValue] = []
    for value in call.arguments:
        if as_memref(value.type) is not None:
            arguments += views.pass_buffer(low, call, value)
        else:
            arguments.append(low.scalar(value))
    return arguments


def convert_shared_loop(low: Lowering, op: Operation, convert: ConvertBlock) -> None:
    """Thread t of n does iterations trips*t/n up to trips*(t+1)/n of `omp.wsloop`."""
    assert isinstance(op, omp.WsLoopOp)
    nest = op.body.block.first_op
    if not isinstance(nest, omp.LoopNestOp) or len(nest.step) != 1 or op.nowait is None:
        unsupported(op, "is not one loop with nowait")
    lower, upper, step = (low.scalar(v) for v in (*nest.lowerBound, *nest.upperBound, *nest.step))
    thread, count = (_runtime(low, f"omp_get_{what}") for what in ("thread_num", "num_threads"))
    trips = _trips(low, lower, upper, step)
    following = low.emit(llvm.AddOp, (thread, low.integer(1)), i64, {"overflowFlags": NSW})
    first, last = (_part(low, trips, t, count, lower, step) for t in (thread, following))
    _count(low, (first, last, step), nest.body.block, convert)


def convert_parallel(low: Lowering, op: Operation, convert: ConvertBlock) -> None:
    """`scf.parallel` outside of a team: one thread does it all."""
    assert isinstance(op, scf.ParallelOp)
    if len(op.step) != 1 or op.res:
        unsupported(op, "has several iterators or a reduction")
    bounds = (low.scalar(op.lowerBound[0]), low.scalar(op.upperBound[0]), low.scalar(op.step[0]))
    _count(low, bounds, op.body.block, convert)


def _count(
    low: Lowering, bounds: tuple[SSAValue, SSAValue, SSAValue], block: Block, convert: ConvertBlock
) -> None:
    """A rotated loop without state."""
    lower, upper, step = bounds
    body, last = low.new_block([i64]), low.new_block()
    low.branch_if(low.compare(2, lower, upper), body, [lower], last, ())
    low.block = body
    low.bind(block.args[0], (body.args[0],))
    convert(low, block)
    after = low.emit(llvm.AddOp, (body.args[0], step), i64, {"overflowFlags": NSW})
    low.branch_if(low.compare(2, after, upper), body, [after], last, ())
    low.block = last


def _runtime(low: Lowering, name: str) -> SSAValue:
    low.module.runtime.add(name)
    call = low.add(llvm.CallOp(name, return_type=i32))
    return low.emit(llvm.ZExtOp, call.results, i64)


def _trips(low: Lowering, lower: SSAValue, upper: SSAValue, step: SSAValue) -> SSAValue:
    """(upper - lower + step - 1) / step; at most 0 if there is nothing to do."""
    size = low.emit(llvm.SubOp, (upper, lower), i64, {"overflowFlags": NSW})
    padded = low.emit(llvm.AddOp, (size, step), i64, {"overflowFlags": NSW})
    rounded = low.emit(llvm.SubOp, (padded, low.integer(1)), i64, {"overflowFlags": NSW})
    return low.emit(llvm.SDivOp, (rounded, step), i64)


def _part(
    low: Lowering, trips: SSAValue, part: SSAValue, parts: SSAValue, lower: SSAValue, step: SSAValue
) -> SSAValue:
    """lower + step * (trips * part / parts)"""
    scaled = low.emit(llvm.MulOp, (trips, part), i64, {"overflowFlags": NSW})
    first = low.emit(llvm.SDivOp, (scaled, parts), i64)
    offset = low.emit(llvm.MulOp, (first, step), i64, {"overflowFlags": NSW})
    return low.emit(llvm.AddOp, (lower, offset), i64, {"overflowFlags": NSW})


def declare_runtime(module: ModuleOp, tasks: dict[str, list[Attribute]], used: set[str]) -> None:
    """The runtime's functions, the number of threads and the tasks, if there are teams."""
    names = {*used, *(["GOMP_parallel"] if tasks else [])}
    block = module.body.block
    for name in sorted(names):
        block.add_op(llvm.FuncOp(name, RUNTIME[name], llvm.LinkageAttr("external")))
    if not tasks:
        return
    threads = llvm.GlobalOp(i32, THREADS, "external", value=IntegerAttr(1, i32))
    block.insert_op_before(threads, cast(Operation, block.first_op))
    for name, types in tasks.items():
        block.add_op(_task(name, types))


def _task(name: str, types: list[Attribute]) -> llvm.FuncOp:
    """`@name` with its arguments taken from slots."""
    entry = Block(arg_types=[POINTER])
    values: list[SSAValue] = []
    for number, type_ in enumerate(types):
        place = llvm.GEPOp(entry.args[0], [number], i64, inbounds=True)
        value = llvm.LoadOp(place, type_, alignment=SLOT)
        entry.add_ops([place, value])
        values.append(value.dereferenced_value)
    entry.add_ops([llvm.CallOp(name, *values), llvm.ReturnOp()])
    function = llvm.LLVMFunctionType([POINTER])
    return llvm.FuncOp(name + TASK, function, llvm.LinkageAttr("internal"), body=Region(entry))
