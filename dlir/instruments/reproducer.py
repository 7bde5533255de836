"""Reproducers: one file that shows a failure again.

The first line is `// dlir-reproducer: pipeline=...`, the rest a module; comments say what happened.
`dlir-opt --run-reproducer FILE` runs the pipeline on the module.
"""

from __future__ import annotations

import traceback
from pathlib import Path

from dlir.diagnostics import CompileError, warn
from dlir.files import temporary_path, write_text
from dlir.instruments.base import Instrument, Step
from dlir.printer import print_module

HEADER = "// dlir-reproducer: pipeline="


def reproducer_text(pipeline: str, module: str, error: CompileError | None = None) -> str:
    """The text of a reproducer. The traceback is that of the error's cause, if it has one."""
    lines = [f"{HEADER}{pipeline}", "// run with: dlir-opt --run-reproducer <this file>"]
    if error is not None:
        lines += [f"// {line}" for line in _describe(error).splitlines()]
    return "\n".join(lines) + "\n" + module.rstrip("\n") + "\n"


def _describe(error: CompileError) -> str:
    cause = error.__cause__
    if cause is None or isinstance(cause, CompileError):
        return str(error)
    return f"{error}\n{''.join(traceback.format_exception(cause))}"


def read_pipeline(text: str) -> str | None:
    """The pipeline of a reproducer, or None when the text is not one."""
    for line in text.splitlines():
        if line.startswith(HEADER):
            return line.removeprefix(HEADER).strip()
    return None


def write_crash(
    error: CompileError, pipeline: str, module: str, path: str | Path | None = None
) -> None:
    """Write a reproducer and note its path in the error.

    Without a path it goes to the system's folder for temporary files. A reproducer that cannot be
    written is a warning: the error itself matters more.
    """
    text = reproducer_text(pipeline, module, error)
    path = path or temporary_path("dlir-reproducer", text, ".mlir")
    try:
        write_text(path, text)
    except CompileError as problem:
        warn(None, f"no reproducer: {problem.diagnostics[0].message}")
    else:
        error.reproducer = str(path)


class CrashReproducer(Instrument):
    """`--mlir-pass-pipeline-crash-reproducer`: the module before the failing pass, and that pass.

    Costs one printing of the module per pass.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.module = ""

    def before(self, step: Step) -> None:
        self.module = print_module(step.module)

    def failed(self, step: Step, error: CompileError) -> None:
        write_crash(error, step.pipeline, self.module, self.path)
