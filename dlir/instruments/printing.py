"""Instruments that show the IR around passes: dumps, a tree of files, differences."""

from __future__ import annotations

import difflib
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from xdsl.context import Context
from xdsl.dialects.builtin import StringAttr
from xdsl.ir import Operation

from dlir.diagnostics import CompileError
from dlir.files import write_text
from dlir.instruments.base import Instrument, Step
from dlir.printer import print_module


@dataclass(frozen=True)
class PrintOptions:
    """How to print IR."""

    generic: bool = False
    """Every op in the generic form."""
    debuginfo: bool = False
    """With locations."""
    elide_larger: int | None = None
    """Leave out the values of dense constants with more elements than this."""

    def text(self, op: Operation, ctx: Context | None = None) -> str:
        """The text of an op, ending in a newline. With `ctx`, external resources follow it."""
        return print_module(
            op,
            ctx,
            generic=self.generic,
            print_debuginfo=self.debuginfo,
            elide_elementsattrs_if_larger=self.elide_larger,
        )


NOTHING: Container[str] = ()


class Everything:
    """A set that contains every name."""

    def __contains__(self, name: object) -> bool:
        return True


def step_text(step: Step, options: PrintOptions, module_scope: bool = False) -> str:
    """The text of what a pass runs on, or of the whole module around it."""
    ops: Sequence[Operation] = [step.module] if module_scope else step.ops
    return "".join(options.text(op) for op in ops)


@dataclass
class PrintIR(Instrument):
    """`--mlir-print-ir-before/after[-all|-change|-failure]`: dumps with MLIR's header."""

    stream: IO[str]
    options: PrintOptions = field(default_factory=PrintOptions)
    before_passes: Container[str] = NOTHING
    after_passes: Container[str] = NOTHING
    only_changes: bool = False
    """Dump after a pass only when it changed the text."""
    after_failure: bool = False
    module_scope: bool = False
    _text: str = ""

    def before(self, step: Step) -> None:
        if step.one.name in self.before_passes:
            self._dump("Before", step)
        if self.only_changes and step.one.name in self.after_passes:
            self._text = step_text(step, self.options, self.module_scope)

    def after(self, step: Step) -> None:
        if step.one.name not in self.after_passes:
            return
        if self.only_changes and self._text == step_text(step, self.options, self.module_scope):
            return
        self._dump("After", step)

    def failed(self, step: Step, error: CompileError) -> None:
        if self.after_failure:
            self._dump("After", step, " Failed")

    def _dump(self, when: str, step: Step, suffix: str = "") -> None:
        name = f"{type(step.one).__name__}{suffix} ({step.one.name})"
        place = f" ({_describe(step)})" if self.module_scope else ""
        self.stream.write(f"// -----// IR Dump {when} {name}{place} //----- //\n")
        self.stream.write(step_text(step, self.options, self.module_scope) + "\n")


def _describe(step: Step) -> str:
    """`'func.func' operation: @main`"""
    return ", ".join(
        f"'{op.name}' operation" + (f": @{name}" if (name := _symbol(op)) else "")
        for op in step.ops
    )


def _symbol(op: Operation) -> str | None:
    """The symbol name of an op, if it has one."""
    match op.get_attr_or_prop("sym_name"):
        case StringAttr(data=name):
            return name
        case _:
            return None


@dataclass
class PrintTree(Instrument):
    """`--mlir-print-ir-tree-dir`: one file per pass, in a folder per op.

    `D/builtin_module_no-symbol-name/2_cse.mlir` is the module after its third pass, and
    `D/builtin_module_no-symbol-name/func_func_f/1_0_cse.mlir` the function `@f` after the first
    pass under the anchor that came second.
    """

    folder: Path
    options: PrintOptions = field(default_factory=PrintOptions)
    _counts: dict[Path, int] = field(default_factory=dict[Path, int])
    _nested: set[Path] = field(default_factory=set[Path])
    """Folders below which passes have run since the last pass of their own."""

    def after(self, step: Step) -> None:
        self._write(step)

    def failed(self, step: Step, error: CompileError) -> None:
        self._write(step, ".failed")

    def _write(self, step: Step, suffix: str = "") -> None:
        if not step.ops:
            return  # The pass erased the op it ran on.
        folder, numbers = self.folder, list[int]()
        *parents, innermost = reversed([step.ops[0], *_ancestors(step.ops[0])])
        for op in parents:
            folder /= _folder_name(op)
            numbers.append(self._counts.get(folder, 0))
            self._nested.add(folder)
        folder /= _folder_name(innermost)
        # The passes under an anchor count as one of the op around them.
        numbers.append(self._counts.get(folder, 0) + (folder in self._nested))
        self._nested.discard(folder)
        self._counts[folder] = numbers[-1] + 1
        name = "_".join(map(str, numbers)) + f"_{step.one.name}{suffix}.mlir"
        write_text(folder / name, step_text(step, self.options))


def _ancestors(op: Operation) -> list[Operation]:
    """The ops around an op, innermost first."""
    parent = op.parent_op()
    return [parent, *_ancestors(parent)] if parent else []


def _folder_name(op: Operation) -> str:
    name = f"{op.name}_{_symbol(op) or 'no-symbol-name'}"
    return re.sub(r"[^\w-]", "_", name)


@dataclass
class PrintDiff(Instrument):
    """`--print-ir-diff`: what each pass changed, as a unified diff."""

    stream: IO[str]
    options: PrintOptions = field(default_factory=PrintOptions)
    _text: str = ""

    def before(self, step: Step) -> None:
        self._text = step_text(step, self.options)

    def after(self, step: Step) -> None:
        new = step_text(step, self.options)
        diff = difflib.unified_diff(
            self._text.splitlines(keepends=True),
            new.splitlines(keepends=True),
            f"before {step.one.name}",
            f"after {step.one.name}",
        )
        self.stream.write(f"// -----// IR Diff After {step.title} //----- //\n")
        self.stream.writelines(list(diff) or ["// no change\n"])
        self.stream.write("\n")
