"""`torch.compile` on dlir beside eager PyTorch and inductor: time to compile, time to run.

    python -m bench.torch_compile [--threads=N] [--repeats=N] [--only=NAME]

The first call is timed with what makes it possible, with the caches of dlir and inductor empty. The
time of a call is the least of `repeats`, taken in turn so that all runs see the same machine.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Make: TypeAlias = Callable[[Any, "tuple[Any, ...]", int], Callable[..., Any]]
"""From a model, its inputs and a number of threads to what is called with the inputs."""


def resnet18() -> tuple[Any, tuple[Any, ...]]:
    """ResNet-18 with random weights, and one image."""
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self, width: int, out: int, stride: int):
            super().__init__()
            self.conv1 = nn.Conv2d(width, out, 3, stride, 1, bias=False)
            self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
            self.norm1, self.norm2 = nn.BatchNorm2d(out), nn.BatchNorm2d(out)
            self.shortcut: nn.Module = nn.Identity()
            if width != out:
                convolution = nn.Conv2d(width, out, 1, stride, bias=False)
                self.shortcut = nn.Sequential(convolution, nn.BatchNorm2d(out))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = torch.relu(self.norm1(self.conv1(x)))
            return torch.relu(self.norm2(self.conv2(y)) + self.shortcut(x))

    stem = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU()
    layers: list[nn.Module] = [*stem, nn.MaxPool2d(3, 2, 1)]
    width = 64
    for out in (64, 128, 256, 512):
        layers += [Block(width, out, 1 if width == out else 2), Block(out, out, 1)]
        width = out
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000)]
    return nn.Sequential(*layers).eval(), (torch.randn(1, 3, 224, 224),)


def bert_layer() -> tuple[Any, tuple[Any, ...]]:
    """One layer of BERT-base, and 128 tokens."""
    import torch
    from torch import nn

    layer = nn.TransformerEncoderLayer(768, 12, 3072, activation="gelu", batch_first=True)
    return layer.eval(), (torch.randn(1, 128, 768),)


MODELS: Mapping[str, Callable[[], tuple[Any, tuple[Any, ...]]]] = {
    "bert-layer": bert_layer,
    "resnet-18": resnet18,
}


def eager(model: Any, inputs: tuple[Any, ...], threads: int) -> Callable[..., Any]:
    return model


def inductor(model: Any, inputs: tuple[Any, ...], threads: int) -> Callable[..., Any]:
    import torch

    return torch.compile(model)


def dlir_backend(**options: Any) -> Make:
    def make(model: Any, inputs: tuple[Any, ...], threads: int) -> Callable[..., Any]:
        import torch

        from dlir.frontends.torch.backend import dlir as backend

        return torch.compile(model, backend=backend, options={"threads": threads, **options})

    return make


def exported(model: Any, inputs: tuple[Any, ...], threads: int) -> Callable[..., Any]:
    """The exported program compiled by dlir, called with tensors."""
    import torch

    import dlir

    executable = dlir.compile(torch.export.export(model, inputs), threads=threads)
    return lambda *given: torch.from_dlpack(executable(*given))


RUNS: Mapping[str, Make] = {
    "eager": eager,
    "inductor": inductor,
    "dlir": dlir_backend(),
    "dlir, freeze": dlir_backend(freeze=True),
    "dlir.compile": exported,
}


def measure(name: str, threads: int, repeats: int) -> None:
    """Print one model's table."""

    model, inputs = MODELS[name]()
    print(f"{name}, {threads} thread(s)\n{'':14}{'first call':>12}{'per call':>12}{'error':>10}")
    expected = model(*inputs)
    calls: dict[str, Callable[..., Any]] = {}
    first: dict[str, float] = {}
    errors: dict[str, float] = {}
    for run, make in RUNS.items():
        start = time.perf_counter()
        calls[run] = make(model, inputs, threads)
        result = calls[run](*inputs)
        first[run] = time.perf_counter() - start
        errors[run] = float((result - expected).abs().max())
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(repeats):
        for run, call in calls.items():
            call(*inputs)  # what ran before has left its own weights in the caches
            start = time.perf_counter()
            call(*inputs)
            best[run] = min(best[run], time.perf_counter() - start)
    for run in calls:
        print(f"{run:14}{first[run]:10.2f} s{best[run] * 1e3:9.2f} ms{errors[run]:10.1e}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--only", choices=MODELS)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DLIR_CACHE_DIR"] = os.environ["TORCHINDUCTOR_CACHE_DIR"] = folder
        import torch

        torch.set_num_threads(given.threads)
        with torch.no_grad():
            for name in [given.only] if given.only else MODELS:
                torch.manual_seed(0)
                measure(name, given.threads, given.repeats)


if __name__ == "__main__":
    main()
