"""What PyTorch's quantisers export (pt2e, `quantized_decomposed`) runs on integers.

PyTorch computes the exported program as it is written, in floats. Its quotients are products with
the inverse of a scale, so a value between two integers may go to the other one: one step.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlir
from dlir.interpreter import Interpreter
from dlir.transforms.dl_integerize import integerize

torch = pytest.importorskip("torch")


def network() -> tuple[Any, Any]:
    """Two convolutions with a residual, a pool, a mean and a classifier."""

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = torch.nn.Conv2d(3, 8, 3, padding=1)
            self.second = torch.nn.Conv2d(8, 8, 3, padding=1)
            self.last = torch.nn.Linear(8, 5)

        def forward(self, x: Any) -> Any:
            x = torch.relu(self.first(x))
            x = torch.relu(self.second(x) + x)
            return self.last(torch.nn.functional.max_pool2d(x, 2).mean((2, 3)))

    return Network(), torch.randn(2, 3, 8, 8)


def mlp() -> tuple[Any, Any]:
    layers = torch.nn.Linear(24, 33), torch.nn.ReLU(), torch.nn.Linear(33, 7)
    return torch.nn.Sequential(*layers), torch.randn(5, 24)


@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("make", [network, mlp], ids=lambda make: make.__name__)
def test_agrees_with_pytorch(make: Any, dynamic: bool) -> None:
    root = "torchao.quantization.pt2e"
    pt2e = pytest.importorskip(f"{root}.quantize_pt2e", reason="pip install torchao")
    x86 = pytest.importorskip(f"{root}.quantizer.x86_inductor_quantizer")
    torch.manual_seed(0)
    model, x = make()
    config = x86.get_default_x86_inductor_quantization_config(is_dynamic=dynamic)
    quantizer = x86.X86InductorQuantizer().set_global(config)
    prepared = pt2e.prepare_pt2e(torch.export.export(model.eval(), (x,)).module(), quantizer)
    for _ in range(4):
        prepared(torch.randn_like(x))
    program = torch.export.export(pt2e.convert_pt2e(prepared), (x,))
    wanted = program.module()(x).detach().numpy()
    loaded = dlir.load(program)
    got = dlir.compile(loaded, target="cpu", cache=False)(x.numpy())
    near = 0.01 * np.abs(wanted).max()  # a step of a layer before the last
    np.testing.assert_allclose(got, wanted, atol=near)
    (written,) = Interpreter(loaded.module, params=loaded.params).call("main", x.numpy())
    np.testing.assert_allclose(written, wanted, atol=near)
    integerize(loaded.module)
    assert not [op.name for op in loaded.module.walk() if is_float_product(op)]


def is_float_product(op: Any) -> bool:
    return op.name in ("dl.matmul", "dl.conv2d") and "f32" in str(op.results[0].type)


def test_the_operators_by_themselves() -> None:
    """With parameters as numbers, as weights, and found at run time; with a narrower range."""
    pytest.importorskip("torch.ao.quantization.fx._decomposed")
    ops = torch.ops.quantized_decomposed

    class Operators(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scales = torch.nn.Buffer(torch.linspace(0.1, 2.0, 17))
            self.zeros = torch.nn.Buffer(torch.arange(17) - 8)

        def forward(self, x: Any) -> Any:
            a = ops.quantize_per_tensor(x, 0.25, 7, 0, 100, torch.uint8)
            columns = (self.scales, self.zeros, 1, -127, 127, torch.int8)
            b = ops.quantize_per_channel(x, *columns)
            found = ops.choose_qparams(x, 0, 255, 1e-6, torch.uint8)
            c = ops.quantize_per_tensor(x, *found, 0, 255, torch.uint8)
            d = ops.dequantize_per_tensor(c, *found, 0, 255, torch.uint8)
            e = ops.dequantize_per_channel(b, *columns)
            return a, ops.dequantize_per_tensor(a, 0.25, 7, 0, 100, torch.uint8), b, c, d, e

    torch.manual_seed(0)
    x = 20 * torch.randn(6, 17)
    program = torch.export.export(Operators(), (x,))
    wanted = [y.numpy() for y in program.module()(x)]
    loaded = dlir.load(program)
    for got in (
        dlir.compile(loaded, target="cpu", cache=False)(x.numpy()),
        Interpreter(loaded.module, params=loaded.params).call("main", x.numpy()),
    ):
        for mine, theirs in zip(got, wanted, strict=True):
            assert mine.dtype == theirs.dtype
            np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-5)
