"""From a checked ONNX graph to a function of `dl` operations.

One pass over the nodes in their (topological) order. A node is, in this order of preference,
evaluated as shape arithmetic, folded, or imported by the function of its operator. A node that
cannot be imported is reported and its results are *poisoned*: nodes that need them are passed over
in silence, so that one import reports every unsupported node and nothing that merely follows from
one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from xdsl.builder import Builder
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    ArrayAttr,
    DictionaryAttr,
    FileLineColLoc,
    IntAttr,
    IntegerAttr,
    LocationAttr,
    ModuleOp,
    NameLoc,
    StringAttr,
    TensorType,
    UnitAttr,
    i64,
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
    Absent,
    Array,
    Constant,
    Imported,
    NeedsValue,
    Tensor,
    TensorList,
    Unsupported,
    Value,
    as_ints,
    settled,
    value_of,
)

from . import fold, shape_math
from .elements import numpy_type
from .node import Node
from .operator import Build
from .reader import Model
from .shapes import read_ints
from .table import DOMAINS, OPERATORS, SIZED, STRUCTURES
from .weights import BadWeight, read_weight

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto, TypeProto, ValueInfoProto

_FAULTS = (Unsupported, DimError, VerifyException, BadWeight)
"""What a node's import may raise; everything else is a bug."""

MAX_ITEMS = 1 << 44
"""An input that claims to have more items is taken for a hostile shape."""


class _Poisoned(Exception):
    """A node needs what could not be imported; that has been reported."""


NO_OPERATOR = "no such operator"

Shape: TypeAlias = tuple[int | None, ...]
Shapes: TypeAlias = "Shape | list[Shape] | None"
"""The shape of a tensor, those of the items of a sequence, or None for an optional value that is
absent."""


