"""Outlining, finding equal functions and inlining leave what a function means as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp

from dlir.interpreter import Interpreter
from dlir.parser import parse_module
from dlir.pipeline import PassManager
from dlir.registry import default_registry
from dlir.verifier import verify

REGISTRY = default_registry()
CONTEXT = REGISTRY.context()
RANDOM = np.random.default_rng(4)


def layers(count: int, before: int) -> str:
    """Layers of seven ops with a residual connection and a mask, behind some other ops."""
    t = "tensor<3x4xf32>"
    lines = [f"%x{i + 1} = dl.tanh %x{i} : {t}" for i in range(before)]
    last = f"%x{before}"
    for n in range(count):
        lines += [
            f'%w{n} = dl.param "w{n}" : tensor<4x4xf32>',
            f"%a{n} = dl.matmul {last}, %w{n} acc f32 : ({t}, tensor<4x4xf32>) -> {t}",
            f"%b{n} = dl.add %a{n}, %mask : ({t}, tensor<4xf32>) -> {t}",
            f"%c{n} = dl.softmax %b{n} {{axis = 1}} : {t}",
            f"%d{n} = dl.sub {last}, %c{n} : {t}",
            f"%e{n} = dl.exp %d{n} : {t}",
            f"%f{n} = dl.div %d{n}, %e{n} : {t}",
            f"%g{n} = dl.add %f{n}, {last} : {t}",
        ]
        last = f"%g{n}"
    text = "\n".join(lines)
    return f"""func.func @main(%x0: {t}, %mask: tensor<4xf32>) -> ({t}, {t}) {{
      {text}
      func.return {last}, %c0 : {t}, {t}
    }}"""


def outcome(module: ModuleOp, params: dict[str, Any], *values: Any) -> tuple[Any, ...]:
    return Interpreter(module, REGISTRY, params).call("main", *values)


@pytest.mark.parametrize(("count", "before"), [(2, 0), (3, 1), (5, 3), (12, 2)])
def test_layers_become_calls(count: int, before: int) -> None:
    module = parse_module(layers(count, before), CONTEXT, "layers")
    params = {f"w{n}": RANDOM.standard_normal((4, 4)).astype(np.float32) for n in range(count)}
    values = RANDOM.standard_normal((3, 4), np.float32), RANDOM.standard_normal(4, np.float32)
    expected = outcome(module, params, *values)
    for pipeline, calls in (("dl-outline-repeats{min-ops=4}", count), ("inline", 0)):
        PassManager(pipeline).run(CONTEXT, module)
        verify(module)
        assert [op.name for op in module.walk()].count("func.call") == calls
        for one, other in zip(expected, outcome(module, params, *values), strict=True):
            np.testing.assert_array_equal(one, other)
