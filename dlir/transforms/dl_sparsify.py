"""`dl-sparsify`: weights of zeros are encoded where a product then takes less time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, StringAttr, UnitAttr
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass

from dlir.diagnostics import fail
from dlir.dialects.dl.attrs import FLOATS
from dlir.dialects.dl.ops.base import element_of, rank_of, shape_of
from dlir.dialects.dl.ops.contraction import MatmulOp
from dlir.dialects.dl.ops.source import ConstantOp, ParamOp

if TYPE_CHECKING:
    from dlir.dialects.sparse.attrs import Encoding
    from dlir.numpy_types import Array
    from dlir.transforms.pruning.layers import Layer

CHOICE = "sparse.choice"
"""The attribute of a product that says what was chosen, and why."""


@dataclass(frozen=True)
class DlSparsify(ModulePass):
    """Encode the weights of matrix products as `#sparse.csr` or `#sparse.bsr` where that is faster.

    Of compressed rows and blocks of 4x1, 8x1 and 16x1 the one with the least estimated time is
    taken, if that is at most `margin` of the dense product's; `format` asks for one of them
    (`csr`, `4x1`, ...) at any price. The estimates are a model of few numbers, calibrated by
    measurements on one machine (see docs/sparsity.md); for products with `?` columns they assume
    `columns`. The attribute `sparse.choice` of each product says what was chosen, and why.

    Products of f32 and f64 are looked at, whose weights are matrices in `params` or in the text.
    What is stored becomes new weights, and all that the module then uses are written to `output`.
    A zero that is not stored has no term: results differ by rounding, and where the other factor is
    infinite or NaN. -0.0 is written as 0.0, and not stored.

    Before:
    ```mlir
    %w = dl.param "fc.weight" : tensor<2048x256xf32>
    %y = dl.matmul %x, %w acc f32
        : (tensor<32x2048xf32>, tensor<2048x256xf32>) -> tensor<32x256xf32>
    ```
    After, with `params=w.safetensors output=sparse.safetensors`:
    ```mlir
    %v = dl.param "fc.weight.values" : tensor<26214xf32>
    %c = dl.param "fc.weight.columns" : tensor<26214xi32>
    %r = dl.param "fc.weight.rows" : tensor<257xi32>
    %w = sparse.assemble %v, %c, %r : (tensor<26214xf32>, tensor<26214xi32>, tensor<257xi32>)
        -> tensor<256x2048xf32, #sparse.csr<26214>>
    %y = dl.matmul %x, %w acc f32 {transpose_rhs, sparse.choice = "csr: 0.32 of the dense time ..."}
        : (tensor<32x2048xf32>, tensor<256x2048xf32, #sparse.csr<26214>>) -> tensor<32x256xf32>
    ```
    """

    name = "dl-sparsify"

    format: str = "auto"
    columns: int = 32
    margin: float = 0.9
    params: str = ""
    output: str = ""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        from dlir.params import changing_weights

        with changing_weights(op, self.name, self.params, self.output) as weights:
            self.sparsify(op, weights)

    def sparsify(self, module: ModuleOp, weights: dict[str, Array]) -> None:
        """Encode the weights of a module. Raises CompileError for a format that there is not."""
        from dlir.rewrite import current_statistics
        from dlir.transforms.sparsifying.candidates import FORMATS

        if self.format not in ("auto", *FORMATS):
            expected = ", ".join(("auto", *FORMATS))
            fail(None, f"format: expected one of {expected}, got '{self.format}'",
                 rule="dl-sparsify-format")  # fmt: skip
        for op in [o for o in module.walk() if isinstance(o, MatmulOp)]:
            layer = _weight_of(op)
            if layer is None or not layer.is_known(weights):
                continue
            matrix = layer.matrix(layer.array(weights)) + 0.0  # -0.0 + 0.0 = 0.0
            encoding, reason = self._choose(op, layer, matrix)
            op.attributes[CHOICE] = StringAttr(reason)
            if encoding is not None:
                _encode(op, layer, matrix, encoding, weights)
                current_statistics()["weights encoded"] += 1

    def _choose(self, op: MatmulOp, layer: Layer, matrix: Array) -> tuple[Encoding | None, str]:
        """The encoding, None for the plain matrix; and the reason."""
        from dlir.transforms.sparsifying.candidates import best_of, dense_time

        columns = _columns(op, layer, self.columns)
        encoding, name, time = best_of(matrix, columns, self.format)
        share = time / max(dense_time(matrix, columns), 1e-30)
        zeros = 1 - float((matrix != 0).sum()) / max(matrix.size, 1)
        about = f"{share:.2f} of the dense time at {columns} columns, {zeros:.3f} zero"
        if self.format == "auto" and share > self.margin:
            return None, f"dense: {name} would take {about}"
        return encoding, f"{name}: {about}"


def _weight_of(op: MatmulOp) -> Layer | None:
    """The weight that a product can have encoded; the other factor is not one."""
    from dlir.transforms.pruning.layers import Layer, source_of, summed_operands

    elements = {op.acc, element_of(op.result), *map(element_of, op.operands)}
    if len(elements) > 1 or not elements <= {*FLOATS.types[:2]}:
        return None
    for operand, order in summed_operands(op):
        source, order = source_of(operand, order)
        other = op.rhs if operand is op.lhs else op.lhs
        if source is None or source_of(other, ())[0] is not None:
            continue
        if rank_of(other) == 2 or (operand is op.rhs and op.transpose_lhs is None):
            return Layer(op, source, tuple(order))
    return None


def _columns(op: MatmulOp, layer: Layer, unknown: int) -> int:
    """How many columns the encoded matrix meets: elements of the result for each of its rows."""
    from math import prod

    rows = shape_of(layer.source.result)[layer.order[0]]
    shape = shape_of(op.result)
    others = shape[1:] if rows == shape[0] and _is_left(op, layer) else shape[:-1]
    return prod(unknown if n < 0 else n for n in others)


def _is_left(op: MatmulOp, layer: Layer) -> bool:
    from dlir.transforms.pruning.layers import source_of

    return source_of(op.lhs, ())[0] is layer.source


def _encode(
    op: MatmulOp, layer: Layer, matrix: Array, encoding: Encoding, weights: dict[str, Array]
) -> None:
    """Put the assembled parts in the weight's place; rows of it are rows of the result."""
    from xdsl.dialects.builtin import TensorType

    from dlir.dialects.sparse.ops import AssembleOp
    from dlir.dialects.sparse.storage import disassemble

    type = TensorType(element_of(layer.source.result), matrix.shape, encoding)
    names = encoding.parts(matrix.shape, type.element_type)
    parts = [
        _stored(op, layer, name, part, weights)
        for name, part in zip(names, disassemble(encoding, matrix), strict=True)
    ]
    assemble = AssembleOp([part.result for part in parts], type)
    place = 0 if _is_left(op, layer) else 1
    old = op.operands[place]
    assemble.result.name_hint = old.name_hint
    _insert_before(op, *parts, assemble)
    op.operands[place] = assemble.result
    op.transpose_lhs = None if place == 0 else op.transpose_lhs
    op.transpose_rhs = UnitAttr() if place == 1 else op.transpose_rhs
    _erase_dead(old)


def _stored(
    op: MatmulOp, layer: Layer, name: str, part: Array, weights: dict[str, Array]
) -> ParamOp | ConstantOp:
    """A part as a weight beside the weight, or a constant in the place of one."""
    from dlir.dialects.dl.constants import constant

    made = constant(part)
    if isinstance(layer.source, ParamOp):
        weights[f"{layer.name}.{name}"] = part
        made = ParamOp(f"{layer.name}.{name}", made.type)
    made.result.name_hint = name
    return made


def _insert_before(op: Operation, *made: Operation) -> None:
    assert op.parent is not None
    for one in made:
        one.location = op.location
    op.parent.insert_ops_before(made, op)


def _erase_dead(value: SSAValue) -> None:
    """The weight, and the transposes on the way to it, if nothing reads them any more."""
    op: Any = value.owner
    if value.first_use is not None or not isinstance(op, Operation):
        return
    operands = [*op.operands]
    op.detach()
    op.erase()
    for operand in operands:
        _erase_dead(operand)
