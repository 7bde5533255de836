"""PyTorch's own database of operator samples, run through dlir: an oracle that dlir has no part in.

    python test/integration/torch_opinfo.py [--target=cpu] [--samples=N] [NAME..]

Every sample is traced to ATen calls, imported, run, and held against what PyTorch computed. It is
passed, refused (before it runs, with a diagnostic), or wrong; wrong ones are printed.
"""

from __future__ import annotations

import argparse
import itertools
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from functorch.compile import aot_function, make_boxed_func
from torch._subclasses.fake_tensor import unset_fake_temporarily
from torch.testing._internal.common_methods_invocations import op_db
from torch.utils import _pytree as pytree

from dlir import api
from dlir.diagnostics import CompileError
from dlir.frontends.torch.backend import decompositions
from dlir.frontends.torch.graphs import ImportedGraph

DTYPES = (
    torch.float32, torch.float64, torch.float16, torch.bfloat16,
    torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool,
)  # fmt: skip

TOLERANCES = {
    torch.float32: (2e-5, 2e-5),
    torch.float64: (1e-9, 1e-9),
    torch.float16: (4e-3, 4e-3),
    torch.bfloat16: (3e-2, 3e-2),
}
"""Relative and absolute; of the halves a few units of the last place, since PyTorch rounds between
the steps of what it composes."""

UNDEFINED = frozenset({"empty", "empty_like", "empty_permuted", "empty_strided", "new_empty",
                       "new_empty_strided"})  # fmt: skip
"""Operators whose results have no defined elements."""


WIDER = {torch.float16: torch.float64, torch.bfloat16: torch.float64, torch.uint8: torch.float32}
LESS_EXACT = frozenset({
    "nn.functional.conv_transpose2d", "nn.functional.conv_transpose3d",  # sums in halves
    "nn.functional.interpolate.bilinear", "nn.functional.upsample_bilinear",  # bytes between axes
    "nn.functional.soft_margin_loss",  # overflows before its logarithm
})  # fmt: skip
"""Operators whose kernels round narrow numbers between steps, by more than a few units: dlir is
held against what PyTorch computes of the same numbers in a type of `WIDER`, rounded once."""
HALF_WAY = 0.5 + 255 * 2**-22
"""A byte may be either neighbour of a result half way, give or take a few roundings to float32."""


@dataclass(frozen=True)
class Sample:
    """One call of an operator: what is called, and the tensors among its arguments."""

    name: str
    dtype: torch.dtype
    number: int
    call: Any
    tensors: tuple[torch.Tensor, ...]
    dim: int = -1
    """The dimension that is sorted."""

    @property
    def is_less_exact(self) -> bool:
        return self.name in LESS_EXACT and self.dtype in WIDER

    def __str__(self) -> str:
        shapes = ", ".join(str(list(tensor.shape)) for tensor in self.tensors)
        return f"{self.name} {str(self.dtype).removeprefix('torch.')} #{self.number} of {shapes}"


def samples(info: Any, dtype: torch.dtype, limit: int) -> Iterator[Sample]:
    """The first `limit` samples of an operator that are functions of plain tensors."""
    given = info.sample_inputs("cpu", dtype, requires_grad=False)
    for number, sample in enumerate(itertools.islice(given, limit)):
        leaves, tree = pytree.tree_flatten((sample.input, sample.args, sample.kwargs))
        places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, torch.Tensor)]

        def call(*tensors: torch.Tensor, leaves=leaves, tree=tree, places=places) -> Any:
            filled = list(leaves)
            for place, tensor in zip(places, tensors, strict=True):
                filled[place] = tensor
            first, rest, named = pytree.tree_unflatten(filled, tree)
            return info.op(first, *rest, **named)

        name = f"{info.name}.{info.variant_test_name}".rstrip(".")
        dim = sample.args[0] if sample.args else sample.kwargs.get("dim", -1)
        yield Sample(name, dtype, number, call, tuple(leaves[i] for i in places), dim)


