"""The `dl` ops that walk, order and scatter, with all their options and every kind of size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numeric.cases import BITS, EXACT, FLOATS, Argument, Case, Scaled, Sum, Ulps, elements_in
from xdsl.dialects.builtin import bf16, f16, f32, f64
from xdsl.ir import Operation

from dlir.dialects.dl.ops import embedding as em
from dlir.dialects.dl.ops import ordering as o
from dlir.dialects.dl.ops import random as ran
from dlir.dialects.dl.ops import scan as c
from dlir.dialects.dl.ops import scatter as sc
from dlir.dialects.dl.ops import source as s

SCANNED: list[tuple[str, int]] = [
    ("3?x4x5", 1), ("3?x4x5", 0), ("2x65", 1), ("17?", 0), ("1x1", 0), ("3x0", 1), ("0?x3", 1),
    ("3x17?", 1), ("63x2", 0),
]  # fmt: skip
FLAGS = [(False, False), (True, False), (False, True), (True, True)]


def scan_cases(e: str) -> list[Case]:
    cases: list[Case] = []
    for op in (c.CumsumOp, c.CumprodOp):
        for number, (shape, axis) in enumerate(SCANNED):
            terms = elements_in(shape)
            check = Ulps(terms + 4) if op is c.CumprodOp else Sum(terms, _accumulator(e))
            for exclusive, reverse in FLAGS if number < 3 else FLAGS[:1]:
                make = lambda x, a=(op, axis, exclusive, reverse): a[0](  # noqa: E731
                    x, a[1], exclusive=a[2], reverse=a[3]
                )
                cases.append(Case(op.name, f"{shape}x{e}", make, check))
    return cases


def _accumulator(e: str) -> str:
    return "f64" if e == "f64" else "f32"


ORDERED: list[tuple[str, int]] = [
    ("3?x4x5", 1), ("3?x4x5", 2), ("4x17", 0), ("2x65?", 1), ("3x64", 1), ("131", 0), ("1", 0),
    ("0?x3", 1), ("2x1x2", 1), ("5x2?", 1), ("3?x16", 1),
]  # fmt: skip


def ordering_cases(e: str) -> list[Case]:
    """Many equal elements; of floats the special ones, too."""
    special = e in FLOATS
    cases: list[Case] = []

    def add(shape: str, make: Callable[..., Operation]) -> None:
        cases.append(Case(make.__name__, f"{shape}x{e}", make, BITS, special))

    for number, (shape, axis) in enumerate(ORDERED):
        for op in (o.ArgmaxOp, o.ArgminOp):
            for keep, last in FLAGS if number < 3 else FLAGS[:1]:
                add(shape, _named(op, axis=axis, keepdims=keep, select_last=last))
        for falls in (False, True):
            add(shape, _named(o.SortOp, axis=axis, descending=falls))
        size = int(shape.split("x")[axis].rstrip("?"))
        for k in sorted({0, 1, size // 2, size}):
            for smallest in (False, True):
                add(shape, _named(o.TopkOp, k=k, axis=axis, smallest=smallest))
    add("3x0", _named(o.SortOp, axis=1))
    add("0x3", _named(o.ArgmaxOp, axis=1))
    return cases


def _named(op: Any, **options: Any) -> Callable[..., Operation]:
    make = lambda x: op(x, **options)  # noqa: E731
    make.__name__ = op.name + "".join(f"_{key}_{value}" for key, value in options.items())
    return make


ELEMENTWISE: list[tuple[str, str, int]] = [
    ("5?x4x3", "2?x4x3xi64", 0), ("4x5", "4x2xi32", 1), ("4?x5?", "3?x7?xi64", 1), ("5", "9xi8", 0),
    ("5x65", "0?x65xi64", 0), ("6x5x2", "1x5x2xi16", 0), ("2x5", "1x17xi64", 1),
    ("5x3", "4x3xui8", 0), ("5", "7xui64", 0),
]  # fmt: skip
POINTS: list[tuple[str, str, int]] = [
    ("5x6x3", "2?x2xi64", 0), ("5?x6?", "4x2xi32", 0), ("5x7", "3x1xi64", 0), ("5", "1xi64", 0),
    ("5x65", "2x3?x1xi8", 0), ("2?x5x6", "2?x3x1xi64", 1), ("2x3x5x7", "2x3x2xi64", 2),
    ("5x5x2", "0?x3xi64", 0), ("2x3x5", "2x3x4x1xi32", 2),
]  # fmt: skip
"""(operand, indices, batch dimensions); sizes that are indexed are 5 or more, but for the last."""


def scatter_cases(e: str) -> list[Case]:
    return [
        *_gathering(e),
        *(case for how in _reductions(e) for case in _scattering(e, how)),
        *(case for shape in ("4?", "2x3", "") for case in _one_hot(e, shape)),
    ]


def _reductions(e: str) -> Sequence[str]:
    return ("none", "max", "min") if e == "i1" else ("none", "add", "mul", "max", "min")


def _values(shapes: Sequence[str], indices: int) -> list[Any]:
    """Random numbers; indices in [-2, 2), which every size but the last ones allows."""
    rng = np.random.default_rng(0)
    arguments = [Argument.read(shape) for shape in shapes]
    return [
        rng.integers(0 if "ui" in shape else -2, 2, a.shape) if n == indices else a.values(rng)
        for n, (shape, a) in enumerate(zip(shapes, arguments, strict=True))
    ]


def _gathering(e: str) -> list[Case]:
    cases: list[Case] = []
    for shape, index, axis in ELEMENTWISE:
        make = lambda x, i, axis=axis: sc.GatherElementsOp(x, i, axis)  # noqa: E731
        types = [f"{shape}x{e}", index]
        cases.append(Case("gather_elements", " ".join(types), make, BITS, values=_values(types, 1)))
    for shape, index, batch in POINTS:
        make = lambda x, i, batch=batch: sc.GatherNdOp(x, i, batch)  # noqa: E731
        types = [f"{shape}x{e}", index]
        cases.append(Case("gather_nd", " ".join(types), make, BITS, values=_values(types, 1)))
    return cases


def _scattering(e: str, how: str) -> list[Case]:
    """Updates meet; each fold is rounded, as both sides do in the same order."""
    cases: list[Case] = []
    for shape, index, axis in ELEMENTWISE:
        update = index.rpartition("x")[0]
        types = [f"{shape}x{e}", index, f"{update}x{e}"]
        make = lambda x, i, u, a=(axis, how): sc.ScatterElementsOp(x, i, u, *a)  # noqa: E731
        name = f"scatter_elements_{how}"
        cases.append(Case(name, " ".join(types), make, BITS, values=_values(types, 1)))
    for shape, index, batch in POINTS:
        if batch:
            continue
        *outer, count, _ = index.split("x")
        update = "x".join([*outer, *shape.split("x")[int(count) :], e])
        types = [f"{shape}x{e}", index, update]
        make = lambda x, i, u: sc.ScatterNdOp(x, i, u, how)  # noqa: E731
        cases.append(
            Case(f"scatter_nd_{how}", " ".join(types), make, BITS, values=_values(types, 1))
        )
    return cases


def _one_hot(e: str, shape: str) -> list[Case]:
    element = Argument.read(f"1x{e}").type.element_type
    types = f"{shape}xi64" if shape else "i64"
    rank = len(shape.split("x")) if shape else 0
    values = _values([types], 0)
    axes = [lambda i, a=a: sc.OneHotOp(i, 3, element, a) for a in range(rank + 1)]
    cases = [Case("one_hot", types, make, EXACT, values=values) for make in axes]
    if shape:
        make = lambda i: [n := s.DimOp(i, 0), sc.OneHotOp(i, n, element, 0)]  # noqa: E731
        cases.append(Case("one_hot", types, make, EXACT, values=values))
    return cases


BAGS: list[tuple[str, str, str, list[int]]] = [
    ("9x5", "7?", "3?", [0, 2, 6]), ("9?x17", "7", "4", [0, 0, 7, 7]), ("5x1", "0?", "2?", [0, 0]),
    ("5x64", "6", "1", [0]), ("5x3?", "6", "3", [2, 2, 5]), ("5x3", "4?", "0?", []),
]  # fmt: skip
"""(table, indices, offsets, their numbers): empty bags, and indices that are in none."""


def embedding_cases(e: str) -> list[Case]:
    cases: list[Case] = []
    rng = np.random.default_rng(4)
    for table, length, count, offsets in BAGS:
        types = [f"{table}x{e}", f"{length}xi64", f"{count}xi32", f"{length}x{e}"]
        arguments = [Argument.read(t) for t in types]
        x, _, _, weights = (a.values(rng) for a in arguments)
        given = [x, rng.integers(-5, 5, arguments[1].shape), offsets]
        for pooling in ("sum", "mean", "max"):
            make = lambda x, i, o, p=pooling: em.EmbeddingBagOp(x, i, o, pooling=p)  # noqa: E731
            check = EXACT if pooling == "max" else Scaled(8)
            cases.append(
                Case(f"embedding_bag_{pooling}", " ".join(types[:3]), make, check, values=given)
            )
        name = "embedding_bag_weighted"
        cases.append(
            Case(name, " ".join(types), em.EmbeddingBagOp, Scaled(8), values=[*given, weights])
        )
    return cases


FLOAT_TYPES = {"f64": f64, "f32": f32, "f16": f16, "bf16": bf16}


def random_cases() -> list[Case]:
    """The same bits on both sides, whatever the shape, seed and stream."""
    seeds = [0, 1, -1, 0x299F31D0A4093822 - (1 << 63)]

    def case(name: str, make: Callable[..., Any], seed: int) -> Case:
        return Case(name, "i64 3?xf32", make, BITS, values=[seed, np.zeros(3)])

    def sized(kind: Any, *more: Any, **options: Any) -> Callable[..., Any]:
        return lambda seed, x: [n := s.DimOp(x, 0), kind(seed, [n, 5], *more, **options)]

    def fixed(kind: Any, shape: list[int], *more: Any) -> Callable[..., Any]:
        return lambda seed, x: kind(seed, shape, *more)

    cases = [
        *(case("random_bits", sized(ran.RandomBitsOp, stream=-(2**40) + 3), n) for n in seeds),
        *(case("random_bits", fixed(ran.RandomBitsOp, k), 7) for k in ([131], [], [0], [2, 3, 3])),
    ]
    for element in FLOAT_TYPES.values():
        cases.append(case("random_uniform", sized(ran.RandomUniformOp, element, stream=5), 3))
    for e in FLOAT_TYPES:
        for ratio in (0.0, 0.1, 0.5, 0.999):
            make = lambda x, seed, ratio=ratio: ran.DropoutOp(x, seed, ratio, 1)  # noqa: E731
            x = Argument.read(f"5?x13x{e}").values(np.random.default_rng(2))
            cases.append(Case("dropout", f"5?x13x{e} i64", make, Ulps(), values=[x, 11]))
    return cases
