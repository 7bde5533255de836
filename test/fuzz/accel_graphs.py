"""Random models of whole numbers for the accelerator: nothing is rounded, so all bits must agree.

After every op that makes numbers larger they are clipped to -4 .. 4. Numbers up to 256 are exact in
bf16, larger ones are rounded to numbers that are clipped to the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from numeric.accel_models import Case, Model
from xdsl.ir import SSAValue

from dlir.dialects.dl.ops import activation as act
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import contraction as k
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops import pooling as p
from dlir.dialects.dl.ops import reduction as r
from dlir.types import shape_of

SIZES = (1, 2, 3, 7, 8, 9, 16, 17, 24, 32, 33)
MOST = 3000
"""Elements of a tensor."""


@dataclass
class Graph:
    """A model under construction, and the values that there are."""

    draw: Callable[..., Any]
    model: Model
    values: list[SSAValue] = field(default_factory=list[SSAValue])

    def one_of(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def value(self, rank: int | None = None) -> SSAValue:
        """One of the values, of some rank if there is one; else a new argument."""
        fine = [v for v in self.values if rank is None or len(shape_of(v.type)) == rank]
        if fine and self.draw(st.integers(0, 4)):
            return self.one_of(*fine)
        return self.argument([self.one_of(*SIZES) for _ in range(rank or self.one_of(1, 2, 3))])

    def argument(self, shape: list[int]) -> SSAValue:
        """A new argument, or a weight."""
        while _elements(shape) > MOST:
            shape[shape.index(max(shape))] = 3
        text = "x".join(map(str, [*shape, "f32"]))
        return self.model.param(text) if self.one_of(False, False, True) else self.model.arg(text)

    def keep(self, value: SSAValue, larger: bool = True) -> None:
        """A new value; clipped where numbers have grown."""
        if _elements(shape_of(value.type)) <= MOST:
            self.values.append(self.model.add(act.ClipOp(value, -4.0, 4.0)) if larger else value)

    # --- ops --------------------------------------------------------------------------------------

    def unary(self) -> None:
        op = self.one_of(act.ReluOp, m.NegOp, m.AbsOp)
        self.keep(self.model.add(op(self.value())), larger=False)

    def binary(self) -> None:
        x = self.value()
        shape = [n if self.one_of(True, True, False) else 1 for n in shape_of(x.type)]
        same = [v for v in self.values if shape_of(v.type) == shape_of(x.type)]
        y = (
            self.one_of(*same)
            if same and self.one_of(True, False)
            else self.argument(shape[self.one_of(*range(len(shape))) if shape else 0 :])
        )
        op = self.one_of(b.AddOp, b.SubOp, b.MulOp, b.MaxOp, b.MinOp)
        self.keep(self.model.add(op(x, y) if self.one_of(True, False) else op(y, x)))

    def matmul(self) -> None:
        x = self.value(self.one_of(2, 2, 3))
        *batch, _, terms = shape_of(x.type)
        columns, turned = self.one_of(*SIZES), self.one_of(True, False)
        fine = [
            v for v in self.values
            if len(s := shape_of(v.type)) >= 2 and s[-1 if turned else -2] == terms
            and (len(s) == 2 or list(s[:-2]) == batch)
        ]  # fmt: skip
        if fine and self.one_of(True, False):
            y = self.one_of(*fine)
        else:
            front = batch if batch and self.one_of(True, False) else []
            y = self.argument([*front, *((columns, terms) if turned else (terms, columns))])
            if shape_of(y.type)[-1 if turned else -2] != terms:
                return
            if front and list(shape_of(y.type)[:-2]) != batch:
                return
        self.keep(self.model.add(k.MatmulOp(x, y, transpose_rhs=turned)))

    def convolution(self) -> None:
        x = self.value(4)
        _, channels, height, width = shape_of(x.type)
        size, pad = self.one_of(1, 2, 3), [self.one_of(0, 1) for _ in range(4)]
        if height + pad[0] + pad[2] < size or width + pad[1] + pad[3] < size:
            return
        stride = self.one_of((1, 1), (2, 2), (1, 2))
        kind = self.one_of("conv", "conv", "depthwise", "pool")
        if kind == "pool":
            pad = [min(n, size - 1) for n in pad]
            y = p.MaxPool2dOp(x, (size, size), padding=pad, strides=stride)
            self.keep(self.model.add(y), larger=False)
            return
        groups = channels if kind == "depthwise" else 1
        count = channels if kind == "depthwise" else self.one_of(1, 5, 16, 17)
        w = self.model.param(f"{count}x{channels // groups}x{size}x{size}xf32")
        how: dict[str, Any] = {"padding": pad, "strides": stride, "groups": groups}
        self.keep(self.model.add(k.Conv2dOp(x, w, **how)))

    def reduction(self) -> None:
        x = self.value()
        rank = len(shape_of(x.type))
        axes = self.draw(st.sets(st.integers(0, rank - 1), min_size=1)) if rank else set[int]()
        keep = len(axes) == rank or self.one_of(True, False)
        op = self.one_of(r.ReduceSumOp, r.ReduceMaxOp)
        self.keep(self.model.add(op(x, sorted(axes), keep)))

    def transpose(self) -> None:
        x = self.value(self.one_of(2, 3))
        perm = self.draw(st.permutations(range(len(shape_of(x.type)))))
        self.keep(self.model.add(mv.TransposeOp(x, perm)), larger=False)

    def reshape(self) -> None:
        x = self.value()
        shape = list(shape_of(x.type))
        at = self.one_of(*range(len(shape)))
        if len(shape) < 4 and self.one_of(True, False):
            part = self.one_of(*[d for d in range(1, shape[at] + 1) if shape[at] % d == 0])
            shape[at : at + 1] = [part, shape[at] // part]
        elif at + 1 < len(shape):
            shape[at : at + 2] = [shape[at] * shape[at + 1]]
        self.keep(self.model.add(mv.ReshapeOp(x, shape)), larger=False)

    def slice(self) -> None:
        x = self.value()
        shape = shape_of(x.type)
        first = [self.one_of(0, 0, min(n - 1, self.one_of(1, 8, 16))) for n in shape]
        sizes = [
            n - f if self.one_of(True, False) else 1 for n, f in zip(shape, first, strict=True)
        ]
        self.keep(self.model.add(mv.SliceOp(x, first, sizes)), larger=False)

    def concat(self) -> None:
        x = self.value()
        axis = self.one_of(*range(len(shape_of(x.type))))
        self.keep(self.model.add(mv.ConcatOp([x, x], axis)), larger=False)

    def pad(self) -> None:
        x = self.value()
        low = [self.one_of(0, 0, 1) for _ in shape_of(x.type)]
        high = [self.one_of(0, 0, 2) for _ in shape_of(x.type)]
        self.keep(self.model.add(mv.PadOp(x, low, high, self.one_of(0.0, 2.0))), larger=False)

    def host(self) -> None:
        """What the machine has no function for."""
        self.keep(self.model.add(m.SignOp(self.value())), larger=False)


STEPS = (
    Graph.unary, Graph.binary, Graph.binary, Graph.matmul, Graph.matmul, Graph.matmul,
    Graph.convolution, Graph.reduction, Graph.reduction, Graph.transpose, Graph.reshape,
    Graph.slice, Graph.concat, Graph.pad, Graph.host,
)  # fmt: skip


@st.composite
def graphs(draw: st.DrawFn) -> Case:
    """A model of up to eight ops, with one to three results."""
    seed = draw(st.integers(0, 1 << 16))
    length = draw(st.integers(1, 8))
    build = _Recorded(draw, seed, length)
    return Case("graph", build, exact=True, programs=None)


class _Recorded:
    """Draws once, and builds the same model each time."""

    def __init__(self, draw: Callable[..., Any], seed: int, length: int) -> None:
        self.model = Model(whole=True, seed=seed)
        graph = Graph(draw, self.model)
        for _ in range(length):
            draw(st.sampled_from(STEPS))(graph)
        count = draw(st.integers(1, 3))
        self.results = tuple(graph.values[-count:]) or (graph.value(),)

    def __call__(self, model: Model) -> Any:
        model.block, model.inputs, model.params = (
            self.model.block, self.model.inputs, self.model.params,
        )  # fmt: skip
        return self.results


def _elements(shape: Any) -> int:
    total = 1
    for n in shape:
        total *= n
    return total
