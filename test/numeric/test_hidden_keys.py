"""Attention that skips what its mask hides computes what `ref` does, whatever the mask hides."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

import dlir
from bench.models.transformer import gpt2_block
from dlir.targets.cpu import pipeline

LOWEST = float(np.finfo(np.float32).min)
LENGTHS = [1, 2, 59, 60, 61, 63, 64, 65, 127, 257]


@pytest.fixture(autouse=True)
def _whatever_it_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys are skipped where they are few, too."""
    name = "structured-skip-hidden"
    text = pipeline.PHASES["buffers"].replace(name, f"{name}{{least-keys=0}}")
    monkeypatch.setattr(pipeline, "PHASES", {**pipeline.PHASES, "buffers": text})


def _program(rows: int, keys: int, mask: str, heads: int) -> str:
    q, k = (f"tensor<{heads}x{n}x16xf32>" for n in (rows, keys))
    m = f"tensor<{mask}>"
    return f"""func.func @main(%q: {q}, %k: {k}, %v: {k}, %m: {m}) -> {q} {{
  %y = dl.attention %q, %k, %v, %m {{scale = 0.25}} : ({q}, {k}, {k}, {m}) -> {q}
  func.return %y : {q}
}}"""


@cache
def _compiled(
    target: str, rows: int, keys: int, mask: str, threads: int = 1, heads: int = 2
) -> Any:
    options = {"threads": threads, "cache": False} if target == "cpu" else {}
    return dlir.compile(_program(rows, keys, mask, heads), target=target, **options)


def _inputs(rows: int, keys: int, heads: int = 2) -> list[Any]:
    random = np.random.default_rng(rows + keys)
    sizes = (rows, keys, keys)
    return [random.standard_normal((heads, n, 16)).astype(np.float32) for n in sizes]


def _check(inputs: list[Any], sees: Any, hidden: float = -np.inf, threads: int = 1) -> Any:
    """What the CPU computes where a mask of floats hides what is not seen."""
    mask = np.where(sees, 0, hidden).astype(np.float32)
    return _compare([*inputs, mask], f"{'x'.join(map(str, mask.shape))}xf32", threads)


def _compare(inputs: list[Any], mask: str, threads: int = 1) -> Any:
    (heads, rows, _), (_, keys, _) = (x.shape for x in inputs[:2])
    got = _compiled("cpu", rows, keys, mask, threads, heads)(*inputs)
    with np.errstate(all="ignore"):
        expected = _compiled("ref", rows, keys, mask, heads=heads)(*inputs)
    np.testing.assert_allclose(got, expected, rtol=2e-5, atol=2e-5)
    return got


def _causal(rows: int, keys: int) -> Any:
    """The last query sees all keys."""
    return np.tri(rows, keys, keys - rows, dtype=bool)


