"""`dl-fold-constants`: what follows from constants and weights is computed now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from xdsl.context import Context
from xdsl.dialects import arith
from xdsl.dialects.builtin import IntegerAttr, ModuleOp
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass

from dlir.dialects.dl.attrs import WIDTHS
from dlir.dialects.dl.ops.base import DlOp, element_of, shape_of, type_of
from dlir.dialects.dl.ops.packing import UnpackOp
from dlir.dialects.dl.ops.quantization import DequantizeOp
from dlir.dialects.dl.ops.source import ConstantOp, DimOp, ParamOp
from dlir.dialects.dl.shapes import is_static
from dlir.rewrite import current_statistics
from dlir.types import is_tensor
from dlir.verifier import walk

FREE_BYTES = 4096
"""A folded value may be larger than what it is made of up to this size."""


@dataclass(frozen=True)
class DlFoldConstants(ModulePass):
    """Compute ops on constants by the reference semantics, up to `max-bytes` for each result.

    A result larger than what it is made of stays an op, unless it is small: a broadcast bias would
    only take memory. So do `dl.dequantize` and `dl.unpack`: what is stored in few bits stays so.
    An op that fails is left to fail at run time.

    Weights stand beside the text, so `dl.param` is known only when `params` names their file. What
    is made of weights becomes a new weight, named after the first of them; all weights that the
    module then uses are written to `output`. Without `params` such ops stay, and the CPU target
    computes them when the model is loaded.

    Before:
    ```mlir
    %c = dl.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
    %t = dl.transpose %c {perm = [1, 0]} : tensor<1x2xf32> -> tensor<2x1xf32>
    %w = dl.param "fc.weight" : tensor<8x4xf32>
    %wt = dl.transpose %w {perm = [1, 0]} : tensor<8x4xf32> -> tensor<4x8xf32>
    ```
    After, with `params=w.safetensors output=folded.safetensors`:
    ```mlir
    %t = dl.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
    %wt = dl.param "fc.weight.transpose" : tensor<4x8xf32>
    ```
    """

    name = "dl-fold-constants"

    max_bytes: int = 1 << 26
    params: str = ""
    output: str = ""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        from dlir.params import changing_weights

        with changing_weights(op, self.name, self.params, self.output) as weights:
            weights.update(fold_constants(op, weights, self.max_bytes))


def fold_constants(
    module: ModuleOp, weights: Mapping[str, Any], max_bytes: int = 1 << 26
) -> Mapping[str, Any]:
    """Fold a module with these weights; the weights that there are then."""
    folding = _Folding(dict(weights), max_bytes)
    for op in list(walk(module)):
        if isinstance(op, DlOp):
            folding.visit(op)
        elif isinstance(op, arith.ConstantOp) and isinstance(op.value, IntegerAttr):
            folding.known[op.result] = op.value.value.data
    folding.replace()
    return folding.weights


class _Folding:
    """The values that are known, and the ops that made them."""

    def __init__(self, weights: dict[str, Any], max_bytes: int) -> None:
        self.weights = weights
        self.max_bytes = max_bytes
        self.known: dict[SSAValue, Any] = {}
        self.origin: dict[SSAValue, str] = {}
        """The first weight that a value is made of."""
        self.size: dict[SSAValue, int] = {}
        """How many bytes of constants and weights a value is made of."""
        self.folded: list[DlOp] = []

    def visit(self, op: DlOp) -> None:
        match op:
            case ConstantOp():
                from dlir.dialects.dl.constants import constant_array

                self.source(op.result, constant_array(op))
            case ParamOp():
                name = op.param_name.data
                if name in self.weights:
                    self.source(op.result, self.weights[name])
                    self.origin[op.result] = name
            case DimOp():
                pass  # dl-simplify
            case DequantizeOp() | UnpackOp():
                pass  # what is stored in few bits stays so
            case _:
                self.compute(op)

    def source(self, value: SSAValue, array: Any) -> None:
        self.known[value] = array
        self.size[value] = array.nbytes

    def compute(self, op: DlOp) -> None:
        if any(operand not in self.known for operand in op.operands):
            return
        made_of = sum(self.size.get(operand, 0) for operand in op.operands)
        sizes = [_bytes(result) for result in op.results]
        allowed = min(self.max_bytes, max(made_of, FREE_BYTES))
        if min(sizes, default=-1) < 0 or max(sizes) > allowed:
            return
        values = _evaluated(op, [self.known[operand] for operand in op.operands])
        if values is None:
            return
        origin = next((self.origin[o] for o in op.operands if o in self.origin), None)
        for result, value in zip(op.results, values, strict=True):
            self.known[result] = value
            self.size[result] = made_of
            if origin is not None:
                self.origin[result] = origin
        self.folded.append(op)

    def replace(self) -> None:
        """Put constants and weights in the place of what is read by ops that stay."""
        going = set[Operation](self.folded)
        for op in self.folded:
            for result in op.results:
                if any(use.operation not in going for use in result.uses):
                    self.materialise(op, result)
        sources = {o.owner for op in self.folded for o in op.operands} - going
        for op in [*reversed(self.folded), *sources]:
            if isinstance(op, Operation) and not any(r.first_use for r in op.results):
                op.detach()
                op.erase()
        current_statistics()["ops folded"] += len(self.folded)

    def materialise(self, op: DlOp, result: SSAValue) -> None:
        import numpy as np

        from dlir.dialects.dl.constants import dense

        assert op.parent is not None
        array = np.ascontiguousarray(self.known[result])
        if result in self.origin:
            name = self._new_name(f"{self.origin[result]}.{op.name.removeprefix('dl.')}")
            self.weights[name] = array
            new = ParamOp(name, type_of(result))
        else:
            new = ConstantOp(dense(array, type_of(result)))
        new.location = op.location
        new.results[0].name_hint = result.name_hint
        op.parent.insert_op_before(new, op)
        result.replace_all_uses_with(new.results[0])

    def _new_name(self, wanted: str) -> str:
        name, number = wanted, 1
        while name in self.weights:
            number += 1
            name = f"{wanted}.{number}"
        return name


def _bytes(value: SSAValue) -> int:
    """The size of a tensor; negative when it is not known."""
    if not is_tensor(value.type) or not is_static(shape_of(value)):
        return -1
    return prod(shape_of(value)) * -(-WIDTHS[element_of(value)] // 8)


def _evaluated(op: DlOp, arrays: Sequence[Any]) -> Sequence[Any] | None:
    import numpy as np

    from dlir.dialects.dl.semantics import SEMANTICS

    try:
        with np.errstate(all="ignore"):
            return SEMANTICS[type(op)](None, op, *arrays)
    except (ValueError, IndexError):
        return None
