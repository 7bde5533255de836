"""The cones of weights against brute force: every point of small models, and every order."""

from __future__ import annotations

from itertools import permutations, product
from math import ceil
from typing import Any

import numpy as np
import pytest
from targets.accel.test_work import structured
from xdsl.ir import SSAValue

from dlir.dialects.structured.ops import GenericOp, shape_of
from dlir.dialects.structured.roles import Operand, operands_of
from dlir.targets.accel.description import load_machine
from dlir.targets.accel.work.count import array_cycles
from dlir.targets.accel.work.layers import constants_of
from dlir.targets.accel.work.order import least_spare, passes, sums_with_weights
from dlir.targets.accel.work.products import is_sum_of_products

ROWS = 8


def conv(name: str, x: str, shape: tuple[int, ...], o: int, kernel: int, stride: int = 1) -> Any:
    """Lines of a convolution with a relu, and the shape of the result."""
    (n, c, h, w), pad = shape, kernel // 2
    size = [(s + 2 * pad - kernel) // stride + 1 for s in (h, w)]
    types = [f"tensor<{'x'.join(map(str, t))}xf32>"
             for t in (shape, (o, c, kernel, kernel), (n, o, *size))]  # fmt: skip
    text = f"""
      %w_{name} = dl.param "{name}" : {types[1]}
      %c_{name} = dl.conv2d %{x}, %w_{name} acc f32 {{strides = [{stride}, {stride}],
          padding = [{pad}, {pad}, {pad}, {pad}]}} : ({types[0]}, {types[1]}) -> {types[2]}
      %{name} = dl.relu %c_{name} : {types[2]}"""
    return text, (n, o, *size)


def chain(size: int, *layers: tuple[int, int, int], residual: bool = False) -> str:
    """Convolutions of (channels, kernel, stride) one after the other."""
    shape, x, text = (1, 3, size, size), "x", ""
    first = "x".join(map(str, shape))
    shapes = {"x": shape}
    for number, (o, kernel, stride) in enumerate(layers):
        lines, shape = conv(f"y{number}", x, shape, o, kernel, stride)
        text, x = text + lines, f"y{number}"
        shapes[x] = shape
        before = f"y{number - 2}"
        if residual and shapes.get(before) == shape:
            type = f"tensor<{'x'.join(map(str, shape))}xf32>"
            text, x = f"{text}\n      %z{number} = dl.add %{x}, %{before} : {type}", f"z{number}"
    last = "x".join(map(str, shape))
    return f"""
    func.func @main(%x: tensor<{first}xf32>) -> tensor<{last}xf32> {{{text}
      func.return %{x} : tensor<{last}xf32>
    }}
    """


CHAINS = {
    "points": chain(3, (4, 1, 1), (9, 1, 1), (5, 1, 1), (3, 1, 1)),
    "windows": chain(5, (4, 3, 1), (3, 3, 1), (5, 1, 1)),
    "strides": chain(6, (4, 1, 1), (3, 3, 2), (5, 1, 1)),
    "every second pixel": chain(6, (4, 3, 1), (9, 1, 1), (5, 1, 2), (3, 3, 1)),
    "residual": chain(4, (4, 1, 1), (4, 3, 1), (4, 1, 1), (4, 3, 1), (6, 1, 2), residual=True),
    "wide windows": chain(3, (2, 5, 1), (9, 3, 1), (2, 3, 1)),
}


def read(operand: Operand, point: tuple[int, ...]) -> tuple[int, ...] | None:
    """The element at a point of the iteration space, if there is one."""
    at = tuple(
        f.constant + sum(c * p for c, p in zip(f.coefficients, point, strict=True))
        for f in operand.forms
    )
    inside = all(0 <= i < n for i, n in zip(at, shape_of(operand.value), strict=True))
    return at if inside else None


class Points:
    """What every element of a function is made of, point by point."""

    def __init__(self, ops: list[Any]) -> None:
        self.made: dict[tuple[SSAValue, tuple[int, ...]], set[Any]] = {}
        self.terms: dict[tuple[SSAValue, tuple[int, ...]], int] = {}
        self.met: dict[tuple[SSAValue, tuple[int, ...]], set[Any]] = {}
        """Weight -> the activations that it is multiplied with."""
        for op in ops:
            if isinstance(op, GenericOp):
                self.add(op)

    def add(self, op: GenericOp) -> None:
        inputs, out, extra = operands_of(op)
        is_sum = is_sum_of_products(op)
        for point in product(*map(range, op.static_extents())):
            at = read(out, point)
            assert at is not None
            elements = [
                (o.value, e) for o in (*inputs, *extra) if (e := read(o, point)) is not None
            ]
            self.made.setdefault((op.results[0], at), set()).update(elements)
            if is_sum and len(elements) == 2 + len(extra):
                key = (op.results[0], at)
                self.terms[key] = self.terms.get(key, 0) + 1
                for one, other in (elements[:2], elements[1::-1]):
                    self.met.setdefault(one, set()).add(other)

    def cone(self, elements: set[Any]) -> set[Any]:
        """All sums that some elements are made of."""
        waiting, found = list(elements), set(elements)
        while waiting:
            for one in self.made.get(waiting.pop(), ()):
                if one not in found:
                    found.add(one)
                    waiting.append(one)
        return found & self.terms.keys()


@pytest.mark.parametrize("name", CHAINS)
def test_cones_need_no_more_than_they_must(name: str) -> None:
    """For the last one, two, ... layers; what a weight meets is what brute force finds, or less."""
    block = structured(CHAINS[name]).body.block
    ops, constant = list(block.ops), constants_of(block)
    sums, points = sums_with_weights(ops, constant), Points(ops)
    for first in range(1, len(sums)):
        late = sums[first:]
        mine = {one.op.results[0] for one in late}
        rates = {one.op: 1.0 for one in sums[:first]}
        exact = min(
            sum(
                ceil(points.terms[key] / ROWS) - points.terms[key] / ROWS
                for key in points.cone(activations)
                if key[0] not in mine
            )
            for weight, activations in points.met.items()
            if weight[0] in {one.weights.value for one in late}
        )
        found = least_spare(ops, late, rates, ROWS)
        assert 0 <= found <= exact + 1e-9
        assert found == pytest.approx(exact) or name != "points"  # nothing is given away there


@pytest.mark.parametrize("name", CHAINS)
def test_passes_are_counted_sum_by_sum(name: str) -> None:
    block = structured(CHAINS[name]).body.block
    points = Points(list(block.ops))
    for one in sums_with_weights(list(block.ops), constants_of(block)):
        mine = [n for (value, _), n in points.terms.items() if value is one.op.results[0]]
        found = passes(one.op, ROWS)
        assert found.products == sum(mine)
        assert found.rows == sum(ceil(n / ROWS) for n in mine)


def test_no_order_of_planes_is_faster() -> None:
    """Two products one after the other, all orders in which the second waits for the first."""
    size = 4
    machine = load_machine("gemmini", {"array.rows": "4", "array.cols": "4"})
    for m, a, b, c in product((1, 2, 3, 9), (1, 2, 3, 6), (4, 8), (4, 8)):
        types = [f"tensor<{x}x{y}xf32>" for x, y in ((m, a), (a, b), (b, c), (m, b), (m, c))]
        text = f"""
        func.func @main(%x: {types[0]}) -> {types[4]} {{
          %v = dl.param "v" : {types[1]}
          %w = dl.param "w" : {types[2]}
          %y = dl.matmul %x, %v acc f32 : ({types[0]}, {types[1]}) -> {types[3]}
          %z = dl.matmul %y, %w acc f32 : ({types[3]}, {types[2]}) -> {types[4]}
          func.return %z : {types[4]}
        }}
        """
        block = structured(text).body.block
        constant = constants_of(block)
        sums = [op for op in block.ops if isinstance(op, GenericOp) and is_sum_of_products(op)]
        bound = array_cycles(sums, constant, machine, block)
        first = [(0, n, min(size, a - k)) for n in range(b // size) for k in range(0, a, size)]
        second = [(1, k, size) for _ in range(c // size) for k in range(b // size)]
        assert bound <= fastest([*first, *second], m), (m, a, b, c)


def fastest(planes: list[tuple[int, int, int]], m: int) -> int:
    """The least cycles for planes of (layer, block between the layers, rows) that m rows pass."""
    best = 1 << 60
    for order in permutations(range(len(planes))):
        chosen = [planes[i] for i in order]
        last = {block: i for i, (layer, block, _) in enumerate(chosen) if not layer}
        if all(i > last[block] for i, (layer, block, _) in enumerate(chosen) if layer):
            loads = [rows for _, _, rows in chosen] + [0]
            best = min(best, loads[0] + int(sum(np.maximum(m, loads[1:]))))
    return best
