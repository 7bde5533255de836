"""`structured-stream-stores`: what no cache holds until it is read goes past the caches."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from xdsl.context import Context
from xdsl.dialects.builtin import DYNAMIC_INDEX, FixedBitwidthType, ModuleOp
from xdsl.passes import ModulePass

from dlir.dialects.structured.attrs import ScheduleAttr
from dlir.dialects.structured.ops import GenericOp, element_type_of, shape_of

OTHERS = ("rows", "siblings", "stores")
"""Of a schedule: results that are read at once, or loops that are to become one; what is said."""


@dataclass(frozen=True)
class StructuredStreamStores(ModulePass):
    """Write `stores = streaming` in the schedules of maps and copies with very large results.

    An ordinary store brings a line of memory into the cache before it changes it. Of a result of
    more than `bytes`, about the size of a last cache, nothing would be left there for who reads it: then
    whole lines are written to memory, and a third of what a large sum of two tensors moves is saved.
    Sums and products, rows that are walked together, siblings, and results of unknown size keep
    their stores.

    Before:
    ```mlir
    structured.generic {iterators = [parallel], ...}
        ins(%x : memref<16777216xf32>) outs(%y : memref<16777216xf32>) {...}
    ```
    After:
    ```mlir
    structured.generic {iterators = [parallel], schedule = #structured.schedule<stores = streaming>, ...}
        ins(%x : memref<16777216xf32>) outs(%y : memref<16777216xf32>) {...}
    ```
    """  # noqa: E501

    name = "structured-stream-stores"

    bytes: int = 32 << 20

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for inner in op.walk():
            if isinstance(inner, GenericOp) and inner.result is None and not inner.reduction_dims:
                schedule = inner.schedule or ScheduleAttr.get({})
                if _size_of(inner) > self.bytes and not schedule.entries.data.keys() & {*OTHERS}:
                    inner.schedule = schedule.updated({"stores": "streaming"})


def _size_of(op: GenericOp) -> int:
    """Bytes of the result; 0 if they are not known."""
    shape, element = shape_of(op.outs), element_type_of(op.outs)
    if DYNAMIC_INDEX in shape or not isinstance(element, FixedBitwidthType):
        return 0
    return prod(shape) * max(1, element.bitwidth // 8)
