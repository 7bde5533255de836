"""Text in, passes, text out: what `dlir-opt` does with each part of its input."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from dlir.commandline import PLUGIN, Flag
from dlir.debug import TAGS
from dlir.diagnostics import (
    EXIT_DIAGNOSTICS,
    EXIT_OK,
    CompileError,
    Severity,
    collect_diagnostics,
    diagnose,
    emit,
    note,
)
from dlir.expected import check_expected
from dlir.files import write_text
from dlir.instruments.base import Instrument, group
from dlir.instruments.flags import ON
from dlir.instruments.printing import PrintOptions
from dlir.instruments.reproducer import reproducer_text
from dlir.parser import parse_module
from dlir.pipeline import InternalError, Item, PassManager, pipeline_text
from dlir.registry import Registry, UsageError, misuse
from dlir.verifier import verify

_TAGS_HELP = "tell more: " + "; ".join(f"{tag} = {text}" for tag, text in TAGS.items())


def _tags(text: str) -> tuple[str, ...]:
    """The tags of `--debug-only`."""
    tags = tuple(text.split(","))
    for tag in tags:
        if tag not in TAGS:
            raise misuse(f"--debug-only knows no '{tag}'", help=f"it knows {', '.join(TAGS)}")
    return tags


OPT_FLAGS: tuple[Flag, ...] = (
    ("--pass-pipeline", {"metavar": "TEXT", "help": "the passes, as MLIR writes them"}),
    ("--run-reproducer", ON | {"help": "run the pipeline in the first line of the input"}),
    ("--dump-pass-pipeline", ON | {"help": "print the pipeline, expanded, to stderr"}),
    ("--mlir-generate-reproducer", {"metavar": "FILE", "help": "write input and pipeline here"}),
    ("--verify-each", ON | {"help": "verify after every pass, not only at the end"}),
    ("--split-input-file", ON | {"help": "process each part between '// -----' lines alone"}),
    ("--verify-diagnostics", ON | {"help": "check against the 'expected-error' comments"}),
    ("--allow-unregistered-dialect", ON | {"help": "accept ops of unknown dialects"}),
    PLUGIN,
    ("--show-dialects", ON | {"help": "list the dialects"}),
    ("--list-passes", ON | {"help": "list the passes"}),
    ("--list-targets", ON | {"help": "list the targets"}),
    ("--help-pass", {"metavar": "PASS", "help": "what a pass does, and its options"}),
    ("--debug-only", {"metavar": "TAG,..", "type": _tags, "default": (), "help": _TAGS_HELP}),
    ("--emit-bytecode", ON | {"help": argparse.SUPPRESS}),
)
"""The flags of `dlir-opt` beside those of the instruments."""

SEPARATOR = "// -----\n"

_SEPARATOR_LINE = re.compile(r"^// -----[ \t]*$\n?", re.MULTILINE)


def split_input(text: str) -> Iterator[tuple[str, int]]:
    """The parts between `// -----` lines, each with the number of its first line."""
    line = start = 0
    for separator in _SEPARATOR_LINE.finditer(text):
        yield text[start : separator.start()], line + 1
        line += text.count("\n", start, separator.end())
        start = separator.end()
    yield text[start:], line + 1


@dataclass
class Optimizer:
    """One run of `dlir-opt`: what to do with every part of the input."""

    registry: Registry
    items: Sequence[Item] = ()
    instruments: Sequence[Instrument] = ()
    print_options: PrintOptions = field(default_factory=PrintOptions)
    allow_unregistered: bool = False
    split: bool = False
    verify_diagnostics: bool = False
    """Compare the diagnostics of each part with its `expected-error` comments."""
    verify_each: bool = False
    reproducer: str | None = None
    """Where to write the input and the pipeline, failure or not."""

    def run(self, text: str, name: str) -> tuple[str, int]:
        """The text of all parts that compile, and the exit code. Errors are emitted.

        Raises UsageError and InternalError. `name` is the file the text comes from.
        """
        parts = split_input(text) if self.split else [(text, 1)]
        results = [self._part(part, name, first_line) for part, first_line in parts]
        output = SEPARATOR.join(result for result in results if result is not None)
        return output, EXIT_DIAGNOSTICS if None in results else EXIT_OK

    def _part(self, text: str, name: str, first_line: int) -> str | None:
        """The output of one part; None when something is wrong with it."""
        try:
            if self.verify_diagnostics:
                return self._expect(text, name, first_line)
            return self._compile(text, name, first_line)
        except (UsageError, InternalError):
            raise
        except CompileError as error:
            for diagnostic in error.diagnostics:
                emit(diagnostic)
            if error.reproducer is not None:
                emit(diagnose(Severity.NOTE, None, f"reproducer written to {error.reproducer}"))
            return None

    def _expect(self, text: str, name: str, first_line: int) -> str:
        """Compile a part that says which diagnostics it expects."""
        output = ""
        with collect_diagnostics() as found:
            try:
                output = self._compile(text, name, first_line)
            except (UsageError, InternalError):
                raise
            except CompileError as error:
                found += error.diagnostics
        if wrong := check_expected(text, found, name, first_line=first_line):
            raise CompileError(wrong)
        return output

    def _compile(self, text: str, name: str, first_line: int) -> str:
        if self.reproducer:
            write_text(self.reproducer, reproducer_text(pipeline_text(self.items), text))
        ctx = self.registry.context(self.allow_unregistered)
        with group(self.instruments, "Parser"):
            module = parse_module(text, ctx, name, first_line=first_line)
        with group(self.instruments, "Verifier"):
            verify(module)
        if self.items:
            self._run_passes(ctx, module, text)
        with group(self.instruments, "Output"):
            return self.print_options.text(module, ctx)

    def _run_passes(self, ctx: Context, module: ModuleOp, text: str) -> None:
        manager = PassManager(self.items, self.instruments, self.registry, self.verify_each)
        manager.run(ctx, module, source=lambda: text)
        if self.verify_each:
            return
        with group(self.instruments, "Verifier"):
            try:
                verify(module)
            except CompileError as error:
                blame = note(None, "the passes made it so; --verify-each finds out which one")
                raise CompileError(
                    replace(d, notes=(*d.notes, blame)) for d in error.diagnostics
                ) from error
