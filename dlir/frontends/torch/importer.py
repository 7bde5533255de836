"""From a graph of ATen calls to a function of `dl` operations.

One pass over the nodes in order. Every node knows from PyTorch what its results are (element type
and sizes, symbolic ones included); what an operator function makes is held against that. A node
that cannot be imported is reported and its results are *poisoned*: nodes that need them are passed
over in silence, so that one import reports every unsupported node and nothing that merely follows
from one.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

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
    i64,
)
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, Region
from xdsl.rewriter import InsertPoint
from xdsl.utils.exceptions import VerifyException

from dlir.diagnostics import CompileError, Diagnostic, RuleViolation, Severity, diagnose
from dlir.frontends.builder.context import Context, name_hint
from dlir.frontends.builder.dims import Dim, DimError
from dlir.frontends.builder.values import Array, Constant, Ints, Tensor, Unsupported, Value

from .call import Call, Output
from .sizes import Sizes, symbol_of
from .table import OPERATORS
from .tensors import element_type, to_numpy

if TYPE_CHECKING:
    from torch.fx import Graph, Node

FAULTS = (Unsupported, DimError, VerifyException)
"""What a node's import may raise; everything else is a bug."""

NO_OPERATOR = "no such operator"

SILENT = frozenset(
    {
        "aten._assert_async.msg",
        "aten._assert_scalar.default",
        "aten._assert_tensor_metadata.default",
        "aten.sym_constrain_range.default",
        "aten.sym_constrain_range_for_size.default",
    }
)
"""Calls that only check what PyTorch has found out about sizes and types."""

_OWN_FILES = "site-packages/torch/"
"""In the path of what is PyTorch's own code."""

_FRAME = re.compile(r'File "(?P<file>[^"]*)", line (?P<line>\d+)')


class _Poisoned:
    """The value of what follows from an unsupported node."""


POISONED = _Poisoned()


