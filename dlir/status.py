"""The status table: what exists for every op, found by trying and not by declaring."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from xdsl.ir import Operation

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
    "structured": "builtin.module(structured-bufferize,convert-structured-to-loops)",
}
"""Dialect -> the pipeline after which none of its ops is left."""


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
    pipeline = DESCENT.get(op.name.partition(".")[0])
    if pipeline is not None and not getattr(op, "ON_HOST", False):
        lowered = example and all(lowers(text, op, pipeline, registry) for text in doc.examples)
    return OpStatus(op.name, bool(doc.summary), len(doc.rules), example, semantics, lowered)


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
        + [marks[value] for value in (s.example, s.semantics, s.lowered)]
        for s in statuses
    ]


COLUMNS = ["op", "documented", "rules", "example", "runs on ref", "goes down"]
