"""`convert-structured-to-loops`: structured ops on memrefs become loops of scalars and vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from xdsl.context import Context
from xdsl.dialects import memref
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp, TensorType
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass

from dlir.diagnostics import fail
from dlir.dialects.structured.ops import (
    FillOp,
    GatherOp,
    GenericOp,
    ReshapeOp,
    ScanOp,
    ScatterOp,
    SortOp,
    SparseMatmulOp,
)
from dlir.dialects.structured.roles import Contraction, match_contraction
from dlir.dialects.structured.verify import row_major_strides
from dlir.dialects.structured.weight_only import KERNEL, match_weight_only
from dlir.dialects.structured.windows import match_window
from dlir.lowering.structured_to_loops.contraction import Kernel, MakeKernel, lower_contraction
from dlir.lowering.structured_to_loops.dots import DotKernel
from dlir.lowering.structured_to_loops.emitter import Emitter, Index
from dlir.lowering.structured_to_loops.gather import lower_gather
from dlir.lowering.structured_to_loops.lanes import lane_dim, lower_lanes
from dlir.lowering.structured_to_loops.scalar import lower_scalar
from dlir.lowering.structured_to_loops.sequential import lower_scan, lower_scatter
from dlir.lowering.structured_to_loops.sort import lower_sort
from dlir.lowering.structured_to_loops.sparse import lower_sparse_matmul
from dlir.lowering.structured_to_loops.transpose import lower_transpose, match_transpose
from dlir.lowering.structured_to_loops.weight_only import lower_weight_only
from dlir.lowering.structured_to_loops.windows import WindowKernel
from dlir.types import AnyMemRef, is_memref


def _lower_generic(op: GenericOp) -> None:
    """The kernel that the schedule names; without one the best general kernel."""
    emit = Emitter.before(op)
    kernel = op.schedule.word("kernel") if op.schedule is not None else None
    if kernel == "contraction":
        roles = match_contraction(op, resumes=True)
        if roles is None or not roles.is_direct:
            fail(op, "the schedule asks for kernel = contraction, but this op is not one")
        lower_contraction(emit, op, roles, _kernel_of(op, roles))
    elif kernel == KERNEL:
        weights = match_weight_only(op)
        if weights is None:
            fail(op, "the schedule asks for kernel = weight_only, but this op is not one")
        lower_weight_only(emit, op, weights)
    elif kernel != "scalar" and (dim := lane_dim(op)) is not None:
        lower_lanes(emit, op, dim)
    elif kernel != "scalar" and (transpose := match_transpose(op)) is not None:
        lower_transpose(emit, op, transpose)
    else:
        lower_scalar(emit, op)


def _kernel_of(op: GenericOp, roles: Contraction) -> MakeKernel:
    """Dot products, sliding windows where the register tile has rows for them, or the plain one."""
    if roles.group is not None:
        return DotKernel
    rows, _ = (op.schedule and op.schedule.integers("vector")) or (1, 1)
    window = match_window(op, roles) if rows > 1 else None
    return Kernel if window is None else partial(WindowKernel, window=window)


def _lower_fill(op: FillOp) -> None:
    """A fill is a loop nest around one store; LLVM turns the inner loop into wide stores."""
    emit = Emitter.before(op)
    sizes = [emit.dim(op.outs, p) for p in range(len(_memref(op.outs).get_shape()))]
    emit.nest(
        sizes, lambda at: emit.insert_op(memref.StoreOp.get(op.value, op.outs, emit.values(at)))
    )


def _lower_reshape(op: ReshapeOp) -> None:
    """Both types have the identity layout, so the view is one reinterpret_cast."""
    emit = Emitter.before(op)
    shape = _memref(op.result).get_shape()
    dynamic = iter(op.sizes)
    sizes: list[Index] = [next(dynamic) if n == DYNAMIC_INDEX else n for n in shape]
    strides: list[Index] = list(row_major_strides(shape))
    for p in reversed(range(len(shape) - 1)):
        if strides[p] == DYNAMIC_INDEX:
            strides[p] = emit.mul(sizes[p + 1], strides[p + 1])
    view = memref.ReinterpretCastOp.from_dynamic(
        op.input, [0], list(sizes), list(strides), _memref(op.result)
    )
    emit.insert_op(view)
    op.result.replace_all_uses_with(view.result)


def _memref(value: SSAValue) -> AnyMemRef:
    assert is_memref(value.type)
    return value.type


_LOWERINGS: dict[type[Operation], Callable[[Any], None]] = {
    GenericOp: _lower_generic,
    FillOp: _lower_fill,
    GatherOp: lower_gather,
    ReshapeOp: _lower_reshape,
    ScanOp: lower_scan,
    SortOp: lower_sort,
    ScatterOp: lower_scatter,
    SparseMatmulOp: lower_sparse_matmul,
}


def _lower(op: Operation) -> None:
    lowering = _LOWERINGS.get(type(op))
    if lowering is None:
        return
    if any(isinstance(v.type, TensorType) for v in (*op.operands, *op.results)):
        fail(op, f"'{op.name}' still works on tensors", help="run structured-bufferize first")
    lowering(op)
    op.detach()
    op.erase()


@dataclass(frozen=True)
class StructuredToLoops(ModulePass):
    """Write every structured op on memrefs as loops.

    A contraction with a `vector = [MR, NR]` schedule becomes register tiles; other ops run one
    iterator along vector lanes where all operands have it contiguous; transposing copies go through
    square register tiles; the rest goes point by point.

    Before:
    ```mlir
    structured.generic {maps = [(d0) -> (d0), (d0) -> (d0)], iterators = [parallel]}
        ins(%x : memref<128xf32>) outs(%y : memref<128xf32>) {
    ^bb0(%a: f32):
      %s = arith.addf %a, %a : f32
      structured.yield %s : f32
    }
    ```
    After:
    ```mlir
    scf.for %i = %c0 to %c128 step %c64 {
      %a = vector.load %x[%i] : memref<128xf32>, vector<64xf32>
      %s = arith.addf %a, %a : vector<64xf32>
      vector.store %s, %y[%i] : memref<128xf32>, vector<64xf32>
    }
    ```
    """

    name = "convert-structured-to-loops"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for inner in list(op.walk()):
            _lower(inner)
