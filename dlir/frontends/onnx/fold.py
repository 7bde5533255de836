"""Constant folding: nodes whose inputs are all known at import, evaluated by onnx's own reference.

Only cheap operators are folded, and only when the result stays small next to what the model already
holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, cast

import numpy as np

from dlir.frontends.builder.values import Array, Constant

from .node import Node
from .ops import elementwise

MAX_ITEMS = 1 << 24
"""All folded results of a model together have no more items than this."""

_MOVES = frozenset(
    {"Concat", "Flatten", "Gather", "Reshape", "Slice", "Split", "Squeeze", "Transpose",
     "Unsqueeze"}
)  # fmt: skip
_FOLDED = (frozenset(elementwise.OPERATORS) | _MOVES | {"Range"}) - {
    "Identity",
    "Swish",
    "CastLike",
}


def fold(node: Node, room: int) -> Sequence[Array] | None:
    """The results of `node`, or None when it is left to run time, as when they exceed `room`."""
    constants = [value for value in node.inputs if isinstance(value, Constant)]
    present = [value for value in node.inputs if value is not None]
    if node.op_type not in _FOLDED or not constants or len(constants) != len(present):
        return None
    if not _stays_small(node, [constant.array for constant in constants], room):
        return None
    return _evaluate(node, room)


def _stays_small(node: Node, arrays: Sequence[Array], room: int) -> bool:
    """Whether the result is bounded by `room`: by broadcasting, counting, or gathering."""
    if node.op_type == "Range":
        start, stop, step = (float(array.reshape(-1)[0]) for array in arrays[:3])
        return step != 0 and abs((stop - start) / step) <= room
    if node.op_type in ("Gather", "Concat"):
        return prod(max(array.size, 1) for array in arrays) <= room
    if node.op_type in _MOVES:
        return arrays[0].size <= room
    try:
        shape = np.broadcast_shapes(*(array.shape for array in arrays))
    except ValueError:
        return False
    return prod(shape) <= room


def _evaluate(node: Node, room: int) -> Sequence[Array] | None:
    from onnx.reference import ReferenceEvaluator

    feeds = {
        name: value.array
        for name, value in zip(node.proto.input, node.inputs, strict=True)
        if isinstance(value, Constant)
    }
    try:
        with np.errstate(all="ignore"):
            evaluator = cast(Any, ReferenceEvaluator(node.proto, opsets={"": node.opset}))
            results: Sequence[Any] = evaluator.run(None, feeds)
    except Exception:  # whatever is wrong with the node, the import of it will say so
        return None
    arrays = [np.asarray(result) for result in results]
    return arrays if sum(array.size for array in arrays) <= room else None