def _with_an_empty_row(rows: int, keys: int) -> Any:
    sees = _causal(rows, keys)
    sees[rows // 2] = False
    return sees


def _window(rows: int, keys: int) -> Any:
    return _causal(rows, keys) & ~np.tri(rows, keys, keys - rows - 20, dtype=bool)


def _random(rows: int, keys: int) -> Any:
    sees = np.random.default_rng(keys).random((rows, keys)) < 0.3
    return sees & (np.arange(keys) < max(1, keys - 70))


MASKS: list[Callable[[int, int], Any]] = [
    _causal,
    _with_an_empty_row,
    _window,
    _random,
    lambda rows, keys: np.ones((rows, keys), bool),
    lambda rows, keys: np.zeros((rows, keys), bool),
    lambda rows, keys: np.broadcast_to(np.arange(keys) < max(1, keys - 70), (rows, keys)),
]


@pytest.mark.parametrize("hidden", [-np.inf, LOWEST, -30.0], ids=str)
@pytest.mark.parametrize("length", LENGTHS)
def test_masks(length: int, hidden: float) -> None:
    for mask in MASKS:
        _check(_inputs(length, length), mask(length, length), hidden)


@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("sizes", [(1, 257), (61, 127), (64, 256), (127, 300), (130, 70)], ids=str)
def test_more_keys_than_queries(sizes: tuple[int, int], threads: int, heads: int) -> None:
    """Threads divide heads, or rows if there is one head."""
    for mask in MASKS:
        _check(_inputs(*sizes, heads), mask(*sizes), threads=threads)


@pytest.mark.parametrize("keys", [65, 257])
def test_masks_of_booleans(keys: int) -> None:
    for mask in MASKS:
        _compare([*_inputs(70, keys), mask(70, keys)], f"70x{keys}xi1")


@pytest.mark.parametrize("shape", [(200,), (1, 200), (2, 1, 200), (2, 130, 200)], ids=str)
def test_masks_of_other_shapes(shape: tuple[int, ...]) -> None:
    """Of padding, which is the same for all rows, and of each head."""
    sees = np.broadcast_to(_causal(130, 200), (2, 130, 200)).copy()
    sees[1, :, 70:] = False
    sees = sees[tuple(slice(n) for n in (2, 130, 200)) if len(shape) == 3 else (0, 0)]
    if len(shape) == 3:
        sees = sees[:, : shape[1]]
    _check(_inputs(130, 200), sees.reshape(shape))


BAD = [np.nan, np.inf, -np.inf, 1e38, -1e38]


@pytest.mark.parametrize("bad", BAD, ids=str)
@pytest.mark.parametrize("place", [0, 100, 256])
@pytest.mark.parametrize("operand", range(3), ids="qkv".__getitem__)
@pytest.mark.parametrize("hidden", [-np.inf, LOWEST], ids=str)
def test_numbers_that_are_none_or_large(
    operand: int, place: int, bad: float, hidden: float
) -> None:
    """A hidden NaN or infinity, or a product that is one, is not hidden."""
    inputs = _inputs(257, 257)
    inputs[operand][1, place, 3] = bad
    _check(inputs, _causal(257, 257), hidden)


def test_large_products_beside_a_mask() -> None:
    """The largest products are seen through a mask that is not infinite."""
    inputs = _inputs(130, 130)
    inputs[0][:] = inputs[1][:] = 0
    inputs[0][:, :, 0], inputs[1][:, 100:, 0] = 1e19, 3e19
    got = _check(inputs, _causal(130, 130) & (np.arange(130) < 64), -1e37)
    assert np.isfinite(got).all()
    _check(inputs, _causal(130, 130), LOWEST)


@pytest.mark.parametrize("value", [np.nan, np.inf, -1e30, -1e25, -1e20, 1e20, 3e38], ids=str)
def test_other_masks(value: float) -> None:
    """Of all that is between seen and hidden, and of what is no number."""
    for place in (0, 90, 129):
        sees = _causal(130, 130)
        mask = np.where(sees, 0, -np.inf).astype(np.float32)
        mask[place, :100] = value
        _compare([*_inputs(130, 130), mask], "130x130xf32")
        mask[:] = np.where(sees, value, -np.inf)
        _compare([*_inputs(130, 130), mask], "130x130xf32")


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("place", [None, 0, 70, 129])
def test_block_of_a_transformer(place: int | None, threads: int) -> None:
    """Queries, keys and values are parts of one tensor; a mask of the model chooses the lowest."""
    pytest.importorskip("onnx")
    block = gpt2_block(130, 64, 2)
    model, (x,) = block.model(), block.inputs.values()
    if place is not None:
        x[0, place, 7] = np.nan
    executable = dlir.compile(model, target="cpu", threads=threads, cache=False)
    assert "scf.while" in str(executable.stage("buffers"))
    expected = dlir.compile(model, target="ref")(x)
    np.testing.assert_allclose(executable(x), expected, rtol=1e-4, atol=1e-4)


def _skips(rows: int, keys: int, mask: str) -> bool:
    return "scf.while" in str(_compiled("cpu", rows, keys, mask).stage("buffers"))


def test_what_is_searched() -> None:
    """Keys of more than one panel, behind a mask that tells keys apart."""
    for rows, keys in ((61, 127), (64, 256), (257, 257), (130, 200)):
        assert _skips(rows, keys, f"{rows}x{keys}xf32")
    assert _skips(70, 257, "70x257xi1")
    assert _skips(130, 200, "200xf32")
    assert not _skips(130, 200, "130x1xf32")
    assert not _skips(16, 16, "16x16xf32")
