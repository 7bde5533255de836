"""Additive attention never has its sums of rows in memory, and models in PyTorch get it back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlir
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.transforms.dl_decompose import DlDecompose
from dlir.transforms.dl_raise_composites import DlRaiseComposites

REGISTRY = default_registry()
CONTEXT = REGISTRY.context()
RANDOM = np.random.default_rng(15)


def _program(batch: Any, rows: Any, keys: Any, width: int = 64) -> str:
    q, k, v, y = (
        f"tensor<{batch}x{n}x{size}xf32>"
        for n, size in ((rows, width), (keys, width), (keys, 16), (rows, 16))
    )
    w, mask = f"tensor<{width}xf32>", f"tensor<{batch}x1x{keys}xi1>"
    return f"""func.func @main(%q: {q}, %k: {k}, %v: {v}, %w: {w}, %m: {mask}) -> {y} {{
  %y = dl.additive_attention %q, %k, %v, %w, %m : ({q}, {k}, {v}, {w}, {mask}) -> {y}
  func.return %y : {y}
}}"""


def _inputs(batch: int, rows: int, keys: int, width: int = 64) -> list[Any]:
    shapes = [(batch, rows, width), (batch, keys, width), (batch, keys, 16), (width,)]
    arrays: list[Any] = [RANDOM.standard_normal(shape, np.float32) for shape in shapes]
    return [*arrays, RANDOM.random((batch, 1, keys)) < 0.8]


def _arena(size: int) -> int:
    """The bytes of the arena for so many queries and keys."""
    executable = dlir.compile(_program(1, size, size), target="cpu", cache=False)
    attributes = str(executable.stage("buffers")).split("dlir.arena", 1)[1]
    return int(attributes.split("bytes = ", 1)[1].split(" ", 1)[0])


def test_sums_of_rows_are_not_in_memory() -> None:
    """Scores, shares and what is copied: far less than a tenth of [m, n, d]."""
    for size in (64, 128):
        assert _arena(size) < size * size * 64 * 4 / 10


@pytest.mark.parametrize("sizes", [(1, 1, 50), (2, 13, 17), (3, 33, 65)], ids=str)
def test_sizes_that_are_not_known(sizes: tuple[int, int, int]) -> None:
    text = _program("?", "?", "?")
    executable = dlir.compile(text, target="cpu", cache=False)
    inputs = _inputs(*sizes)
    expected = dlir.compile(_program(*sizes), target="ref")(*inputs)
    np.testing.assert_allclose(executable(*inputs), expected, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("sizes", [(2, 3, 5), ("?", 3, "?"), ("?", "?", "?")], ids=str)
def test_what_was_decomposed_is_found_again(sizes: Any) -> None:
    module = parse_module(_program(*sizes), CONTEXT, "test")
    DlDecompose().apply(CONTEXT, module)
    assert "dl.additive_attention" not in {op.name for op in module.walk()}
    DlRaiseComposites().apply(CONTEXT, module)
    module.verify()
    assert "dl.additive_attention" in {op.name for op in module.walk()}
    assert "dl.tanh" not in {op.name for op in module.walk()}


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_models_of_pytorch() -> None:
    torch = pytest.importorskip("torch")
    linear = torch.nn.Linear

    class Attention(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.q, self.k = linear(6, 8, bias=False), linear(5, 8)
            self.w, self.u = linear(8, 1, bias=False), linear(8, 1)

        def forward(self, q: Any, k: Any, seen: Any) -> Any:
            queries, keys = self.q(q), self.k(k)
            sums = queries.unsqueeze(2) + keys.unsqueeze(1)
            scores = self.w(torch.tanh(sums)).squeeze(-1)
            scores = scores.masked_fill(~seen.unsqueeze(1), float("-inf"))
            first = torch.bmm(torch.softmax(scores, -1), k)
            single = self.u(torch.tanh(queries[:, :1] + keys)).squeeze(2).unsqueeze(1)
            return first, torch.bmm(torch.softmax(single, -1), k)

    model = Attention()
    inputs = torch.randn(2, 3, 6), torch.randn(2, 4, 5), torch.tensor([[1, 0, 1, 1]] * 2) > 0
    dims = {0: torch.export.Dim("batch", max=100)}, {0: torch.export.Dim.AUTO}
    with torch.no_grad():
        expected = [y.numpy() for y in model(*inputs)]
        shapes = (dims[0], dims[1], {0: torch.export.Dim.AUTO})
        program = torch.export.export(model, inputs, dynamic_shapes=shapes)
    arrays = [x.numpy() for x in inputs]
    module = dlir.load(program).module
    DlRaiseComposites().apply(CONTEXT, module)
    assert sum(op.name == "dl.additive_attention" for op in module.walk()) == 2
    for target in ("ref", "cpu"):
        for got, wanted in zip(
            dlir.compile(program, target=target)(*arrays), expected, strict=True
        ):
            np.testing.assert_allclose(got, wanted, rtol=2e-5, atol=2e-5)
