"""Compiled graphs of PyTorch: ATen calls whose inputs are all arguments, on PyTorch's tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from dlir.api import Model
from dlir.frontends.builder import dims as d
from dlir.frontends.builder.dims import Dim, Expr
from dlir.frontends.builder.values import Array, Constant, Ints, Tensor

from .importer import Importer
from .tensors import from_numpy, to_numpy

if TYPE_CHECKING:
    import torch
    from torch.fx import Graph, Node

Run = Callable[..., Any]
"""An executable of dlir's."""


@dataclass(frozen=True)
class Result:
    """Where one result comes from: result `index` of the function, else `size`, else `literal`."""

    index: int | None = None
    size: Dim | None = None
    literal: Any = None
    strides: tuple[Dim, ...] | None = None
    """What the strides must be, where they are not those of rows in order."""


class ImportedGraph:
    """A graph as a module, and how PyTorch's values become its arguments and results."""

    def __init__(self, graph: Graph, weights: Mapping[int, torch.Tensor]):
        """`weights` are the tensors of inputs (by position) that stay as they are."""
        nodes = [node for node in graph.nodes if node.op == "placeholder"]
        constants = {
            nodes[i]: Constant(to_numpy(tensor), nodes[i].name) for i, tensor in weights.items()
        }
        self._importer = Importer(constants)
        self.arguments = [i for i, node in enumerate(nodes) if node not in constants]
        """Positions of the inputs that the function takes."""
        self._importer.inputs(nodes)
        self._importer.body(graph)
        self._tensors: list[tuple[str, Any]] = []
        self.is_tuple, results = _returned(graph)
        self.results = [] if self._importer.errors else list(map(self._result, results))
        names = [nodes[i].name for i in self.arguments]
        self.model = Model(*self._importer.function(self._tensors, names))

    def _result(self, given: Any) -> Result:
        value = self._importer.values.get(given, given)
        if isinstance(value, Expr):
            return Result(size=value)
        if not isinstance(value, Tensor | Constant | Ints):
            return Result(literal=value)
        self._tensors.append((given.name, value))
        return Result(index=len(self._tensors) - 1, strides=self._strides(given))

    def _strides(self, node: Node) -> tuple[Dim, ...] | None:
        fake = node.meta["val"]
        return None if fake.is_contiguous() else self._importer.sizes.dims(fake.stride())

    def bind(self, run: Run) -> Run:
        """A function of PyTorch's values that calls `run` with arrays."""
        sources = self._importer.size_sources

        def call(*given: Any) -> Any:
            arrays = [_array(given[i]) for i in self.arguments]
            given_back = run(*arrays)
            several = isinstance(given_back, tuple)
            made = cast("Sequence[Array]", given_back if several else (given_back,))

            def size(symbol: str) -> int:
                index, axis = sources[symbol]
                return arrays[index].shape[axis]

            results = [_restored(result, made, size, arrays) for result in self.results]
            return tuple(results) if self.is_tuple else results[0]

        return call


def _returned(graph: Graph) -> tuple[bool, Sequence[Any]]:
    """Whether the graph returns a tuple, and what it returns."""
    (output,) = (node for node in graph.nodes if node.op == "output")
    (value,) = output.args
    is_tuple = isinstance(value, tuple | list)
    return is_tuple, cast("Sequence[Any]", value) if is_tuple else [value]


def _array(value: Any) -> Array:
    """A tensor's memory; a size is that of an empty array."""
    return np.empty((value, 0), np.int64) if isinstance(value, int) else to_numpy(value)


def _restored(
    result: Result, made: Sequence[Array], size: Callable[[str], int], arguments: Sequence[Array]
) -> Any:
    """One result as PyTorch expects it, in memory of its own."""
    if result.index is None:
        return result.literal if result.size is None else d.evaluate(result.size, size)
    array = np.asarray(made[result.index])
    if any(np.may_share_memory(array, argument) for argument in arguments):
        array = array.copy()
    tensor = from_numpy(array)
    if result.strides is None:
        return tensor
    strides = [d.evaluate(stride, size) for stride in result.strides]
    return _restrided(tensor, strides)


def _restrided(tensor: torch.Tensor, strides: Sequence[int]) -> torch.Tensor:
    """The elements with these strides, of which a 0 repeats the first items of an axis."""
    import torch

    sizes = tensor.shape
    for axis, stride in enumerate(strides):
        tensor = tensor.narrow(axis, 0, min(1, sizes[axis])) if stride == 0 else tensor
    return (
        torch.empty_strided(tensor.shape, strides, dtype=tensor.dtype).copy_(tensor).expand(sizes)
    )
