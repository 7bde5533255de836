"""Instruments that measure passes: wall time, IR size and rewrites, a trace for a timeline."""

from __future__ import annotations

import json
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import IO, Any, Literal

from dlir.diagnostics import CompileError
from dlir.files import write_text
from dlir.instruments.base import Instrument, Step

RULE = f"==={'-' * 73}==="


def heading(title: str) -> str:
    """The frame MLIR puts around a report's title."""
    return f"{RULE}\n{f'... {title} ...':^{len(RULE)}}".rstrip() + f"\n{RULE}\n"


class Stopwatch(Instrument):
    """Knows when each pass and each group begins and ends."""

    in_pass: bool = False

    def begin(self, name: str) -> None:
        """Something begins, inside of what has begun before."""

    def end(self, name: str) -> None:
        """The thing that began last ends."""

    def enter(self, group: str) -> None:
        self.begin(group)

    def leave(self, group: str) -> None:
        self.end(group)

    def before(self, step: Step) -> None:
        self.in_pass = True
        self.begin(type(step.one).__name__)

    def after(self, step: Step) -> None:
        self.in_pass = False
        self.end(type(step.one).__name__)

    def failed(self, step: Step, error: CompileError) -> None:
        if self.in_pass:
            self.after(step)


@dataclass
class TimedNode:
    """One line of the timing report and what happened inside it."""

    seconds: float = 0.0
    started: float = 0.0
    children: dict[str, TimedNode] = field(default_factory=dict[str, "TimedNode"])

    def child(self, name: str) -> TimedNode:
        """The node of this name inside, made if need be."""
        return self.children.setdefault(name, TimedNode())


class Timing(Stopwatch):
    """`--mlir-timing`: MLIR's report of wall time, as a tree or as a list sorted by time.

    The same pass at different places of a pipeline is one line of the list, and one line of the
    tree per group. Time that no group took is `Rest`.
    """

    def __init__(self, stream: IO[str], display: Literal["list", "tree"] = "tree") -> None:
        self.stream = stream
        self.display = display
        self.root = TimedNode(started=time.perf_counter())
        self.open = [self.root]

    def begin(self, name: str) -> None:
        node = self.open[-1].child(name)
        node.started = time.perf_counter()
        self.open.append(node)

    def end(self, name: str) -> None:
        node = self.open.pop()
        node.seconds += time.perf_counter() - node.started

    def finish(self) -> None:
        total = self.root.seconds = time.perf_counter() - self.root.started
        self.stream.write(heading("Execution time report"))
        self.stream.write(f"  Total Execution Time: {total:.4f} seconds\n\n")
        self.stream.write("  ----Wall Time----  ----Name----\n")
        rest = total - sum(node.seconds for node in self.root.children.values())
        lines = self._tree(self.root) if self.display == "tree" else self._list()
        for name, seconds in [*lines, ("Rest", rest), ("Total", total)]:
            self.stream.write(f"  {seconds:8.4f} ({seconds / (total or 1):6.1%})  {name}\n")
        self.stream.write("\n")

    def _tree(self, node: TimedNode, indent: str = "") -> list[tuple[str, float]]:
        lines: list[tuple[str, float]] = []
        for name, child in node.children.items():
            lines.append((indent + name, child.seconds))
            lines += self._tree(child, indent + "  ")
        return lines

    def _list(self) -> list[tuple[str, float]]:
        times: dict[str, float] = {}
        waiting = [self.root]
        while waiting:
            for name, child in waiting.pop().children.items():
                if not child.children:
                    times[name] = times.get(name, 0.0) + child.seconds
                waiting.append(child)
        return sorted(times.items(), key=lambda item: -item[1])


class Trace(Stopwatch):
    """`--trace=F.json`: a Chrome trace, to be opened in Perfetto or chrome://tracing."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.events: list[dict[str, Any]] = []
        self.zero = time.perf_counter()

    def begin(self, name: str) -> None:
        self._event(name, "B")

    def end(self, name: str) -> None:
        self._event(name, "E")

    def before(self, step: Step) -> None:
        self._event(type(step.one).__name__, "B", {"pass": step.pipeline})

    def _event(self, name: str, phase: str, args: dict[str, str] | None = None) -> None:
        microseconds = round((time.perf_counter() - self.zero) * 1e6, 3)
        event = {
            "name": name,
            "cat": "compile",
            "ph": phase,
            "ts": microseconds,
            "pid": 1,
            "tid": 1,
        }
        self.events.append(event | ({"args": args} if args else {}))

    def finish(self) -> None:
        write_text(self.path, json.dumps({"traceEvents": self.events}, indent=1) + "\n")


class Statistics(Instrument):
    """`--mlir-pass-statistics`: MLIR's report of counters, one block per pass and place.

    Counted are runs, ops before and after, how often each rewrite pattern applied, and what passes
    count themselves.
    """

    def __init__(self, stream: IO[str]) -> None:
        self.stream = stream
        self.groups: list[str] = []
        self.counters: dict[tuple[str, ...], Counter[str]] = {}
        self.collecting = ExitStack()

    def enter(self, group: str) -> None:
        self.groups.append(group)

    def leave(self, group: str) -> None:
        self.groups.pop()

    def before(self, step: Step) -> None:
        # Imported here because a tool that counts nothing need not load the rewriter.
        from dlir.rewrite import collect_statistics

        counter = self.counters.setdefault((*self.groups, step.title), Counter())
        counter["runs"] += 1
        counter["ops before"] += count_ops(step)
        self.rewrites = self.collecting.enter_context(collect_statistics())

    def after(self, step: Step) -> None:
        self.collecting.close()
        counter = self.counters[(*self.groups, step.title)]
        counter["ops after"] += count_ops(step)
        # A pattern's name is one word; what a pass counts itself it calls by several.
        counter.update(
            {name if " " in name else f"rewrites by {name}": n for name, n in self.rewrites.items()}
        )

    def failed(self, step: Step, error: CompileError) -> None:
        self.collecting.close()

    def finish(self) -> None:
        self.stream.write(heading("Pass statistics report"))
        for place, counter in self.counters.items():
            self.stream.write(" / ".join(place) + "\n")
            for name, number in counter.items():
                self.stream.write(f"  (S) {number:8} {name}\n")
        self.stream.write("\n")


def count_ops(step: Step) -> int:
    """The number of ops inside of what a pass runs on."""
    return sum(1 for op in step.ops for _ in op.walk()) - len(step.ops)
