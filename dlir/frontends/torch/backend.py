"""`torch.compile(model, backend="dlir")`: found through the entry points `torch_dynamo_backends`.

Graphs are compiled when they are first called. What dlir does not import runs eagerly, in place.
Weights are arguments like others, so that a model may be trained on or loaded anew; with
`options={"freeze": True}` those of an inference graph are constants, packed once, and the graph is
compiled again when one of them is replaced or changed in place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from dlir import api
from dlir.diagnostics import CompileError, warn
from dlir.printer import print_module
from dlir.registry import misuse

from .graphs import ImportedGraph
from .partition import partitioned, unsupported_nodes
from .table import OPERATORS

if TYPE_CHECKING:
    import torch
    from torch.fx import GraphModule

Run = Callable[..., Any]

OPTIONS = frozenset({"cache", "freeze", "precision", "target", "threads", "winograd"})
"""Keys of `options`: those of `dlir.compile`, and `freeze`."""

_executables: dict[tuple[str, str], api.Executable] = {}
"""Compiled functions without weights, by text and options: layers that are alike share one."""


def dlir(
    graph_module: GraphModule,
    example_inputs: Sequence[Any],
    *,
    options: Mapping[str, Any] | None = None,
    mode: str | None = None,
) -> Run:
    """The backend, as dynamo calls it."""
    from torch._dynamo.backends.common import aot_autograd

    chosen = dict(options or {})
    if unknown := sorted(set(chosen) - OPTIONS):
        raise misuse(f"no option '{unknown[0]}' of backend dlir: there are {', '.join(OPTIONS)}")
    freeze = bool(chosen.pop("freeze", False))

    def trained(graph_module: GraphModule, _: Sequence[Any]) -> Run:
        return _boxed(compile_graph(graph_module, chosen))

    def inferred(graph_module: GraphModule, _: Sequence[Any]) -> Run:
        return _boxed(compile_graph(graph_module, chosen, _static_inputs() if freeze else ()))

    make = aot_autograd(
        fw_compiler=trained,
        bw_compiler=trained,
        inference_compiler=inferred,
        decompositions=decompositions(),
    )
    return make(graph_module, example_inputs)


def _boxed(run: Run) -> Run:
    from torch._functorch import aot_autograd

    return cast(Run, cast(Any, aot_autograd).make_boxed_func(run))


@cache
def decompositions() -> dict[Any, Any]:
    """PyTorch's core table, without the operators that dlir knows by name."""
    from torch._decomp import core_aten_decompositions

    table = cast("Mapping[Any, Any]", core_aten_decompositions())
    return {op: rule for op, rule in table.items() if str(op) not in OPERATORS}


def _static_inputs() -> Sequence[int]:
    """Positions of the parameters and buffers among the inputs of the graph being compiled."""
    from torch._guards import TracingContext

    context = cast(Any, TracingContext.try_get())
    metadata = context and context.fw_metadata
    return tuple(metadata.static_input_indices) if metadata else ()


def compile_graph(
    graph_module: GraphModule, options: Mapping[str, Any], static: Sequence[int] = ()
) -> Run:
    """A function of PyTorch's values that runs the graph, eagerly where it must."""
    from torch._subclasses.fake_tensor import unset_fake_temporarily

    with unset_fake_temporarily():  # constants of the graph are looked into
        refused = unsupported_nodes(graph_module)
    if refused:
        return partitioned(graph_module, refused, lambda part: LazyGraph(part, options))
    return LazyGraph(graph_module, options, static)


class LazyGraph:
    """A graph that is compiled at its first call, when its weights are there."""

    def __init__(
        self, graph_module: GraphModule, options: Mapping[str, Any], static: Sequence[int] = ()
    ):
        self._graph_module, self._options, self._static = graph_module, options, static
        self._run: Run | None = None
        self._weights: dict[int, torch.Tensor] = {}
        self._versions: list[tuple[int, int]] = []

    def __call__(self, *given: Any) -> Any:
        if self._run is None or self._versions != [_version(given[i]) for i in self._weights]:
            self._weights = {i: given[i] for i in self._static}
            self._versions = [_version(tensor) for tensor in self._weights.values()]
            self._run = self._compiled()
        return self._run(*given)

    def _compiled(self) -> Run:
        try:
            graph = ImportedGraph(self._graph_module.graph, self._weights)
            return graph.bind(executable(graph.model, self._options))
        except CompileError as error:
            reason = error.diagnostics[0].message
            warn(None, f"a graph runs eagerly: {reason}", rule="torch-eager")
            return self._graph_module


def _version(tensor: torch.Tensor) -> tuple[int, int]:
    """Changes when the tensor gets other memory, or is written to."""
    return tensor.data_ptr(), tensor._version


def executable(model: api.Model, options: Mapping[str, Any]) -> api.Executable:
    """The model compiled; one that was compiled before is found by its text."""
    if model.params:
        return api.compile(model, **options)
    key = (print_module(model.module), repr(sorted(options.items())))
    if key not in _executables:
        _executables[key] = api.compile(model, **options)
    return _executables[key]
