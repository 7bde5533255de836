"""`convert-loops-to-llvm`: loops over buffers and vectors become the `llvm` dialect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from xdsl.context import Context
from xdsl.dialects import arith, cf, func, llvm, math, memref, omp, scf, vector
from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    DictionaryAttr,
    IntegerAttr,
    MemRefType,
    ModuleOp,
    StringAttr,
    i32,
    i64,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass

from dlir.dialects.buffers import PrefetchOp
from dlir.dialects.llvm.intrinsics import LoadExpOp
from dlir.dialects.llvm.ops import FenceOp
from dlir.dialects.vector_dot import DotOp
from dlir.lowering.loops_to_llvm import (
    accesses,
    control,
    elementwise,
    parallel,
    scaling,
    vectors,
    views,
)
from dlir.lowering.loops_to_llvm.state import (
    POINTER,
    Lowering,
    Machine,
    ModuleState,
    as_memref,
    row_type,
    row_types,
    unsupported,
)

__all__ = ["ConvertLoopsToLLVM"]

_SIMPLE: dict[type[Operation], Callable[[Lowering, Operation], None]] = {
    **dict.fromkeys(elementwise.ROW, elementwise.convert),
    **{op: elementwise.refuse_math for op in math.Math.operations if op not in elementwise.ROW},
    arith.ConstantOp: elementwise.convert_constant,
    vector.BroadcastOp: vectors.convert_broadcast,
    vector.ExtractOp: vectors.convert_extract,
    vector.InsertOp: vectors.convert_insert,
    vector.ShuffleOp: vectors.convert_shuffle,
    vector.BitcastOp: vectors.convert_bitcast,
    vector.CreateMaskOp: vectors.convert_create_mask,
    vector.ReductionOp: vectors.convert_reduction,
    vector.FMAOp: vectors.convert_fma,
    DotOp: vectors.convert_dot,
    LoadExpOp: scaling.convert_load_exponent,
    vector.LoadOp: accesses.convert_load,
    vector.StoreOp: accesses.convert_store,
    vector.MaskedLoadOp: accesses.convert_masked_load,
    vector.MaskedStoreOp: accesses.convert_masked_store,
    memref.LoadOp: accesses.convert_load,
    memref.StoreOp: accesses.convert_store,
    PrefetchOp: accesses.convert_prefetch,
    memref.SubviewOp: views.convert_subview,
    memref.ReinterpretCastOp: views.convert_reinterpret_cast,
    memref.ViewOp: views.convert_view,
    memref.CastOp: views.convert_cast,
    memref.DimOp: views.convert_dim,
    memref.ExtractAlignedPointerAsIndexOp: views.convert_address,
    memref.AllocaOp: views.convert_alloca,
    memref.CopyOp: views.convert_copy,
    cf.AssertOp: control.convert_assert,
}
_NESTED: dict[type[Operation], Callable[[Lowering, Operation, control.ConvertBlock], None]] = {
    scf.ForOp: control.convert_for,
    scf.IfOp: control.convert_if,
    scf.WhileOp: control.convert_while,
    scf.IndexSwitchOp: control.convert_index_switch,
    scf.ParallelOp: parallel.convert_parallel,
    omp.ParallelOp: parallel.convert_team,
    omp.WsLoopOp: parallel.convert_shared_loop,
}
SIGNATURE = "dlir.signature"
"""Attribute of a lowered function: its type before, which tells callers shapes and dtypes."""

_JUMPS = (
    scf.YieldOp,
    scf.ReduceOp,
    scf.ConditionOp,
    omp.YieldOp,
    func.ReturnOp,
    cf.BranchOp,
    cf.ConditionalBranchOp,
)


def _convert_block(low: Lowering, block: Block) -> None:
    """Lower the operations of a block; its terminator is its parent's business."""
    for op in block.ops:
        low.location = op.location
        if (simple := _SIMPLE.get(type(op))) is not None:
            simple(low, op)
        elif (nested := _NESTED.get(type(op))) is not None:
            nested(low, op, _convert_block)
        elif isinstance(op, func.CallOp):
            _convert_call(low, op)
        elif not isinstance(op, _JUMPS):
            unsupported(op, "is not part of the loop level")


