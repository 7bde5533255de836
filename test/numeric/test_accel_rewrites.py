"""Rewrites of `structured` for an array of some width keep every value.

Each model is lowered to `structured`, run, rewritten and run again on the reference. Rewrites
change the order of sums at most by adding zeros, so only the last bits of float32 may differ.
"""

from __future__ import annotations

import numpy as np
import pytest

from dlir import api
from dlir.interpreter import Interpreter
from dlir.params import param_ops
from dlir.pipeline import PassManager
from dlir.registry import default_registry
from dlir.verifier import verify

PREPARE = (
    "dl-simplify,dl-assign-layout{layout=nhwc},dl-simplify,convert-dl-to-structured,cse,"
    "structured-fuse{by-cost=false},structured-share-terms,structured-fold-reshape,cse"
)


def conv(
    name: str, x: str, shape: tuple[int, ...], out: tuple[int, ...], w: tuple[int, ...],
    *, stride: int = 1, pad: int = 0, groups: int = 1,
) -> str:  # fmt: skip
    """One convolution with weights of its own."""
    types = ["x".join(map(str, t)) for t in (shape, w, out)]
    return (
        f'  %w_{name} = dl.param "{name}" : tensor<{types[1]}xf32>\n'
        f"  %{name} = dl.conv2d %{x}, %w_{name} acc f32 {{strides = [{stride}, {stride}], "
        f"padding = [{pad}, {pad}, {pad}, {pad}], groups = {groups}}} : (tensor<{types[0]}xf32>, "
        f"tensor<{types[1]}xf32>) -> tensor<{types[2]}xf32>\n"
    )


def model(shape: tuple[int, ...], out: tuple[int, ...], result: str, *lines: str) -> str:
    """A function of one image."""
    types = ["x".join(map(str, t)) for t in (shape, out)]
    return (
        f"func.func @main(%x: tensor<{types[0]}xf32>) -> tensor<{types[1]}xf32> {{\n"
        f"{''.join(lines)}  func.return %{result} : tensor<{types[1]}xf32>\n}}\n"
    )


def image(c: int, h: int, w: int) -> tuple[int, ...]:
    return (2, c, h, w)


