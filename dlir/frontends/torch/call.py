"""One call of an ATen operator as the operator functions see it: arguments by schema names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from xdsl.ir import Attribute

from dlir.frontends.builder.context import Context
from dlir.frontends.builder.dims import Dim, Expr
from dlir.frontends.builder.values import Constant, Ints, Tensor, Unsupported, Value

from .tensors import element_type

if TYPE_CHECKING:
    from torch.fx import Node

Build: TypeAlias = "Callable[[Context, Call], Value | Sequence[Value | None] | None]"
"""Imports one call: inserts operations and returns the results, in order (a lone one bare).

It raises `Unsupported`, `DimError`, or a rule violation of the `dl` dialect. A result that no one
uses may be None, or left out at the end.
"""


@dataclass(frozen=True)
class Output:
    """What PyTorch says about one result."""

    element: Attribute
    dims: tuple[Dim, ...]


@dataclass(frozen=True)
class Call:
    """A node, its arguments (values, sizes, numbers, strings, lists of these) and its results."""

    node: Node
    arguments: Mapping[str, Any]
    outputs: tuple[Output, ...]
    used: frozenset[int]
    """Which of several results something needs."""

    @property
    def element(self) -> Attribute:
        """Element type of the first result."""
        return self.outputs[0].element

    @property
    def dims(self) -> tuple[Dim, ...]:
        """Sizes of the first result."""
        return self.outputs[0].dims

    # Arguments

    def has(self, name: str) -> bool:
        """Whether there is an argument of that name and it is not None."""
        return self.arguments.get(name) is not None

    def is_tensor(self, name: str) -> bool:
        return isinstance(self.arguments.get(name), Tensor | Constant | Ints)

    def value(self, name: str) -> Any:
        if not self.has(name):
            raise Unsupported(f"no argument '{name}'")
        return self.arguments[name]

    def tensor(self, context: Context, name: str = "self") -> Tensor:
        """A tensor argument as a run-time tensor."""
        value = self.value(name)
        if not isinstance(value, Tensor | Constant | Ints):
            raise Unsupported(f"argument '{name}', which is no tensor")
        return context.tensor(value)

    def tensors(self, context: Context, name: str) -> list[Tensor]:
        return [context.tensor(value) for value in self.value(name)]

    def operand(self, context: Context, name: str, element: Attribute) -> Tensor:
        """A tensor, or a number as a tensor of rank 0, converted to an element type."""
        if self.is_tensor(name):
            return context.cast(self.tensor(context, name), element)
        value = self.value(name)
        if isinstance(value, Expr):
            return context.scalar(value, element)
        return context.constant(value, element)

    def number(self, name: str) -> float | int:
        """A number known at import."""
        value = self.value(name)
        if not isinstance(value, bool | int | float):
            raise Unsupported(f"argument '{name}' that is known at run time only")
        return value

    def int(self, name: str) -> int:
        return int(self.number(name))

    def flag(self, name: str) -> bool:
        return bool(self.number(name)) if self.has(name) else False

    def string(self, name: str) -> str:
        return str(self.value(name))

    def size(self, name: str) -> Dim:
        """A size: a number, or one known at run time only."""
        value = self.value(name)
        if not isinstance(value, int | Expr):
            raise Unsupported(f"argument '{name}', which is no size")
        return value

    def sizes(self, name: str) -> list[Dim]:
        given = self.value(name)
        items = list(cast("Sequence[Any]", given)) if isinstance(given, Sequence) else [given]
        if not all(isinstance(item, int | Expr) for item in items):
            raise Unsupported(f"argument '{name}' that holds no sizes")
        return items

    def ints(self, name: str) -> tuple[int, ...]:
        """Numbers known at import; one alone counts as a list."""
        sizes = self.sizes(name)
        numbers = tuple(size for size in sizes if isinstance(size, int))
        if len(numbers) != len(sizes):
            raise Unsupported(f"argument '{name}' that depends on run-time sizes")
        return numbers

    def axis(self, rank: int, name: str = "dim") -> int:
        """An axis counted from the front; a scalar counts as having one."""
        return normalized(self.int(name), rank)

    def axes(self, rank: int, name: str = "dim") -> list[int]:
        """Axes counted from the front, in rising order."""
        return sorted({normalized(axis, rank) for axis in self.ints(name)})

    def meta(self, name: str) -> Any:
        """What PyTorch knows about an argument: a fake tensor, a number."""
        arguments = cast(Any, self.node.target)._schema.arguments
        for position, argument in enumerate(arguments):
            if argument.name == name:
                given = (
                    self.node.args[position]
                    if position < len(self.node.args)
                    else self.node.kwargs.get(name)
                )
                return cast(Any, given).meta["val"] if hasattr(given, "meta") else given
        raise Unsupported(f"no argument '{name}'")


def only_first(build: Build) -> Build:
    """For an operator that gives the first of another's results alone."""

    def first(context: Context, call: Call) -> Tensor:
        results = build(context, call)
        assert isinstance(results, Sequence) and isinstance(results[0], Tensor)
        return results[0]

    return first


def normalized(axis: int, rank: int) -> int:
    """`axis` counted from the front; raises `Unsupported` when it is not an axis of `rank`."""
    rank = max(rank, 1)
    if not -rank <= axis < rank:
        raise Unsupported(f"axis {axis} of a tensor of rank {rank}")
    return axis % rank


def promoted(call: Call, *names: str) -> Attribute:
    """The element type in which PyTorch combines one or two arguments, which may be numbers."""
    import torch

    first, *rest = (call.meta(name) for name in names)
    dtype = torch.result_type(first, rest[0]) if rest else first.dtype
    return element_type(dtype)
