"""Operators replaced by the definition that the ONNX standard gives for them.

onnx's inliner does this, but not for a call that leaves an optional input out: for such ones the
definition is made a function of the model, which the inliner takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onnx import FunctionProto, ModelProto, NodeProto, TypeProto

DOMAIN = "dlir.expanded"


def expanded(model: ModelProto, calls: Sequence[NodeProto], opset: int) -> ModelProto:
    """The model with the definitions of these nodes of its graph in their place.

    Where onnx has none for the types that are known, the model stays as it is.
    """
    from onnx import inliner

    for node in calls:
        _write_defaults(node, opset)
    ids = [("", op_type) for op_type in sorted({node.op_type for node in calls})]
    try:
        if all(name for node in calls for name in node.input):
            return inliner.inline_selected_functions(model, ids, inline_schema_functions=True)
        return inliner.inline_local_functions(_with_functions(model, calls, opset))
    except Exception:  # raised from C++ where types are unknown: then the calls are unsupported
        return model


def _write_defaults(node: NodeProto, opset: int) -> None:
    """Write out default values of attributes, which the inliner would leave out of the body."""
    from onnx import defs

    present = {attribute.name for attribute in node.attribute}
    for name, attribute in defs.get_schema(node.op_type, opset).attributes.items():
        if name not in present and attribute.default_value.name:
            node.attribute.append(attribute.default_value)


def _with_functions(model: ModelProto, calls: Sequence[NodeProto], opset: int) -> ModelProto:
    """A copy in which each of the nodes calls a function of its own."""
    from onnx import ModelProto, helper

    types = _types(model)
    functions = [_definition(node, opset, types) for node in calls]
    names = {output: f"f{n}" for n, node in enumerate(calls) for output in node.output if output}
    copy = ModelProto()
    copy.CopyFrom(model)
    for node in copy.graph.node:
        name = next((names[output] for output in node.output if output in names), None)
        if name is not None:
            node.domain, node.op_type = DOMAIN, name
    for number, function in enumerate(functions):
        function.domain, function.name = DOMAIN, f"f{number}"
    copy.functions.extend(functions)
    copy.opset_import.append(helper.make_opsetid(DOMAIN, 1))
    return copy


def _types(model: ModelProto) -> dict[str, TypeProto]:
    """What is known of the types of a graph's values."""
    from onnx import shape_inference

    graph = shape_inference.infer_shapes(model).graph
    return {info.name: info.type for info in (*graph.input, *graph.value_info)}


def _definition(node: NodeProto, opset: int, types: dict[str, TypeProto]) -> FunctionProto:
    """The body for this call, in the newest form that the operator set knows."""
    from onnx import FunctionProto, TypeProto, defs

    schema: Any = defs.get_schema(node.op_type, opset)
    versions = schema.context_dependent_function_opset_versions
    version = max(known for known in versions if known <= opset)
    inputs = [types.get(name, TypeProto()).SerializeToString() for name in node.input]
    function = FunctionProto()
    function.ParseFromString(
        schema.get_context_dependent_function_with_opset_version(
            version, node.SerializeToString(), inputs
        )
    )
    return function
