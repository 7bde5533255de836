"""The name of a kernel: one line that says what a structured op computes, for people and files.

    contraction [32, 512, sum 784] f32(d0, d2), weight f32(d2, d1) -> f32(d0, d1) then addf f32(d1)

It follows from the op alone, not from its place, its weights' values or its schedule: ops that a
compiler may treat alike have one name, in this model and in every other.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from xdsl.dialects import tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp
from xdsl.ir import Block, Operation, SSAValue

from dlir.dialects.structured.ops import GenericOp, YieldOp
from dlir.dialects.structured.roles import (
    Operand,
    is_copy,
    match_contraction,
    operands_of,
)


def kernels_of(module: ModuleOp) -> Iterator[tuple[str, GenericOp]]:
    """The ops that compute something in every call, with their names.

    What is computed from weights alone is left out: it is done at load.
    """
    weights: set[SSAValue] = set()
    for op in module.walk():
        if _is_ready(op, weights):
            weights.update(op.results)
        elif isinstance(op, GenericOp):
            yield kernel_name(op, weights), op


def _is_ready(op: Operation, weights: Container[SSAValue]) -> bool:
    """Whether an op's results are weights; `roles.is_weight`, for a whole module in one walk."""
    if isinstance(op, tensor.EmptyOp):
        return not op.operands
    if op.name in ("dl.param", "arith.constant"):
        return True
    computes = op.name.startswith("structured.") and op.operands and op.results
    return bool(computes) and all(operand in weights for operand in op.operands)


def kernel_name(op: GenericOp, weights: Container[SSAValue]) -> str:
    """The line for an op on tensors, whatever its schedule is."""

    def read(operand: Operand) -> str:
        padded = "" if operand.padding is None else "padded "
        weight = "weight " if operand.value in weights else ""
        return f"{padded}{weight}{_typed(operand)}"

    inputs, out, extra = operands_of(op)
    after = ""
    if op.epilogue is not None:
        after = f" then {_body(op.epilogue.block)} {', '.join(map(read, extra))}".rstrip()
    sources = ", ".join(map(read, inputs))
    sums = "" if op.init is not None or not op.reduction_dims else "outs + "
    ready = " ".join([_kind(op), _extents(op), sources]).rstrip()
    return f"{ready} -> {sums}{_typed(out)}{after}"


def _kind(op: GenericOp) -> str:
    """A word and, for what is not a sum of products, the ops of the body."""
    if op.reduction_dims and match_contraction(op) is not None:
        return "contraction"
    if is_copy(op):
        return "copy"
    return f"{'reduce' if op.reduction_dims else 'map'} {_body(op.body.block)}".rstrip()


def _body(block: Block) -> str:
    """The names of the ops in a body, each once, in order of their first use."""
    names = (op.name.partition(".")[2] for op in block.ops if not isinstance(op, YieldOp))
    return " ".join(dict.fromkeys(name for name in names if name != "constant"))


def _extents(op: GenericOp) -> str:
    def text(dim: int, extent: int) -> str:
        size = "?" if extent == DYNAMIC_INDEX else str(extent)
        return f"sum {size}" if dim in op.reduction_dims else size

    return f"[{', '.join(text(d, e) for d, e in enumerate(op.static_extents()))}]"


def _typed(operand: Operand) -> str:
    return f"{operand.element}({', '.join(form.text() for form in operand.forms)})"
