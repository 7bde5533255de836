"""dlir as an ONNX backend (`onnx.backend.base`): lets onnx's own tests and tools run models on it.

    import dlir.frontends.onnx.backend as backend
    y, = backend.run_model(onnx.load("model.onnx"), [x], device="CPU")

Devices: "CPU" is compiled code, "REF" the reference interpreter. This module needs no base class of
onnx (the protocol is the four functions), so it can be imported without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from xdsl.dialects.builtin import ArrayAttr, ModuleOp, StringAttr
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute

from dlir.diagnostics import CompileError
from dlir.frontends.builder.values import Array

from . import check_support, import_onnx

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


class Prepared(NamedTuple):
    """A model made ready (`BackendRep`); `run` may be called many times."""

    call: Run
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def run(self, inputs: Any, **_: Any) -> Any:
        """Outputs for `inputs`: arrays in order, or by name; a named tuple in onnx's manner."""
        from onnx.backend.base import namedtupledict

        if isinstance(inputs, Mapping):
            named = cast(Mapping[str, Any], inputs)
            arguments: list[Any] = [named[name] for name in self.inputs]
        else:
            arguments = list(cast(Any, inputs)) if isinstance(inputs, list | tuple) else [inputs]
        results = self.call(*(np.asarray(value) for value in arguments))
        return namedtupledict("Outputs", list(self.outputs))(*results)


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
        """Import a model, on "CPU" also compile it; raises `CompileError` or ValueError."""
        if not cls.supports_device(device):
            raise ValueError(f"no device {device!r}; there are {', '.join(_DEVICES)}")
        module, weights = import_onnx(model)
        (function,) = (op for op in module.ops if isinstance(op, FuncOp))
        call = _DEVICES[_device(device)](module, weights)
        return Prepared(
            call, *(_names(function, f"dlir.{kind}_names") for kind in ("arg", "result"))
        )

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


def _names(function: FuncOp, attribute: str) -> tuple[str, ...]:
    names = function.attributes[attribute]
    assert isinstance(names, ArrayAttr)
    return tuple(n.data for n in cast(ArrayAttr[Attribute], names) if isinstance(n, StringAttr))


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
