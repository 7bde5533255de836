"""The status table: what exists for every op, found by trying and not by declaring."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from xdsl.ir import Operation

from dlir import doc_text
from dlir.diagnostics import CompileError
from dlir.doc import document_op
from dlir.examples import example_module
from dlir.pipeline import PassManager
from dlir.registry import Registry

DESCENT: dict[str, str] = {
    "dl": (
        "builtin.module(dl-decompose,convert-dl-to-structured,"
        "structured-hoist-constants,structured-bufferize)"
    ),
    "quant": "builtin.module(convert-quant-to-dl)",
    "structured": "builtin.module(structured-bufferize,convert-structured-to-loops)",
}
"""Dialect -> the pipeline after which none of its ops is left."""

FRONTENDS: dict[str, tuple[str, ...]] = {
    "onnx": ("frontends/onnx/**/*.py", "frontends/builder/co*.py"),
    "stablehlo": ("lowering/stablehlo_to_dl/**/*.py",),
    "torch": ("frontends/torch/**/*.py", "frontends/builder/co*.py"),
}
"""Frontend -> where its source lies in this package."""


@dataclass(frozen=True)
class OpStatus:
    """What exists for one op."""

    name: str
    documented: bool
    rules: int
    example: bool
    """Whether the docstring's example parses and verifies."""
    semantics: bool
    lowered: bool | None
    """Whether the example goes down a level; None if there is none below, or the host runs it."""
    host: bool
    """Whether the cpu target's host runs the op, by its semantics."""
    frontends: tuple[bool, ...] | None
    """Which of `FRONTENDS` make the op; None for ops of other dialects than theirs."""


def dialect_status(registry: Registry, dialect: str) -> list[OpStatus]:
    """The status of every op of a dialect, in order of definition."""
    semantics = registry.semantics(dialect)
    return [
        op_status(registry, op, op in semantics) for op in registry.find_dialect(dialect).operations
    ]


def op_status(registry: Registry, op: type[Operation], semantics: bool) -> OpStatus:
    """The status of one op."""
    doc = document_op(op)
    example = bool(doc.examples) and all(_verifies(text, registry) for text in doc.examples)
    lowered = None
    dialect = op.name.partition(".")[0]
    pipeline, host = DESCENT.get(dialect), getattr(op, "ON_HOST", False)
    if pipeline is not None and not host:
        lowered = example and all(lowers(text, op, pipeline, registry) for text in doc.examples)
    made = tuple(op.__name__ in makes(name) for name in FRONTENDS) if dialect == "dl" else None
    documented, rules = bool(doc.summary), len(doc.rules)
    return OpStatus(op.name, documented, rules, example, semantics, lowered, host, made)


@cache
def makes(frontend: str) -> frozenset[str]:
    """The classes of ops that the source of a frontend names."""
    root = Path(__file__).parent
    files = (file for place in FRONTENDS[frontend] for file in sorted(root.glob(place)))
    words = (re.findall(r"\b\w+Op\b", file.read_text(encoding="utf-8")) for file in files)
    return frozenset(word for found in words for word in found)


def _verifies(text: str, registry: Registry) -> bool:
    try:
        example_module(text, registry.context()).verify()
    except Exception:
        return False
    return True


def lowers(text: str, op: type[Operation], pipeline: str, registry: Registry) -> bool:
    """Whether `pipeline` turns an example into a module without this op."""
    try:
        context = registry.context()
        module = example_module(text, context)
        PassManager(pipeline, registry=registry).run(context, module)
        module.verify()
    except CompileError:
        return False
    return not any(isinstance(found, op) for found in module.walk())


def status_table(statuses: Iterable[OpStatus]) -> list[list[str]]:
    """Rows for `doc_text.table`, without the header `COLUMNS`."""
    marks = {True: "yes", False: "no", None: ""}
    return [
        [f"`{s.name}`", marks[s.documented], str(s.rules)]
        + [marks[s.example], marks[s.semantics], "host" if s.host else marks[s.lowered]]
        + ["yes" if made else "" for made in s.frontends or (False,) * len(FRONTENDS)]
        for s in statuses
    ]


COLUMNS = ["op", "documented", "rules", "example", "runs on ref", "goes down", *FRONTENDS]


def status_page(registry: Registry) -> str:
    """The page of documentation about the ops of `dl`."""
    table = doc_text.table(COLUMNS, status_table(dialect_status(registry, "dl")))
    return PAGE.format(table=table)


PAGE = """\
<!-- written by `make docs` from the definitions; do not edit -->

# What exists for every op of `dl`

*Rules* are those that the verifier checks; each has a test that breaks it. The example of every op
is parsed, run on the target `ref` by its semantics in numpy, and taken down to loops for the target
`cpu`; *host* marks ops whose results have sizes that follow from elements: in a compiled program
the host runs them by their semantics. The last columns say which frontends make the op; others
reach it by way of simpler ones, or not at all.

{table}"""
