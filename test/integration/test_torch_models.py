"""Whole models of PyTorch on dlir: exported programs on ref and cpu, and torch.compile."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from integration.torch_models import CASES, CachedAttention, build  # noqa: E402

import dlir  # noqa: E402
from dlir.frontends.torch import backend as torch_backend  # noqa: E402
from dlir.frontends.torch.backend import dlir as backend  # noqa: E402

TOLERANCE = 2e-5
"""Relative and absolute: sums of at most a few hundred products in f32, through a dozen layers."""


def check(got, expected) -> None:
    got = got if isinstance(got, tuple) else (got,)
    expected = expected if isinstance(expected, tuple) else (expected,)
    for mine, theirs in zip(got, expected, strict=True):
        mine = torch.as_tensor(mine)
        torch.testing.assert_close(mine, theirs, rtol=TOLERANCE, atol=TOLERANCE, check_stride=False)


def refuse(*_, **__) -> None:
    """In the place of what runs parts of a model eagerly."""
    raise AssertionError("a graph is not supported as a whole")


LARGE = {"gru", "lstm", "mobilenet-v2", "mobilenet-v3", "norms", "resnet-18", "resnet-50", "rnn"}
"""Models whose graphs take long to compile, or whose parts other models have, too."""


def quick() -> list:
    """All models; the large ones are slow."""
    return [pytest.param(n, marks=[pytest.mark.slow] if n in LARGE else []) for n in CASES]


@pytest.fixture(autouse=True)
def no_gradients():
    torch._dynamo.reset()
    with torch.no_grad():
        yield


@pytest.mark.parametrize("name", quick())
def test_exported(name: str) -> None:
    """One program with a dynamic batch gives on both targets what eager PyTorch gives."""
    model, case = build(name), CASES[name]
    batch = torch.export.Dim("batch")
    shapes = tuple({axis: batch} for axis in case.dynamic)
    program = torch.export.export(model, case.inputs(3), dynamic_shapes=shapes)
    loaded = dlir.load(program)
    executables = [dlir.compile(loaded, target=target) for target in ("ref", "cpu")]
    for size in (3, 1, 5):
        inputs = case.inputs(size)
        expected = model(*inputs)
        for executable in executables:
            check(executable(*inputs), expected)


@pytest.mark.parametrize("freeze", [False, True], ids=["weights-given", "weights-frozen"])
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in LARGE)) for name in CASES]
)
def test_compiled(name: str, freeze: bool, monkeypatch) -> None:
    """torch.compile with the backend gives what eager PyTorch gives, for other batches, too."""
    monkeypatch.setattr(torch_backend, "partitioned", refuse)
    monkeypatch.setattr(torch_backend, "warn", refuse)
    model, case = build(name), CASES[name]
    compiled = torch.compile(model, backend=backend, options={"freeze": freeze, "threads": 1})
    for size in (3, 5, 4):
        inputs = case.inputs(size)
        check(compiled(*inputs), model(*inputs))


def test_a_cache_in_buffers_is_kept_by_the_caller() -> None:
    torch.manual_seed(0)
    model = CachedAttention().eval()
    inputs = torch.randn(1, 1, 8), torch.ones(1, 6, dtype=torch.bool)
    executable = dlir.compile(torch.export.export(model, inputs))
    cache = {name: buffer.clone() for name, buffer in model.named_buffers()}
    for _ in range(2):
        x, visible = torch.randn(1, 1, 8), torch.arange(6).unsqueeze(0) > 1
        y, *kept = executable(x, visible, *cache.values())
        cache = dict(zip(executable.result_names[1:], map(torch.from_dlpack, kept), strict=True))
        check(y, model(x, visible))
        check(tuple(cache.values()), tuple(dict(model.named_buffers())[name] for name in cache))