@dataclass
class Importer:
    """The import of one graph. `errors` says why nodes failed; `outputs` is what it returns."""

    constants: Mapping[Node, Constant] = field(default_factory=dict["Node", Constant])
    """Placeholders whose values are known: parameters and buffers."""
    stand_in: bool = False
    """Whether arguments take the place of results that cannot be imported, so that what follows
    from them is tried all the same."""
    errors: dict[Node, Diagnostic] = field(default_factory=dict["Node", Diagnostic])
    values: dict[Node, Any] = field(default_factory=dict["Node", Any])
    sizes: Sizes = field(default_factory=Sizes)
    size_sources: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    """Symbol -> the argument and its axis that bring it."""

    def __post_init__(self) -> None:
        self.block = Block()
        self.context = Context(Builder(InsertPoint.at_end(self.block)))

    def inputs(self, placeholders: Sequence[Node]) -> None:
        """Give every placeholder that is no constant an argument, in this order."""
        for node in placeholders:
            self.context.location = _location(node)
            try:
                self.values[node] = self.constants.get(node) or self._argument(node)
            except FAULTS as error:
                self._report(node, error)

    def body(self, graph: Graph) -> None:
        """Import every call; faults are left in `errors`."""
        for node in graph.nodes:
            if node.op in ("placeholder", "output"):
                continue
            self.context.location, self.context.hint = _location(node), name_hint(node.name)
            try:
                self.values[node] = self._import(node)
            except FAULTS as error:
                self._report(node, error)

    def function(
        self, results: Sequence[tuple[str, Any]], arg_names: Sequence[str]
    ) -> tuple[ModuleOp, dict[str, Array]]:
        """The module that returns these (name, value)s; raises `CompileError` after faults."""
        if self.errors:
            raise CompileError(list(self.errors.values()))
        self.context.location = None
        tensors = [self._result(name, value) for name, value in results]
        self.context.insert(ReturnOp(*(tensor.ssa for tensor in tensors)))
        types = ([arg.type for arg in self.block.args], [tensor.ssa.type for tensor in tensors])
        function = FuncOp("main", types, Region(self.block))
        for attribute, names in (
            ("dlir.arg_names", arg_names),
            ("dlir.result_names", [name for name, _ in results]),
        ):
            function.attributes[attribute] = ArrayAttr([StringAttr(name) for name in names])
        return ModuleOp([function]), self.context.params

    def _result(self, name: str, value: Any) -> Tensor:
        self.context.hint = name_hint(name)
        if isinstance(value, Tensor | Constant | Ints):
            return self.context.tensor(value)
        return self.context.scalar(cast(Dim, value), i64)

    # Arguments

    def _argument(self, node: Node) -> Value | Dim:
        meta = node.meta.get("val")
        if hasattr(meta, "dtype"):
            return self._tensor_argument(node, meta)
        if symbol := symbol_of(meta) if _is_size(meta) else None:
            return self._size_argument(node, symbol, meta)
        raise Unsupported(f"an input that is a {type(meta).__name__}")

    def _tensor_argument(self, node: Node, meta: Any) -> Tensor:
        static = [n if isinstance(n, int) else DYNAMIC_INDEX for n in meta.shape]
        arg = self._insert_argument(node, TensorType(element_type(meta.dtype), static))
        for axis, size in enumerate(meta.shape):
            if symbol := symbol_of(size):
                self._bring(symbol, arg, axis)
        return Tensor(arg, self.sizes.dims(meta.shape))

    def _size_argument(self, node: Node, symbol: str, meta: Any) -> Dim:
        """A size that comes alone is that of an empty array [size, 0]."""
        if meta.node.shape_env.bound_sympy(meta.node.expr).lower < 0:
            raise Unsupported("an integer input that may be negative")
        arg = self._insert_argument(node, TensorType(i64, [DYNAMIC_INDEX, 0]))
        self._bring(symbol, arg, 0)
        return self.sizes.dim(meta)

    def _insert_argument(self, node: Node, type: TensorType[Attribute]) -> Any:
        arg = self.block.insert_arg(type, len(self.block.args))
        arg.name_hint = name_hint(node.name)
        return arg

    def _bring(self, symbol: str, arg: Any, axis: int) -> None:
        self.context.symbol(symbol, arg, axis)
        self.size_sources.setdefault(symbol, (arg.index, axis))
        self.sizes.known.add(symbol)

    # Nodes

    def _import(self, node: Node) -> Any:
        if node.op == "get_attr":
            return _attribute(node)
        if node.op != "call_function":
            raise Unsupported(f"a node of kind {node.op}")
        if any(self.values.get(n, POISONED) is POISONED for n in node.all_input_nodes):
            return POISONED
        if node.target is operator.getitem:
            items, index = node.args
            return self._item(self.values[cast("Node", items)], cast(int, index))
        meta: Any = node.meta.get("val")
        if _is_size(meta):
            return self.sizes.dim(meta)
        name = str(node.target)
        if name in SILENT:
            return None
        build = OPERATORS.get(name)
        if build is None:
            raise Unsupported(NO_OPERATOR)
        call = self._call(node, meta)
        built: Any = build(self.context, call)
        if isinstance(meta, Sequence):
            parts: list[Value | None] = [built]
            if isinstance(built, Sequence):
                parts = [*cast("Sequence[Value | None]", built)]
            parts += [None] * (len(call.outputs) - len(parts))
            pairs = zip(parts, call.outputs, strict=True)
            return [part and self._agreed(part, output) for part, output in pairs]
        assert not isinstance(built, Sequence) and built is not None, f"{name} has one result"
        return self._agreed(built, call.outputs[0])

    @staticmethod
    def _item(items: Any, index: int) -> Any:
        if items[index] is None:
            raise Unsupported(f"result {index}")
        return items[index]

    def _call(self, node: Node, meta: Any) -> Call:
        metas: list[Any] = [*meta] if isinstance(meta, Sequence) else [meta]
        if not all(hasattr(m, "dtype") for m in metas):
            raise Unsupported("a result that is no tensor")
        outputs = tuple(Output(element_type(m.dtype), self.sizes.dims(m.shape)) for m in metas)
        return Call(node, self._arguments(node), outputs, _used(node))

    def _arguments(self, node: Node) -> dict[str, Any]:
        """The arguments by name, defaults included."""
        arguments: dict[str, Any] = {}
        for position, argument in enumerate(cast(Any, node.target)._schema.arguments):
            if position < len(node.args):
                given = node.args[position]
            else:
                given = node.kwargs.get(argument.name, argument.default_value)
            arguments[argument.name] = self._value(given)
        return arguments

    def _value(self, given: Any) -> Any:
        if isinstance(given, list | tuple):
            return [self._value(item) for item in cast("Sequence[Any]", given)]
        return self.values.get(given, given)

    def _agreed(self, value: Value, output: Output) -> Value:
        """`value` with the sizes PyTorch gives for it, if it is what PyTorch says it is."""
        if isinstance(value, Constant | Ints):
            value = self.context.tensor(value)
        pairs = list(zip(value.dims, output.dims, strict=False))
        clash = any(isinstance(a, int) and isinstance(b, int) and a != b for a, b in pairs)
        if value.element != output.element or value.rank != len(output.dims) or clash:
            got = f"{value.element} {list(value.dims)}"
            raise Unsupported(f"a result of {got} where PyTorch has {output}")
        if all(isinstance(a, int) or not isinstance(b, int) for a, b in pairs):
            known = tuple(a if isinstance(a, int) else b for a, b in pairs)
            return Tensor(value.ssa, known)
        return self.context.reshape(value, output.dims)

    # Messages

    def _report(self, node: Node, error: Exception) -> None:
        self.errors[node] = _diagnostic(node, error)
        self.values[node] = POISONED
        if self.stand_in:
            with suppress(*FAULTS):
                self.values[node] = self._stand_in(node)

    def _stand_in(self, node: Node) -> Any:
        meta = node.meta.get("val")
        if isinstance(meta, Sequence):
            return [self._tensor_argument(node, item) for item in cast("Sequence[Any]", meta)]
        return self._argument(node)


