"""One op, its arguments and how exact its results must be: what tests of values are made of.

An argument is written as its type; `3?` is a dynamic size that is 3 in this run: `"3?x4xf32"`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import ml_dtypes
import numpy as np
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    FunctionType,
    ModuleOp,
    TensorType,
    bf16,
    f16,
    f32,
    f64,
    i1,
    i8,
    i16,
    i32,
    i64,
)
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Operation, Region

from dlir.dialects.dl.attrs import NARROW, ui8, ui16, ui32, ui64
from dlir.interpreter import Interpreter
from dlir.numpy_types import dtype_of

ELEMENTS = {str(t): t for t in (f64, f32, f16, bf16, i64, i32, i16, i8, i1)}
UNSIGNED = {str(t): t for t in (ui64, ui32, ui16, ui8)}
NARROWS = {str(t): t for t in NARROW.types}
FLOATS = ("f64", "f32", "f16", "bf16")
INTEGERS = ("i64", "i32", "i16", "i8")
SPECIAL = (0.0, -0.0, np.nan, np.inf, -np.inf, 1.0, -1.0, 0.5, 2.5, -1e-3, 90.0, -90.0)
Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Argument:
    """A parameter type and the shape of what is passed."""

    type: TensorType[Any]
    shape: tuple[int, ...]

    @staticmethod
    def read(text: str) -> Argument:
        *sizes, element = text.split("x")
        static = [DYNAMIC_INDEX if size.endswith("?") else int(size) for size in sizes]
        return Argument(
            TensorType((ELEMENTS | UNSIGNED | NARROWS)[element], static),
            tuple(int(n.rstrip("?")) for n in sizes),
        )

    def values(self, rng: np.random.Generator, special: int | None = None) -> Array:
        """Random numbers; the first of floats are the special ones, from number `special` on."""
        dtype = dtype_of(self.type)
        if dtype.kind == "b":
            return rng.integers(0, 2, self.shape).astype(bool)
        if dtype.kind == "u":
            return rng.integers(0, np.iinfo(dtype).max, self.shape, dtype, endpoint=True)
        if dtype.kind == "i":
            return rng.integers(-9, 10, self.shape).astype(dtype)
        x = np.asarray(rng.normal(size=self.shape) * 2)
        if special is not None:
            x.flat[: len(SPECIAL)] = np.roll(SPECIAL, special)[: x.size]
        return x.astype(dtype)


# How exact results must be. `eps` is the distance from 1 to the next number of a type; a result
# rounded to nearest is off by eps / 2 of its size.


@dataclass(frozen=True)
class Exact:
    """No rounding happens, or one that both sides do alike: integers, movement, comparisons."""

    bits: bool = False
    """Moved, not computed: the sign of a zero counts too."""

    def limit(self, case: Case, inputs: Sequence[Array], want: Array, number: int) -> Any:
        return 0.0


@dataclass(frozen=True)
class Ulps:
    """Elementwise: some ulp of the result, or of `least` where the formula cancels.

    The expansions err by at most 4 ulp each (`expand_math.functions.ACCURACY`) and a formula uses
    up to three; f16 and bf16 are computed in f32, whose errors can only turn a tie: one ulp.
    """

    count: float = 4
    least: float = 0.0

    def limit(self, case: Case, inputs: Sequence[Array], want: Array, number: int) -> Any:
        count = 1.0 if want.dtype.itemsize == 2 else self.count
        size = np.maximum(np.abs(want.astype("f8")), self.least)
        return count * eps(want) * size + smallest(want)


@dataclass(frozen=True)
class Sum:
    """Sums of n terms: whatever the order, each side errs by (n - 1) eps sum |terms| at most
    (Higham, "Accuracy and Stability of Numerical Algorithms", 4.2), and a product adds one eps.

    The sum of magnitudes is what the op gives for the magnitudes of its inputs. Half types
    accumulate in f32 (`accumulator`) and round once at the end, where a tie may turn.
    """

    terms: int
    accumulator: str = "f32"

    def limit(self, case: Case, inputs: Sequence[Array], want: Array, number: int) -> Any:
        sizes = case.reference([np.abs(x) for x in inputs])[number].astype("f8")
        element = dtype_of(TensorType(ELEMENTS[self.accumulator], []))
        step = max(eps(np.zeros(0, element)), 0.0 if want.dtype.itemsize == 2 else eps(want))
        last = eps(want) * np.abs(want.astype("f8")) if want.dtype.itemsize == 2 else 0.0
        return 2 * (self.terms + 1) * step * sizes + last + smallest(want)


@dataclass(frozen=True)
class Scaled:
    """Normalisations of n numbers: n roundings, and a few functions, of the largest result."""

    terms: int

    def limit(self, case: Case, inputs: Sequence[Array], want: Array, number: int) -> Any:
        finite = np.abs(want[np.isfinite(want)].astype("f8"))
        scale = float(finite.max()) if finite.size else 0.0
        rounds = 2 if want.dtype.itemsize == 2 else self.terms + 16
        return rounds * eps(want) * scale + smallest(want)


Check = Exact | Ulps | Sum | Scaled
EXACT, BITS = Exact(), Exact(bits=True)


def eps(x: Array) -> float:
    return float(ml_dtypes.finfo(x.dtype).eps) if is_float(x) else 0.0


def smallest(x: Array) -> float:
    """Results near zero may be off by one subnormal."""
    return float(ml_dtypes.finfo(x.dtype).smallest_subnormal) if is_float(x) else 0.0


def is_float(x: Array) -> bool:
    return x.dtype.kind not in "biu"


Make = Callable[..., Operation | Sequence[Operation]]


@dataclass(frozen=True)
class Case:
    """One op: arguments, and how to build it from their SSA values."""

    name: str
    types: str
    make: Make
    check: Check = EXACT
    special: bool = False
    values: Sequence[Any] = field(default=())

    @property
    def arguments(self) -> list[Argument]:
        return [Argument.read(t) for t in self.types.split()]

    def inputs(self) -> list[Array]:
        """The same arrays every time."""
        rng = np.random.default_rng(1)
        arguments = self.arguments
        if self.values:
            pairs = zip(self.values, arguments, strict=True)
            with np.errstate(all="ignore"):
                return [np.asarray(v, dtype_of(a.type)).reshape(a.shape) for v, a in pairs]
        return [
            a.values(rng, 5 * number if self.special else None)
            for number, a in enumerate(arguments)
        ]

    def reference(self, inputs: Sequence[Array]) -> tuple[Array, ...]:
        """What the semantics of `dl` give."""
        with np.errstate(all="ignore"):
            return Interpreter(module_of([self])).call("f", *inputs)

    def problem(self, inputs: Sequence[Array], got: Sequence[Array]) -> str | None:
        """What is wrong with these results, if anything."""
        for number, (want, result) in enumerate(zip(self.reference(inputs), got, strict=True)):
            text = self._problem(inputs, want, result, number)
            if text is not None:
                return f"{self} result {number}: {text}"
        return None

    def _problem(self, inputs: Sequence[Array], want: Array, got: Array, number: int) -> str | None:
        if (want.dtype, want.shape) != (got.dtype, got.shape):
            return f"{got.dtype}{got.shape} instead of {want.dtype}{want.shape}"
        if not is_float(want):
            wrong = np.asarray(want != got)
        else:
            with np.errstate(all="ignore"):
                x, y = want.astype("f8"), got.astype("f8")
                near = np.abs(x - y) <= self.check.limit(self, inputs, want, number)
                wrong = ~(near | (x == y) | (np.isnan(x) & np.isnan(y)))
            if isinstance(self.check, Exact) and self.check.bits:
                wrong |= np.signbit(x) != np.signbit(y)
        places = np.argwhere(wrong)
        if not len(places):
            return None
        at = tuple(int(i) for i in places[0])
        return f"{len(places)} wrong, first at {at}: {got[at]} instead of {want[at]}"

    def __str__(self) -> str:
        return f"{self.name}({re.sub(' ', ',', self.types)})"


def module_of(cases: Sequence[Case]) -> ModuleOp:
    """One function `@f` with the arguments and the results of all the cases."""
    types = [a.type for case in cases for a in case.arguments]
    block = Block(arg_types=types)
    arguments, results = iter(block.args), []
    for case in cases:
        made = case.make(*(next(arguments) for _ in case.arguments))
        ops = list(made) if isinstance(made, list | tuple) else [made]
        block.add_ops(ops)
        results += ops[-1].results
    block.add_op(ReturnOp(*results))
    type = FunctionType.from_lists(types, [v.type for v in results])
    return ModuleOp([FuncOp("f", type, Region(block))])


def elements_in(shape: str) -> int:
    """`2?x3` has 6."""
    return math.prod(int(n.rstrip("?")) for n in shape.split("x") if n)


def typed(shape: str, element: str) -> str:
    return f"{shape}x{element}" if shape else element
