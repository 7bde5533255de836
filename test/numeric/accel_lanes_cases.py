"""Slices, concatenations and shuffles along the lanes, at all places of a block."""

from __future__ import annotations

from typing import Any

from numeric.accel_models import Build, Case, Model

from dlir.dialects.dl.ops import activation as act
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import contraction as k
from dlir.dialects.dl.ops import movement as mv


def computed(g: Model, *shape: int) -> Any:
    """What the machine has."""
    return g.add(act.ReluOp(g.arg(f"{'x'.join(map(str, shape))}xf32")))


def used(g: Model, y: Any) -> Any:
    return g.add(b.AddOp(y, y))


def joined(*sizes: int, rows: int = 7) -> Build:
    """Parts of these sizes; a negative one is an argument as it is."""

    def build(g: Model) -> Any:
        parts = [computed(g, rows, n) if n > 0 else g.arg(f"{rows}x{-n}xf32") for n in sizes]
        return used(g, g.add(mv.ConcatOp(parts, 1)))

    return build


def cut(size: int, first: int, count: int, step: int = 1) -> Build:
    def build(g: Model) -> Any:
        x = computed(g, 5, size)
        return used(g, g.add(mv.SliceOp(x, [0, first], [5, count], [1, step])))

    return build


def shuffled(groups: int, size: int) -> Build:
    """Channels of groups, taken in turn."""

    def build(g: Model) -> Any:
        y = g.add(mv.ReshapeOp(computed(g, 2, 3, groups * size), [2, 3, groups, size]))
        y = g.add(mv.TransposeOp(y, (0, 1, 3, 2)))
        return used(g, g.add(mv.ReshapeOp(y, [2, 3, groups * size])))

    return build


def conv(g: Model, x: Any, kernel: int = 1, groups: int = 1) -> Any:
    n = x.type.get_shape()[1]
    w = g.param(f"{n}x{n // groups}x{kernel}x{kernel}xf32", n // groups * kernel**2)
    return g.add(k.Conv2dOp(x, w, padding=(kernel // 2,) * 4, groups=groups))


def units(channels: int, image: int, count: int = 1) -> Build:
    """Blocks of ShuffleNet V2."""

    def build(g: Model) -> Any:
        x = g.add(act.ReluOp(conv(g, g.arg(f"1x{channels}x{image}x{image}xf32"))))
        half = channels // 2
        for _ in range(count):
            kept, y = g.add_all(mv.SplitOp(x, 1, [half, half]))
            y = g.add(act.ReluOp(conv(g, y)))
            y = g.add(act.ReluOp(conv(g, conv(g, y, 3, half))))
            y = g.add(mv.ConcatOp([kept, y], 1))
            y = g.add(mv.ReshapeOp(y, [1, 2, half, image, image]))
            y = g.add(mv.TransposeOp(y, (0, 2, 1, 3, 4)))
            x = g.add(mv.ReshapeOp(y, [1, channels, image, image]))
        return g.add(act.ReluOp(conv(g, x)))

    return build


def joined_images(g: Model) -> Any:
    """The parts of an inception block."""
    x = g.arg("1x5x6x6xf32")
    parts = [
        g.add(act.ReluOp(g.add(k.Conv2dOp(x, g.param(f"{n}x5x1x1xf32", 5))))) for n in (3, 17, 8)
    ]
    y = g.add(mv.ConcatOp(parts, 1))
    return g.add(k.Conv2dOp(y, g.param("9x28x3x3xf32", 252), padding=(1, 1, 1, 1)))


def whole_numbers(g: Model) -> Any:
    """int8, at the ends of its range: joined, and cut."""
    ends = [-128, 127, -127, 0, 1, -1, 126]
    x = g.add(act.ReluOp(g.arg("3x7xi8", [ends] * 3)))
    y = g.add(b.MaxOp(g.arg("3x17xi8", [[*ends, *ends, -128, 127, 5]] * 3), g.arg("17xi8")))
    z = g.add(mv.ConcatOp([x, y, x], 1))
    cut_ = g.add(mv.SliceOp(z, [0, 3], [3, 20], [1, 1]))
    return g.add(b.MaxOp(z, g.arg("31xi8"))), g.add(b.MinOp(cut_, g.arg("20xi8")))


def lanes_cases() -> list[Case]:
    return [
        *(Case(f"joined {s}", joined(*s), whole=True)
          for s in ((1, 1), (15, 1), (16, 17), (17, 16), (5, 17, 5), (16, 16, 3), (3, 16, 16),
                    (40, 7), (5, -17), (-5, 17, -1))),
        Case("joined one row", joined(5, 6, rows=1), whole=True),
        *(Case(f"cut {s}", cut(*s), whole=True)
          for s in ((20, 3, 7), (20, 15, 1), (40, 16, 24), (40, 17, 23), (40, 0, 17), (33, 32, 1),
                    (20, 1, 9, 2), (40, 0, 14, 3), (1, 0, 1))),
        *(Case(f"shuffled {s}", shuffled(*s), whole=True)
          for s in ((2, 3), (2, 8), (3, 7), (5, 5), (2, 16), (4, 16), (16, 3), (7, 1))),
        *(Case(f"unit {c}x{n}", units(c, n), depth=6) for c, n in ((12, 5), (32, 4), (38, 3))),
        Case("four units", units(20, 3, 4), depth=20),
        Case("joined images", joined_images, depth=2),
        Case("whole numbers", whole_numbers, exact=True),
    ]  # fmt: skip
