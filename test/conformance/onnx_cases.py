"""Runs every case of ONNX's own backend runner, and says which pass.

    python test/conformance/onnx_cases.py                 totals for ref and cpu
    python test/conformance/onnx_cases.py --write         also rewrites docs/onnx-operators.md
    python test/conformance/onnx_cases.py --device=REF --list=wrong

A case *passes*; or it is *refused*: a `CompileError` came before anything ran; or it is *wrong*: it
ran, and the runner did not accept the results; or it *failed* in another way, which is a bug.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import sys
import tempfile
import unittest
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from onnx import ModelProto, TensorProto

from dlir.diagnostics import CompileError
from dlir.frontends.onnx.backend import DlirBackend

PAGE = Path(__file__).resolve().parents[2] / "docs" / "onnx-operators.md"
DIFFERENT = (
    "test_attention_4d_causal_fp16",
    "test_attention_4d_causal_fp16_expanded",
    "test_dft_inverse",
    "test_dft_inverse_opset19",
)
"""Cases whose expected results are less exact than ours.

Those of attention round every step to f16, and differ from our f32 by one last place in two of 192.
Those of transforms expect the rounding errors of numpy's single precision, 2e-7, in the place of 0.
"""
DRAWN = (
    *(
        f"test_bernoulli{kind}{way}"
        for kind in ("", "_double", "_seed")
        for way in ("", "_expanded")
    ),
    *(f"test_training_dropout{kind}{mask}" for kind in ("", "_default") for mask in ("", "_mask")),
)
"""Cases that compare random numbers with those of one run of numpy's generator."""
NOT_COMPARED = {"test_loop16_seq_none": "the runner takes an item of rank 0 for a list"}
"""Cases whose results the runner cannot compare, and why: that ours are those expected is tested in
test/unit/test_onnx_loops.py.
"""
DEVICES = ("REF", "CPU")
RESULTS = ("passed", "refused", "wrong", "failed")
STANDARD = frozenset(
    TensorProto.DataType.Value(name)
    for name in (
        *("FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16", "BOOL", "INT8", "INT16", "INT32", "INT64"),
        *("UINT8", "UINT16", "UINT32", "UINT64"),
    )
)
"""The element types of static cases."""


class Case(NamedTuple):
    """What became of one case on one device."""

    name: str
    operator: str
    static: bool
    """Whether it is inference on tensors of standard types whose sizes the graph states."""
    result: str
    reason: str


class _Reference(DlirBackend):
    """The runner knows no device but CPU: this backend runs it on the reference."""

    @classmethod
    def prepare(cls, model, device="CPU", **kwargs):
        return super().prepare(model, "REF", **kwargs)

    @classmethod
    def is_compatible(cls, model, device="CPU", **kwargs):
        return True  # so that a refusal is seen as one, not as a skipped case


class _Compiled(_Reference):
    @classmethod
    def prepare(cls, model, device="CPU", **kwargs):
        return DlirBackend.prepare(model, "CPU", **kwargs)


BACKENDS = {"REF": _Reference, "CPU": _Compiled}


@cache
def _items(device: str) -> dict:
    """The runner's test functions by the name of the case."""
    from onnx.backend.test import BackendTest

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        runner = BackendTest(BACKENDS[device], __name__)
    return {
        name.removesuffix("_cpu"): item
        for items in runner._test_items.values()
        for name, item in items.items()
        if name.endswith("_cpu")
    }


def run_case(device: str, name: str) -> Case:
    """Run one case as onnx's runner does."""
    item = _items(device)[name]
    result, reason = "passed", ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            item.func(None)
    except CompileError as error:
        result, reason = "refused", error.diagnostics[0].message
    except AssertionError as error:
        result, reason = "wrong", " ".join(str(error).split())[:200]
    except unittest.SkipTest as error:
        result, reason = "failed", f"skipped: {error}"
    except Exception as error:
        text = f"{type(error).__name__}: {error}"[:200]
        result, reason = "failed", NOT_COMPARED.get(name, text)
    model = item.proto[0]
    return Case(name, _operator(name), model is not None and is_static(name, model), result, reason)


def _operator(name: str) -> str:
    """The operator that a node's case is for: an expansion counts for what is expanded."""
    model = _models().get(re.sub(r"_expanded(_ver\d+)?$", "", name))
    if model is None:
        return "(models)"
    flat = name.removeprefix("test_").replace("_", "")
    nodes = [node.op_type for node in model.graph.node]
    return next((kind for kind in nodes if flat.startswith(kind.lower())), nodes[0])


@cache
def _models() -> dict[str, ModelProto]:
    from onnx.backend.test.loader import load_model_tests

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = load_model_tests(kind="node")
    return {case.name: case.model for case in cases if case.model is not None}