def chain(first: int, middle: int, width: int, *, stride: int, kernel: int) -> str:
    """1 x 1, then depthwise, then a window, with a sum and a relu between them."""
    a, b = image(first, 6, width), image(middle, 6, width)
    size = -(-6 // stride), -(-width // stride)
    last = image(40, *size)
    pad = kernel // 2
    text = "x".join(map(str, b))
    return model(
        a, last, "last",
        conv("one", "x", a, b, (middle, first, 1, 1)),
        conv("deep", "one", b, b, (middle, 1, 3, 3), pad=1, groups=middle),
        f"  %sum = dl.add %deep, %one : tensor<{text}xf32>\n"
        f"  %act = dl.relu %sum : tensor<{text}xf32>\n",
        conv("last", "act", b, last, (40, middle, kernel, kernel), stride=stride, pad=pad),
    )  # fmt: skip


def bottlenecks(narrow: int, wide: int, width: int, stride: int) -> str:
    """Two blocks of ResNet, and a product with every so-many-th pixel of what they give."""
    a, b, c = image(narrow, 6, width), image(narrow, 6, width), image(wide, 6, width)
    d = image(24, -(-6 // stride), -(-width // stride))
    text = "x".join(map(str, c))
    lines = [conv("wide0", "x", a, c, (wide, narrow, 1, 1))]
    for block, source in enumerate(("x", "act0")):
        shape = a if not block else c
        lines += [
            conv(f"one{block}", source, shape, b, (narrow, shape[1], 1, 1)),
            conv(f"two{block}", f"one{block}", b, b, (narrow, narrow, 3, 3), pad=1),
            conv(f"three{block}", f"two{block}", b, c, (wide, narrow, 1, 1)),
            f"  %sum{block} = dl.add %three{block}, %{'wide0' if not block else 'act0'} "
            f": tensor<{text}xf32>\n",
            f"  %act{block} = dl.relu %sum{block} : tensor<{text}xf32>\n",
        ]
    lines.append(conv("last", "act1", c, d, (24, wide, 1, 1), stride=stride))
    return model(a, d, "last", *lines)


def grouped(groups: int, c: int, o: int) -> str:
    a, b = image(groups * c, 5, 7), image(groups * o, 5, 7)
    weights = (groups * o, c, 3, 3)
    return model(a, b, "y", conv("y", "x", a, b, weights, pad=1, groups=groups))


def shallow(kernel: int, stride: int) -> str:
    a, pad = image(3, 13, 15), kernel // 2
    b = image(20, -(-13 // stride), -(-15 // stride))
    weights = (20, 3, kernel, kernel)
    return model(a, b, "y", conv("y", "x", a, b, weights, stride=stride, pad=pad))


def heads(count: int, width: int) -> str:
    """Scores of `count` heads, their softmax, and the mix of the values."""
    total, n = count * width, 6
    project = "".join(
        f'  %w{name} = dl.param "{name}" : tensor<{total}x{total}xf32>\n'
        f"  %p{name} = dl.matmul %x, %w{name} acc f32 : (tensor<{n}x{total}xf32>, "
        f"tensor<{total}x{total}xf32>) -> tensor<{n}x{total}xf32>\n"
        f"  %s{name} = dl.reshape %p{name} : tensor<{n}x{total}xf32> "
        f"-> tensor<{n}x{count}x{width}xf32>\n"
        f"  %{name} = dl.transpose %s{name} {{perm = [1, 0, 2]}} : tensor<{n}x{count}x{width}xf32> "
        f"-> tensor<{count}x{n}x{width}xf32>\n"
        for name in "qkv"
    )
    one, scores = f"tensor<{count}x{n}x{width}xf32>", f"tensor<{count}x{n}x{n}xf32>"
    return model(
        (n, total), (n, total), "y", project,
        f"  %a = dl.matmul %q, %k acc f32 {{transpose_rhs}} : ({one}, {one}) -> {scores}\n"
        f"  %b = dl.softmax %a {{axis = 2}} : {scores}\n"
        f"  %c = dl.matmul %b, %v acc f32 : ({scores}, {one}) -> {one}\n"
        f"  %d = dl.transpose %c {{perm = [1, 0, 2]}} : {one} -> tensor<{n}x{count}x{width}xf32>\n"
        f"  %y = dl.reshape %d : tensor<{n}x{count}x{width}xf32> -> tensor<{n}x{total}xf32>\n",
    )  # fmt: skip


MODELS = {
    **{
        f"chain-{c}-{m}-{w}-s{s}-k{k}": chain(c, m, w, stride=s, kernel=k)
        for c, m, w, s, k in [
            (3, 8, 8, 1, 3), (8, 8, 16, 2, 3), (4, 16, 12, 1, 1), (5, 7, 8, 2, 5),
            (16, 32, 4, 1, 3), (33, 8, 8, 1, 3), (8, 3, 7, 1, 3),
        ]
    },
    **{
        f"bottlenecks-{n}-{w}-{x}-s{s}": bottlenecks(n, w, x, s)
        for n, w, x, s in [
            (8, 32, 8, 2), (8, 64, 8, 1), (4, 32, 8, 2), (4, 16, 12, 3), (16, 32, 6, 2),
            (8, 32, 7, 2), (8, 40, 8, 2), (2, 16, 16, 4),
        ]
    },
    **{f"groups-{g}-{c}-{o}": grouped(g, c, o) for g, c, o in [(8, 4, 4), (4, 3, 5), (6, 8, 16)]},
    **{f"shallow-{k}-{s}": shallow(k, s) for k, s in [(7, 2), (3, 1), (1, 1)]},
    **{f"heads-{n}-{w}": heads(n, w) for n, w in [
        (4, 8), (8, 4), (3, 8), (2, 32), (12, 4), (6, 5), (7, 3), (2, 24), (5, 20), (13, 3),
    ]},
}  # fmt: skip
REWRITES = (
    "fold-windows", "align-heads", "mask-lanes", "split-copies", "move-lanes", "merge-groups",
    "pack-pixels",
)  # fmt: skip


@pytest.mark.parametrize("cols", [16, 32])
@pytest.mark.parametrize("name", MODELS)
def test_rewrites_keep_values(name: str, cols: int) -> None:
    registry = default_registry()
    module = api.load(MODELS[name]).module
    PassManager(PREPARE, registry=registry).run(registry.context(), module)
    rng = np.random.default_rng(0)
    params = {
        text: rng.standard_normal(op.results[0].type.get_shape()).astype(np.float32)
        for op, text in param_ops(module)
    }
    (function,) = module.ops
    (argument,) = function.body.block.args
    x = rng.standard_normal(argument.type.get_shape()).astype(np.float32)
    before = Interpreter(module, registry, params).call("main", x)[0]
    options = f'{{machine=gemmini set="array.rows={cols};array.cols={cols}"}}'
    passes = ",".join(f"structured-{one}{options}" for one in REWRITES)
    PassManager(passes, registry=registry).run(registry.context(), module)
    verify(module)
    after = Interpreter(module, registry, params).call("main", x)[0]
    np.testing.assert_allclose(after, before, rtol=0, atol=1e-5 * np.abs(before).max())
