"""`--check-support`: which operators of a model dlir imports, and why not the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .importer import Importer
from .reader import Model, Source, decoding, read_model
from .table import EXPANDED, STANDARD_DOMAINS

if TYPE_CHECKING:
    from onnx import NodeProto


@dataclass(frozen=True)
class Support:
    """One operator of a model. `version` is the operator set that defined it last; 0 if unknown."""

    operator: str
    domain: str
    version: int
    count: int
    supported: bool
    reason: str = ""


def check_support(source: Source, dims: Mapping[str, int] | None = None) -> tuple[Support, ...]:
    """The operators of a model in alphabetical order; raises `CompileError` if it is no valid
    model.

    The answer comes from an import of the model, so that attribute values and shapes count as well.
    A node that follows an unsupported one is not tried; it counts as supported if its operator is
    known.
    """
    with decoding(source):
        return _survey(read_model(source, EXPANDED), dict(dims or {}))


def _survey(model: Model, dims: Mapping[str, int]) -> tuple[Support, ...]:
    importer = Importer(model, dims)
    importer.survey()
    groups: dict[tuple[str, str], list[int]] = {}
    for index, node in enumerate(model.graph.node):
        groups.setdefault((node.domain, node.op_type), []).append(index)
    rows = [_row(model, key, group, importer) for key, group in groups.items()]
    return tuple(sorted(rows, key=lambda row: (row.domain, row.operator)))


def _row(model: Model, key: tuple[str, str], group: Sequence[int], importer: Importer) -> Support:
    domain, operator = key
    faults = [importer.errors[index].message for index in group if index in importer.errors]
    reason = faults[0] if faults else ""
    if len(faults) not in (0, len(group)):
        reason = f"{len(faults)} of {len(group)}: {reason}"
    version = _version(model, model.graph.node[group[0]])
    return Support(operator, domain or "ai.onnx", version, len(group), not faults, reason)


def _version(model: Model, node: NodeProto) -> int:
    from onnx import defs

    domain = "" if node.domain in STANDARD_DOMAINS else node.domain
    try:
        schema = defs.get_schema(node.op_type, model.opsets.get(domain, 0), domain)
    except defs.SchemaError:
        return 0
    return int(schema.since_version)


def format_support(rows: Iterable[Support]) -> str:
    """The table as text."""
    header = ("operator", "domain", "version", "count", "supported", "reason")
    lines = [header] + [
        (
            r.operator,
            r.domain,
            str(r.version),
            str(r.count),
            "yes" if r.supported else "no",
            r.reason,
        )
        for r in rows
    ]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    text = [
        "  ".join(cell.ljust(n) for cell, n in zip(line, widths, strict=True)) for line in lines
    ]
    return "\n".join(line.rstrip() for line in text) + "\n"