def operators() -> list[str]:
    """All operators that have cases."""
    return sorted({_operator(name) for name in _items("REF")})


def cases_of(operator: str) -> list[str]:
    """The names of an operator's cases."""
    return sorted(name for name in _items("REF") if _operator(name) == operator)


def is_static(name: str, model: ModelProto) -> bool:
    """Inference only, no expansion, tensors of standard types, and every size stated."""
    training = any("training" in entry.domain for entry in model.opset_import)
    if training or "_expanded" in name:
        return False
    return all(
        info.type.WhichOneof("value") == "tensor_type"
        and info.type.tensor_type.elem_type in STANDARD
        and info.type.tensor_type.HasField("shape")
        and all(dim.HasField("dim_value") for dim in info.type.tensor_type.shape.dim)
        for info in (*model.graph.input, *model.graph.output)
    )


def run_all(device: str, processes: int | None = None) -> list[Case]:
    """All cases, in several processes."""
    names = sorted(_items(device))
    _models()
    context = multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(ONNX_HOME=folder, ONNX_MODELS=folder, DLIR_CACHE_DIR=folder)
        os.environ.setdefault("DLIR_NUM_THREADS", "1")
        with context.Pool(processes, maxtasksperchild=300) as pool:
            return pool.starmap(run_case, [(device, name) for name in names], chunksize=8)


# Reports


def totals(cases: Iterable[Case]) -> str:
    """Counts of results, over all cases and over the static ones."""
    cases = list(cases)
    lines = []
    for title, part in (("all", cases), ("static", [c for c in cases if c.static])):
        counts = Counter(case.result for case in part)
        numbers = ", ".join(f"{counts[result]} {result}" for result in RESULTS)
        operators = len({case.operator for case in part})
        share = 100 * counts["passed"] / max(len(part), 1)
        lines.append(
            f"{title}: {len(part)} cases of {operators} operators: {numbers} ({share:.1f} % passed)"
        )
    return "\n".join(lines)


INTRODUCTION = """\
<!-- written by `python test/conformance/onnx_cases.py --write`; do not edit -->

# ONNX operators

What becomes of the cases of ONNX's own backend runner. A case is refused before anything runs, or
its results are compared with the runner's. Static cases are inference on tensors of standard types
with stated sizes; an operator's expansions count for the operator.

{summary}

| operator | cases | {devices} | what is not passed, and why |
| --- | ---: |{columns} --- |
"""


def page(cases: dict[str, list[Case]]) -> str:
    """The documentation's page: totals, the table of operators, what is not passed and why."""
    by_operator: dict[str, dict[str, list[Case]]] = defaultdict(lambda: defaultdict(list))
    for device, results in cases.items():
        for case in results:
            by_operator[case.operator][device].append(case)
    rows = [
        f"| {operator} | {len(next(iter(found.values())))} | "
        + " | ".join(_share(found[device]) for device in cases)
        + f" | {_reasons([c for results in found.values() for c in results])} |"
        for operator, found in sorted(by_operator.items())
    ]
    summary = "\n\n".join(
        f"On `{device.lower()}`:\n\n```\n{totals(results)}\n```"
        for device, results in cases.items()
    )
    devices = " | ".join(device.lower() for device in cases)
    head = INTRODUCTION.format(summary=summary, devices=devices, columns=" ---: |" * len(cases))
    return head + "\n".join(rows) + "\n"


def _share(cases: Sequence[Case]) -> str:
    return str(sum(case.result == "passed" for case in cases))


def _reasons(cases: Sequence[Case]) -> str:
    """The distinct reasons, the most frequent first; at most three."""
    counts = Counter(
        f"{case.result}: {_plain(case.reason)}" for case in cases if case.result != "passed"
    )
    return "; ".join(reason for reason, _ in counts.most_common(3))


def _plain(reason: str) -> str:
    return re.sub(r'input "[^"]*"', "input", reason).replace("|", "\\|").replace("\n", " ")[:110]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=DEVICES, action="append")
    parser.add_argument("--list", choices=RESULTS, help="print the cases of this result")
    parser.add_argument("--write", action="store_true", help=f"rewrite docs/{PAGE.name}")
    parser.add_argument("--jobs", type=int, help="processes")
    options = parser.parse_args(arguments)
    found = {device: run_all(device, options.jobs) for device in options.device or DEVICES}
    for device, cases in found.items():
        print(f"{device}\n{totals(cases)}")
        for case in cases:
            if case.result == options.list:
                print(f"  {case.name}: {case.reason}")
    if options.write:
        PAGE.write_text(page(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
