"""Small ONNX models, and what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from dlir.diagnostics import CompileError  # noqa: E402
from dlir.frontends.onnx import import_onnx  # noqa: E402
from dlir.interpreter import Interpreter  # noqa: E402
from dlir.verifier import verify  # noqa: E402

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def model_of(
    nodes: Sequence[onnx.NodeProto],
    inputs: dict[str, Sequence[int | str | None]],
    weights: dict[str, np.ndarray] | None = None,
    *,
    opset: int = 18,
    outputs: Sequence[str] = ("y",),
    domains: Sequence[str] = (),
) -> onnx.ModelProto:
    """A model with float inputs (names that begin with `i_` are int64)."""
    infos = [
        helper.make_tensor_value_info(name, INT64 if name.startswith("i_") else FLOAT, shape)
        for name, shape in inputs.items()
    ]
    arrays = [numpy_helper.from_array(array, name) for name, array in (weights or {}).items()]
    results = [helper.make_tensor_value_info(name, FLOAT, None) for name in outputs]
    graph = helper.make_graph(list(nodes), "test", infos, results, arrays)
    versions = [helper.make_opsetid("", opset), *(helper.make_opsetid(d, 1) for d in domains)]
    return helper.make_model(graph, opset_imports=versions, ir_version=8)


def run(model: onnx.ModelProto, *args: np.ndarray) -> np.ndarray:
    module, weights = import_onnx(model)
    verify(module)
    return Interpreter(module, params=weights).call("main", *args)[0]


def errors_of(model, **options) -> list[str]:
    with pytest.raises(CompileError) as caught:
        import_onnx(model, **options)
    return [str(diagnostic) for diagnostic in caught.value.diagnostics]


def ramp(*shape: int) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


node = helper.make_node
