"""Products with a weight of zeros: what `dl-sparsify` makes of it, beside the dense product, each
encoding, and the sparse products of scipy and torch.

dlir computes `x w^T` as layers do, and turns matrices over where it has to; scipy and torch, which
multiply from the left, get the x that suits them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from itertools import product

import numpy as np

from bench.harness import Call, Settings, pinned, time_calls
from bench.peers import installed
from bench.program import DLIR, Array, Case, Row, WrongResult

SIZE = 1024
COLUMNS = (1, 32, 128)
SPARSITIES = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98)
BLOCKS = {"elements": 1, "blocks-8x1": 8}
"""What is zero: single elements, or so many rows of a column together; by chance."""
TOLERANCE = 1e-5
TEXT = """
func.func @main(%x: tensor<{columns}x{size}xf32>) -> tensor<{columns}x{size}xf32> {{
  %w = dl.param "w" : tensor<{size}x{size}xf32>
  %y = dl.matmul %x, %w acc f32 {{transpose_rhs}}
      : (tensor<{columns}x{size}xf32>, tensor<{size}x{size}xf32>) -> tensor<{columns}x{size}xf32>
  func.return %y : tensor<{columns}x{size}xf32>
}}"""


def _weight(height: int, sparsity: float, random: np.random.Generator) -> Array:
    keep = (random.random((SIZE // height, SIZE)) >= sparsity).repeat(height, axis=0)
    return np.where(keep, random.standard_normal((SIZE, SIZE)), 0).astype(np.float32)


def _dlir(weight: Array, x: Array, format: str | None, threads: int) -> tuple[Call, str]:
    """The product, with the weight in a format (None: plain); and what was chosen."""
    import dlir
    from dlir.transforms.dl_sparsify import CHOICE, DlSparsify

    module = dlir.load(TEXT.format(size=SIZE, columns=len(x))).module
    weights: dict[str, Array] = {"w": weight}
    if format is not None:
        DlSparsify(format=format).sparsify(module, weights)
    choices = [op.attributes[CHOICE] for op in module.walk() if CHOICE in op.attributes]
    executable = dlir.compile(module, params=weights, threads=threads)
    return lambda: executable(x), str(choices[0]).strip('"') if choices else ""


def _peers(weight: Array, x: Array, threads: int) -> Mapping[str, Call]:
    calls: dict[str, Call] = {}
    turned = np.ascontiguousarray(x.T)
    if installed("scipy"):
        from scipy.sparse import csr_matrix

        rows = csr_matrix(weight)
        calls["scipy"] = lambda: rows @ turned
    if installed("torch"):
        import torch

        torch.set_num_threads(threads)
        compressed, right = torch.from_numpy(weight).to_sparse_csr(), torch.from_numpy(turned)
        calls["torch-csr"] = lambda: compressed @ right
    return calls


def _measure(columns: int, height: int, name: str, settings: Settings) -> Iterable[Row]:
    for sparsity in SPARSITIES:
        random = np.random.default_rng(0)
        weight = _weight(height, sparsity, random)
        x = random.standard_normal((columns, SIZE)).astype(np.float32)
        row = Row(f"{name}-{sparsity}", judge="float64")
        with pinned(settings.cores):
            calls = _calls(row, weight, x, settings.threads)
        _check(row, calls, weight.astype(np.float64) @ x.T)
        row.times = time_calls(calls, settings)
        row.flop = 2.0 * np.count_nonzero(weight) * columns
        yield row


def _calls(row: Row, weight: Array, x: Array, threads: int) -> dict[str, Call]:
    call, row.details["choice"] = _dlir(weight, x, "auto", threads)
    formats = {"dlir-dense": None, "dlir-csr": "csr", "dlir-8x1": "8x1"}
    others = {name: _dlir(weight, x, format, threads)[0] for name, format in formats.items()}
    return {DLIR: call, **others, **_peers(weight, x, threads)}


def _check(row: Row, calls: Mapping[str, Call], expected: Array) -> None:
    for name, call in calls.items():
        result = np.asarray(call())
        result = result.T if name.startswith(DLIR) else result
        error = float(np.abs(result - expected).max() / np.abs(expected).max())
        row.errors[name] = error
        if not error <= TOLERANCE:
            raise WrongResult(f"{name} differs by {error:.1e} of the largest value")


CASES: list[Case] = [
    Case(f"sparse/{pattern}-{SIZE}x{SIZE}x{columns}", partial(_measure, columns, BLOCKS[pattern]))
    for pattern, columns in product(BLOCKS, COLUMNS)
]
"""All cases, in the order in which they run."""