def _argument_types(type_: Attribute, where: Operation) -> list[Attribute]:
    """What one argument of the loop level is passed as."""
    if (buffer := as_memref(type_)) is not None:
        return [POINTER, *[i64] * views.unknown_count(buffer)]
    rows = row_types(type_)
    if len(rows) != 1:
        unsupported(where, f"passes a value of type {type_}")
    return rows


def _result_type(types: list[Attribute]) -> Attribute:
    """The `llvm` result type for any number of results."""
    if not types:
        return llvm.LLVMVoidType()
    return types[0] if len(types) == 1 else llvm.LLVMStructType.from_type_list(types)


def _convert_call(low: Lowering, op: func.CallOp) -> None:
    """`llvm.call`; several results are taken out of a struct."""
    arguments: list[SSAValue] = []
    for value in op.arguments:
        if isinstance(value.type, MemRefType):
            arguments += views.pass_buffer(low, op, value)
        else:
            arguments.append(low.scalar(value))
    types = [row_type(result.type) for result in op.results]
    call = llvm.CallOp(op.callee, *arguments, return_type=_result_type(types) if types else None)
    low.add(call)
    if len(types) == 1:
        low.bind(op.results[0], (call.results[0],))
        return
    for i, (result, type_) in enumerate(zip(op.results, types, strict=True)):
        position = {"position": DenseArrayBase.from_list(i64, [i])}
        low.bind(result, (low.emit(llvm.ExtractValueOp, call.results, type_, position),))


def _convert_return(low: Lowering, op: Operation) -> None:
    values = low.rows_of(op.operands, op)
    if len(values) > 1:
        struct = low.poison(_result_type([value.type for value in values]))
        for i, value in enumerate(values):
            position = {"position": DenseArrayBase.from_list(i64, [i])}
            struct = low.emit(llvm.InsertValueOp, (struct, value), struct.type, position)
        values = [struct]
    if low.streams:
        low.add(FenceOp())
    low.add(llvm.ReturnOp.create(operands=values))


def _convert_body(low: Lowering, op: func.FuncOp, arguments: list[SSAValue]) -> None:
    """Lower all blocks of a function; the entry block's arguments are already made."""
    order = control.reachable_order(op.body)
    blocks = {block: low.new_block(low.block_types(block.args, op)) for block in order[1:]}
    blocks[order[0]] = low.entry
    _bind_arguments(low, op.body.blocks[0], arguments)
    for block in order:
        low.block = blocks[block]
        if block is not order[0]:
            low.bind_rows(block.args, low.block.args)
        _convert_block(low, block)
        last = cast(Operation, block.last_op)
        if isinstance(last, func.ReturnOp):
            _convert_return(low, last)
        else:
            control.convert_branch(low, last, blocks)
    low.finish()


def _bind_arguments(low: Lowering, block: Block, arguments: list[SSAValue]) -> None:
    start = 0
    for old in block.args:
        count = 1
        if (type_ := as_memref(old.type)) is not None:
            count += views.unknown_count(type_)
            pointer, *sizes = arguments[start : start + count]
            pointer.name_hint = old.name_hint
            low.bind(old, views.argument_buffer(low, type_, pointer, sizes))
        else:
            low.bind(old, (arguments[start],))
        start += count


def _attributes_of_arguments(op: func.FuncOp) -> ArrayAttr[DictionaryAttr] | None:
    """`llvm.*` argument attributes (noalias, ...), moved to the pointers."""
    if op.arg_attrs is None:
        return None
    result: list[DictionaryAttr] = []
    for type_, attributes in zip(op.function_type.inputs, op.arg_attrs, strict=True):
        kept = {k: v for k, v in attributes.data.items() if k.startswith("llvm.")}
        result.append(DictionaryAttr(kept))
        result += [DictionaryAttr({})] * (len(_argument_types(type_, op)) - 1)
    return ArrayAttr(result)


