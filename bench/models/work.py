"""How much arithmetic a model is."""

from __future__ import annotations

import math

from onnx import ModelProto, shape_inference

from bench.evaluate import Step, read

Shapes = dict[str, tuple[int, ...]]


def flop(model: ModelProto) -> float:
    """Of matrix products and convolutions, in a model of static shapes."""
    graph = shape_inference.infer_shapes(model).graph
    shapes: Shapes = {
        info.name: tuple(dim.dim_value for dim in info.type.tensor_type.shape.dim)
        for info in [*graph.input, *graph.value_info, *graph.output]
    }
    shapes |= {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    return float(sum(_flop(step, shapes) for step in read(model).steps))


def _flop(step: Step, shapes: Shapes) -> int:
    if step.kind == "LSTM":
        steps, batch, _ = shapes[step.inputs[0]]
        return 2 * steps * batch * sum(math.prod(shapes[name]) for name in step.inputs[1:3])
    if step.kind not in ("MatMul", "Gemm", "Conv"):
        return 0
    left, right = (shapes[name] for name in step.inputs[:2])
    inner = math.prod(right[1:]) if step.kind == "Conv" else left[-1]
    return 2 * math.prod(shapes[step.outputs[0]]) * inner
