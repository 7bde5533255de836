"""`structured-turn-products`: products of few columns, computed as rows."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import FixedBitwidthType, ModuleOp, f32, f64
from xdsl.passes import ModulePass

from dlir.dialects.structured.copies import copy_op, substitute
from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.roles import (
    Contraction,
    is_weight,
    match_contraction,
    operands_of,
)
from dlir.dialects.structured.shapes import Sizes

LEAST_ROWS = 64
"""Results of a column from which on these are worth being the lanes, and turned in the end."""


@dataclass(frozen=True)
class StructuredTurnProducts(ModulePass):
    """Compute a product of a weight and few columns the other way round: `y = (x^T w^T)^T`.

    Lanes run along the columns of a result. Where these are too few for a vector, and the left side
    is a weight, which may be packed in any order, lanes run along its rows instead, and the small
    result is turned afterwards. A single column is left to `structured-schedule`.

    Before:
    ```mlir
    %y = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)], ...}
        ins(%w, %x : tensor<1024x512xf32>, tensor<512x8xf32>) outs(%e : tensor<1024x8xf32>) ...
    ```
    After:
    ```mlir
    %t = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (n, m)], ...}
        ins(%w, %x : tensor<1024x512xf32>, tensor<512x8xf32>) outs(%f : tensor<8x1024xf32>) ...
    %y = structured.generic {maps = [(m, n) -> (n, m), (m, n) -> (m, n)], ...}
        ins(%t : tensor<8x1024xf32>) outs(%e : tensor<1024x8xf32>) ...
    ```
    """  # noqa: E501

    name = "structured-turn-products"

    vector_bits: int = 512

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for inner in list(op.walk()):
            if isinstance(inner, GenericOp) and inner.schedule is None:
                roles = match_contraction(inner)
                if roles is not None and self._pays(inner, roles):
                    _turn(inner)

    def _pays(self, op: GenericOp, roles: Contraction) -> bool:
        element = op.accumulator_type
        if element not in (f32, f64) or element != roles.a.element:
            return False
        assert isinstance(element, FixedBitwidthType)
        extents = op.static_extents()
        if roles.row is None or extents[roles.row] < LEAST_ROWS:
            return False
        few = 1 < extents[roles.lanes] < self.vector_bits // element.bitwidth
        return few and is_weight(roles.a.value) and not is_weight(roles.b.value)


def _turn(op: GenericOp) -> None:
    """Exchange the last two dimensions of a result, if the other order is a contraction as well."""
    forms = [*op.out_forms]
    if len(forms) < 2:
        return
    turned = [*forms[:-2], forms[-1], forms[-2]]
    sizes = Sizes.before(op)
    size = sizes.all_of(op.outs)
    extents = [size[p] for p in (*range(len(forms) - 2), -1, -2)]
    inputs, _, _ = operands_of(op)
    new = GenericOp(
        [x.value for x in inputs],
        sizes.empty(extents, op.outs),
        [*op.map_list[:-1], map_of(turned, len(op.kinds))],
        op.kinds,
        op.body.clone(),
        init=op.init,
        padding=op.paddings,
        domain=op.fixed_domain if op.domain is not None else None,
        epilogue_inputs=list(op.epilogue_inputs),
        epilogue_maps=[m.data for m in op.epilogue_maps or ()],
        epilogue=op.epilogue.clone() if op.epilogue is not None else None,
    )
    if match_contraction(new) is None:
        new.erase()
        return
    sizes.insert(new)
    assert new.result is not None
    rank = len(forms)
    places = [Linear(tuple(int(d == e) for e in range(rank)), 0) for d in range(rank)]
    reads = [*places[:-2], places[-1], places[-2]]
    substitute(op, copy_op(sizes, new.result, reads, size, None))