def convert_function(op: func.FuncOp, state: ModuleState) -> llvm.FuncOp:
    """Lower one function; a declaration stays one."""
    inputs = [t for type_ in op.function_type.inputs for t in _argument_types(type_, op)]
    results = [row_type(type_) for type_ in op.function_type.outputs]
    private = op.sym_visibility is not None and op.sym_visibility.data == "private"
    linkage = "internal" if private and op.body.blocks else "external"
    region = Region()
    if op.body.blocks:
        entry = Block(arg_types=inputs)
        region.add_block(entry)
        _convert_body(Lowering(state, entry), op, list(entry.args))
    properties: dict[str, Attribute | None] = {"arg_attrs": _attributes_of_arguments(op)}
    lowered = llvm.FuncOp(
        op.sym_name,
        llvm.LLVMFunctionType(inputs, _result_type(results)),
        llvm.LinkageAttr(linkage),
        body=region,
        other_props={k: v for k, v in properties.items() if v is not None},
        extra_attrs={**op.attributes, SIGNATURE: op.function_type},
    )
    lowered.location = op.location
    return lowered


def _declare_status(module: ModuleOp) -> None:
    """`@dlir.status`, once."""
    for op in module.ops:
        if isinstance(op, llvm.GlobalOp) and op.sym_name.data == control.STATUS:
            return
    status = llvm.GlobalOp(i32, control.STATUS, "external", value=IntegerAttr(0, i32))
    module.body.block.insert_op_before(status, cast(Operation, module.body.block.first_op))


@dataclass(frozen=True)
class ConvertLoopsToLLVM(ModulePass):
    """Lower loops, buffers and vectors to the `llvm` dialect.

    Before, the loop level: func, scf, cf, arith, math, memref and vector on static n-D vectors.

        func.func @scale(%x: memref<?x8xf32>, %s: f32) {
          ...
          scf.for %i = %c0 to %n step %c1 {
            %v = vector.load %x[%i, %c0] : memref<?x8xf32>, vector<8xf32>
            %w = arith.mulf %v, %b : vector<8xf32>
            vector.store %w, %x[%i, %c0] : memref<?x8xf32>, vector<8xf32>
          }

    After, blocks of `llvm` operations whose vectors are one dimensional:

        llvm.func @scale(%x: !llvm.ptr, %n: i64, %s: f32) {
          ...
        ^bb1(%i: i64):
          %0 = llvm.mul %i, %c8 overflow<nsw> : i64
          %1 = llvm.getelementptr inbounds %x[%0] : (!llvm.ptr, i64) -> !llvm.ptr, f32
          %2 = llvm.load %1 {alignment = 4 : i64} : !llvm.ptr -> vector<8xf32>

    Calling convention: a memref argument becomes a pointer followed by one `i64` per `?` dimension
    and per `?` stride; scalars pass as they are; several results become a struct; the attribute
    `dlir.signature` keeps the function's type.  A failing `cf.assert` stores 1 + the number of its
    message (in the module attribute `dlir.messages`) into the global `@dlir.status`.

    `omp.parallel` calls the OpenMP runtime with as many threads as the global `@dlir.threads` says;
    an `scf.parallel` that is in no team is a loop.

    With `bounds-checks`, every access is first compared with its memref's sizes; one that would
    leave them reads zeros or writes nothing, and reports itself like a failing `cf.assert`.

    `dots` are the kinds of `vector.dot` that registers of `vector-bits` have instructions for,
    which are x86's; any other kind is done by multiplying and adding.
    """

    name = "convert-loops-to-llvm"

    bounds_checks: bool = False
    vector_bits: int = 512
    dots: tuple[str, ...] = ()

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        old = op.attributes.get("dlir.messages")
        messages = [cast(StringAttr, text).data for text in cast(ArrayAttr[Attribute], old or ())]
        state = ModuleState(self.bounds_checks, Machine(self.vector_bits, self.dots), messages)
        block = op.body.block
        functions = [child for child in block.ops if isinstance(child, func.FuncOp)]
        for function in functions:
            lowered = convert_function(function, state)
            block.insert_op_before(lowered, function)
            function.detach()
            function.drop_all_references()
        if functions:
            _declare_status(op)
            parallel.declare_runtime(op, state.tasks, state.runtime)
            op.attributes["dlir.messages"] = ArrayAttr([StringAttr(m) for m in state.messages])
