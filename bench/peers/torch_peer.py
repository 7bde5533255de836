"""torch as a peer: the graph node by node, each by the function that its users call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from onnx import TensorProto

from bench.evaluate import Graph, read_for
from bench.harness import Call
from bench.program import Program

Tensor = torch.Tensor


class GraphModule(torch.nn.Module):
    """A graph; float weights are buffers, so that torch.compile can freeze them."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.graph = graph
        self.weights: list[tuple[str, str]] = []
        self.integers: dict[str, Any] = {}
        for number, (name, array) in enumerate(graph.constants.items()):
            if array.dtype.kind == "f" or array.ndim > 1:
                self.weights.append((name, f"w{number}"))
                self.register_buffer(f"w{number}", torch.from_numpy(array.copy()))
            else:
                self.integers[name] = array.tolist()

    def forward(self, *inputs: Tensor) -> list[Tensor]:
        values: dict[str, Any] = dict(zip(self.graph.inputs, inputs, strict=True))
        values.update(self.integers)
        for name, buffer in self.weights:
            values[name] = getattr(self, buffer)
        return self.graph.run(OPERATORS, values)


def eager(program: Program, threads: int) -> Call:
    return _call(program, threads, lambda module: module)


def compiled(program: Program, threads: int) -> Call:
    """By inductor, which prepacks and folds the weights that it knows to be constant."""
    import torch._inductor.config as inductor

    inductor.freezing = True
    torch._dynamo.reset()
    return _call(program, threads, lambda module: torch.compile(module, dynamic=False))


def bf16(program: Program, threads: int) -> Call:
    """With weights and inputs in bf16, and so everything between."""
    return _call(program, threads, lambda module: module.to(torch.bfloat16), torch.bfloat16)


def _call(
    program: Program,
    threads: int,
    prepare: Callable[[Any], Any],
    real: torch.dtype = torch.float32,
) -> Call:
    torch.set_num_threads(threads)
    function = prepare(GraphModule(read_for(OPERATORS, program.proto())).eval())
    arrays = map(torch.from_numpy, program.inputs.values())
    inputs = [x.to(real) if x.is_floating_point() else x for x in arrays]

    def call() -> Any:
        with torch.inference_mode():
            return function(*inputs)

    with torch.no_grad():
        function(*inputs)  # torch.compile compiles at the first call
    return call


def _conv(
    x: Tensor,
    w: Tensor,
    bias: Tensor | None = None,
    pads: Sequence[int] = (0, 0, 0, 0),
    strides: Sequence[int] = (1, 1),
    group: int = 1,
    **_: Any,
) -> Tensor:
    top, left, bottom, right = pads
    if (top, left) != (bottom, right):
        x, top, left = F.pad(x, (left, right, top, bottom)), 0, 0
    return F.conv2d(x, w, bias, tuple(strides), (top, left), groups=group)


def _max_pool(
    x: Tensor,
    kernel_shape: Sequence[int],
    pads: Sequence[int] = (0, 0, 0, 0),
    strides: Sequence[int] = (1, 1),
    **_: Any,
) -> Tensor:
    return F.max_pool2d(x, tuple(kernel_shape), tuple(strides), tuple(pads[:2]))


def _gemm(
    a: Tensor,
    b: Tensor,
    c: Tensor | None = None,
    alpha: float = 1.0,
    beta: float = 1.0,
    transA: int = 0,
    transB: int = 0,
) -> Tensor:
    a, b = a.T if transA else a, b.T if transB else b
    return a @ b if c is None else torch.addmm(c, a, b, beta=beta, alpha=alpha)


def _lstm(
    x: Tensor, w: Tensor, r: Tensor, b: Tensor, *states: Any, hidden_size: int, **_: Any
) -> tuple[Tensor, Tensor, Tensor]:
    def gates(
        tensor: Tensor,
    ) -> Tensor:  # ONNX: in, out, forget, cell; torch: in, forget, cell, out
        i, o, f, c = tensor.chunk(4)
        return torch.cat((i, f, c, o))

    zeros = torch.zeros(1, x.shape[1], hidden_size)
    _, hidden, cell = (*states, None, None, None)[:3]
    start = [zeros if hidden is None else hidden, zeros if cell is None else cell]
    biases = b[0].chunk(2)
    weights = [gates(w[0]), gates(r[0]), gates(biases[0]), gates(biases[1])]
    y, h, c = torch.lstm(x, start, weights, True, 1, 0.0, False, False, False)
    return y[:, None], h, c


