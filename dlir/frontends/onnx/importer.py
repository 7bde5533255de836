"""From a checked ONNX graph to a function of `dl` operations.

One pass over the nodes in their (topological) order. A node is, in this order of preference,
evaluated as shape arithmetic, folded, or imported by the function of its operator. A node that
cannot be imported is reported and its results are *poisoned*: nodes that need them are passed over
in silence, so that one import reports every unsupported node and nothing that merely follows from
one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any

from xdsl.builder import Builder
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    ArrayAttr,
    FileLineColLoc,
    IntAttr,
    LocationAttr,
    ModuleOp,
    NameLoc,
    StringAttr,
    TensorType,
)
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, Region
from xdsl.rewriter import InsertPoint
from xdsl.utils.exceptions import VerifyException

from dlir.diagnostics import CompileError, Diagnostic, RuleViolation, Severity, diagnose, fail
from dlir.frontends.builder.context import Context, name_hint
from dlir.frontends.builder.dims import Dim, DimError
from dlir.frontends.builder.elements import xdsl_type
from dlir.frontends.builder.values import (
    Array,
    Constant,
    Imported,
    NeedsValue,
    Tensor,
    Unsupported,
    Value,
    as_ints,
    settled,
    value_of,
)

from . import fold, shape_math
from .elements import numpy_type
from .node import Node
from .reader import Model
from .table import OPERATORS, STRUCTURES
from .weights import BadWeight, read_weight

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, ValueInfoProto

_FAULTS = (Unsupported, DimError, VerifyException, BadWeight)
"""What a node's import may raise; everything else is a bug."""

MAX_ITEMS = 1 << 44
"""An input that claims to have more items is taken for a hostile shape."""


class _Poisoned(Exception):
    """A node needs what could not be imported; that has been reported."""


NO_OPERATOR = "no such operator"

STANDARD_DOMAINS = ("", "ai.onnx")


