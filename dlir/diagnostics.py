"""What the compiler says to a person: diagnostics, the errors that carry them, and their text.

A diagnostic has four parts: where, what was expected and found, the rule that says so, and what to
do about it:

    model.mlir:12:8: error[dl-conv2d-c3]: 'dl.conv2d' input has 3 channels, weight expects 4
      %y = dl.conv2d %x, %w ...
           ^
      note: from node "features.0.conv" of model.onnx
      help: the weight layout is [out, in, kh, kw]

Errors travel as the one exception `CompileError`; warnings and remarks go to the innermost handler
(`handle_diagnostics`, `collect_diagnostics`) or to stderr. Inside an op's `verify_`, use `require`;
everywhere else, `fail`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import IO, NamedTuple, NoReturn, TypeAlias

from xdsl.dialects.builtin import (
    ArrayAttr,
    CallSiteLoc,
    FileLineColLoc,
    FusedLoc,
    IntAttr,
    LocationAttr,
    NameLoc,
    StringAttr,
    UnregisteredOp,
)
from xdsl.ir import Attribute, Operation
from xdsl.utils.exceptions import (
    DiagnosticException,
    MultipleSpansParseError,
    ParseError,
    VerifyException,
)
from xdsl.utils.lexer import Span

EXIT_OK = 0
"""Everything went well."""
EXIT_DIAGNOSTICS = 1
"""At least one error was reported."""
EXIT_USAGE = 2
"""The command line is wrong."""
EXIT_BUG = 3
"""A bug in dlir; a reproducer was written."""

Where: TypeAlias = "Operation | LocationAttr | None"


class Severity(StrEnum):
    """How much a diagnostic matters; only errors stop a compilation."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    REMARK = "remark"


@dataclass(frozen=True)
class Diagnostic:
    """One thing said about one place.

    `rule` is the id of the violated rule (`dl-conv2d-c3`), `help` says what to do, and `notes`
    (of severity NOTE) say more.
    """

    severity: Severity
    message: str
    location: LocationAttr | None = None
    rule: str | None = None
    help: str | None = None
    notes: tuple[Diagnostic, ...] = ()

    def __str__(self) -> str:
        return format_diagnostic(self)


class CompileError(Exception):
    """The input cannot be compiled; `diagnostics` say why.

    `reproducer` is the path of a file that shows the error again, when one was written.
    """

    diagnostics: tuple[Diagnostic, ...]
    reproducer: str | None

    def __init__(self, diagnostics: Iterable[Diagnostic], reproducer: str | None = None) -> None:
        self.diagnostics = tuple(diagnostics)
        self.reproducer = reproducer
        super().__init__(self.diagnostics, reproducer)

    def __str__(self) -> str:
        return "\n".join(map(format_diagnostic, self.diagnostics))