def _attribute(node: Node) -> Constant:
    """A tensor that the graph's module holds."""
    import torch

    held: Any = node.graph.owning_module
    for name in str(node.target).split("."):
        held = getattr(held, name)
    if not isinstance(held, torch.Tensor):
        raise Unsupported(f"a {type(held).__name__}")
    return Constant(to_numpy(held), str(node.target))


def _is_size(meta: Any) -> bool:
    import torch

    return isinstance(meta, torch.SymInt) or type(meta) is int


def _used(node: Node) -> frozenset[int]:
    """The results that `getitem`s with users take."""
    taken = (user for user in node.users if user.target is operator.getitem and user.users)
    return frozenset(cast(int, user.args[1]) for user in taken)


def _location(node: Node) -> LocationAttr:
    """The node's name, at the line of the user's Python that made it."""
    frames = list(_FRAME.finditer(node.meta.get("stack_trace") or ""))
    frames = [f for f in frames if _OWN_FILES not in f["file"]] or frames
    file, line = (frames[-1]["file"], int(frames[-1]["line"])) if frames else ("graph", 0)
    place = FileLineColLoc(StringAttr(file), IntAttr(line), IntAttr(0))
    return NameLoc(StringAttr(node.name), place)


def operator_of(node: Node) -> str:
    """What a node calls, as PyTorch writes it: aten.add.Tensor."""
    return str(node.target) if node.op == "call_function" else node.op


def _diagnostic(node: Node, error: Exception) -> Diagnostic:
    where = _location(node)
    if isinstance(error, Unsupported | DimError):
        with_what = "" if str(error) == NO_OPERATOR else f" with {error}"
        message = f"{operator_of(node)} is not supported{with_what}"
        help = "docs/pytorch.md lists what is; torch.compile runs the rest eagerly"
        return diagnose(Severity.ERROR, where, message, rule="torch-unsupported", help=help)
    rule = error.rule if isinstance(error, RuleViolation) else None
    help = error.help if isinstance(error, RuleViolation) else None
    message = f"{operator_of(node)}: {error}"
    return diagnose(Severity.ERROR, where, message, rule=rule, help=help)