def outcome(sample: Sample, target: str = "ref") -> tuple[str, str]:
    """("pass", "refused", "skipped" or "wrong", and why)."""
    try:
        expected = rounded(sample) if sample.is_less_exact else called(sample)
    except Exception as error:  # no sample of this dtype after all
        return "skipped", str(error)
    graphs: list[Any] = []

    def compile(graph_module: Any, _: Any) -> Any:
        graphs.append(graph_module)
        with unset_fake_temporarily():
            graph = ImportedGraph(graph_module.graph, {})
            return make_boxed_func(graph.bind(api.compile(graph.model, target, cache=False)))

    try:
        with torch.no_grad():
            run = aot_function(sample.call, compile, decompositions=decompositions())
            got = run(*sample.tensors)
    except CompileError as error:
        return "refused", error.diagnostics[0].message
    except Exception as error:
        return "wrong" if graphs else "skipped", f"{type(error).__name__}: {error}"
    chosen = CHOOSING.get(sample.name, lambda _, results: results)
    if sample.is_less_exact and sample.dtype is torch.uint8:
        return nearest(got, expected)
    return compared(chosen(sample, got), pytree.tree_leaves(chosen(sample, expected)))


def called(sample: Sample) -> Any:
    return sample.call(*(tensor.clone() for tensor in sample.tensors))


def rounded(sample: Sample) -> Any:
    """What PyTorch computes in wider numbers of the same arguments; bytes stay unrounded."""
    wide = [t.to(WIDER[t.dtype]) if t.dtype in WIDER else t for t in sample.tensors]
    result = sample.call(*wide)
    return result.to(sample.dtype) if sample.dtype.is_floating_point else result


def _in_order(sample: Sample, indices: torch.Tensor) -> torch.Tensor:
    x = sample.tensors[0]
    return x.gather(sample.dim, indices) if x.dim() else x


CHOOSING = {
    "topk": lambda _, results: results[0].sort(-1).values,
    "sort": lambda sample, results: (results[0], _in_order(sample, results[1])),
    "argsort": _in_order,
}
"""Operators that may choose among equal elements: of their results the values are compared, those
at the indices, and not the indices; of `topk` in any order."""


def nearest(got: torch.Tensor, exact: torch.Tensor) -> tuple[str, str]:
    if got.dtype is not torch.uint8 or got.shape != exact.shape:
        return "wrong", f"got {got.dtype} {list(got.shape)}"
    off = (got.double() - exact).abs().max().item()
    return ("pass", "") if off <= HALF_WAY else ("wrong", f"off by {off}")


def compared(got: Any, expected: list[Any]) -> tuple[str, str]:
    for mine, theirs in zip(pytree.tree_leaves(got), expected, strict=True):
        rtol, atol = TOLERANCES.get(getattr(theirs, "dtype", None), (0, 0))
        try:
            torch.testing.assert_close(
                mine, theirs, rtol=rtol, atol=atol, equal_nan=True, check_stride=False
            )
        except AssertionError as error:
            return "wrong", str(error)
    return "pass", ""


def infos(names: list[str]) -> list[Any]:
    """The operators of the database, or those of these names."""
    return [
        info for info in op_db if (not names or info.name in names) and info.name not in UNDEFINED
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--target", default="ref")
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--dtypes", default=",".join(str(d).split(".")[1] for d in DTYPES))
    parser.add_argument("--refused", action="store_true")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    torch.manual_seed(0)
    total: Counter[str] = Counter()
    in_table: Counter[str] = Counter()
    complete = 0
    wanted = [getattr(torch, name) for name in given.dtypes.split(",")]
    found = infos(given.names)
    for info in found:
        counts: Counter[str] = Counter()
        reasons: Counter[str] = Counter()
        for dtype in wanted:
            if dtype not in info.dtypes:
                continue
            try:
                cases = list(samples(info, dtype, given.samples))
            except Exception:
                continue
            for sample in cases:
                kind, why = outcome(sample, given.target)
                counts[kind] += 1
                if kind == "wrong":
                    print(f"WRONG {sample}: {' '.join(why.split())[:300]}", flush=True)
                reasons[why] += kind == "refused"
        if given.refused and counts["refused"]:
            print(f"{info.name}: {dict(counts)}: {reasons.most_common(1)[0][0]}", flush=True)
        total += counts
        in_table += counts if counts["pass"] or counts["wrong"] else Counter()
        complete += bool(counts["pass"]) and not counts["refused"] and not counts["wrong"]
    print(f"{len(found)} operators, {complete} completely; samples: {dict(total)}")
    print(f"of operators with any sample that is not refused: {dict(in_table)}")


if __name__ == "__main__":
    main()