def _slice(
    x: Any, starts: Sequence[int], ends: Sequence[int], axes: Sequence[int] = (0,), *_: Any
) -> Any:
    if isinstance(x, list):  # a shape
        return x[starts[0] : ends[0]]
    for start, end, axis in zip(starts, ends, axes, strict=True):
        x = x.narrow(axis, start, min(end, x.shape[axis]) - start)
    return x


def _reshape(x: Tensor, shape: Sequence[int], **_: Any) -> Tensor:
    return x.reshape([x.shape[i] if n == 0 else n for i, n in enumerate(shape)])


def _gather(x: Tensor, indices: Any, axis: int = 0) -> Tensor:
    if isinstance(indices, int):
        return x.select(axis, indices)
    if axis == 0 and x.ndim == 2 and isinstance(indices, Tensor):
        return F.embedding(indices, x)
    places = torch.as_tensor(indices)
    return x.index_select(axis, places.flatten()).unflatten(axis, places.shape)


def _layer_norm(
    x: Tensor, scale: Tensor, bias: Tensor, axis: int = -1, epsilon: float = 1e-5
) -> Tensor:
    return F.layer_norm(x, x.shape[axis:], scale, bias, epsilon)


def _cast(x: Tensor, to: int) -> Tensor:
    return x.to(torch.float32 if to == TensorProto.FLOAT else torch.int64)


def _unsqueeze(x: Tensor, axes: Sequence[int]) -> Tensor:
    for axis in axes:
        x = x.unsqueeze(axis)
    return x


OPERATORS: dict[str, Callable[..., Any]] = {
    "Add": torch.add, "Div": torch.div, "Erf": torch.erf, "Gelu": F.gelu,
    "MatMul": torch.matmul, "Mul": torch.mul, "Pow": torch.pow, "Relu": torch.relu,
    "Sigmoid": torch.sigmoid, "Sqrt": torch.sqrt, "Sub": torch.sub, "Tanh": torch.tanh,
    "Where": torch.where,
    "Attention": lambda q, k, v, scale, is_causal=0: F.scaled_dot_product_attention(
        q, k, v, is_causal=bool(is_causal), scale=scale
    ),
    "Cast": _cast,
    "Concat": lambda *parts, axis: torch.cat(parts, axis),
    "Conv": _conv,
    "Flatten": lambda x, axis=1: x.flatten(axis),
    "Gather": _gather,
    "Gemm": _gemm,
    "GlobalAveragePool": lambda x: F.adaptive_avg_pool2d(x, 1),
    "LSTM": _lstm,
    "LayerNormalization": _layer_norm,
    "Max": lambda x, y: torch.maximum(x, y),
    "MaxPool": _max_pool,
    "ReduceL2": lambda x, axes, keepdims=1: torch.linalg.vector_norm(
        x, dim=axes, keepdim=bool(keepdims)
    ),
    "ReduceMean": lambda x, axes, keepdims=1: x.mean(axes, bool(keepdims)),
    "ReduceSum": lambda x, axes, keepdims=1: x.sum(axes, bool(keepdims)),
    "Reshape": _reshape,
    "Shape": lambda x: list(x.shape),
    "Slice": _slice,
    "Softmax": lambda x, axis=-1: x.softmax(axis),
    "Split": lambda x, sizes, axis=0: x.split(sizes, axis),
    "Squeeze": lambda x, axes: x.squeeze(tuple(axes)),
    "Transpose": lambda x, perm: x.permute(perm).contiguous(),
    "Unsqueeze": _unsqueeze,
}  # fmt: skip
"""A transposition makes an array, as it does for the others: a view would not have moved a byte."""
