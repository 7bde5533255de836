"""`--verify-diagnostics`: the diagnostics a test file says it expects, against those that came.

The syntax is MLIR's, anywhere in a `//` comment, several to a line if need be:

    %0 = arith.addi %a, %b : f32  // expected-error {{part of the message}}
    // expected-error@+1 {{of the next line}}
    // expected-note@above {{of the nearest line above that has no expectation}}
    // expected-warning-re@below {{between {{[0-9]+}} and {{[0-9]+}}}}
    // expected-remark@unknown {{without a place in this file}}

A rule id stands after the message in brackets, `... weight expects 4 [dl-conv2d-c3]`, so it can be
expected too. As in MLIR, notes must be expected as well; a note without a place has its parent's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from dlir.diagnostics import Diagnostic, Severity, file_location, place_of

_HEAD = re.compile(
    r"expected-(?P<severity>error|warning|note|remark)(?P<regex>-re)?"
    r"[ ]*(?:@(?P<where>[+-][0-9]+|above|below|unknown))?[ ]*(?P<text>\{\{)?"
)
_BRACES = re.compile(r"\{\{|\}{2,}")


class Found(NamedTuple):
    """One diagnostic or note; `line` is None when it has no place in the file."""

    severity: Severity
    line: int | None
    text: str


@dataclass(frozen=True)
class Expectation:
    """One `expected-...`, written in line `written`, about line `line` (None: without a place)."""

    severity: Severity
    written: int
    line: int | None
    text: str
    pattern: re.Pattern[str]

    def matches(self, found: Found) -> bool:
        """Whether this is what was expected."""
        same_place = self.severity == found.severity and self.line == found.line
        return same_place and self.pattern.search(found.text) is not None


class MalformedExpectation(Exception):
    """An `expected-...` that cannot be understood, in line `line`: it must not pass unseen."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def check_expected(
    text: str, diagnostics: Iterable[Diagnostic], file_name: str, *, first_line: int = 1
) -> list[Diagnostic]:
    """The errors of a test: what was expected and did not come, what came and was not expected.

    `text` is a file or one chunk of it, which begins at `first_line`. Empty when the test passes.
    """
    try:
        waiting = list(expectations(text, first_line))
    except MalformedExpectation as error:
        return [_error(file_name, error.line, str(error))]
    errors: list[Diagnostic] = []
    for found in _flatten(diagnostics, file_name):
        expectation = next((e for e in waiting if e.matches(found)), None)
        if expectation is None:
            message = f"unexpected {found.severity}: {found.text}"
            errors.append(_error(file_name, found.line, message))
        else:
            waiting.remove(expectation)
    for missing in waiting:
        message = f"expected {missing.severity} was not produced: {missing.text}"
        errors.append(_error(file_name, missing.written, message))
    return errors


def expectations(text: str, first_line: int = 1) -> Iterator[Expectation]:
    """The expectations written in a text; raises `MalformedExpectation`."""
    plain_line = first_line
    for_next: list[Expectation] = []
    for number, line in enumerate(text.split("\n"), first_line):
        _, comment, rest = line.partition("//")
        written = list(_parse_line(rest, number, plain_line)) if comment else []
        for expectation, below in written:
            if below:
                for_next.append(expectation)
            else:
                yield expectation
        if not written:
            plain_line = number
            for e in for_next:
                yield Expectation(e.severity, e.written, number, e.text, e.pattern)
            for_next = []
    if for_next:
        raise MalformedExpectation(for_next[0].written, "'@below' has no line below")


def _parse_line(rest: str, number: int, above: int) -> Iterator[tuple[Expectation, bool]]:
    """The expectations of one comment, each with whether it is about the line below."""
    position = 0
    while (head := _HEAD.search(rest, position)) is not None:
        if head["text"] is None:
            raise MalformedExpectation(number, f"'{head[0].strip()}' lacks its {{{{text}}}}")
        text, position = _balanced(rest, head.end(), number)
        lines = {"above": above, "unknown": None, "below": number}
        where = head["where"] or "+0"
        line = lines[where] if where in lines else number + int(where)
        pattern = _compile(text, number) if head["regex"] else re.compile(re.escape(text))
        severity = Severity(head["severity"])
        yield Expectation(severity, number, line, text, pattern), where == "below"


def _balanced(rest: str, start: int, number: int) -> tuple[str, int]:
    """The text up to the `}}` that closes the `{{` before `start`, and the position after it."""
    depth = 1
    for braces in _BRACES.finditer(rest, start):
        if braces[0] == "{{":
            depth += 1
            continue
        # In a longer run the first braces belong to the text: `[0-9]{2}}}` ends with one.
        closed = min(depth, len(braces[0]) // 2)
        depth -= closed
        if depth == 0:
            return rest[start : braces.end() - 2], braces.end()
    raise MalformedExpectation(number, "'{{' is not closed by '}}'")


def _compile(text: str, number: int) -> re.Pattern[str]:
    """Literal text with `{{regular expressions}}` in it."""
    parts: list[str] = []
    position = 0
    while (opening := text.find("{{", position)) >= 0:
        inner, end = _balanced(text, opening + 2, number)
        parts += [re.escape(text[position:opening]), f"(?:{inner})"]
        position = end
    parts.append(re.escape(text[position:]))
    try:
        return re.compile("".join(parts))
    except re.error as error:
        raise MalformedExpectation(number, f"bad regular expression: {error}") from None


def _flatten(diagnostics: Iterable[Diagnostic], file_name: str) -> Iterator[Found]:
    """Diagnostics and their notes, one after the other."""
    for diagnostic in diagnostics:
        yield _found(diagnostic, diagnostic, file_name)
        for child in diagnostic.notes:
            yield _found(child, diagnostic if child.location is None else child, file_name)


def _found(said: Diagnostic, placed: Diagnostic, file_name: str) -> Found:
    place = place_of(placed.location)
    line = place.line if place is not None and place.file == file_name else None
    return Found(said.severity, line, said.message + (f" [{said.rule}]" if said.rule else ""))


def _error(file_name: str, line: int | None, message: str) -> Diagnostic:
    return Diagnostic(Severity.ERROR, message, file_location(file_name, line or 0, 0))
