"""What happened during a compilation, for people (HTML) and programs (JSON)."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from html import escape
from typing import Any, Protocol, Self, cast

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp

from dlir.files import write_text
from dlir.params import bytes_of_params
from dlir.signature import public_types


@dataclass
class Phase:
    """One step of the compilation and what it took."""

    name: str
    seconds: float


@dataclass
class Report:
    """Ops, memory and passes of one compiled function; targets add their own `details`."""

    target: str
    function: str
    inputs: list[str]
    outputs: list[str]
    ops: dict[str, int]
    """How often each op occurs in the module as it was given."""
    memory: dict[str, int] = field(default_factory=dict[str, int])
    """Bytes by purpose: `params`, and what the target plans (`arena`, `constants`, `code`)."""
    phases: list[Phase] = field(default_factory=list[Phase])
    details: dict[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def of(cls, target: str, module: ModuleOp, entry: FuncOp, params: Mapping[str, Any]) -> Self:
        """A report on a module that is about to be compiled."""
        ops = Counter(op.name for op in module.walk() if op is not module)
        return cls.on(target, entry, ops, bytes_of_params(module, params))

    @classmethod
    def on(cls, target: str, entry: FuncOp, ops: Mapping[str, int], params: int) -> Self:
        """A report on a function of a module with these ops and so many bytes of weights."""
        inputs, outputs = public_types(entry)
        return cls(
            target=target,
            function=entry.sym_name.data,
            inputs=[*map(str, inputs)],
            outputs=[*map(str, outputs)],
            ops=dict(sorted(ops.items())),
            memory={"params": params},
        )

    @contextmanager
    def phase(self, name: str) -> Generator[None, None, None]:
        """Time what is done inside."""
        start = time.perf_counter()
        yield
        self.phases.append(Phase(name, time.perf_counter() - start))

    def to_json(self) -> str:
        """One JSON object with the fields of this class."""
        return json.dumps(asdict(self), indent=2) + "\n"

    def to_html(self) -> str:
        """One page without scripts."""
        title = f"@{self.function} on {self.target}"
        tables: dict[str, dict[str, Any]] = {
            "Signature": {"inputs": ", ".join(self.inputs), "outputs": ", ".join(self.outputs)},
            "Operations": self.ops,
            "Memory (bytes)": {name: f"{size:,}" for name, size in self.memory.items()},
            "Phases (ms)": {p.name: f"{1000 * p.seconds:.2f}" for p in self.phases},
            "Details": {n: json.dumps(v) for n, v in self.details.items() if not _is_rows(v)},
        }
        body = "".join(_table(name, rows) for name, rows in tables.items() if rows)
        body += "".join(_wide(n, rows) for n, rows in self.details.items() if _is_rows(rows))
        return (
            f'<!doctype html><meta charset="utf-8"><title>{escape(title)}</title>'
            "<style>body{font-family:sans-serif}td,th{padding:.2em 1em;text-align:left}</style>"
            f"<h1>{escape(title)}</h1>{body}\n"
        )


class Reported(Protocol):
    """What can be read by people and by programs."""

    def to_json(self) -> str: ...

    def to_html(self) -> str: ...


def write_report(path: str, report: Reported) -> None:
    """Write `R.json` or `R.html`. Raises CompileError."""
    write_text(path, report.to_html() if path.endswith(".html") else report.to_json())


def _is_rows(value: Any) -> bool:
    """Whether a detail is a list of mappings with the same keys, which make a table."""
    rows = cast("list[Any]", value) if isinstance(value, list) else []
    return bool(rows) and isinstance(rows[0], Mapping)


def _wide(name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """A row per mapping, a column per key."""
    head = "".join(f"<th>{escape(key)}</th>" for key in rows[0])
    cells = ("".join(f"<td>{escape(_shown(v))}</td>" for v in row.values()) for row in rows)
    lines = "".join(f"<tr>{line}</tr>" for line in cells)
    return f"<h2>{escape(name.capitalize())}</h2><table><tr>{head}</tr>{lines}</table>"


def _shown(value: Any) -> str:
    """A cell: names one after the other, numbers with four digits."""
    if isinstance(value, list):
        return ", ".join(map(str, cast("list[Any]", value)))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _table(name: str, rows: Mapping[str, Any]) -> str:
    lines = "".join(
        f"<tr><th>{escape(key)}</th><td>{escape(str(value))}</td></tr>"
        for key, value in rows.items()
    )
    return f"<h2>{escape(name)}</h2><table>{lines}</table>"
