"""dlir as an ONNX backend (`onnx.backend.base`): lets onnx's own tests and tools run models on it.

    import dlir.frontends.onnx.backend as backend
    y, = backend.run_model(onnx.load("model.onnx"), [x], device="CPU")

Devices: "CPU" is compiled code, "REF" the reference interpreter. This module needs no base class of
onnx (the protocol is the four functions), so it can be imported without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute

from dlir.diagnostics import CompileError
from dlir.frontends.builder.values import Array

from . import check_support, import_onnx
from .freezing import deciding_inputs, frozen
from .importer import Shapes
from .structures import (
    Structure,
    grouped,
    leaves,
    lengths_of,
    shapes_of,
    structure,
    structured_inputs,
)

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

Run = Callable[..., Sequence[Array]]


def _interpret(module: ModuleOp, weights: Mapping[str, Array]) -> Run:
    from dlir.interpreter import Interpreter

    interpreter = Interpreter(module, params=weights)
    return lambda *args: [np.asarray(value) for value in interpreter.call("main", *args)]


def _compile(module: ModuleOp, weights: Mapping[str, Array]) -> Run:
    from dlir import api

    executable = api.compile(module, target="cpu", params=weights)

    def run(*args: Array) -> Sequence[Array]:
        results: Any = executable(*args)
        return cast(Sequence[Array], results if isinstance(results, tuple) else (results,))

    return run


_DEVICES: dict[str, Callable[[ModuleOp, Mapping[str, Array]], Run]] = {
    "CPU": _compile,
    "REF": _interpret,
}


def _device(name: str) -> str:
    """The device without its number: "CPU:0" is "CPU"."""
    return name.split(":")[0]


KNOWN_VALUES = 16
"""Values of the frozen inputs for which a model stays compiled."""


@dataclass
class Prepared:
    """A model made ready (`BackendRep`); `run` may be called many times.

    `frozen` names the inputs whose values decide about shapes, `structured` those that are no
    tensors: the model is compiled anew for each of the last `KNOWN_VALUES` values of the first and
    shapes of the second.
    """

    model: ModelProto
    device: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    structured: frozenset[str]
    frozen: frozenset[str] = frozenset()
    _ready: dict[Any, Call] = field(default_factory=dict[Any, "Call"], repr=False)

    def run(self, inputs: Any, **_: Any) -> Any:
        """Outputs for `inputs`: arrays in order, or by name; a named tuple in onnx's manner.

        Raises `CompileError` before anything runs if the model cannot be compiled for the values
        of its frozen inputs.
        """
        from onnx.backend.base import namedtupledict

        if isinstance(inputs, Mapping):
            named = cast(Mapping[str, Any], inputs)
            arguments: list[Any] = [named[name] for name in self.inputs]
        else:
            arguments = list(cast(Any, inputs)) if isinstance(inputs, list | tuple) else [inputs]
        given = dict(zip(self.inputs, map(structure, arguments), strict=True))
        call = self._call_for(given)
        free = leaves(value for name, value in given.items() if name not in self.frozen)
        results: list[Any] = [*call(self.outputs, free)]
        return namedtupledict("Outputs", list(self.outputs))(*results)

    def _call_for(self, given: Mapping[str, Structure]) -> Call:
        """The model compiled for these inputs; freezes more of them where that is not enough."""
        shapes = {name: shapes_of(given[name]) for name in self.inputs if name in self.structured}
        while True:
            values = {name: cast(Array, given[name]) for name in sorted(self.frozen)}
            try:
                return self.compile(values, shapes)
            except CompileError:
                more = deciding_inputs(frozen(self.model, values), shapes) - self.structured
                if not more:
                    raise
                self.frozen |= more

    def compile(self, values: Mapping[str, Array], shapes: Mapping[str, Shapes]) -> Call:
        """The model compiled for these values and shapes; those used last are kept.

        Raises `CompileError`.
        """
        known = b"".join(f"{a.dtype}{a.shape}".encode() + a.tobytes() for a in values.values())
        key = (known, repr(shapes))
        call = self._ready.pop(key, None)
        if call is None:
            module, weights = import_onnx(frozen(self.model, values), shapes=shapes)
            call = Call(_DEVICES[self.device](module, weights), lengths_of(module))
        self._ready[key] = call
        if len(self._ready) > KNOWN_VALUES:
            del self._ready[next(iter(self._ready))]
        return call


class Call(NamedTuple):
    """A compiled program, and what it says of results that are no tensors."""

    program: Run
    lengths: Mapping[str, Attribute]

    def __call__(self, outputs: Sequence[str], arguments: Sequence[Array]) -> list[Structure]:
        return grouped(self.program(*arguments), outputs, self.lengths)


class DlirBackend:
    """The backend protocol; every method is a class method, as onnx wants it."""

    @classmethod
    def is_compatible(cls, model: ModelProto, device: str = "CPU", **_: Any) -> bool:
        """Whether the model can be run: all operators supported on a known device."""
        try:
            return cls.supports_device(device) and all(
                row.supported for row in check_support(model)
            )
        except CompileError:
            return False

    @classmethod
    def prepare(cls, model: ModelProto, device: str = "CPU", **_: Any) -> Prepared:
        """Import a model, on "CPU" also compile it; raises `CompileError` or ValueError.

        Where values of inputs decide about shapes, or inputs are sequences or optional, that is
        left to the first `run`.
        """
        if not cls.supports_device(device):
            raise ValueError(f"no device {device!r}; there are {', '.join(_DEVICES)}")
        prepared = Prepared(model, _device(device), *_names(model), structured_inputs(model))
        if prepared.structured:
            return prepared
        try:
            prepared.compile({}, {})
        except CompileError:
            deciding = deciding_inputs(model)
            if not deciding:
                raise
            prepared.frozen = deciding
        return prepared

    @classmethod
    def run_model(cls, model: ModelProto, inputs: Any, device: str = "CPU", **kwargs: Any) -> Any:
        """`prepare` and one `run`."""
        return cls.prepare(model, device, **kwargs).run(inputs)

    @classmethod
    def run_node(cls, node: NodeProto, inputs: Any, device: str = "CPU", **kwargs: Any) -> Any:
        """Run one operator of the newest operator set (`opset_version` says another)."""
        return cls.run_model(_model_of(node, inputs, kwargs.get("opset_version")), inputs, device)

    @classmethod
    def supports_device(cls, device: str) -> bool:
        """Whether `device` (a number after a colon does not matter) is one of ours."""
        return _device(device) in _DEVICES


def _names(model: ModelProto) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the inputs that are no initialisers, and of the outputs."""
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = (info.name for info in model.graph.input if info.name not in weights)
    return tuple(inputs), tuple(info.name for info in model.graph.output)


def _model_of(node: NodeProto, inputs: Any, opset: int | None) -> ModelProto:
    """A model of one node, with inputs of the types and shapes of the given arrays."""
    from onnx import TensorProto, helper

    arrays = [np.asarray(value) for value in inputs]
    names = [name for name in node.input if name]
    types = [
        helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape
        )
        for name, array in zip(names, arrays, strict=True)
    ]
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.UNDEFINED, None)
        for name in node.output
        if name
    ]
    graph = helper.make_graph([node], "node", types, outputs)
    versions = [helper.make_opsetid("", opset)] if opset else None
    return helper.make_model(graph, opset_imports=versions)


is_compatible = DlirBackend.is_compatible
prepare = DlirBackend.prepare
run_model = DlirBackend.run_model
run_node = DlirBackend.run_node
supports_device = DlirBackend.supports_device