class RuleViolation(VerifyException):
    """An op breaks a numbered constraint of its docstring; raised inside `verify_` by `require`."""

    rule: str
    help: str | None

    def __init__(self, rule: str, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.rule = rule
        self.help = help


def require(condition: bool, rule: str, message: str, help: str | None = None) -> None:
    """Inside `verify_`: raise `RuleViolation` for `rule` unless `condition` holds."""
    if not condition:
        raise RuleViolation(rule, message, help)


def fail(
    where: Where,
    message: str,
    *,
    rule: str | None = None,
    help: str | None = None,
    notes: Sequence[Diagnostic] = (),
) -> NoReturn:
    """Raise a `CompileError` of one error at `where`; an op's name is put before the message."""
    raise CompileError(
        [diagnose(Severity.ERROR, where, message, rule=rule, help=help, notes=notes)]
    )


def warn(where: Where, message: str, *, rule: str | None = None, help: str | None = None) -> None:
    """Emit a warning to the current handler."""
    emit(diagnose(Severity.WARNING, where, message, rule=rule, help=help))


def remark(where: Where, message: str, *, rule: str | None = None, help: str | None = None) -> None:
    """Emit a remark (an answer to "what did the compiler do here?") to the current handler."""
    emit(diagnose(Severity.REMARK, where, message, rule=rule, help=help))


def note(where: Where, message: str) -> Diagnostic:
    """A note to attach to another diagnostic, whose place it shares unless it has its own."""
    location = where.location if isinstance(where, Operation) else where
    return Diagnostic(Severity.NOTE, message, location)


def diagnose(
    severity: Severity,
    where: Where,
    message: str,
    *,
    rule: str | None = None,
    help: str | None = None,
    notes: Sequence[Diagnostic] = (),
) -> Diagnostic:
    """A diagnostic at `where`; when that is an op, the message begins with the op's name."""
    if not isinstance(where, Operation):
        return Diagnostic(severity, message, where, rule, help, tuple(notes))
    prefix = f"'{op_name(where)}' "
    text = message if message.startswith(prefix) else prefix + message
    return Diagnostic(severity, text, where.location, rule, help, tuple(notes))


def op_name(op: Operation) -> str:
    """The name of an op as the text spells it, also when its dialect is not registered."""
    return op.op_name.data if isinstance(op, UnregisteredOp) else op.name


# Handlers -----------------------------------------------------------------------------------------

Handler: TypeAlias = Callable[[Diagnostic], None]


def print_to_stderr(diagnostic: Diagnostic) -> None:
    """The handler in use when nobody installed another."""
    print(format_diagnostic(diagnostic), file=sys.stderr)


_handler: ContextVar[Handler] = ContextVar("dlir_diagnostic_handler", default=print_to_stderr)


def emit(diagnostic: Diagnostic) -> None:
    """Give a diagnostic that does not stop the compilation to the innermost handler."""
    _handler.get()(diagnostic)


@contextmanager
def handle_diagnostics(handler: Handler) -> Generator[None, None, None]:
    """Send everything emitted inside to `handler` instead of to the handler outside."""
    token = _handler.set(handler)
    try:
        yield
    finally:
        _handler.reset(token)


@contextmanager
def collect_diagnostics() -> Generator[list[Diagnostic], None, None]:
    """Collect everything emitted inside in the list given to `as`."""
    collected: list[Diagnostic] = []
    with handle_diagnostics(collected.append):
        yield collected


# Exceptions of xDSL -------------------------------------------------------------------------------


def from_exception(error: Exception, where: Where = None) -> tuple[Diagnostic, ...]:
    """The diagnostics that say what `error` says.

    An error of xDSL (parse error, verify, pass failed, ...) keeps its own place when it has one and
    otherwise gets `where`. Anything else is described by its type and text.
    """
    if isinstance(error, CompileError):
        return error.diagnostics
    if isinstance(error, ParseError):
        return (_from_parse_error(error),)
    if isinstance(error, RuleViolation):
        return (diagnose(Severity.ERROR, where, str(error), rule=error.rule, help=error.help),)
    if isinstance(error, DiagnosticException):
        return (diagnose(Severity.ERROR, where, str(error) or type(error).__name__),)
    return (diagnose(Severity.ERROR, where, f"{type(error).__name__}: {error}"),)


@contextmanager
def compile_errors(where: Where = None) -> Generator[None, None, None]:
    """Turn xDSL's exceptions for users, raised inside, into a `CompileError` at `where`."""
    try:
        yield
    except (ParseError, DiagnosticException) as error:
        raise CompileError(from_exception(error, where)) from error


def _from_parse_error(error: ParseError) -> Diagnostic:
    notes: list[Diagnostic] = []
    if isinstance(error, MultipleSpansParseError):
        fallback = (error.ref_text or "see here").rstrip(":")
        notes = [note(span_location(span), message or fallback) for span, message in error.refs]
    return diagnose(Severity.ERROR, span_location(error.span), error.msg.strip(), notes=notes)


def span_location(span: Span[str] | Span[bytes]) -> FileLineColLoc:
    """The beginning of a span of source text, as a location."""
    place = span.get_location()
    return file_location(place.file, place.line, place.col)


# Places -------------------------------------------------------------------------------------------


class Place(NamedTuple):
    """A position in a file; line and column count from 1, and 0 means unknown."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return ":".join([self.file, *(str(n) for n in (self.line, self.column) if n > 0)])


def file_location(file: str, line: int, column: int) -> FileLineColLoc:
    """`loc("file":line:column)`."""
    return FileLineColLoc(StringAttr(file), IntAttr(line), IntAttr(column))


def place_of(location: Attribute | None) -> Place | None:
    """The first position in a file that a location holds, inside names, calls and fusions too."""
    return next((leaf for leaf in _leaves(location) if isinstance(leaf, Place)), None)


def name_of(op: Operation) -> str:
    """Where an op comes from: the model's name for it, else its line, else its own name."""
    location = op.location
    if isinstance(location, NameLoc):
        return location.desc.data
    place = place_of(location)
    return op.name if place is None else f"{place.file}:{place.line}:{place.column}"


def node_notes(location: Attribute | None) -> list[str]:
    """`from node "conv1" of model.onnx` for every name a location holds."""
    return [leaf for leaf in _leaves(location) if isinstance(leaf, str)]


def _leaves(location: Attribute | None) -> Generator[Place | str, None, None]:
    """The positions (`Place`) and the sentences about names (`str`) of a location, in order."""
    match location:
        case FileLineColLoc():
            yield Place(location.filename.data, location.line.data, location.column.data)
        case NameLoc():
            place = place_of(location.location)
            yield f'from node "{location.desc.data}"' + (f" of {place.file}" if place else "")
            yield from _leaves(location.location)
        case CallSiteLoc():
            yield from _leaves(location.callee)
            yield from _leaves(location.caller)
        case FusedLoc(locations=ArrayAttr() as parts):
            for part in parts:
                yield from _leaves(part)
        case _:
            return


class _Source(NamedTuple):
    lines: list[str]
    first_line: int


_sources: dict[str, _Source] = {}
_MAX_SOURCES = 8
_MAX_SOURCE_LENGTH = 4_000_000


def remember_source(file: str, text: str, first_line: int = 1) -> None:
    """Keep a text that may not be on disk (standard input, a string), to show its lines later.

    Only the last few texts of moderate size are kept; other lines are read from the file.
    """
    _sources.pop(file, None)
    if len(text) <= _MAX_SOURCE_LENGTH:
        _sources[file] = _Source(text.split("\n"), first_line)
    while len(_sources) > _MAX_SOURCES:
        del _sources[next(iter(_sources))]


def source_line(place: Place) -> str | None:
    """The line of source text at a place, or None when it is not known."""
    source = _sources.get(place.file)
    if source is not None and 0 <= place.line - source.first_line < len(source.lines):
        return source.lines[place.line - source.first_line].rstrip("\r")
    try:
        with open(place.file, encoding="utf-8", errors="replace") as file:
            return next(islice(file, place.line - 1, place.line), "").rstrip("\r\n") or None
    except OSError:
        return None


# Text ---------------------------------------------------------------------------------------------

_LONGEST_LINE = 160


def format_diagnostic(diagnostic: Diagnostic) -> str:
    """The text of a diagnostic: heading, source line and caret, then its notes and its help."""
    place = place_of(diagnostic.location)
    rule = f"[{diagnostic.rule}]" if diagnostic.rule else ""
    heading = f"{place}: " if place else ""
    lines = [f"{heading}{diagnostic.severity}{rule}: {diagnostic.message}"]
    lines += _excerpt(place)
    lines += [f"  note: {text}" for text in node_notes(diagnostic.location)]
    for child in diagnostic.notes:
        shown = replace(child, location=None) if child.location == diagnostic.location else child
        lines += ["  " + line for line in format_diagnostic(shown).split("\n")]
    if diagnostic.help:
        lines.append(f"  help: {diagnostic.help}")
    return "\n".join(lines)


def print_diagnostics(diagnostics: Iterable[Diagnostic], stream: IO[str] | None = None) -> None:
    """Print diagnostics one after the other, to stderr by default."""
    for diagnostic in diagnostics:
        print(format_diagnostic(diagnostic), file=stream or sys.stderr)


def _excerpt(place: Place | None) -> list[str]:
    """The source line of a place without its indentation, and a caret below the column."""
    # A model's file (line 0) may be huge and is not text.
    if place is None or place.line < 1 or place.column < 1:
        return []
    line = source_line(place)
    if not line or place.column > len(line) + 1:
        return []
    # Keep the column in sight when the line is one long constant.
    start = max(0, place.column - _LONGEST_LINE // 2) if len(line) > _LONGEST_LINE else 0
    shown = line[start : start + _LONGEST_LINE]
    before = line[start : place.column - 1]
    indent = min(len(shown) - len(shown.lstrip()), len(before))
    padding = "".join("\t" if c == "\t" else " " for c in before[indent:])
    return [f"  {shown[indent:]}", f"  {padding}^"]