@dataclass
class Importer:
    """The import of one model. After `run`, `errors` says why it failed, by node index."""

    model: Model
    dims: Mapping[str, int]
    shapes: Mapping[str, Shapes] = field(default_factory=dict[str, "Shapes"])
    """What is known of inputs beyond their types, by name."""
    errors: dict[int, Diagnostic] = field(default_factory=dict[int, Diagnostic])
    values: dict[str, Imported | None] = field(default_factory=dict[str, "Imported | None"])
    """Values by ONNX name; None marks a poisoned one."""
    needed: dict[int, set[str]] = field(default_factory=dict[int, set[str]])
    """By node index, names of run-time tensors whose elements the import asked for in vain."""
    read: set[str] = field(default_factory=set[str])
    """Names of tensors whose elements become sizes while the program runs."""
    arguments: list[str] = field(default_factory=list[str])
    """The names of the function's arguments."""

    def __post_init__(self) -> None:
        self.room = fold.MAX_ITEMS
        self.block = Block()
        self.context = Context(Builder(InsertPoint.at_end(self.block)))

    def run(self) -> tuple[ModuleOp, dict[str, Array]]:
        """Import the whole graph; raises `CompileError` with one diagnostic per faulty node."""
        self._inputs()
        self._import_nodes()
        if self.errors:
            raise CompileError(list(self.errors.values()))
        results = {info.name: self._output(info.name) for info in self.model.graph.output}
        values = [value for output in results.values() for value in output.values()]
        self.context.location = None
        self.context.insert(ReturnOp(*(value.ssa for value in values)))
        return ModuleOp([self._function(results)]), self.context.params

    def survey(self) -> None:
        """Import as far as possible and leave the faults in `errors`."""
        self._inputs()
        self._import_nodes()

    def _function(self, results: Mapping[str, Mapping[str, Tensor]]) -> FuncOp:
        """The function; an output that is no tensor stands with its length among its attributes."""
        values = {name: x for output in results.values() for name, x in output.items()}
        types = ([arg.type for arg in self.block.args], [x.ssa.type for x in values.values()])
        function = FuncOp("main", types, Region(self.block))
        function.attributes["dlir.arg_names"] = ArrayAttr([StringAttr(n) for n in self.arguments])
        function.attributes["dlir.result_names"] = ArrayAttr([StringAttr(n) for n in values])
        lengths = {n: _length_attr(self.values[n], x) for n, x in results.items() if [n] != [*x]}
        if lengths:
            function.attributes["dlir.result_lengths"] = DictionaryAttr(lengths)
        return function

    # Inputs and outputs

    def _inputs(self) -> None:
        """Give every graph input that is no initialiser an argument, or one per item."""
        infos = [i for i in self.model.graph.input if i.name not in self.model.weights]
        known = {d.dim_param for i in infos for d in i.type.tensor_type.shape.dim}
        for name in self.dims:
            if name not in known:
                names = ", ".join(sorted(n for n in known if n)) or "none"
                fail(None, f'no input has a dimension "{name}"', help=f"dimensions: {names}")
        for info in infos:
            self.values[info.name] = self._input(info)

    def _input(self, info: ValueInfoProto) -> Imported:
        """The value of an input, from its type and the shapes that were given for it."""
        name, given = info.name, self.shapes.get(info.name)
        type = info.type
        while type.WhichOneof("value") == "optional_type":
            if name in self.shapes and given is None:
                return Absent()
            type = type.optional_type.elem_type
        if type.WhichOneof("value") != "sequence_type":
            return self._tensor_input(name, type, given)
        if not isinstance(given, list):
            where, help = self._location(name, 0), "import_onnx(.., shapes={name: [shape, ..]})"
            fail(where, f'input "{name}" is a sequence', rule="onnx-input", help=help)
        item = type.sequence_type.elem_type
        parts = enumerate(given)
        return TensorList(tuple(self._tensor_input(f"{name}.{n}", item, s) for n, s in parts))

    def _tensor_input(self, name: str, type: TypeProto, given: Any) -> Tensor:
        element, shape = self._input_shape(name, type, given)
        static = [n if isinstance(n, int) else DYNAMIC_INDEX for n in shape]
        arg = self.block.insert_arg(TensorType(element, static), len(self.block.args))
        arg.name_hint = name_hint(name)
        self.arguments.append(name)
        dims: list[Dim] = []
        for axis, size in enumerate(shape):
            label = size or f"{name}[{axis}]"
            dims.append(
                size if isinstance(size, int) else self.context.symbol(str(label), arg, axis)
            )
        return Tensor(arg, tuple(dims))

    def _input_shape(
        self, name: str, type: TypeProto, given: Any
    ) -> tuple[Attribute, list[int | str | None]]:
        """Element type and shape; a dimension is a number, the name of a size, or unknown."""
        where, tensor = self._location(name, 0), type.tensor_type
        known = isinstance(given, tuple) or tensor.HasField("shape")
        if type.WhichOneof("value") != "tensor_type" or not known:
            fail(where, f'input "{name}" is no tensor of known rank', rule="onnx-input")
        try:
            element = xdsl_type(numpy_type(tensor.elem_type))
        except Unsupported as error:
            fail(where, f'input "{name}": {error} is not supported', rule="onnx-input")
        if isinstance(given, tuple):
            return element, list(cast(Shape, given))
        shape: list[int | str | None] = []
        for dim in tensor.shape.dim:
            size = self.dims.get(dim.dim_param, dim.dim_param or None)
            size = int(dim.dim_value) if dim.HasField("dim_value") else size
            if isinstance(size, int) and not 0 <= size < 1 << 40:
                fail(where, f'input "{name}" has a dimension {size}', rule="onnx-input")
            shape.append(size)
        count = prod(size for size in shape if isinstance(size, int))
        if count > MAX_ITEMS:
            fail(where, f'input "{name}" has {count} items', rule="onnx-input")
        return element, shape

    def _output(self, name: str) -> dict[str, Tensor]:
        """The tensors of an output by name: itself, or its items."""
        self.context.location = self._location(name, len(self.model.graph.node))
        self.context.hint = name_hint(name)
        try:
            value = self._operand(name)
            if isinstance(value, TensorList):
                parts = enumerate(value.items)
                return {f"{name}.{n}": self.context.tensor(item) for n, item in parts}
            return {} if isinstance(value, Absent) else {name: self.context.tensor(value)}
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
                    self.needed[index] = self._names(proto, error.value)
                results = [None] * len(proto.output)
            self.values.update(zip(proto.output, results, strict=False))

    def _import_node(self, proto: NodeProto, index: int) -> Sequence[Imported]:
        """The results of a node; raises _Poisoned, or one of _FAULTS."""
        self.context.location = self._location(_name(proto), index)
        self.context.hint = next((name_hint(n) for n in proto.output if n), None)
        if proto.domain not in DOMAINS:
            raise Unsupported(f'domain "{proto.domain}"')
        inputs = [self._operand(name) if name else None for name in proto.input]
        node = Node(proto, index, self.model.opset)
        tensors = all(value is None or isinstance(value, Value) for value in inputs)
        if proto.op_type in STRUCTURES and not (tensors and proto.op_type in OPERATORS):
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
        build = DOMAINS[node.proto.domain].get(node.op_type)
        if build is None:
            raise Unsupported(NO_OPERATOR)
        values = tuple(None if value is None else value_of(value) for value in inputs)
        node = replace(node, inputs=values)
        try:
            return self._at_import(node) or build(self.context, node)
        except NeedsValue as fault:
            return self._with_elements(build, node, fault)

    def _with_elements(
        self, build: Build, node: Node, fault: NeedsValue
    ) -> Value | Sequence[Value]:
        """Import a node whose shape operands are read while the program runs.

        Raises the fault if they are not integers of a known number, or do more than give sizes.
        """
        values = list(node.inputs)
        while node.op_type in SIZED:
            read = read_ints(self.context, fault.value)
            if read is None or fault.value not in values:
                break
            values[values.index(fault.value)] = read
            try:
                results = build(self.context, replace(node, inputs=tuple(values)))
                self.read |= self._names(node.proto, fault.value)
                return results
            except NeedsValue as another:
                fault = another
            except (Unsupported, DimError):
                break
        raise fault

    def _names(self, proto: NodeProto, value: Value) -> set[str]:
        """Names of a value, or of all that a node uses if the value is within it."""
        used = used_names(proto)
        return {name for name in used if self.values.get(name) is value} or used

    def subgraph(self, graph: GraphProto, inputs: Sequence[Imported]) -> list[Imported]:
        """See `Graphs`. Names of the subgraph are forgotten; a fault is the outer node's."""
        outer, place, hint = dict(self.values), self.context.location, self.context.hint
        if len(inputs) != len(graph.input):
            raise Unsupported(f"a subgraph of {len(graph.input)} inputs, {len(inputs)} are given")
        self.values.update(zip((info.name for info in graph.input), inputs, strict=True))
        for tensor in graph.initializer:
            self.values[tensor.name] = Constant(self._weight(tensor), tensor.name)
        try:
            for proto in graph.node:
                try:
                    results = self._import_node(proto, 0)
                except NeedsValue as error:
                    message = f"{proto.op_type} inside: {error}"
                    raise NeedsValue(message, error.value) from None
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
                array = self._weight(tensor)
            except BadWeight as error:
                raise BadWeight(f'weight "{name}": {error}') from None
            self.values[name] = Constant(array, name)
        return self.values[name]

    def _weight(self, tensor: TensorProto) -> Array:
        return read_weight(tensor, self.model.files)

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


def _length_attr(value: Imported | None, items: Mapping[str, Tensor]) -> Attribute:
    """The length of a sequence; an optional value that is absent has none."""
    return UnitAttr() if isinstance(value, Absent) else IntegerAttr(len(items), i64)


def _name(proto: NodeProto) -> str:
    return Node(proto, 0, 0).name


def used_names(proto: NodeProto) -> set[str]:
    """What a node and its subgraphs refer to; names of the subgraphs' own are among them."""
    names = {name for name in proto.input if name}
    for attribute in proto.attribute:
        for inner in attribute.g.node:
            names |= used_names(inner)
        names.update(info.name for info in attribute.g.output)
    return names


def import_model(
    model: Model, dims: Mapping[str, int] | None, shapes: Mapping[str, Shapes] | None = None
) -> tuple[ModuleOp, dict[str, Any]]:
    """The module of a checked model, and its weights by name."""
    return Importer(model, dict(dims or {}), dict(shapes or {})).run()