@dataclass
class Importer:
    """The import of one model. After `run`, `errors` says why it failed, by node index."""

    model: Model
    dims: Mapping[str, int]
    errors: dict[int, Diagnostic] = field(default_factory=dict[int, Diagnostic])
    values: dict[str, Imported | None] = field(default_factory=dict[str, "Imported | None"])
    """Values by ONNX name; None marks a poisoned one."""
    needed: list[str] = field(default_factory=list[str])
    """Names of run-time tensors whose elements the import asked for in vain, one per such fault."""

    def __post_init__(self) -> None:
        self.room = fold.MAX_ITEMS
        self.block = Block()
        self.context = Context(Builder(InsertPoint.at_end(self.block)))

    def run(self) -> tuple[ModuleOp, dict[str, Array]]:
        """Import the whole graph; raises `CompileError` with one diagnostic per faulty node."""
        inputs = self._inputs()
        self._import_nodes()
        if self.errors:
            raise CompileError(list(self.errors.values()))
        results = [self._output(info.name) for info in self.model.graph.output]
        self.context.location = None
        self.context.insert(ReturnOp(*(result.ssa for result in results)))
        names = [info.name for info in self.model.graph.output]
        function = self._function([info.name for info in inputs], results, names)
        return ModuleOp([function]), self.context.params

    def survey(self) -> None:
        """Import as far as possible and leave the faults in `errors`."""
        self._inputs()
        self._import_nodes()

    def _function(
        self, arg_names: Sequence[str], results: Sequence[Tensor], names: Sequence[str]
    ) -> FuncOp:
        types = ([arg.type for arg in self.block.args], [result.ssa.type for result in results])
        function = FuncOp("main", types, Region(self.block))
        function.attributes["dlir.arg_names"] = ArrayAttr([StringAttr(n) for n in arg_names])
        function.attributes["dlir.result_names"] = ArrayAttr([StringAttr(n) for n in names])
        return function

    # Inputs and outputs

    def _inputs(self) -> list[ValueInfoProto]:
        """Give every graph input that is no initialiser an argument."""
        infos = [i for i in self.model.graph.input if i.name not in self.model.weights]
        shapes = [self._input_shape(info) for info in infos]
        known = {name for _, shape in shapes for name in shape if isinstance(name, str)}
        known |= {d.dim_param for i in infos for d in i.type.tensor_type.shape.dim}
        for name in self.dims:
            if name not in known:
                names = ", ".join(sorted(n for n in known if n)) or "none"
                fail(None, f'no input has a dimension "{name}"', help=f"dimensions: {names}")
        for info, (element, shape) in zip(infos, shapes, strict=True):
            self._argument(info.name, element, shape)
        return infos

    def _argument(self, name: str, element: Attribute, shape: Sequence[int | str | None]) -> None:
        static = [n if isinstance(n, int) else DYNAMIC_INDEX for n in shape]
        arg = self.block.insert_arg(TensorType(element, static), len(self.block.args))
        arg.name_hint = name_hint(name)
        dims: list[Dim] = []
        for axis, size in enumerate(shape):
            label = size or f"{name}[{axis}]"
            dims.append(
                size if isinstance(size, int) else self.context.symbol(str(label), arg, axis)
            )
        self.values[name] = Tensor(arg, tuple(dims))

    def _input_shape(self, info: ValueInfoProto) -> tuple[Attribute, list[int | str | None]]:
        """Element type and shape; a dimension is a number, the name of a size, or unknown."""
        where, type = self._location(info.name, 0), info.type
        if type.WhichOneof("value") != "tensor_type" or not type.tensor_type.HasField("shape"):
            fail(where, f'input "{info.name}" is no tensor of known rank', rule="onnx-input")
        try:
            element = xdsl_type(numpy_type(type.tensor_type.elem_type))
        except Unsupported as error:
            fail(where, f'input "{info.name}": {error} is not supported', rule="onnx-input")
        shape: list[int | str | None] = []
        for dim in type.tensor_type.shape.dim:
            size = self.dims.get(dim.dim_param, dim.dim_param or None)
            size = int(dim.dim_value) if dim.HasField("dim_value") else size
            if isinstance(size, int) and not 0 <= size < 1 << 40:
                fail(where, f'input "{info.name}" has a dimension {size}', rule="onnx-input")
            shape.append(size)
        count = prod(size for size in shape if isinstance(size, int))
        if count > MAX_ITEMS:
            fail(where, f'input "{info.name}" has {count} items', rule="onnx-input")
        return element, shape

    def _output(self, name: str) -> Tensor:
        self.context.location = self._location(name, len(self.model.graph.node))
        self.context.hint = name_hint(name)
        try:
            value = self._value(name)
            assert value is not None, "poisoned values have been reported"
            return self.context.tensor(value_of(value))
        except _FAULTS as error:
            fail(self.context.location, f'output "{name}": {error}')

    # Nodes

    def _import_nodes(self) -> None:
        for index, proto in enumerate(self.model.graph.node):
            try:
                results = self._import_node(proto, index)
            except _Poisoned:
                results = [None] * len(proto.output)
            except _FAULTS as error:
                self.errors[index] = self._diagnostic(proto, error)
                if isinstance(error, NeedsValue):
                    self.needed += [n for n in proto.input if self.values.get(n) is error.value]
                results = [None] * len(proto.output)
            self.values.update(zip(proto.output, results, strict=False))

    def _import_node(self, proto: NodeProto, index: int) -> Sequence[Imported]:
        """The results of a node; raises _Poisoned, or one of _FAULTS."""
        self.context.location = self._location(_name(proto), index)
        self.context.hint = next((name_hint(n) for n in proto.output if n), None)
        if proto.domain not in STANDARD_DOMAINS:
            raise Unsupported(f'domain "{proto.domain}"')
        inputs = [self._operand(name) if name else None for name in proto.input]
        node = Node(proto, index, self.model.opset)
        if proto.op_type in STRUCTURES:
            built = STRUCTURES[proto.op_type](self, node, inputs)
        else:
            built = self._import_tensors(node, inputs)
        results = built if isinstance(built, Sequence) else (built,)
        if any(proto.output[len(results) :]):
            raise Unsupported(f"more than {len(results)} results")
        return results

    def _import_tensors(
        self, node: Node, inputs: Sequence[Imported | None]
    ) -> Value | Sequence[Value]:
        """The results of an operator on tensors."""
        build = OPERATORS.get(node.op_type)
        if build is None:
            raise Unsupported(NO_OPERATOR)
        values = tuple(None if value is None else value_of(value) for value in inputs)
        node = Node(node.proto, node.index, node.opset, values)
        return self._at_import(node) or build(self.context, node)

    def subgraph(self, graph: GraphProto, inputs: Sequence[Imported]) -> list[Imported]:
        """See `Graphs`. Names of the subgraph are forgotten; a fault is the outer node's."""
        outer, place, hint = dict(self.values), self.context.location, self.context.hint
        if len(inputs) != len(graph.input):
            raise Unsupported(f"a subgraph of {len(graph.input)} inputs, {len(inputs)} are given")
        self.values.update(zip((info.name for info in graph.input), inputs, strict=True))
        for tensor in graph.initializer:
            self.values[tensor.name] = Constant(read_weight(tensor, self.model.folder), tensor.name)
        try:
            for proto in graph.node:
                try:
                    results = self._import_node(proto, 0)
                except Unsupported as error:
                    raise Unsupported(f"{proto.op_type} inside: {error}") from None
                self.values.update(zip(proto.output, results, strict=False))
            return [self._operand(info.name) for info in graph.output]
        finally:
            self.values = outer
            self.context.location, self.context.hint = place, hint

    def _operand(self, name: str) -> Imported:
        """The value called `name`; raises _Poisoned if it could not be imported."""
        value = self._value(name)
        if value is None:
            raise _Poisoned
        return value

    def _at_import(self, node: Node) -> Sequence[Value] | None:
        """The results of a node that needs no run time: shape arithmetic, or a folded constant."""
        name = next(iter(node.output_names), "")
        ints = [None if value is None else as_ints(value) for value in node.inputs]
        shapes = all(i is not None or v is None for i, v in zip(ints, node.inputs, strict=True))
        if shapes and node.op_type in shape_math.SHAPE_MATH and any(ints):
            try:
                return (settled(shape_math.evaluate(node, ints), name),)
            except Unsupported:
                pass  # tensors can do more: floats, larger arrays, other ranks
        folded = fold.fold(node, self.room)
        if folded is None:
            return None
        self.room -= sum(array.size for array in folded)
        pairs = zip(folded, node.output_names, strict=False)
        return [Constant(array, output) for array, output in pairs]

    def _value(self, name: str) -> Imported | None:
        """The value called `name`; initialisers are read when they are first used."""
        if name not in self.values:
            tensor = self.model.weights.get(name)
            if tensor is None:
                raise Unsupported(f'an undefined input "{name}"')
            try:
                array = read_weight(tensor, self.model.folder)
            except BadWeight as error:
                raise BadWeight(f'weight "{name}": {error}') from None
            self.values[name] = Constant(array, name)
        return self.values[name]

    # Places and messages

    def _location(self, name: str, index: int) -> LocationAttr:
        place = FileLineColLoc(StringAttr(self.model.file_name), IntAttr(index), IntAttr(0))
        return NameLoc(StringAttr(name), place)

    def _diagnostic(self, proto: NodeProto, error: Exception) -> Diagnostic:
        where, operator = self.context.location, proto.op_type
        if isinstance(error, Unsupported | DimError):
            with_what = "" if str(error) == NO_OPERATOR else f" with {error}"
            message = f"{operator} is not supported{with_what}"
            help = "dlir-compile MODEL --check-support lists every operator of a model"
            return diagnose(Severity.ERROR, where, message, rule="onnx-unsupported", help=help)
        rule = error.rule if isinstance(error, RuleViolation) else None
        help = error.help if isinstance(error, RuleViolation) else None
        message = f"{operator}: {error}"
        return diagnose(Severity.ERROR, where, message, rule=rule, help=help)


def _name(proto: NodeProto) -> str:
    return Node(proto, 0, 0).name


def import_model(model: Model, dims: Mapping[str, int] | None) -> tuple[ModuleOp, dict[str, Any]]:
    """The module of a checked model, and its weights by name."""
    return Importer(model, dict(dims or {})).run()
