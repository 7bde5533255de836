"""Small ONNX models for the peers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper, shape_inference

OPSET, IR_VERSION = 20, 9
MICROSOFT = "com.microsoft"


def node(kind: str, inputs: Sequence[str], **attributes: Any) -> NodeProto:
    """A node whose result is named as its kind."""
    return helper.make_node(kind, inputs, [kind], **attributes)


def model(
    nodes: Sequence[NodeProto],
    inputs: Mapping[str, np.ndarray],
    weights: Mapping[str, np.ndarray],
    result: int = TensorProto.FLOAT,
    opset: int = OPSET,
) -> ModelProto:
    """Inputs like these arrays; the result of the last node, of the given type, is the output."""
    graph = helper.make_graph(
        nodes,
        "bench",
        [
            helper.make_tensor_value_info(
                name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape
            )
            for name, array in inputs.items()
        ],
        [helper.make_tensor_value_info(nodes[-1].output[0], result, None)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in weights.items()],
    )
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid(MICROSOFT, 1)]
    made = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
    return shape_inference.infer_shapes(made)
