"""Refuses tests that cannot fail.

A file whose check lines nothing reads is green whatever the compiler does. Every rule below names
the line and says what to write instead.
"""

import re
from collections.abc import Callable, Iterator

from format.script import Script

_CHECK_LINE = re.compile(
    r"(?://|#|;)\s*(?P<prefix>[A-Z][A-Z0-9_-]{2,}?)"
    r"(?:-(?:DAG|COUNT-\d+|NOT|EMPTY|NEXT|SAME|LABEL))?(?:\{LITERAL\})?:"
)
_CHECK_WITHOUT_COLON = re.compile(r"(?://|#|;)\s*CHECK(?:-[A-Z]+)*(?:\s|$)(?!\s*:)")
_EXPECTATION = re.compile(r"expected-(?:error|warning|note|remark)")
_NOT_A_CHECK = frozenset({"RUN", "RUN-VALUE", "COM", "NOTE", "REQUIRES", "UNSUPPORTED", "XFAIL"})

Rule = Callable[[Script], Iterator[str]]


def faults(script: Script) -> list[str]:
    """Every reason why this file proves less than it seems to; empty for an honest test."""
    return [fault for rule in _RULES for fault in rule(script)]


def _has_run(script: Script) -> Iterator[str]:
    if not script.runs:
        yield "no RUN line: add `// RUN: dlir-opt %s | filecheck %s`"


def _directives_are_known(script: Script) -> Iterator[str]:
    known = {line.number for line in (*script.runs, *script.values)}
    for number, line in enumerate(script.text.splitlines(), start=1):
        if re.search(r"(?://|#|;)\s*RUN-", line) and number not in known:
            yield f"line {number}: no directive is spelt so; write `RUN-VALUE: @f(1.0) == 2.0`"


def _reads_itself(script: Script) -> Iterator[str]:
    if script.runs and not any("%s" in run.text for run in script.runs):
        yield "no RUN line reads %s: the commands never see this file"
    for run in script.runs:
        if not re.search(r"%[sStTp]", run.text):
            yield f"line {run.number}: RUN without %s (or %t, %S): it does not depend on this file"


def _check_lines_are_read(script: Script) -> Iterator[str]:
    for number, line in enumerate(script.text.splitlines(), start=1):
        match = _CHECK_LINE.search(line)
        if match and match["prefix"] not in script.read_prefixes | _NOT_A_CHECK:
            yield f"line {number}: no RUN line's filecheck reads the prefix {match['prefix']}"
        if _CHECK_WITHOUT_COLON.search(line):
            yield f"line {number}: a check without its colon is a comment"


def _filecheck_has_check_lines(script: Script) -> Iterator[str]:
    present = {m["prefix"] for m in map(_CHECK_LINE.search, script.text.splitlines()) if m}
    for prefix in sorted(script.read_prefixes - present):
        yield f"a RUN line's filecheck reads {prefix}, but the file has no `// {prefix}:` line"


def _expectations_are_read(script: Script) -> Iterator[str]:
    expects = bool(_EXPECTATION.search(_without_directives(script.text)))
    verifies = any(re.search(r"--?verify-diagnostics", run.text) for run in script.runs)
    if script.path.name.startswith("invalid") and not expects:
        yield "an `invalid` file without expected-error: say which error each case must give"
    if expects and not verifies:
        yield "expected-... lines, but no RUN line has --verify-diagnostics"


def _without_directives(text: str) -> str:
    return re.sub(r".*(?:RUN|COM|CHECK)\S*:.*", "", text)


_RULES: tuple[Rule, ...] = (
    _has_run,
    _directives_are_known,
    _reads_itself,
    _check_lines_are_read,
    _filecheck_has_check_lines,
    _expectations_are_read,
)
