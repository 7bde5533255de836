"""Operators of the domain ai.onnx.ml on numbers."""

from __future__ import annotations

from math import floor

from xdsl.dialects.builtin import i64

from dlir.frontends.builder.context import Context
from dlir.frontends.builder.elements import is_float
from dlir.frontends.builder.values import Tensor, Unsupported

from ..node import Node
from ..operator import Build, tensor


def _array_feature_extractor(context: Context, node: Node) -> Tensor:
    """Some columns of the last dimension; of a vector they become a row."""
    x, indices = tensor(context, node, 0), tensor(context, node, 1)
    flat = indices.rank == 1 or (indices.rank == 2 and indices.dims[0] == 1)
    if x.rank < 1 or not flat:
        raise Unsupported(f"indices of rank {indices.rank} into rank {x.rank}")
    count = indices.dims[-1]
    columns = context.cast(context.reshape(indices, (count,)), i64)
    y = context.gather(x, columns, x.rank - 1)
    return y if x.rank > 1 else context.reshape(y, (1, count))


def _binarizer(context: Context, node: Node) -> Tensor:
    """1 for what is greater than the threshold, else 0."""
    x, threshold = tensor(context, node, 0), node.float("threshold", 0.0)
    limit = threshold if is_float(x.element) else floor(threshold)
    above = context.compare("gt", x, context.constant(limit, x.element))
    return context.cast(above, x.element)


OPERATORS: dict[str, Build] = {
    "ArrayFeatureExtractor": _array_feature_extractor,
    "Binarizer": _binarizer,
}
