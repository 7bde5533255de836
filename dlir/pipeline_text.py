"""The text of pass pipelines, as MLIR writes it, and the passes it stands for.

    pipeline ::= element (`,` element)*
    element  ::= pass-name (`{` option* `}`)? | op-name `(` pipeline? `)`
    option   ::= name (`=` value)?          options are separated by spaces; see `options.py`

`builtin.module(a,func.func(b{size=1,2}))` runs `a` on the module and `b` on each function in it; at
the top, `builtin.module(...)` may be left out. The op of an anchor (`func.func`) must be isolated
from above, or `any` for every such op.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NoReturn, TypeAlias

from xdsl.passes import ModulePass
from xdsl.traits import IsolatedFromAbove
from xdsl.utils.exceptions import DiagnosticException

from dlir.diagnostics import FileLineColLoc, file_location, remember_source
from dlir.options import OptionField, options_of, print_value, read_value, split_list
from dlir.registry import Registry, UsageError, default_registry, did_you_mean, misuse

ROOT = "builtin.module"
ANY = "any"


@dataclass(frozen=True)
class Anchor:
    """The part of a pipeline that runs on the ops of one name inside the enclosing op."""

    op: str
    items: tuple[Item, ...]


Item: TypeAlias = ModulePass | Anchor

# --- text -> pipeline -----------------------------------------------------------------------


def parse_pipeline(
    text: str, registry: Registry | None = None, name: str = "<pass-pipeline>"
) -> tuple[Item, ...]:
    """The passes that run on the module. Raises UsageError, with the column, on any mistake.

    `name` is how messages call the text.
    """
    return _Parser(text, registry or default_registry(), name).parse()


@dataclass
class _Parser:
    text: str
    registry: Registry
    name: str
    position: int = 0

    def parse(self) -> tuple[Item, ...]:
        items = self.items()
        if self.position < len(self.text):
            self.fail(self.position, f"expected ',' or the end, got '{self.peek()}'")
        root: list[Item] = []
        for item in items:
            root += item.items if isinstance(item, Anchor) and item.op == ROOT else [item]
        return tuple(root)

    # Characters.

    def peek(self) -> str:
        """The next character that is not a space, or the empty string."""
        while self.position < len(self.text) and self.text[self.position].isspace():
            self.position += 1
        return self.text[self.position : self.position + 1]

    def accept(self, char: str) -> bool:
        found = self.peek() == char
        self.position += found
        return found

    def word(self, what: str) -> tuple[str, int]:
        """The next name, and where it begins."""
        got = self.peek()
        match = re.compile(r"[A-Za-z0-9_][\w.-]*").match(self.text, self.position)
        if match is None:
            self.fail(self.position, f"expected {what}, got {repr(got) if got else 'the end'}")
        self.position = match.end()
        return match[0], match.start()

    def location(self, position: int) -> FileLineColLoc:
        remember_source(self.name, self.text)
        before = self.text[:position]
        return file_location(self.name, before.count("\n") + 1, position - before.rfind("\n"))

    def fail(
        self, position: int, message: str, help: str | None = None, notes: Iterable[str] = ()
    ) -> NoReturn:
        raise misuse(message, self.location(position), help=help, notes=notes) from None

    # Pipelines.

    def items(self) -> tuple[Item, ...]:
        if self.peek() in ("", ")"):
            return ()
        items = [self.item()]
        while self.accept(","):
            items.append(self.item())
        return tuple(items)

    def item(self) -> Item:
        name, start = self.word("a pass")
        is_op = "." in name or name == ANY
        if self.accept("("):
            if not is_op:
                self.fail(start, f"'{name}' is not an op, so it takes no '(...)'")
            self.check_anchor(name, start)
            items = self.items()
            if not self.accept(")"):
                self.fail(self.position, f"expected ',' or the ')' of '{name}('")
            return Anchor(name, items)
        if is_op:
            self.fail(start, f"'{name}' is an op: write '{name}(...)' with passes inside")
        return self.pass_(name, start)

    def check_anchor(self, name: str, start: int) -> None:
        if name == ANY:
            return
        try:
            ops = {op.name: op for op in self.registry.find_dialect(name.split(".")[0]).operations}
        except UsageError as error:
            self.fail(start, error.diagnostics[0].message)
        if name not in ops:
            self.fail(start, f"unknown op '{name}'{did_you_mean(name, ops)}")
        if not ops[name].has_trait(IsolatedFromAbove, value_if_unregistered=False):
            self.fail(
                start,
                f"passes cannot run on '{name}' alone: it uses values from outside",
                help="anchor at an op that is isolated from above, such as func.func",
            )

    def pass_(self, name: str, start: int) -> ModulePass:
        try:
            pass_type = self.registry.find_pass(name)
        except UsageError as error:
            raise UsageError(
                replace(d, location=self.location(start)) for d in error.diagnostics
            ) from error
        values = self.options(pass_type)
        for option in options_of(pass_type).values():
            if option.required and option.field not in values:
                self.fail(start, f"'{name}' needs the option '{option.name}'", notes=[str(option)])
        try:
            return pass_type(**values)
        except (ValueError, TypeError, DiagnosticException) as error:
            self.fail(start, f"'{name}' refuses its options: {error}")

    # Options.

    def options(self, pass_type: type[ModulePass]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        if not self.accept("{"):
            return values
        while not self.accept("}"):
            if not self.peek():
                self.fail(self.position, f"expected the '}}' of the options of '{pass_type.name}'")
            self.check_separator(self.position)
            key, start = self.word("an option")
            option = self.find_option(pass_type, key, start)
            if option.field in values:
                self.fail(start, f"option '{option.name}' is given twice")
            values[option.field] = self.option_value(pass_type, option)
        return values

    def find_option(self, pass_type: type[ModulePass], key: str, start: int) -> OptionField:
        options = options_of(pass_type)
        if found := options.get(key.replace("-", "_")):
            return found
        names = [option.name for option in options.values()]
        self.fail(
            start,
            f"'{pass_type.name}' has no option '{key}'{did_you_mean(key, names)}",
            notes=[f"option {option}" for option in options.values()] or ["it has no options"],
        )

    def option_value(self, pass_type: type[ModulePass], option: OptionField) -> Any:
        start = self.position
        text = "true"
        if self.accept("="):
            self.peek()
            start, text = self.position, self.raw_value()
        elif option.type is not bool:
            self.fail(start, f"option '{option.name}' needs a value: {option}")
        try:
            return read_value(text, option.type)
        except ValueError as error:
            self.fail(start, f"option '{option.name}' of '{pass_type.name}': {error}")

    def raw_value(self) -> str:
        """The text up to a space or '}' that is outside quotes, brackets and braces."""
        start, opened = self.position, list[int]()
        while self.position < len(self.text):
            char = self.text[self.position]
            if not opened and (char.isspace() or char == "}"):
                break
            if char == '"':
                self.skip_string()
                continue
            if char in "[{(":
                opened.append(self.position)
            elif char in "]})" and not self.closes(opened, char):
                self.fail(self.position, f"unbalanced '{char}'")
            self.position += 1
        if opened:
            self.fail(opened[-1], f"'{self.text[opened[-1]]}' is never closed")
        value = self.text[start : self.position]
        if not value:
            self.fail(start, "expected a value after '='")
        self.check_value(value, start)
        return value

    def closes(self, opened: list[int], char: str) -> bool:
        """Whether a closing bracket matches the innermost open one, which it removes."""
        return bool(opened) and self.text[opened.pop()] + char in ("[]", "{}", "()")

    def skip_string(self) -> None:
        match = re.compile(r'"(\\.|[^"\\])*"').match(self.text, self.position)
        if match is None:
            self.fail(self.position, "this '\"' is never closed")
        self.position = match.end()

    def check_separator(self, position: int) -> None:
        if self.peek() == ",":
            self.fail(position, "options are separated by spaces, not commas")

    def check_value(self, value: str, start: int) -> None:
        """Explain `{a=1,b=2}` and `{a=1, b=2}`, which would be read as lists."""
        ends_in_comma = value.endswith(",")
        named = any(re.match(r"[A-Za-z_][\w-]*=", item) for item in split_list(value)[1:])
        if ends_in_comma or named:
            self.fail(
                start + (len(value) - 1 if ends_in_comma else value.index(",")),
                "options are separated by spaces, not commas",
                help="a list with spaces is written in brackets: sizes=[1, 2]",
            )


# --- pipeline -> text -----------------------------------------------------------------------


def pass_text(one: ModulePass) -> str:
    """`name{option=value ...}`; options at their defaults are left out."""
    options = [
        f"{option.name}={print_value(value, option.type)}"
        for option in options_of(type(one)).values()
        for value in [getattr(one, option.field)]
        if option.required or value != option.default
    ]
    return f"{one.name}{{{' '.join(options)}}}" if options else one.name


def pipeline_text(items: Iterable[Item], anchor: str = ROOT) -> str:
    """The text of a pipeline; `parse_pipeline` gives back equal passes."""
    texts = (
        pipeline_text(item.items, item.op) if isinstance(item, Anchor) else pass_text(item)
        for item in items
    )
    return f"{anchor}({','.join(texts)})"
