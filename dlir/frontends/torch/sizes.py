"""Symbolic sizes: PyTorch's, which are expressions of sympy, as the builder's `Dim`s."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import TYPE_CHECKING, Any, cast

from dlir.frontends.builder import dims as d
from dlir.frontends.builder.dims import Dim
from dlir.frontends.builder.values import Unsupported

if TYPE_CHECKING:
    import torch


class Sizes:
    """The symbols that are known so far, and what their expressions are as `Dim`s."""

    def __init__(self) -> None:
        self.known: set[str] = set()

    def dims(self, shape: Any) -> tuple[Dim, ...]:
        """The sizes of a (fake) tensor."""
        return tuple(self.dim(size) for size in shape)

    def dim(self, size: int | torch.SymInt) -> Dim:
        """One size. Raises `Unsupported` when it depends on elements of tensors."""
        if isinstance(size, int):
            return size
        node = cast(Any, size).node
        return _Conversion(self.known, node.shape_env).dim(node.expr)


def symbol_of(size: Any) -> str | None:
    """The name of a size that is a bare symbol."""
    if isinstance(size, int):
        return None
    expression = size.node.expr
    return str(expression) if expression.is_Symbol else None


class _Conversion:
    """One expression of sympy as a `Dim`."""

    def __init__(self, known: set[str], shape_env: Any):
        self._known = known
        self._shape_env = shape_env

    def dim(self, expression: Any) -> Dim:
        if expression.is_Integer:
            return int(expression)
        if expression.is_Symbol:
            if str(expression) not in self._known:
                raise Unsupported(f"a size {expression} that no input has")
            return d.symbol(str(expression))
        make = _EXPRESSIONS.get(type(expression).__name__)
        if make is None:
            raise Unsupported(f"a size {expression}")
        return make(self, expression)

    def fold(self, make: Callable[[Dim, Dim], Dim], expression: Any) -> Dim:
        return reduce(make, map(self.dim, expression.args))

    def power(self, expression: Any) -> Dim:
        base, exponent = expression.args
        if not exponent.is_Integer or not 0 < int(exponent) <= d.MAX_NESTING:
            raise Unsupported(f"a size {expression}")
        return d.product([self.dim(base)] * int(exponent))

    def floored(self, make: Callable[[Dim, Dim], Dim], expression: Any) -> Dim:
        """Quotients and remainders of PyTorch round down, those of `Dim`s toward zero."""
        over, under = expression.args
        if self._shape_env.bound_sympy(over).lower < 0 or not under.is_positive:
            raise Unsupported(f"a size {expression} of numbers that may be negative")
        return make(self.dim(over), self.dim(under))


_EXPRESSIONS: dict[str, Callable[[_Conversion, Any], Dim]] = {
    "Add": lambda c, e: c.fold(d.add, e),
    "CleanDiv": lambda c, e: c.floored(d.div, e),
    "FloorDiv": lambda c, e: c.floored(d.div, e),
    "Max": lambda c, e: c.fold(d.maximum, e),
    "Min": lambda c, e: c.fold(d.minimum, e),
    "Mod": lambda c, e: c.floored(d.mod, e),
    "Mul": lambda c, e: c.fold(d.mul, e),
    "Pow": lambda c, e: c.power(e),
    "PythonMod": lambda c, e: c.floored(d.mod, e),
}
"""Class of sympy's, or of PyTorch's additions to it, -> how it becomes a `Dim`."""
